//! Runs in several accounts and Regions (`TargetLocations`), against scripted STS, Organizations and SQS.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::role::assume_role_response;
use super::stub::{Answer, Request, Stub};
use crate::harness::{Situation, until};

const ADMIN: &str = "arn:aws:iam::000000000000:role/AWS-SystemsManager-AutomationAdministrationRole";
const ONE: &str = "111111111111";
const TWO: &str = "222222222222";

/// An account whose execution role cannot be assumed.
const DENIED: &str = "444444444444";

/// A runbook with one call, which says where it is made.
const QUEUE: &str = "\
name: create, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: CreateQueue, \
QueueName: 'q-{{ global:ACCOUNT_ID }}-{{ global:REGION }}'}";

/// A runbook of one step, `book.yaml`.
fn book(situation: Situation, head: &str, step: &str) -> Situation {
    situation.file("book.yaml", format!("schemaVersion: '0.3'\n{head}mainSteps:\n  - {{{step}}}\n"))
}

/// The caller, and an environment in which every service is the stub.
fn situation(stub: &Stub) -> Situation {
    super::situation().env("AWS_ENDPOINT_URL", &stub.url)
}

/// The role of a request to assume one.
fn role_of(request: &Request) -> Option<String> {
    let arn = request.body.split('&').find_map(|part| part.strip_prefix("RoleArn="))?;
    Some(arn.replace("%3A", ":").replace("%2F", "/").replace("%2B", "+"))
}

/// The account and the name of a role.
fn account_and_name(role: &str) -> (&str, &str) {
    let mut parts = role.split(':').skip(4);
    (parts.next().unwrap(), parts.next().unwrap().rsplit('/').next().unwrap())
}

/// The Region that a request was signed for.
fn region_of(request: &Request) -> String {
    request.header("authorization").split('/').nth(2).unwrap_or_default().to_owned()
}

fn operation(request: &Request) -> &str {
    request.header("x-amz-target").rsplit('.').next().unwrap_or_default()
}

/// The answer of STS: keys that name the role, and secrets that are not to be found anywhere.
fn assume(role: &str) -> Answer {
    let (account, name) = account_and_name(role);
    if account == DENIED {
        let text = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is not authorized \
                    to perform: sts:AssumeRole</Message></Error><RequestId>r</RequestId></ErrorResponse>";
        return Answer::new(403, text);
    }
    let text = assume_role_response("AssumeRole", &format!("AKID-{account}-{name}"), "2099-01-01T00:00:00Z");
    let text = text.replace(">s</SecretAccessKey>", &format!(">SecretKeyOf{account}/with+more</SecretAccessKey>"));
    Answer::new(
        200,
        text.replace(">t</SessionToken>", &format!(">SessionTokenOf{account}//with+more==</SessionToken>")),
    )
}

/// Organizations: a root with an account and two units, of which one has a unit; the lists have several pages.
fn organization(request: &Request) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let (parent, token) = (body["ParentId"].as_str().unwrap(), body["NextToken"].as_str());
    let account = |id: &str, status: &str| json!({"Id": id, "Status": status});
    let reply = match (operation(request), parent, token) {
        ("ListAccountsForParent", "r-root", _) => json!({"Accounts": [account("900000000000", "ACTIVE")]}),
        ("ListAccountsForParent", "ou-root-aaaaaaaa", None) => {
            json!({"Accounts": [account(ONE, "ACTIVE"), account("700000000000", "SUSPENDED")], "NextToken": "more"})
        }
        ("ListAccountsForParent", "ou-root-aaaaaaaa", Some("more")) => json!({"Accounts": [], "NextToken": "last"}),
        ("ListAccountsForParent", "ou-root-aaaaaaaa", Some("last")) => {
            json!({"Accounts": [account(TWO, "ACTIVE"), account("800000000000", "ACTIVE")]})
        }
        ("ListAccountsForParent", "ou-root-bbbbbbbb", _) => json!({"Accounts": [account("333333333333", "ACTIVE")]}),
        ("ListOrganizationalUnitsForParent", "ou-root-aaaaaaaa", _) => {
            json!({"OrganizationalUnits": [{"Id": "ou-root-bbbbbbbb"}]})
        }
        ("ListOrganizationalUnitsForParent", _, _) => json!({"OrganizationalUnits": []}),
        (_, parent, token) => panic!("{parent} {token:?}"),
    };
    Answer::new(200, reply.to_string())
}

/// All services in one. `before` may hold a request.
fn services_with(before: impl Fn(&Request) + Send + Sync + 'static) -> Stub {
    Stub::start(move |request, _| {
        before(request);
        match operation(request) {
            "CreateQueue" => Answer::new(200, json!({"QueueUrl": "http://queue"}).to_string()),
            "ListAccountsForParent" | "ListOrganizationalUnitsForParent" => organization(request),
            _ => match role_of(request) {
                Some(role) => assume(&role),
                None => Answer::new(404, ""),
            },
        }
    })
}

fn services() -> Stub {
    services_with(|_| {})
}

/// The queues that were created, in order: with which key, in which Region, and their names.
fn queues(stub: &Stub) -> Vec<(String, String, String)> {
    let requests = stub.requests().into_iter().filter(|request| operation(request) == "CreateQueue");
    let queue = |request: Request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        (request.access_key().to_owned(), region_of(&request), body["QueueName"].as_str().unwrap().to_owned())
    };
    requests.map(queue).collect()
}

fn queue(account: &str, role: &str, region: &str) -> (String, String, String) {
    (format!("AKID-{account}-{role}"), region.to_owned(), format!("q-{account}-{region}"))
}

/// The roles that were assumed, each with the key that it was assumed with.
fn assumed(stub: &Stub) -> Vec<(String, String)> {
    stub.requests().iter().filter_map(|request| Some((request.access_key().to_owned(), role_of(request)?))).collect()
}

fn execution_role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/AWS-SystemsManager-AutomationExecutionRole")
}

const EXECUTION: &str = "AWS-SystemsManager-AutomationExecutionRole";

/// All bytes of the files of the journal.
fn journal_text(situation: &Situation) -> String {
    let folder = situation.path().join(".local/state/runwright");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    files.map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()).collect()
}

fn children(situation: &Situation) -> Vec<String> {
    let shown = situation.run(&["executions", "show", "last"]);
    let lines = shown.stdout.lines().skip_while(|line| *line != "children").skip(1);
    // The id is left out.
    let rest = |line: &str| line.trim().split_once(' ').unwrap().1.split(" in ").next().unwrap().to_owned();
    let mut lines: Vec<String> = lines.map(rest).collect();
    lines.sort();
    lines
}

#[test]
fn each_pair_acts_as_the_execution_role_of_its_account_in_its_region() {
    let stub = services();
    let situation = book(situation(&stub), "", QUEUE);
    let locations = "Accounts=111111111111,222222222222,Regions=eu-west-1,us-east-1";
    let outcome = situation.run(&["run", "book.yaml", "--target-locations", locations]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let expected = [
        queue(ONE, EXECUTION, "eu-west-1"),
        queue(ONE, EXECUTION, "us-east-1"),
        queue(TWO, EXECUTION, "eu-west-1"),
        queue(TWO, EXECUTION, "us-east-1"),
    ];
    assert_eq!(queues(&stub), expected);
    let roles = [ONE, ONE, TWO, TWO].map(|account| ("AKIDCALLER".to_owned(), execution_role(account)));
    assert_eq!(assumed(&stub), roles);
    assert!(
        outcome.stderr.contains("4 account–Region pairs: 4 succeeded, 0 failed, 0 not started"),
        "{}",
        outcome.text()
    );
    assert_eq!(
        children(&situation),
        [
            "111111111111/eu-west-1: book Success",
            "111111111111/us-east-1: book Success",
            "222222222222/eu-west-1: book Success",
            "222222222222/us-east-1: book Success",
        ]
    );
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let names: Vec<&str> =
        shown["StepExecutions"].as_array().unwrap().iter().map(|step| step["StepName"].as_str().unwrap()).collect();
    assert_eq!(
        (&shown["TargetLocations"][0]["Accounts"], names.as_slice()),
        (
            &json!([ONE, TWO]),
            &["111111111111/eu-west-1", "111111111111/us-east-1", "222222222222/eu-west-1", "222222222222/us-east-1"][..]
        )
    );
    let text = journal_text(&situation);
    for secret in ["SecretKeyOf", "SessionTokenOf", "AKID-111111111111"] {
        assert!(!text.contains(secret), "the journal has {secret}");
    }
    assert!(text.contains(&execution_role(ONE)), "the journal has the recipe");
}

#[test]
fn role_of_the_runbook_leads_to_the_accounts_and_is_not_assumed_there_again() {
    let stub = services();
    let head =
        "assumeRole: '{{ AutomationAssumeRole }}'\nparameters: {AutomationAssumeRole: {type: String, default: ''}}\n";
    let situation = book(situation(&stub), head, QUEUE);
    let locations = json!([{"Accounts": [ONE], "Regions": ["eu-west-1"], "ExecutionRoleName": "Exec"}]).to_string();
    let role = format!("AutomationAssumeRole={ADMIN}");
    let outcome = situation.run(&["run", "book.yaml", "-q", "-p", &role, "--target-locations", &locations]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    assert_eq!(queues(&stub), [queue(ONE, "Exec", "eu-west-1")]);
    let admin = "AKID-000000000000-AWS-SystemsManager-AutomationAdministrationRole";
    let exec = format!("arn:aws:iam::{ONE}:role/Exec");
    let expected = [("AKIDCALLER", ADMIN), ("AKIDCALLER", ADMIN), (admin, exec.as_str())];
    assert_eq!(assumed(&stub), expected.map(|(key, role)| (key.to_owned(), role.to_owned())));
}

#[test]
fn own_role_of_the_runbook_is_assumed_from_the_execution_role() {
    let stub = services();
    let step = "name: everywhere, action: 'aws:executeAutomation', inputs: {DocumentName: child, TargetLocations: \
                [{Accounts: ['111111111111'], Regions: [eu-west-1], ExecutionRoleName: path/Exec}]}";
    let child = format!(
        "schemaVersion: '0.3'\nassumeRole: 'arn:aws:iam::{{{{ global:ACCOUNT_ID }}}}:role/Own'\nmainSteps: [{{{QUEUE}}}]\n"
    );
    let situation = book(situation(&stub), "", step).file("child.yaml", child);
    let outcome = situation.run(&["run", "book.yaml", "-q"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    assert_eq!(queues(&stub), [queue(ONE, "Own", "eu-west-1")]);
    let (exec, own) = (format!("arn:aws:iam::{ONE}:role/path/Exec"), format!("arn:aws:iam::{ONE}:role/Own"));
    let expected = [("AKIDCALLER", exec.as_str()), ("AKID-111111111111-Exec", &own)];
    assert_eq!(assumed(&stub), expected.map(|(key, role)| (key.to_owned(), role.to_owned())));
    assert_eq!(children(&situation), ["111111111111/eu-west-1: child Success"]);
}

#[test]
fn a_role_that_cannot_be_assumed_fails_its_account_and_the_others_run() {
    let stub = services();
    let situation = book(situation(&stub), "", QUEUE);
    let run = |errors: &str| {
        let locations = json!([{
            "Accounts": [ONE, DENIED, TWO], "Regions": ["eu-west-1"], "TargetLocationMaxErrors": errors,
        }]);
        situation.run(&["run", "book.yaml", "--target-locations", &locations.to_string()])
    };
    let tolerated = run("1");
    assert_eq!(tolerated.status, Some(0), "{}", tolerated.text());
    assert_eq!(queues(&stub), [queue(ONE, EXECUTION, "eu-west-1"), queue(TWO, EXECUTION, "eu-west-1")]);
    let shown = situation.run(&["executions", "events", "last", "--output", "jsonl"]);
    assert!(shown.stdout.contains("\"failure_type\":\"Permission\""), "{}", shown.text());
    assert_eq!(run("0").status, Some(1));
    let why = "1 of 3 account–Region pairs failed, and 1 did not start; TargetLocationMaxErrors is 0. \
               444444444444/eu-west-1: Account 444444444444 cannot be reached: the role \
               arn:aws:iam::444444444444:role/AWS-SystemsManager-AutomationExecutionRole cannot be assumed (AccessDenied";
    let remedy = "create the role in that account if there is none (ExecutionRoleName names another one), name the \
                  caller in its trust policy, and allow the caller sts:AssumeRole on it.";
    let failure = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let told = failure["FailureMessage"].as_str().unwrap();
    assert!(told.contains(why) && told.contains(remedy), "{told}");
}

#[test]
fn locations_are_independent_and_count_their_own_errors() {
    let stub = services();
    let situation = book(situation(&stub), "", QUEUE);
    let locations = json!([
        {"Accounts": [DENIED, ONE], "Regions": ["eu-west-1"]},
        {"Accounts": [TWO], "Regions": ["eu-west-1", "us-east-1"], "TargetLocationMaxConcurrency": "100%"},
    ]);
    let outcome = situation.run(&["run", "book.yaml", "--target-locations", &locations.to_string()]);
    assert_eq!(outcome.status, Some(1), "{}", outcome.text());
    assert_eq!(queues(&stub), [queue(TWO, EXECUTION, "eu-west-1"), queue(TWO, EXECUTION, "us-east-1")]);
    let wanted = "4 account–Region pairs: 2 succeeded, 0 failed, 2 not started";
    assert!(outcome.stderr.contains(wanted), "{}", outcome.text());
    assert!(outcome.stderr.contains("TargetLocationMaxErrors of location 1 is 0"), "{}", outcome.text());
}

#[test]
fn units_are_expanded_once_without_suspended_and_excluded_accounts() {
    let stub = services();
    let situation = book(situation(&stub), "", QUEUE);
    let locations = json!([{
        "Accounts": ["ou-root-aaaaaaaa"], "Regions": ["eu-west-1"], "IncludeChildOrganizationUnits": true,
        "ExcludeAccounts": ["800000000000"],
    }, {"Accounts": ["ou-root-aaaaaaaa"], "Regions": ["us-east-1"], "ExcludeAccounts": [ONE, "800000000000"]}]);
    let outcome = situation.run(&["run", "book.yaml", "--target-locations", &locations.to_string()]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let mut created = queues(&stub);
    created.sort();
    let expected = [
        queue(ONE, EXECUTION, "eu-west-1"),
        queue(TWO, EXECUTION, "eu-west-1"),
        queue(TWO, EXECUTION, "us-east-1"),
        queue("333333333333", EXECUTION, "eu-west-1"),
    ];
    assert_eq!(created, expected);
    let mut asked: HashMap<String, usize> = HashMap::new();
    for request in stub.requests().iter().filter(|request| operation(request).starts_with("List")) {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        *asked.entry(format!("{} {}", operation(request), body["ParentId"].as_str().unwrap())).or_default() += 1;
    }
    let expected = [
        ("ListAccountsForParent ou-root-aaaaaaaa", 3),
        ("ListAccountsForParent ou-root-bbbbbbbb", 1),
        ("ListOrganizationalUnitsForParent ou-root-aaaaaaaa", 1),
        ("ListOrganizationalUnitsForParent ou-root-bbbbbbbb", 1),
    ];
    assert_eq!(asked, expected.map(|(list, count)| (list.to_owned(), count)).into());
}

#[test]
fn a_killed_run_resumes_in_the_same_accounts_and_does_the_work_of_each_pair_once() {
    // The third role is answered only once the program was killed.
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let held = Arc::clone(&gate);
    let stub = services_with(move |request| {
        if role_of(request).is_some_and(|role| role.contains(TWO)) {
            let (is_open, opened) = &*held;
            drop(opened.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
        }
    });
    let situation = book(situation(&stub), "", QUEUE);
    let locations = json!([{
        "Accounts": ["ou-root-aaaaaaaa"], "Regions": ["eu-west-1", "us-east-1"], "ExcludeAccounts": ["800000000000"],
    }]);
    let mut child = situation.start(&["run", "book.yaml", "-q", "--target-locations", &locations.to_string()]);
    let asks_for = |account: &str| assumed(&stub).iter().filter(|(_, role)| role.contains(account)).count();
    until("the role of the second account is asked for", || asks_for(TWO) > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    assert_eq!(queues(&stub), [queue(ONE, EXECUTION, "eu-west-1"), queue(ONE, EXECUTION, "us-east-1")]);
    let lists = || stub.requests().iter().filter(|request| operation(request).starts_with("List")).count();
    let listed = lists();
    let outcome = situation.run(&["resume", "last", "-q"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let expected = [
        queue(ONE, EXECUTION, "eu-west-1"),
        queue(ONE, EXECUTION, "us-east-1"),
        queue(TWO, EXECUTION, "eu-west-1"),
        queue(TWO, EXECUTION, "us-east-1"),
    ];
    assert_eq!((queues(&stub), lists()), (expected.to_vec(), listed));
}

#[test]
fn an_interrupted_child_takes_its_credentials_by_the_recipe_again() {
    // The first call is answered only once the program was killed.
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let held = Arc::clone(&gate);
    let stub = services_with(move |request| {
        if operation(request) == "CreateQueue" {
            let (is_open, opened) = &*held;
            drop(opened.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
        }
    });
    let situation = book(situation(&stub), "", QUEUE);
    let locations = "Accounts=111111111111,Regions=eu-west-1";
    let mut child = situation.start(&["run", "book.yaml", "-q", "--target-locations", locations]);
    until("the queue is created", || !queues(&stub).is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    let outcome = situation.run(&["resume", "last", "-q", "--on-interrupted", "retry"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    assert_eq!(queues(&stub), vec![queue(ONE, EXECUTION, "eu-west-1"); 2]);
    assert_eq!(assumed(&stub), vec![("AKIDCALLER".to_owned(), execution_role(ONE)); 2]);
}

#[test]
fn targets_run_inside_each_pair_and_those_of_a_location_win() {
    let stub = services();
    let step =
        "name: create, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: CreateQueue, QueueName: '{{ Host }}'}";
    let situation = book(situation(&stub), "parameters: {Host: {type: String}}\n", step);
    let own = json!([{"Key": "ParameterValues", "Values": ["own"]}]);
    let locations = json!([
        {"Accounts": [ONE], "Regions": ["eu-west-1"]},
        {"Accounts": [TWO], "Regions": ["us-east-1"], "Targets": own},
    ]);
    let outcome = situation.run(&[
        "run",
        "book.yaml",
        "--target-locations",
        &locations.to_string(),
        "--targets",
        "a,b",
        "--target-parameter",
        "Host",
        "--max-concurrency",
        "1",
    ]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let mut created = queues(&stub);
    created.sort();
    let made = |account: &str, region: &str, name: &str| {
        (format!("AKID-{account}-{EXECUTION}"), region.to_owned(), name.to_owned())
    };
    assert_eq!(created, [made(ONE, "eu-west-1", "a"), made(ONE, "eu-west-1", "b"), made(TWO, "us-east-1", "own")]);
}

#[test]
fn locations_come_from_a_url_whose_signature_is_nowhere() {
    let stub = services();
    let list = Stub::start(|request, _| {
        let locations = json!([{"Accounts": [ONE], "Regions": ["eu-west-1"]}]);
        if request.path.starts_with("/bucket/list.json?X-Amz-Signature=") {
            Answer::new(200, locations.to_string())
        } else {
            Answer::new(403, "")
        }
    });
    let situation = book(situation(&stub), "", QUEUE);
    let run = |path: &str| {
        let url = format!("{}/bucket/{path}", list.url);
        situation.run(&["run", "book.yaml", "-v", "--target-locations-url", &url])
    };
    let outcome = run("list.json?X-Amz-Signature=5ecre7");
    assert_eq!(
        (outcome.status, queues(&stub)),
        (Some(0), vec![queue(ONE, EXECUTION, "eu-west-1")]),
        "{}",
        outcome.text()
    );
    assert!(!journal_text(&situation).contains("5ecre7") && !outcome.text().contains("5ecre7"), "{}", outcome.text());
    let refused = run("other.json?X-Amz-Signature=5ecre7");
    refused.assert(2, "", &["the target locations cannot be read from", "/bucket/other.json: the server answered 403"]);
    assert!(!refused.text().contains("5ecre7"), "{}", refused.text());
    let unsafe_url =
        situation.run(&["run", "book.yaml", "--target-locations-url", "http://example.com/list.json?x=5ecre7"]);
    unsafe_url.assert(2, "", &["http://example.com/list.json: the URL must begin with https://"]);
}

#[test]
fn what_cannot_run_in_other_accounts_is_refused_before_anything_runs() {
    let stub = services();
    let ask = "name: ask, action: 'aws:approve', inputs: {Approvers: [anna]}";
    let locations = "Accounts=111111111111,Regions=eu-west-1";
    let at_top = book(situation(&stub), "", ask);
    at_top.run(&["run", "book.yaml", "--target-locations", locations]).assert(
        2,
        "",
        &["step ask waits for an approval, and approvals are not supported in runs over accounts and Regions"],
    );
    let step = "name: everywhere, action: 'aws:executeAutomation', inputs: {DocumentName: child, TargetLocations: \
                [{Accounts: ['111111111111'], Regions: [eu-west-1]}]}";
    let child = format!("schemaVersion: '0.3'\nmainSteps: [{{{ask}}}]\n");
    let in_step = book(situation(&stub), "", step).file("child.yaml", child);
    let validated = in_step.run(&["validate", "book.yaml"]);
    assert!(validated.text().contains("runbook child waits for an approval in step ask"), "{}", validated.text());
    let ran = in_step.run(&["run", "book.yaml", "-q"]);
    assert_eq!(ran.status, Some(1), "{}", ran.text());
    assert!(ran.stderr.contains("Runbook child has the step ask, which waits for an approval"), "{}", ran.text());
    let usual = book(situation(&stub), "", QUEUE);
    let invalid = usual.run(&["run", "book.yaml", "--target-locations", "Accounts=1,Regions=eu-west-1"]);
    invalid.assert(2, "", &["location 1 of `TargetLocations` `Accounts` has `1`, which is neither an account"]);
    assert_eq!(stub.requests().len(), 0);
}

#[test]
fn plan_names_the_pairs_the_roles_and_the_lookups() {
    let step = "name: everywhere, action: 'aws:executeAutomation', inputs: {DocumentName: child, TargetLocations: \
                [{Accounts: ['{{ Accounts }}', ou-root-aaaaaaaa], Regions: [eu-west-1, us-east-1]}]}";
    let child = format!("schemaVersion: '0.3'\nmainSteps: [{{{QUEUE}}}]\n");
    let head = "parameters: {Accounts: {type: String, default: '111111111111'}}\n";
    let situation = book(super::situation(), head, step).file("child.yaml", child);
    let plan = situation.run(&["plan", "book.yaml", "--check", "--output", "json"]).json();
    let roles = ["111111111111", "*"].map(execution_role);
    assert_eq!(
        plan["steps"][0]["locations"],
        json!({
            "pairs": ["111111111111/eu-west-1", "111111111111/us-east-1"],
            "lookups": ["ou-root-aaaaaaaa"],
            "roles": roles,
        })
    );
    let needed: Vec<(&str, &str)> = plan["permissions"]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|needed| (needed["action"].as_str().unwrap(), needed["uses"][0]["principal"].as_str().unwrap()))
        .collect();
    let expected = [
        ("organizations:ListAccountsForParent", "caller"),
        ("organizations:ListOrganizationalUnitsForParent", "caller"),
        ("sqs:CreateQueue", "executionRole"),
        ("sts:AssumeRole", "caller"),
    ];
    assert_eq!(needed, expected);
    let text = situation.run(&["plan", "book.yaml"]);
    assert!(text.stdout.contains("in 111111111111/eu-west-1, 111111111111/us-east-1\n"), "{}", text.text());
    assert!(
        text.stdout.contains("in the accounts of ou-root-aaaaaaaa, which Organizations lists when the step runs\n"),
        "{}",
        text.text()
    );
}

#[test]
fn a_run_over_locations_is_rerun_and_not_redriven() {
    let stub = services();
    let situation = book(situation(&stub), "", QUEUE);
    let locations = "Accounts=111111111111,Regions=eu-west-1";
    assert_eq!(situation.run(&["run", "book.yaml", "-q", "--target-locations", locations]).status, Some(0));
    let redriven = situation.run(&["redrive", "last"]);
    redriven.assert(2, "", &["ran over accounts and Regions, and such a run cannot be redriven", "runwright rerun"]);
    let again = situation.run(&["rerun", "last", "-q"]);
    assert_eq!(again.status, Some(0), "{}", again.text());
    assert_eq!(queues(&stub), vec![queue(ONE, EXECUTION, "eu-west-1"); 2]);
}

#[test]
fn a_case_mocks_a_step_with_locations_like_any_other() {
    let step = "name: everywhere, action: 'aws:executeAutomation', inputs: {DocumentName: child, TargetLocations: \
                [{Accounts: [ou-root-aaaaaaaa], Regions: [eu-west-1]}]}";
    let cases = "runbook: book.yaml\ncases:\n  - name: it runs\n    steps:\n      everywhere: {outputs: {Output: [done], \
                 Status: Success}}\n    expect: {status: Success}\n";
    let situation = book(super::situation(), "", step).file("book.test.yaml", cases);
    let outcome = situation.run(&["test", "book.test.yaml"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
}
