use super::assignment;

#[test]
fn assignment_requires_name_and_equals_sign() {
    let parsed = |text: &str| assignment(text).map_err(|error| error.to_string());
    let name = |text: &str, value: &str| Ok((text.to_owned(), value.to_owned()));
    assert_eq!(parsed("A=b=c"), name("A", "b=c"));
    assert_eq!(parsed("A="), name("A", ""));
    assert_eq!(parsed("A"), Err("there is no `=` in it; write A=VALUE".to_owned()));
    assert_eq!(parsed("=b"), Err("there is no name before `=`; write NAME=VALUE".to_owned()));
}
