//! Targets that are looked up in AWS, against scripted replies: pages, throttles, refusals, types.

use serde_json::{Value, json};

use super::role::assume_role_response;
use super::situation;
use super::stub::{Answer, Request, Stub};
use crate::harness::{Outcome, Situation};

/// The runbook of a target: it reads a parameter with the name of the target.
const CHILD: &str = "
schemaVersion: '0.3'
parameters: {InstanceId: {type: String}}
mainSteps:
  - {name: touch, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: GetParameter, Name: '{{ InstanceId }}'}}
";

/// Runs it for each instance with a tag.
const PARENT: &str = "
schemaVersion: '0.3'
mainSteps:
  - name: each
    action: aws:executeAutomation
    inputs:
      DocumentName: touch
      TargetParameterName: InstanceId
      Targets: [{Key: 'tag:Stage', Values: [prod, test]}]
      MaxConcurrency: '1'
";

/// The top level: the same as the parent.
const RUN: [&str; 9] = [
    "run",
    "touch.yaml",
    "--quiet",
    "--target-parameter",
    "InstanceId",
    "--max-concurrency",
    "1",
    "--targets",
    "Key=tag:Stage,Values=prod,test",
];

fn ok(reply: &Value) -> Answer {
    Answer::new(200, reply.to_string())
}

/// Whether a request is a lookup: a call of a target is one of `GetParameter`.
fn is_lookup(request: &Request) -> bool {
    !request.header("x-amz-target").starts_with("AmazonSSM.")
}

/// AWS with these answers to lookups, one after the other.
fn service(lookups: Vec<Answer>) -> Stub {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    Stub::start(move |request, _| {
        if is_lookup(request) {
            lookups[seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst)].clone()
        } else {
            ok(&json!({"Parameter": {"Name": "n", "Type": "String", "Value": "v", "Version": 1}}))
        }
    })
}

/// A page of tagged resources.
fn tagged(arns: &[&str], token: &str) -> Answer {
    let resources: Vec<Value> = arns.iter().map(|arn| json!({"ResourceARN": arn, "Tags": []})).collect();
    ok(&json!({"ResourceTagMappingList": resources, "PaginationToken": token}))
}

fn instance(id: &str) -> String {
    format!("arn:aws:ec2:eu-central-1:123456789012:instance/{id}")
}

fn with(service: &Stub) -> Situation {
    situation().file("touch.yaml", CHILD).file("each.yaml", PARENT).env("AWS_ENDPOINT_URL", &service.url)
}

/// The bodies of the lookups.
fn lookups(service: &Stub) -> Vec<Value> {
    let requests = service.requests();
    requests.iter().filter(|it| is_lookup(it)).map(|it| serde_json::from_str(&it.body).unwrap()).collect()
}

/// The targets in the order of their calls.
fn touched(service: &Stub) -> Vec<String> {
    let name =
        |request: &Request| serde_json::from_str::<Value>(&request.body).unwrap()["Name"].as_str().unwrap().to_owned();
    service.requests().iter().filter(|it| !is_lookup(it)).map(name).collect()
}

/// The recorded targets of a step.
fn resolved(situation: &Situation) -> Value {
    let events = situation.events("last");
    let found = events.iter().find(|recorded| recorded.event.kind() == "TargetsResolved");
    found.map_or(Value::Null, |recorded| serde_json::from_str(&recorded.event.body().unwrap()).unwrap())
}

fn shown(situation: &Situation) -> Value {
    situation.run(&["executions", "show", "last", "--output", "json"]).json()
}

fn message(outcome: &Outcome, shown: &Value) -> (Option<i32>, String) {
    let step = shown["StepExecutions"].as_array().and_then(|steps| steps.first());
    let message = step.map_or(Value::Null, |step| step["FailureMessage"].clone());
    (outcome.status, message.as_str().unwrap_or_default().to_owned())
}

#[test]
fn every_page_of_tagged_instances_is_run_by_a_step_and_by_a_run() {
    let pages = || {
        let first = tagged(&[&instance("i-1"), &instance("i-2")], "more");
        service(vec![first, tagged(&[&instance("i-3"), &instance("i-1")], "")])
    };
    let filter = json!({
        "TagFilters": [{"Key": "Stage", "Values": ["prod", "test"]}],
        "ResourceTypeFilters": ["ec2:instance"],
    });
    let mut second = filter.clone();
    second["PaginationToken"] = json!("more");
    let requests = vec![filter, second];
    let (of_step, of_run) = (pages(), pages());
    let step = with(&of_step);
    let outcome = step.run(&["run", "each.yaml"]);
    outcome.assert(0, "", &["step each: found 3 targets by tag:Stage (AWS::EC2::Instance)"]);
    let run = with(&of_run);
    let outcome = run.run(&RUN);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let shown = shown(&run);
    assert_eq!(
        (touched(&of_step), lookups(&of_step), resolved(&step), touched(&of_run), lookups(&of_run)),
        (
            vec!["i-1".to_owned(), "i-2".to_owned(), "i-3".to_owned()],
            requests.clone(),
            json!({"attempt": 1, "resource_type": "AWS::EC2::Instance", "targets": ["i-1", "i-2", "i-3"]}),
            vec!["i-1".to_owned(), "i-2".to_owned(), "i-3".to_owned()],
            requests
        )
    );
    assert_eq!(
        (&shown["Targets"], &shown["ResolvedTargets"], &shown["ProgressCounters"]["SuccessSteps"]),
        (
            &json!([{"Key": "tag:Stage", "Values": ["prod", "test"]}]),
            &json!({"ParameterValues": ["i-1", "i-2", "i-3"], "Truncated": false}),
            &json!(3)
        )
    );
}

#[test]
fn members_of_a_resource_group_of_the_type_are_targets() {
    let member = |kind: &str, arn: &str| json!({"ResourceType": kind, "ResourceArn": arn});
    let first = json!({"ResourceIdentifiers": [
        member("AWS::EC2::Instance", &instance("i-1")),
        member("AWS::S3::Bucket", "arn:aws:s3:::logs"),
    ], "NextToken": "more"});
    let second = json!({"ResourceIdentifiers": [member("AWS::EC2::Instance", &instance("i-2"))]});
    let service = service(vec![ok(&first), ok(&second)]);
    let parent = PARENT.replace("Key: 'tag:Stage', Values: [prod, test]", "Key: ResourceGroup, Values: [web]");
    let situation = with(&service).file("each.yaml", parent);
    let outcome = situation.run(&["run", "each.yaml", "--quiet"]);
    assert_eq!(
        (outcome.status, lookups(&service), touched(&service)),
        (
            Some(0),
            vec![json!({"Group": "web"}), json!({"Group": "web", "NextToken": "more"})],
            vec!["i-1".to_owned(), "i-2".to_owned()]
        ),
        "{}",
        outcome.text()
    );
}

#[test]
fn all_instances_are_targets_but_those_that_are_gone() {
    let item = |id: &str, state: &str| {
        format!("<item><instanceId>{id}</instanceId><instanceState><name>{state}</name></instanceState></item>")
    };
    let page = |items: &[String], token: &str| {
        Answer::new(
            200,
            format!(
                "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><reservationSet><item>\
                 <instancesSet>{}</instancesSet></item></reservationSet>{token}</DescribeInstancesResponse>",
                items.concat()
            ),
        )
    };
    let first = page(&[item("i-1", "running"), item("i-2", "terminated")], "<nextToken>more</nextToken>");
    let service = service(vec![first, page(&[item("i-3", "stopped"), item("i-4", "shutting-down")], "")]);
    let situation = with(&service);
    let run = [&RUN[..8], &["Key=AWS::EC2::Instance,Values=*"]].concat();
    let outcome = situation.run(&run);
    let bodies: Vec<String> = service.requests().iter().filter(|it| is_lookup(it)).map(|it| it.body.clone()).collect();
    assert_eq!(
        (outcome.status, touched(&service), bodies.len(), bodies[1].contains("NextToken=more")),
        (Some(0), vec!["i-1".to_owned(), "i-3".to_owned()], 2, true),
        "{}",
        outcome.text()
    );
}

#[test]
fn throttled_lookup_is_repeated() {
    let throttled = || Answer::error(400, "ThrottlingException", "Rate exceeded");
    let answers = || vec![throttled(), tagged(&[&instance("i-1")], "")];
    let (of_step, of_run) = (service(answers()), service(answers()));
    let step = with(&of_step);
    let outcomes = (step.run(&["run", "each.yaml", "--quiet"]).status, with(&of_run).run(&RUN).status);
    let throttles = step.events("last").iter().filter(|it| it.event.kind() == "AttemptThrottled").count();
    assert_eq!(
        (outcomes, throttles, touched(&of_step), touched(&of_run)),
        ((Some(0), Some(0)), 1, vec!["i-1".to_owned()], vec!["i-1".to_owned()])
    );
}

#[test]
fn refused_lookup_fails_the_step_and_stops_the_start_of_a_run() {
    let denied = || {
        service(vec![Answer::error(
            400,
            "AccessDeniedException",
            "User: AKIDCALLER is not authorized to perform: tag:GetResources",
        )])
    };
    let (of_step, of_run) = (denied(), denied());
    let step = with(&of_step);
    let failed = step.run(&["run", "each.yaml", "--quiet"]);
    assert_eq!(failed.status, Some(1), "{}", failed.text());
    assert_eq!(step.history("last"), "each Failed (Permission AccessDeniedException NotRun), Failed");
    let run = with(&of_run);
    run.run(&RUN).assert(
        1,
        "",
        &[
            "error: the targets by tag:Stage = prod, test cannot be looked up: ",
            "AccessDeniedException",
            "tag:GetResources",
        ],
    );
    assert_eq!(run.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

#[test]
fn lookup_that_finds_nothing_fails() {
    let nothing = || service(vec![tagged(&[], "")]);
    let (of_step, of_run) = (nothing(), nothing());
    let text =
        "No resources matched: there are no resources of the type AWS::EC2::Instance with tag:Stage = prod, test.";
    let step = with(&of_step);
    let failed = step.run(&["run", "each.yaml", "--quiet"]);
    assert_eq!(message(&failed, &shown(&step)), (Some(1), text.to_owned()));
    let run = with(&of_run);
    let failed = run.run(&RUN);
    let execution = shown(&run);
    assert_eq!(
        (
            failed.status,
            &execution["AutomationExecutionStatus"],
            execution["FailureMessage"].as_str().unwrap().contains(text)
        ),
        (Some(1), &json!("Failed"), true),
        "{execution:#}"
    );
    assert_eq!(lookups(&of_run).len(), 1);
    for command in ["redrive", "rerun"] {
        run.run(&[command, "last"]).assert(
            2,
            "",
            &["no resources matched when it started", "help: look them up again"],
        );
    }
}

#[test]
fn targets_of_a_run_are_looked_up_once() {
    let missing = Answer::error(400, "ParameterNotFound", "");
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let service = Stub::start(move |request, _| {
        if is_lookup(request) {
            return tagged(&[&instance("i-1"), &instance("i-2")], "");
        }
        // The second target fails at first.
        match seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            1 => missing.clone(),
            _ => ok(&json!({"Parameter": {"Name": "n", "Type": "String", "Value": "v", "Version": 1}})),
        }
    });
    let situation = with(&service);
    let failed = situation.run(&RUN);
    let redriven = situation.run(&["redrive", "last", "--quiet"]);
    let redriven_targets = shown(&situation);
    let rerun = situation.run(&["rerun", "last", "--quiet", "--targets", "i-7"]);
    let rerun_targets = shown(&situation);
    assert_eq!(
        (failed.status, redriven.status, rerun.status, lookups(&service).len(), touched(&service)),
        (Some(1), Some(0), Some(0), 1, ["i-1", "i-2", "i-2", "i-7"].map(str::to_owned).to_vec()),
    );
    let by_tag = json!([{"Key": "tag:Stage", "Values": ["prod", "test"]}]);
    let listed = json!([{"Key": "ParameterValues", "Values": ["i-7"]}]);
    assert_eq!((&redriven_targets["Targets"], &rerun_targets["Targets"]), (&by_tag, &listed));
    situation.run(&["rerun", "last", "--targets", "Key=tag:Stage,Values=prod"]).assert(
        2,
        "",
        &["targets by tag:Stage are looked up when an execution starts", "help: list the targets"],
    );
}

#[test]
fn type_of_the_targets_is_chosen_or_that_of_the_parameter() {
    let child = CHILD.replace("InstanceId", "Thing");
    let service = service(vec![
        tagged(&["arn:aws:ec2:eu-central-1:123456789012:volume/vol-1"], ""),
        tagged(&["arn:aws:x:::t/1"], ""),
    ]);
    let parent = PARENT.replace("InstanceId", "Thing");
    let key = "parameters: {Key: {type: String, default: 'tag:Stage'}}\nmainSteps:";
    let late = parent.replace("'tag:Stage'", "'{{ Key }}'").replace("mainSteps:", key);
    let situation = with(&service).file("touch.yaml", &child).file("each.yaml", parent);
    let run = |more: &[&str]| {
        let base =
            ["run", "touch.yaml", "--quiet", "--target-parameter", "Thing", "--targets", "Key=tag:Stage,Values=prod"];
        situation.run(&[&base[..], more].concat())
    };
    run(&[]).assert(
        2,
        "",
        &["error: neither the type nor the name of parameter Thing says", "help: add the type, such as --target-type"],
    );
    run(&["--target-type", "volume"]).assert(2, "", &["not a type of resources such as /AWS::EC2::Instance"]);
    run(&["--target-type", "/AWS::EC2::Volumes"]).assert(
        2,
        "",
        &["AWS::EC2::Volumes is not known; did you mean AWS::EC2::Volume?"],
    );
    assert_eq!(run(&["--target-type", "/AWS::EC2::Volume"]).status, Some(0));
    assert_eq!(run(&["--target-type", "/"]).status, Some(0));
    let filters: Vec<Value> = lookups(&service).iter().map(|it| it["ResourceTypeFilters"].clone()).collect();
    assert_eq!(
        (filters, touched(&service)),
        (vec![json!(["ec2:volume"]), Value::Null], vec!["vol-1".to_owned(), "1".to_owned()])
    );
    // It is seen before anything runs where the key is a constant, and otherwise when the step runs.
    let refused = situation.run(&["run", "each.yaml", "--quiet"]);
    let text = "parameter `Thing` of runbook touch says which type of resources";
    assert_eq!((refused.status, refused.stderr.contains(text)), (Some(3), true), "{}", refused.text());
    let situation = situation.file("late.yaml", late);
    let failed = situation.run(&["run", "late.yaml", "--quiet"]);
    let (status, message) = message(&failed, &shown(&situation));
    assert_eq!(
        (status, message.contains("parameter Thing of runbook touch says which type of resources")),
        (Some(1), true),
        "{message}"
    );
}

#[test]
fn lookups_are_made_with_the_role_of_the_execution() {
    let sts =
        Stub::start(|_, _| Answer::new(200, assume_role_response("AssumeRole", "AKIDROLE", "2099-01-01T00:00:00Z")));
    let service = service(vec![tagged(&[&instance("i-1")], ""), tagged(&[&instance("i-1")], "")]);
    let head = "\nassumeRole: 'arn:aws:iam::123456789012:role/Operator'\nmainSteps:";
    let situation = with(&service)
        .file("touch.yaml", CHILD.replace("\nmainSteps:", head))
        .file("each.yaml", PARENT.replace("\nmainSteps:", head))
        .env("AWS_ENDPOINT_URL_STS", &sts.url);
    let statuses = (situation.run(&["run", "each.yaml", "--quiet"]).status, situation.run(&RUN).status);
    let keys: Vec<String> =
        service.requests().iter().filter(|it| is_lookup(it)).map(|it| it.access_key().to_owned()).collect();
    assert_eq!((statuses, keys), ((Some(0), Some(0)), vec!["AKIDROLE".to_owned(), "AKIDROLE".to_owned()]));
}

#[test]
fn values_and_maps_may_be_whole_references() {
    let parent = "
schemaVersion: '0.3'
parameters:
  Ids: {type: StringList, default: [i-1, i-2]}
  Stages: {type: StringList, default: [prod]}
  Maps: {type: MapList, default: [{InstanceId: [i-4]}, {InstanceId: [i-5]}]}
mainSteps:
  - name: values
    action: aws:executeAutomation
    inputs: {DocumentName: touch, TargetParameterName: InstanceId, Targets: [{Key: ParameterValues, Values: '{{ Ids }}'}]}
  - name: tags
    action: aws:executeAutomation
    inputs: {DocumentName: touch, TargetParameterName: InstanceId, Targets: [{Key: 'tag:Stage', Values: '{{ Stages }}'}]}
  - name: maps
    action: aws:executeAutomation
    inputs: {DocumentName: touch, TargetMaps: '{{ Maps }}'}
";
    let service = service(vec![tagged(&[&instance("i-3")], "")]);
    let situation = with(&service).file("all.yaml", parent);
    let outcome = situation.run(&["run", "all.yaml", "--quiet"]);
    assert_eq!(
        (outcome.status, touched(&service), &lookups(&service)[0]["TagFilters"]),
        (
            Some(0),
            ["i-1", "i-2", "i-3", "i-4", "i-5"].map(str::to_owned).to_vec(),
            &json!([{"Key": "Stage", "Values": ["prod"]}])
        ),
        "{}",
        outcome.text()
    );
}

#[test]
fn plan_lists_the_targets_and_the_lookups_of_steps() {
    let service = service(vec![tagged(&[&instance("i-1"), &instance("i-2")], ""), tagged(&[&instance("i-1")], "")]);
    let situation = with(&service);
    let plan = |file: &str, more: &[&str]| situation.run(&[&["plan", file, "--output", "json"], more].concat()).json();
    let targets = ["--target-parameter", "InstanceId", "--targets", "Key=tag:Stage,Values=prod"];
    let run = plan("touch.yaml", &targets);
    let step = plan("each.yaml", &["--check"]);
    let text = situation.run(&[&["plan", "touch.yaml"], &targets[..]].concat());
    let lookup = json!({
        "key": "tag:Stage", "values": ["prod"], "resourceType": "AWS::EC2::Instance",
        "service": "resourcegroupstaggingapi", "operation": "GetResources",
    });
    let mut of_step = lookup.clone();
    of_step["values"] = json!(["prod", "test"]);
    of_step.as_object_mut().unwrap().remove("resourceType");
    let permissions: Vec<&Value> =
        step["permissions"]["actions"].as_array().unwrap().iter().map(|action| &action["action"]).collect();
    assert_eq!(
        (&run["targets"], &step["steps"][0]["targetLookup"], permissions, touched(&service)),
        (
            &json!({"parameter": "InstanceId", "lookup": lookup, "targets": ["i-1", "i-2"]}),
            &of_step,
            vec![&json!("ssm:GetParameter"), &json!("tag:GetResources")],
            vec![]
        )
    );
    text.assert(0, &text.stdout, &[]);
    let shown =
        "Targets\n  looked up by tag:Stage = prod (AWS::EC2::Instance; resourcegroupstaggingapi GetResources)\n  i-1\n";
    assert!(text.stdout.contains(shown), "{}", text.stdout);
}

#[test]
fn plan_says_why_targets_could_not_be_looked_up() {
    let service = service(vec![Answer::error(400, "AccessDeniedException", "not authorized")]);
    let situation = with(&service);
    let targets = ["--target-parameter", "InstanceId", "--targets", "Key=tag:Stage,Values=prod"];
    let outcome = situation.run(&[&["plan", "touch.yaml"], &targets[..]].concat());
    assert_eq!(
        (outcome.status, outcome.stdout.contains("  cannot be looked up: An error occurred (AccessDeniedException)")),
        (Some(0), true),
        "{}",
        outcome.text()
    );
}

#[test]
fn case_of_a_step_with_targets_by_tag_needs_no_network() {
    let cases = "
cases:
  - name: all restarted
    steps: {each: {outputs: {Status: Success, Output: [done]}}}
    expect: {status: Success, path: [each]}
  - name: nothing found
    steps: {each: {failure: No resources matched}}
    expect: {status: Failed, path: [each]}
";
    let situation = Situation::new().file("each.yaml", PARENT).file("each.test.yaml", cases);
    let outcome = situation.run(&["test", "each.yaml"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
}
