//! `{{ ssm:NAME }}` in defaults of parameters, against a scripted Parameter Store.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::role::assume_role_response;
use super::stub::{Answer, Request, Stub};
use super::{situation, without_credentials};
use crate::harness::{Outcome, Situation, stable};
use crate::journal_reads::ReadJournal as _;

/// A step that calls nothing, so that only the parameters need AWS.
const STEP: &str = "{name: set, action: 'aws:updateVariable', inputs: {Name: 'variable:seen', Value: '{{ Ami }}'}}";

/// A runbook with these lines of parameters.
fn book(head: &str, parameters: &[&str], steps: &str) -> String {
    let parameters = parameters.iter().fold(String::new(), |text, line| text + &format!("  {line}\n"));
    format!(
        "schemaVersion: '0.3'\n{head}parameters:\n{parameters}variables:\n  seen: {{type: String, default: ''}}\n\
         mainSteps:\n  - {steps}\n"
    )
}

const AMI: &str = "Ami: {type: String, default: '{{ ssm:/app/ami:stable }}', allowedPattern: '^ami-[0-9]+$'}";
const IDS: &str = "Ids: {type: StringList, default: '{{ssm:ids}}'}";

/// Parameter Store with a parameter of each type.
fn store() -> Stub {
    Stub::start(|request, _| answer(request))
}

fn answer(request: &Request) -> Answer {
    assert_eq!(request.header("x-amz-target"), "AmazonSSM.GetParameter");
    let asked: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(asked["WithDecryption"], false);
    let found = |kind: &str, value: &str| {
        let parameter = json!({"Name": "n", "Type": kind, "Value": value, "Version": 1});
        Answer::new(200, json!({ "Parameter": parameter }).to_string())
    };
    let error = |code: &str, message: &str| Answer::new(400, json!({"__type": code, "message": message}).to_string());
    match asked["Name"].as_str().unwrap() {
        "/app/ami:stable" => found("String", "ami-1"),
        "ids" => found("StringList", "i-1,i-2"),
        "password" => found("SecureString", "AQICAH"),
        "/app/ami:7" => error("ParameterVersionNotFound", "Systems Manager could not find version 7."),
        "denied" => error("AccessDeniedException", "User: AKIDCALLER is not authorized to perform: ssm:GetParameter"),
        _ => error("ParameterNotFound", ""),
    }
}

/// The names that were read.
fn names(store: &Stub) -> Vec<String> {
    let name =
        |request: Request| serde_json::from_str::<Value>(&request.body).unwrap()["Name"].as_str().unwrap().to_owned();
    store.requests().into_iter().map(name).collect()
}

fn with_store(store: &Stub, text: String) -> Situation {
    situation().file("book.yaml", text).env("AWS_ENDPOINT_URL_SSM", &store.url)
}

/// The parameters of an execution.
fn parameters(outcome: &Outcome) -> Value {
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    outcome.json()["Parameters"].clone()
}

const RUN: [&str; 5] = ["run", "book.yaml", "-q", "--output", "json"];

#[test]
fn values_are_read_once_and_recorded() {
    let store = store();
    let situation = with_store(&store, book("", &[AMI, IDS], STEP));
    let read = parameters(&situation.run(&RUN));
    let again = parameters(&situation.run(&["rerun", "last", "--json", "-q"]));
    let supplied = parameters(&situation.run(&[&RUN[..], &["-p", "Ami=ami-7", "--ssm-parameter", "ids=i-3"]].concat()));
    let read_once = json!({"Ami": ["ami-1"], "Ids": ["i-1", "i-2"]});
    assert_eq!(
        (read, again, supplied, names(&store)),
        (
            read_once.clone(),
            read_once,
            json!({"Ami": ["ami-7"], "Ids": ["i-3"]}),
            vec!["/app/ami:stable".to_owned(), "ids".to_owned()]
        )
    );
}

#[test]
fn values_that_cannot_be_read_stop_the_start_with_their_reasons() {
    let store = store();
    let lines = ["Ami", "password", "/app/ami:7", "denied", "gone"].iter().enumerate().map(|(at, name)| match at {
        0 => AMI.to_owned(),
        at => format!("P{at}: {{type: String, default: '{{{{ ssm:{name} }}}}'}}"),
    });
    let lines: Vec<String> = lines.collect();
    let situation = with_store(&store, book("", &lines.iter().map(String::as_str).collect::<Vec<_>>(), STEP));
    let outcome = situation.run(&RUN);
    let unused = situation.run(&["executions", "list"]);
    let because = |at: usize, name: &str, why: &str, help: &[&str]| {
        let otherwise = format!("supply `P{at}`, or the value of Parameter Store: --ssm-parameter {name}=VALUE");
        let help = help.iter().copied().chain([otherwise.as_str()]);
        let help = help.fold(String::new(), |text, help| text + &format!("  help: {help}\n"));
        format!(
            "error: The default of parameter \"P{at}\" cannot be used: {{{{ ssm:{name} }}}} has no value: {why}.\n{help}"
        )
    };
    let expected = [
        because(
            1,
            "password",
            "it is a SecureString, and a default can refer to a String or a StringList only",
            &["store the value as a String if it is no secret"],
        ),
        because(
            2,
            "/app/ami:7",
            "the parameter has no such version or label in Parameter Store",
            &["correct the version or the label, or leave it out"],
        ),
        because(
            3,
            "denied",
            "An error occurred (AccessDeniedException) when calling the GetParameter operation: User: AKIDCALLER is not \
             authorized to perform: ssm:GetParameter",
            &["allow ssm:GetParameter on denied in a policy of the execution's role or user"],
        ),
        because(
            4,
            "gone",
            "Parameter Store has no parameter of this name",
            &["create it in the account and the region of the execution"],
        ),
        "error: 4 problems with the parameters\n".to_owned(),
    ];
    let errors: String = outcome.stderr.split_inclusive('\n').skip_while(|line| !line.starts_with("error")).collect();
    assert_eq!((outcome.status, errors, unused.stdout.lines().count() > 1), (Some(3), expected.concat(), false));
}

#[test]
fn values_are_checked_as_supplied_ones_before_anything_is_stored() {
    let store = store();
    let ami = AMI.replace("/app/ami:stable", "ids");
    let outcome = with_store(&store, book("", &[&ami], STEP)).run(&RUN);
    outcome.assert(
        3,
        "",
        &["error: Parameter \"Ami\" has value \"i-1,i-2\" that does not match the pattern ^ami-[0-9]+$."],
    );
}

#[test]
fn values_are_read_with_the_role_of_the_execution() {
    let (store, sts) = (
        store(),
        Stub::start(|_, _| Answer::new(200, assume_role_response("AssumeRole", "AKIDROLE", "2099-01-01T00:00:00Z"))),
    );
    let role = "AutomationAssumeRole: {type: String, default: 'arn:aws:iam::123456789012:role/Operator'}";
    let head = "assumeRole: '{{ AutomationAssumeRole }}'\n";
    let situation = with_store(&store, book(head, &[role, AMI], STEP)).env("AWS_ENDPOINT_URL_STS", &sts.url);
    parameters(&situation.run(&RUN));
    parameters(&situation.run(&[&RUN[..], &["--assume-role", ""]].concat()));
    let keys: Vec<String> = store.requests().iter().map(|request| request.access_key().to_owned()).collect();
    assert_eq!((keys, sts.requests().len()), (vec!["AKIDROLE".to_owned(), "AKIDCALLER".to_owned()], 1));
}

#[test]
fn a_child_reads_its_own_values_unless_they_are_given() {
    let store = store();
    let child = "{name: child, action: 'aws:executeAutomation', inputs: {DocumentName: Child}}";
    let text = format!("schemaVersion: '0.3'\nmainSteps:\n  - {child}\noutputs: [child.Status]\n");
    let situation = with_store(&store, text).file("Child.yaml", book("", &[AMI, IDS], STEP));
    let run = |more: &[&str]| situation.run(&[&["run", "book.yaml", "-q"], more].concat());
    run(&[]).assert(0, "child.Status = Success\n", &[]);
    let read = names(&store);
    run(&["--ssm-parameter", "/app/ami:stable=ami-2", "--ssm-parameter", "ids=a"]).assert(
        0,
        "child.Status = Success\n",
        &[],
    );
    // A rerun has the values that were given to the first run.
    situation.run(&["rerun", "last", "-q"]).assert(0, "child.Status = Success\n", &[]);
    let bad = run(&["--ssm-parameter", "/app/ami:stable=other", "--ssm-parameter", "ids=a"]);
    assert_eq!((read, names(&store).len()), (vec!["/app/ami:stable".to_owned(), "ids".to_owned()], 2));
    let gone =
        situation.file("Child.yaml", book("", &[&AMI.replace("app", "gone")], STEP)).run(&["run", "book.yaml", "-q"]);
    let refused = "Runbook Child does not accept its parameters. ";
    for (outcome, why) in [
        (bad, "Parameter \"Ami\" has value \"other\" that does not match the pattern ^ami-[0-9]+$."),
        (
            gone,
            "The default of parameter \"Ami\" cannot be used: {{ ssm:/gone/ami:stable }} has no value: Parameter Store has no \
             parameter of this name. To fix it: create it in the account and the region of the execution; or supply `Ami`, or \
             the value of Parameter Store: --ssm-parameter /gone/ami:stable=VALUE.",
        ),
    ] {
        assert_eq!(outcome.status, Some(1), "{}", outcome.text());
        assert!(outcome.stderr.contains(&format!("{refused}{why}")), "{}", outcome.stderr);
    }
}

/// A runbook without any AWS around it.
fn offline() -> Situation {
    without_credentials().file("book.yaml", book("", &[AMI, IDS], STEP))
}

#[test]
fn given_values_need_no_connection() {
    let situation = offline()
        .file("values.yaml", "/app/ami:stable: ami-2\nids: [i-1, 2]\n")
        .file("values.json", "{\"/app/ami:stable\": \"ami-3\", \"ids\": \"i-1,i-2\"}")
        .file("runwright.toml", "ssm-parameters = \"values.json\"\n");
    let run = |more: &[&str]| parameters(&situation.run(&[&RUN[..], more].concat()));
    let unconnected = situation.run(&[&["--no-config"], &RUN[..]].concat());
    assert_eq!(
        (
            run(&["--ssm-parameters", "values.yaml"]),
            run(&[]),
            run(&["--ssm-parameters", "values.yaml", "--ssm-parameter", "ids=x=y"]),
            unconnected.status,
        ),
        (
            json!({"Ami": ["ami-2"], "Ids": ["i-1", "2"]}),
            json!({"Ami": ["ami-3"], "Ids": ["i-1", "i-2"]}),
            json!({"Ami": ["ami-2"], "Ids": ["x=y"]}),
            Some(3),
        )
    );
    let no_connection = "error: The default of parameter \"Ami\" cannot be used: {{ ssm:/app/ami:stable }} has no value: no region is set:";
    assert!(unconnected.stderr.contains(no_connection), "{}", unconnected.stderr);
}

#[test]
fn each_target_has_the_given_values() {
    let host = "Host: {type: String}";
    let targets = ["--targets", "a,b", "--target-parameter", "Host"];
    let given = ["--ssm-parameter", "/app/ami:stable=ami-2", "--ssm-parameter", "ids=x"];
    let situation = without_credentials().file("book.yaml", book("", &[host, AMI, IDS], STEP));
    let outcome = situation.run(&[&["run", "book.yaml", "-q"], &targets[..], &given].concat());
    let listed = situation.run(&["executions", "list", "--all", "--output", "json"]).json();
    let statuses: Vec<&str> =
        listed.as_array().unwrap().iter().map(|it| it["AutomationExecutionStatus"].as_str().unwrap()).collect();
    assert_eq!((outcome.status, statuses), (Some(0), vec!["Success"; 3]), "{}", outcome.text());
    let refused =
        situation.run(&[&["run", "book.yaml", "-q"], &targets[..], &["--ssm-parameter", "/app/ami:stable=x"]].concat());
    refused.assert(3, "", &["error: Parameter \"Ami\" has value \"x\" that does not match the pattern ^ami-[0-9]+$."]);
}

#[test]
fn unusable_values_are_refused() {
    let situation = offline()
        .file("values.yaml", "/app/ami: {a: b}\nids: [[a]]\nnot a name: x\nempty:\n")
        .file("list.yaml", "- a\n");
    let errors = |arguments: &[&str]| {
        let outcome = situation.run(&[&["plan", "book.yaml"], arguments].concat());
        let lines = outcome.stderr.lines().filter(|line| line.starts_with("error") || line.contains("help:"));
        (outcome.status, lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>())
    };
    let usage = |lines: &[&str]| (Some(2), lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    let invalid = |lines: &[&str]| (Some(3), usage(lines).1);
    let write = "help: write a map such as {\"/app/image\": \"ami-1\"}";
    let name = "help: write it as in the runbook after `ssm:`, with its version or label";
    assert_eq!(
        [
            errors(&["--ssm-parameter", "ssm: a=b"]),
            errors(&["--ssm-parameter", "a=b", "--ssm-parameter", "a=c"]),
            errors(&["--ssm-parameters", "gone.yaml"]),
            errors(&["--ssm-parameters", "values.yaml"]),
            errors(&["--ssm-parameters", "list.yaml"]),
        ],
        [
            usage(&["error: --ssm-parameter ssm: a: not a name of Parameter Store", name]),
            usage(&["error: --ssm-parameter a is given twice"]),
            usage(&["error: gone.yaml: there is no such file", "help: check the path; `-` reads standard input"]),
            invalid(&[
                "error[invalid-value]: `/app/ami` is a map, but a value is a text or a list of texts",
                "error[invalid-value]: `ids` is a list, but a value is a text or a list of texts",
                "error[invalid-value]: `not a name` is not a name of Parameter Store",
                &format!("= {name}"),
                "error[invalid-value]: `empty` is nothing, but a value is a text or a list of texts",
                "error: cannot read the values of Parameter Store in values.yaml",
                write,
            ]),
            invalid(&[
                "error[root-not-map]: the document is a list; a map is needed",
                "error: cannot read the values of Parameter Store in list.yaml",
                write,
            ]),
        ]
    );
}

#[test]
fn file_that_others_can_change_is_not_read() {
    let situation = offline().file("values/own.yaml", "/app/ami:stable: ami-2\nids: a\n");
    let (folder, file) = (situation.path().join("values"), situation.path().join("values/own.yaml"));
    let plan = || {
        let outcome = situation.run(&["plan", "book.yaml", "--ssm-parameters", "values/own.yaml"]);
        (outcome.status, stable(&outcome.stderr, outcome.folder()))
    };
    let refused = |path: &str, who: &str| {
        let text = format!(
            "error: values/own.yaml: other users can change it: {path} is writable by {who}\nhelp: `chmod go-w {path}`\n"
        );
        (Some(2), text)
    };
    let rows = [
        (0o755, 0o644, (Some(0), String::new())),
        (0o755, 0o666, refused("FOLDER/values/own.yaml", "every user")),
        (0o777, 0o600, refused("FOLDER/values", "every user")),
        // Only the owner of a file can replace it in a sticky folder.
        (0o1777, 0o600, (Some(0), String::new())),
    ];
    let found = rows.each_ref().map(|(of_folder, of_file, _)| {
        set_permissions(&folder, Permissions::from_mode(*of_folder)).unwrap();
        set_permissions(&file, Permissions::from_mode(*of_file)).unwrap();
        plan()
    });
    assert_eq!(found, rows.map(|(_, _, expected)| expected));
}

#[test]
fn plan_reads_nothing_and_shows_the_reference() {
    let store = store();
    let step = "{name: start, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: 'start-{{ Ami }}'}}";
    let copy = "Copy: {type: String, default: 'copy of {{ Ami }}'}";
    let situation = with_store(&store, book("", &[AMI, IDS, copy], step));
    let plan = |more: &[&str]| {
        let outcome = situation.run(&[&["plan", "book.yaml", "--output", "json"], more].concat());
        assert_eq!(outcome.status, Some(0), "{}", outcome.text());
        let plan = outcome.json();
        (plan["parameters"].clone(), plan["steps"][0]["function"]["name"].clone())
    };
    let text = situation.run(&["plan", "book.yaml"]).stdout;
    let line = text.lines().find(|line| line.contains("Ami ")).unwrap_or_default();
    assert_eq!(
        (
            plan(&[]),
            plan(&["--ssm-parameter", "/app/ami:stable=ami-2", "-p", "Ids=a"]),
            line.trim(),
            store.requests().len()
        ),
        (
            (
                json!({
                    "Ami": {"origin": "default", "value": "{{ ssm:/app/ami:stable }}", "unread": true},
                    "Ids": {"origin": "default", "value": "{{ssm:ids}}", "unread": true},
                    "Copy": {"origin": "default", "value": "copy of {{ Ami }}"},
                }),
                json!("start-{{ Ami }}")
            ),
            (
                json!({
                    "Ami": {"origin": "default", "value": "ami-2"},
                    "Ids": {"origin": "given", "value": ["a"]},
                    "Copy": {"origin": "default", "value": "copy of ami-2"},
                }),
                json!("start-ami-2")
            ),
            "Ami   \"{{ ssm:/app/ami:stable }}\"  (default, read from Parameter Store at the start)",
            0
        )
    );
}

#[test]
fn checked_plan_lists_the_permission_to_read_each_value() {
    let head = "assumeRole: 'arn:aws:iam::123456789012:role/Operator'\n";
    let situation = without_credentials().file("book.yaml", book(head, &[AMI, IDS], STEP));
    let reads = |more: &[&str]| {
        let plan = situation.run(&[&["plan", "book.yaml", "--check", "--output", "json"], more].concat()).json();
        let actions = plan["permissions"]["actions"].as_array().unwrap().iter();
        let reads = actions.filter(|action| action["action"] == "ssm:GetParameter");
        let uses = reads.flat_map(|action| action["uses"].as_array().unwrap());
        uses.map(|used| json!([used["principal"], used["resource"]])).collect::<Vec<_>>()
    };
    assert_eq!(
        (reads(&[]), reads(&["--assume-role", "", "--ssm-parameter", "ids=a"])),
        (vec![json!(["role", "/app/ami:stable"]), json!(["role", "ids"])], vec![json!(["caller", "/app/ami:stable"])])
    );
}

#[test]
fn cases_give_values_or_have_the_references_as_text() {
    let cases = "
cases:
  - name: unknown
    expect: { variables: { seen: '{{ ssm:/app/ami:stable }}' } }
  - name: as a parameter
    parameters: { Ami: ami-1 }
    expect: { variables: { seen: ami-1 } }
  - name: of Parameter Store
    environment: { ssmParameters: { /app/ami:stable: ami-2, ids: [a, b] } }
    expect: { variables: { seen: ami-2 } }
";
    let outcome = offline().file("book.test.yaml", cases).run(&["test"]);
    let refused = offline()
        .file(
            "book.test.yaml",
            "cases: [{name: bad, environment: {ssmParameters: {/app/ami:stable: image, ids: 1}}}]\n",
        )
        .run(&["test"]);
    assert_eq!((outcome.status, refused.status), (Some(0), Some(3)), "{}", outcome.text());
    let problems =
        ["the value of `ids`", "Parameter \"Ami\" has value \"image\" that does not match the pattern ^ami-[0-9]+$"];
    assert!(problems.iter().all(|problem| refused.stderr.contains(problem)), "{}", refused.stderr);
}

#[test]
fn sensitive_value_is_not_stored_and_must_be_supplied_again() {
    let store = store();
    let wait = "{name: wait, action: 'aws:sleep', inputs: {Duration: PT1H}}";
    let situation = with_store(&store, book("", &[AMI, IDS], wait));
    let mut started = situation.start(&[
        "run",
        "book.yaml",
        "-q",
        "--sensitive",
        "Ami",
        "--ssm-parameter",
        "/app/ami:stable=ami-4711",
        "--ssm-parameter",
        "unused=x",
    ]);
    situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.current_step.is_some()));
    started.kill().unwrap();
    started.wait().unwrap();
    let id = situation.journal().find("last").unwrap().id;
    let events = json!(situation.events(id.as_str())).to_string();
    let stored = json!(situation.events(id.as_str()))[0].clone();
    let resumed = situation.run(&["resume", "last"]);
    let lines: Vec<&str> = resumed.stderr.lines().filter(|line| line.contains("sensitive")).collect();
    assert_eq!(
        (events.contains("ami-4711"), &stored["launch"]["ssm_parameters"], &stored["parameters"], names(&store)),
        (false, &json!({"unused": "x"}), &json!({"Ami": "****", "Ids": ["i-1", "i-2"]}), vec!["ids".to_owned()]),
        "{events}"
    );
    assert_eq!(
        (resumed.status, lines),
        (Some(2), vec!["error: a parameter is sensitive, and sensitive values are not stored in the journal"])
    );
}
