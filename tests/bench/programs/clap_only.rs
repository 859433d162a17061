//! Yardstick: what a program costs that only reads its arguments with clap.

use clap::Parser;

/// Reads one file name and does nothing with it.
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
