use clap::CommandFactory;

use super::super::Exit;
use super::*;

#[test]
fn clap_definitions_are_valid() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_lists_every_exit_code() {
    let listed: Vec<String> = Exit::ALL.iter().map(|exit| format!("{:>4}  {}", exit.code(), exit.summary())).collect();
    assert_eq!(EXIT_CODES, format!("Exit codes:\n{}", listed.join("\n")));
}

#[test]
fn each_value_of_a_list_gets_its_option() {
    let rows = [
        (
            "run f --targets Key=a,Values=1 Key=b,Values=2 -q",
            "run f --targets Key=a,Values=1 --targets Key=b,Values=2 -q",
        ),
        ("run --targets Key=a,Values=1 f.yaml", "run --targets Key=a,Values=1 f.yaml"),
        ("run --targets {} {}", "run --targets {} --targets {}"),
        ("run --targets a,b k=v.yaml", "run --targets a,b k=v.yaml"),
        ("run --targets a=b -- c=d e=f", "run --targets a=b -- c=d e=f"),
        ("run -- --targets a=b c=d", "run -- --targets a=b c=d"),
        ("run --targets=a=b c=d", "run --targets=a=b c=d"),
        (
            "run f --target-maps A=1 B=2 --parameters C=3 D=4 f",
            "run f --target-maps A=1 --target-maps B=2 --parameters C=3 --parameters D=4 f",
        ),
        ("run f --targets", "run f --targets"),
        ("run -p A=1 B=2", "run -p A=1 B=2"),
    ];
    let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
    for (given, expected) in rows {
        assert_eq!(with_lists(&words(given)), words(expected), "{given}");
    }
}
