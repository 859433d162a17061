//! Locations as inputs are read as.

use serde_json::{Value, json};

use super::super::{Amount, ChildRequest};
use super::{AccountSource, EXECUTION_ROLE, Locations, TargetLocation};

/// The request of a step with these locations and further inputs.
fn request(locations: &Value, more: &Value) -> Result<ChildRequest, String> {
    let mut inputs = json!({"DocumentName": "d", "TargetLocations": locations});
    inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ChildRequest::from_resolved(|name| inputs.get(name)).map_err(|problem| problem.to_string())
}

fn locations(locations: &Value) -> Result<Locations, String> {
    request(locations, &json!({})).map(|request| request.locations.unwrap())
}

fn pairs(locations: &Locations, accounts: &[Vec<String>]) -> Result<Vec<Vec<String>>, String> {
    let pairs = locations.pairs(accounts).map_err(|problem| problem.to_string())?;
    Ok(pairs.iter().map(|pairs| pairs.iter().map(ToString::to_string).collect()).collect())
}

const ONE: &str = "111111111111";
const TWO: &str = "222222222222";

#[test]
fn members_have_the_defaults_of_the_service() {
    let read = locations(&json!([{"Accounts": [ONE], "Regions": ["eu-west-1"]}])).unwrap();
    let expected = TargetLocation {
        accounts: vec![AccountSource::Account(ONE.to_owned())],
        excluded: Vec::new(),
        includes_child_units: false,
        regions: vec!["eu-west-1".to_owned()],
        role: EXECUTION_ROLE.to_owned(),
        concurrency: Amount::Count(1),
        errors: Amount::Count(0),
        targets: None,
        has_alarm: false,
    };
    assert_eq!(read.list, [expected]);
}

#[test]
fn pairs_are_account_by_account_without_duplicates() {
    let read = locations(&json!([
        {"Accounts": [TWO, ONE, TWO], "Regions": ["eu-west-1", "us-east-1", "eu-west-1"]},
        {"Accounts": ONE, "Regions": "eu-central-1", "ExcludeAccounts": [TWO]},
        {"Accounts": [ONE, [TWO]], "ExcludeAccounts": [ONE], "Regions": "[\"eu-central-1\"]"},
    ]))
    .unwrap();
    let expected = [
        vec!["222222222222/eu-west-1", "222222222222/us-east-1", "111111111111/eu-west-1", "111111111111/us-east-1"],
        vec!["111111111111/eu-central-1"],
        vec!["222222222222/eu-central-1"],
    ];
    assert_eq!(pairs(&read, &read.accounts().unwrap()).unwrap(), expected);
}

#[test]
fn units_are_looked_up_and_excluded_accounts_left_out() {
    let of = |location: Value| locations(&json!([location])).unwrap();
    let unit = of(json!({"Accounts": ["ou-abcd-12345678", ONE], "Regions": ["a"], "ExcludeAccounts": [TWO]}));
    assert_eq!((unit.need_lookup(), unit.accounts()), (true, None));
    let left = unit.list[0].accounts_without_excluded([ONE, TWO, "333333333333", ONE], &["333333333333".to_owned()]);
    assert_eq!(left, [ONE]);
    assert_eq!(pairs(&unit, &[left]).unwrap(), [["111111111111/a"]]);
    assert_eq!(
        pairs(&unit, &[Vec::new()]).unwrap_err(),
        "`TargetLocations` has no account: the organizational units have no active account that is not excluded"
    );
    let excluded = of(json!({"Accounts": [ONE], "Regions": ["a"], "ExcludeAccounts": ["ou-abcd-12345678"]}));
    assert!(excluded.need_lookup());
    assert!(of(json!({"Accounts": ["r-abcd"], "Regions": ["a"]})).need_lookup());
}

#[test]
fn rate_control_takes_numbers_and_percentages() {
    let read = locations(&json!([{
        "Accounts": [ONE], "Regions": ["a"], "TargetLocationMaxConcurrency": "50%", "TargetLocationMaxErrors": 3,
        "ExecutionRoleName": "path/Role+x", "IncludeChildOrganizationUnits": "true",
        "TargetLocationAlarmConfiguration": {"Alarms": [{"Name": "alarm"}]},
    }]))
    .unwrap();
    let location = &read.list[0];
    assert_eq!(
        (location.concurrency, location.errors, &*location.role, location.includes_child_units, location.has_alarm),
        (Amount::Percent(50), Amount::Count(3), "path/Role+x", true, true)
    );
}

#[test]
fn targets_of_a_location_take_precedence_over_those_of_the_step() {
    let values = |value: &str| json!([{"Key": "ParameterValues", "Values": [value]}]);
    let read = request(
        &json!([
            {"Accounts": [ONE], "Regions": ["a"]},
            {"Accounts": [ONE], "Regions": ["a"], "Targets": values("own"), "TargetsMaxConcurrency": "1",
             "TargetsMaxErrors": "2"},
        ]),
        &json!({"TargetParameterName": "Id", "Targets": values("step"), "MaxConcurrency": "5"}),
    )
    .unwrap();
    assert_eq!(read.targets, None);
    let of = |at: usize| read.locations.as_ref().unwrap().list[at].targets.clone().unwrap();
    assert_eq!(
        (of(0).targets, of(0).max_concurrency, of(0).max_errors, of(0).parameter),
        (Some(values("step")), Some(json!("5")), None, Some("Id".to_owned()))
    );
    assert_eq!(
        (of(1).targets, of(1).max_concurrency, of(1).max_errors),
        (Some(values("own")), Some(json!("1")), Some(json!("2")))
    );
}

#[test]
fn invalid_locations_are_rejected_by_number_and_member() {
    let with = |more: Value| {
        let mut location = json!({"Accounts": [ONE], "Regions": ["a"]});
        location.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let problem = locations(&json!([{"Accounts": [ONE], "Regions": ["a"]}, location])).unwrap_err();
        problem.strip_prefix("location 2 of `TargetLocations` ").unwrap().to_owned()
    };
    let many = |count: usize| (0..count).map(|at| format!("{at:012}")).collect::<Vec<_>>();
    let found = [
        with(json!({"Acounts": [ONE]})),
        with(json!({"Accounts": []})),
        with(json!({"Regions": null})),
        with(json!({"Accounts": ["12345"]})),
        with(json!({"ExcludeAccounts": ["r-abcd"]})),
        with(json!({"Accounts": {"a": "b"}})),
        with(json!({"Accounts": many(51)})),
        with(json!({"ExcludeAccounts": many(5001)})),
        with(json!({"Regions": ["EU West"]})),
        with(json!({"ExecutionRoleName": "x".repeat(65)})).replace(&"x".repeat(65), "x…"),
        with(json!({"TargetLocationMaxConcurrency": "0"})),
        with(json!({"TargetLocationMaxErrors": "101%"})),
        with(json!({"IncludeChildOrganizationUnits": "perhaps"})),
        with(json!({"TargetLocationAlarmConfiguration": {"Alarms": [{"Name": "a"}, {"Name": "b"}]}})),
        with(json!({"Targets": [{"Key": "ParameterValues", "Values": ["a"]}]})),
    ];
    let expected = [
        "has no member `Acounts`; did you mean `Accounts`?",
        "needs `Accounts`",
        "needs `Regions`",
        "`Accounts` has `12345`, which is neither an account (12 digits), nor an organizational unit (ou-…) or a root (r-…)",
        "`ExcludeAccounts` has `r-abcd`, which is neither an account (12 digits), nor an organizational unit (ou-…)",
        "`Accounts` must be a list of texts, and is a map of 1 entry",
        "`Accounts` has 51, but at most 50 are allowed",
        "`ExcludeAccounts` has 5001, but at most 5000 are allowed",
        "`Regions` has `EU West`, which is not the name of a Region such as eu-west-1",
        "`ExecutionRoleName` must be the name of a role, of at most 64 letters, digits and _+=,.@/-, and is `x…`",
        "`TargetLocationMaxConcurrency` must be a number such as 10 or a percentage such as 10%, and is 0",
        "`TargetLocationMaxErrors` must be a number such as 10 or a percentage such as 10%, and is `101%`",
        "`IncludeChildOrganizationUnits` must be true or false, and is the text \"perhaps\"",
        "`TargetLocationAlarmConfiguration` has 2, but at most 1 are allowed",
        "`Targets` needs `TargetParameterName`: the parameter that receives each target",
    ];
    assert_eq!(found, expected);
    let many: Vec<Value> = vec![json!({"Accounts": [ONE], "Regions": ["a"]}); 101];
    assert_eq!(locations(&json!(many)).unwrap_err(), "`TargetLocations` has 101, but at most 100 are allowed");
    assert_eq!(
        locations(&json!(["x"])).unwrap_err(),
        "location 1 of `TargetLocations` must be a map, and is the text \"x\""
    );
}
