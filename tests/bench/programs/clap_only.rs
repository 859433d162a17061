//! Yardstick: a program that only parses its arguments with clap.

use clap::Parser;

/// Parses one file name and does nothing with it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A file.
    file: Option<std::path::PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    std::process::exit(i32::from(arguments.file.is_some_and(|file| file.as_os_str().is_empty())));
}
