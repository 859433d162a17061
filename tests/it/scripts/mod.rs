//! Scripts of `aws:executeScript`.

mod attachments;
mod checks;
mod interpreter;
