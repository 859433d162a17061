//! Host prefixes of operations.

use super::*;

fn of(pattern: &str, values: &[(&str, &'static str)]) -> Result<String, String> {
    let value = |name: &str| values.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
    host_prefix(pattern, value).map_err(|error| error.to_string())
}

#[test]
fn prefixes_are_made_of_texts_and_parameters() {
    assert_eq!(
        [
            of("data-", &[]),
            of("{AccountId}.", &[("AccountId", "111122223333")]),
            of("a-{b}.{c}-d.", &[("b", "x.y"), ("c", "Z-1")]),
        ],
        [Ok("data-".to_owned()), Ok("111122223333.".to_owned()), Ok("a-x.y.Z-1-d.".to_owned())]
    );
}

#[test]
fn parameters_that_are_no_part_of_a_host_are_refused_all_at_once() {
    let wrong = "Must contain only alphanumeric characters, hyphen, or period.";
    assert_eq!(
        [
            of("{a}.{b}.{c}.", &[("a", "evil.com/"), ("b", "ok"), ("c", "")]),
            of("{a}.", &[("a", "evil.com#")]),
            of("{a}.", &[("a", "user@")]),
            of("{a}.", &[]),
            of("{a.", &[("a", "x")]),
        ],
        [
            Err(format!("Invalid value for parameter(s): a, c. {wrong}")),
            Err(format!("Invalid value for parameter(s): a. {wrong}")),
            Err(format!("Invalid value for parameter(s): a. {wrong}")),
            Err("parameter a is part of the host name of the endpoint, and has no text".to_owned()),
            Err("the host prefix {a. of the model has no closing brace".to_owned()),
        ]
    );
}

#[test]
fn prefixes_stand_before_host_names_but_not_before_addresses() {
    let urls = [
        "https://states.eu-central-1.amazonaws.com",
        "https://states.example.com:8443/base",
        "http://127.0.0.1:4566",
        "http://127.0.0.1",
        "http://[::1]:4566/base",
        "http://[::1]",
        "http://localhost:4566",
        "http://localstack:4566/a.b",
    ];
    assert_eq!(
        urls.map(|url| with_host_prefix(url, "sync-")),
        [
            "https://sync-states.eu-central-1.amazonaws.com",
            "https://sync-states.example.com:8443/base",
            "http://127.0.0.1:4566",
            "http://127.0.0.1",
            "http://[::1]:4566/base",
            "http://[::1]",
            "http://localhost:4566",
            "http://localstack:4566/a.b",
        ]
    );
}
