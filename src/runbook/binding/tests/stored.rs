//! Defaults that refer to Parameter Store.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::super::{ParameterStoreError, StoredScope, StoredValues, bind, unread, without_unknown, without_unread};
use super::{BindingProblem, Region, declared, texts};

const PARAMETERS: &str = r#"{
    "Ami": {"type": "String", "default": "{{ ssm:/ami:3 }}"},
    "Name": {"type": "String", "default": "image-{{ssm:/ami:3}}-{{ global:REGION }}"},
    "Copy": {"type": "String", "default": "{{ Name }}!"},
    "Ids": {"type": "StringList", "default": "{{ssm:ids}}"},
    "More": {"type": "StringList", "default": ["i-0", "{{ssm:ids}}"]},
    "Texts": {"type": "StringList", "default": ["ids: {{ssm:ids}}", "{{ssm:ids}}"]},
    "Needed": {"type": "String"},
    "Size": {"type": "String", "default": "small"}
}"#;

fn values(values: &[(&str, &str)]) -> StoredValues {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The bound values, or the messages of all problems.
fn bind_with(parameters: &Value, supplied: &[(&str, &str)], stored: &StoredValues) -> Result<Value, Vec<String>> {
    let scope = StoredScope { values: stored, others: &Region };
    let bound = bind(&declared(parameters), &texts(supplied), &scope);
    let texts = |problems: Vec<BindingProblem>| problems.iter().map(ToString::to_string).collect();
    bound.map(|values| json!(values)).map_err(texts)
}

#[test]
fn values_of_parameter_store_replace_references_and_are_split_in_lists() {
    let stored = values(&[("/ami:3", "ami-1"), ("ids", "i-1,i-2")]);
    assert_eq!(
        bind_with(&serde_json::from_str(PARAMETERS).unwrap(), &[("Needed", "{{ssm:ids}}")], &stored),
        Ok(json!({
            "Ami": "ami-1",
            "Name": "image-ami-1-eu-central-1",
            "Copy": "image-ami-1-eu-central-1!",
            "Ids": ["i-1", "i-2"],
            "More": ["i-0", "i-1", "i-2"],
            "Texts": ["ids: i-1,i-2", "i-1,i-2"],
            "Needed": "{{ssm:ids}}",
            "Size": "small",
        }))
    );
}

#[test]
fn values_of_parameter_store_are_checked_against_the_constraints() {
    let parameters = json!({
        "Ami": {"type": "String", "default": "{{ssm:/ami}}", "allowedPattern": "^ami-[0-9]+$"},
        "Ids": {"type": "StringList", "default": "{{ssm:ids}}", "allowedValues": ["a", "b"], "maxItems": 2},
        "Empty": {"type": "String", "default": "", "allowedPattern": "^x$"},
    });
    let stored = values(&[("/ami", "image"), ("ids", "a,c,b")]);
    assert_eq!(
        bind_with(&parameters, &[], &stored),
        Err(vec![
            "Parameter \"Ami\" has value \"image\" that does not match the pattern ^ami-[0-9]+$.".to_owned(),
            "Parameter \"Ids\" has 3 items; it takes at most 2.".to_owned(),
            "Parameter \"Ids\" has value \"c\" not found in [a, b].".to_owned(),
        ])
    );
}

#[test]
fn only_values_that_are_needed_and_missing_are_read() {
    let declared = declared(&serde_json::from_str(PARAMETERS).unwrap());
    let (supplied, stored) = (texts(&[("Ids", "a"), ("Name", "n")]), values(&[("/other", "x")]));
    let names = |parameters: &IndexMap<_, _>| json!(parameters.keys().collect::<Vec<_>>());
    let needed: Vec<String> = unread(&declared, &supplied, &stored)
        .iter()
        .map(|(stored, users)| format!("{stored}: {}", json!(users)))
        .collect();
    assert_eq!(
        (
            needed,
            unread(&declared, &supplied, &values(&[("/ami:3", ""), ("ids", "")])).len(),
            names(&without_unread(&declared, &supplied, &stored)),
            names(&without_unknown(&declared, &supplied, &stored)),
            names(&without_unread(&declared, &IndexMap::new(), &stored)),
        ),
        (
            vec!["/ami:3: [\"Ami\"]".to_owned(), "ids: [\"More\",\"Texts\"]".to_owned()],
            0,
            json!(["Name", "Copy", "Ids", "Needed", "Size"]),
            json!(["Name", "Copy", "Ids", "Size"]),
            json!(["Needed", "Size"]),
        )
    );
}

#[test]
fn a_value_that_cannot_be_read_is_explained() {
    let call = ParameterStoreError::Call { message: "no connection".to_owned(), remedy: Some("try again".to_owned()) };
    let errors = [
        ParameterStoreError::NotFound,
        ParameterStoreError::VersionNotFound,
        ParameterStoreError::SecureString,
        ParameterStoreError::NeededForRole,
        call,
    ];
    let told = errors.map(|source| {
        let problem = BindingProblem::Stored { name: "Ami".into(), stored: "/a".to_owned(), source };
        let message = problem.to_string();
        let reason =
            message.strip_prefix("The default of parameter \"Ami\" cannot be used: {{ ssm:/a }} has no value: ");
        [vec![reason.unwrap_or(&message).to_owned()], problem.help()].concat().join(" | ")
    });
    let otherwise = "supply `Ami`, or the value of Parameter Store: --ssm-parameter /a=VALUE";
    assert_eq!(
        told,
        [
            format!(
                "Parameter Store has no parameter of this name. | create it in the account and the region of the \
                 execution | {otherwise}"
            ),
            format!(
                "the parameter has no such version or label in Parameter Store. | correct the version or the label, or \
                 leave it out | {otherwise}"
            ),
            format!(
                "it is a SecureString, and a default can refer to a String or a StringList only. | store the value as a \
                 String if it is no secret | {otherwise}"
            ),
            format!("it is read with the role of assumeRole, which refers to this parameter. | {otherwise}"),
            format!("no connection. | try again | {otherwise}"),
        ]
    );
}
