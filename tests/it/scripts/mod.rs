//! Scripts of `aws:executeScript`.

mod attachments;
mod interpreter;
