//! Runwright
fn main() {}
