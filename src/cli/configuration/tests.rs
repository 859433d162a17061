use super::flags::setting_of;
use super::*;
use crate::settings::{SETTINGS, SettingType};

fn flags(command: &clap::Command) -> Vec<&clap::Arg> {
    command.get_arguments().chain(command.get_subcommands().flat_map(flags)).collect()
}

#[test]
fn every_setting_has_a_flag_of_the_same_type() {
    let root = command();
    for setting in SETTINGS {
        let arguments: Vec<_> = flags(&root).into_iter().filter(|flag| setting_of(flag) == Some(setting)).collect();
        assert!(!arguments.is_empty(), "{} is no flag", setting.name);
        for argument in arguments {
            assert_eq!(argument.get_long(), Some(setting.name));
            let is_list = matches!(argument.get_action(), clap::ArgAction::Append);
            assert_eq!(is_list, setting.kind.is_list(), "{}", setting.name);
            let is_switch = argument.get_num_args().is_some_and(|number| number.min_values() == 0);
            assert_eq!(is_switch, setting.kind == SettingType::Switch, "{}", setting.name);
        }
    }
}

#[test]
fn every_run_flag_is_a_setting_or_listed_as_run_only() {
    let of_one_run = [
        "parameter",
        "parameters",
        "ssm_parameter",
        "sensitive_if_present",
        "export",
        "export_file",
        "report",
        "check",
        "detach",
        "mode",
        "lock",
        "config",
        "no_config",
        "verbose",
        "child_document",
        "targets",
        "target_parameter",
        "target_type",
        "target_maps",
        "target_locations",
        "target_locations_url",
        "max_concurrency",
        "max_errors",
        "help",
    ];
    let mut root = command();
    root.build();
    let run = root.find_subcommand("run").map(flags).unwrap_or_default();
    let undecided: Vec<_> = run
        .into_iter()
        .filter(|flag| !flag.is_positional() && setting_of(flag).is_none())
        .map(|flag| flag.get_id().as_str())
        .filter(|id| !of_one_run.contains(id))
        .collect();
    assert_eq!(undecided, Vec::<&str>::new(), "give each a row in the table, or name it here");
}

#[test]
fn command_line_definition_is_valid() {
    command().debug_assert();
}
