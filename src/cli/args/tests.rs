use clap::CommandFactory;

use super::super::Exit;
use super::*;

#[test]
fn the_definitions_agree_with_each_other() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_lists_every_exit_code() {
    let listed: Vec<String> = Exit::ALL.iter().map(|exit| format!("{:>4}  {}", exit.code(), exit.summary())).collect();
    assert_eq!(EXIT_CODES, format!("Exit codes:\n{}", listed.join("\n")));
}

#[test]
fn assignments() {
    let name = |text: &str, value: &str| Ok((text.to_owned(), value.to_owned()));
    assert_eq!(assignment("A=b=c"), name("A", "b=c"));
    assert_eq!(assignment("A="), name("A", ""));
    assert_eq!(assignment("A"), Err("there is no `=` in it; write A=VALUE".to_owned()));
    assert_eq!(assignment("=b"), Err("the name before `=` is missing; write NAME=VALUE".to_owned()));
}
