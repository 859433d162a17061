//! Validation of role ARNs.

use super::RoleArn;

#[test]
fn only_role_arns_are_accepted() {
    let rows = [
        ("arn:aws:iam::123456789012:role/Operator", true),
        ("arn:aws-us-gov:iam::123456789012:role/path/to/Operator@x", true),
        ("arn:aws:iam::123456789012:role/", false),
        ("arn:aws:iam::123456789012:role/path/", false),
        ("arn:aws:iam::123456789012:user/Operator", false),
        ("arn:aws:iam::12345678901:role/Operator", false),
        ("arn:aws:iam:us-east-1:123456789012:role/Operator", false),
        ("arn:aws:sts::123456789012:role/Operator", false),
        ("arn:other:iam::123456789012:role/Operator", false),
        ("arn:aws:iam::123456789012:role/Oper ator", false),
        ("Operator", false),
        ("", false),
    ];
    assert_eq!(rows.map(|(text, _)| (text, RoleArn::parse(text).is_some())), rows);
}
