//! Scripts of `aws:executeScript`.

mod interpreter;
