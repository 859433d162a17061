//! it

mod local;
