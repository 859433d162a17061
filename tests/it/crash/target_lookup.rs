//! Programs killed after their targets were looked up: the targets stay, although other resources have the tag by then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::StartedProgram;
use crate::aws::stub::{Answer, Stub};
use crate::harness::Situation;

/// The runbook of a target.
const CHILD: &str = "
schemaVersion: '0.3'
parameters: {InstanceId: {type: String}}
mainSteps:
  - {name: touch, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: GetParameter, Name: '{{ InstanceId }}'}}
";

const PARENT: &str = "
schemaVersion: '0.3'
mainSteps:
  - name: each
    action: aws:executeAutomation
    inputs:
      DocumentName: touch
      TargetParameterName: InstanceId
      Targets: [{Key: 'tag:Stage', Values: [prod]}]
      MaxConcurrency: '1'
";

/// The targets in the order of their calls, and the number of lookups, of a program that is killed while the first target
/// runs, and resumed. The second lookup would find another resource.
fn killed(run: &[&str]) -> (Option<i32>, Vec<String>, usize) {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let (arrived, arrivals) = channel();
    let (held, arrived, lookups) = (Arc::clone(&gate), Mutex::new(arrived), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&lookups);
    let server = Stub::start(move |request, before| {
        if !request.header("x-amz-target").starts_with("AmazonSSM.") {
            let names: &[&str] = if count.fetch_add(1, Ordering::SeqCst) == 0 { &["i-1", "i-2"] } else { &["i-9"] };
            let arn =
                |name: &&str| json!({"ResourceARN": format!("arn:aws:ec2:eu-central-1:1:instance/{name}"), "Tags": []});
            let found: Vec<Value> = names.iter().map(arn).collect();
            return Answer::new(200, json!({"ResourceTagMappingList": found, "PaginationToken": ""}).to_string());
        }
        if before == 1 {
            // The test may have ended.
            let _ = arrived.lock().unwrap().send(());
            let (open, opened) = &*held;
            drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
        }
        Answer::new(200, json!({"Parameter": {"Name": "a", "Type": "String", "Value": "v", "Version": 1}}).to_string())
    });
    let situation = Situation::new()
        .file("touch.yaml", CHILD)
        .file("each.yaml", PARENT)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ENDPOINT_URL", &server.url);
    let mut started = StartedProgram::new(&situation, run);
    arrivals.recv().unwrap();
    assert!(started.kill(), "the first target is held");
    let (open, opened) = &*gate;
    *open.lock().unwrap() = true;
    opened.notify_all();
    let outcome = situation.run(&["resume", "last", "--quiet"]);
    let requests = server.requests();
    let calls = requests.iter().filter(|it| it.header("x-amz-target").starts_with("AmazonSSM."));
    let names = calls.map(|it| serde_json::from_str::<Value>(&it.body).unwrap()["Name"].as_str().unwrap().to_owned());
    (outcome.status, names.collect(), lookups.load(Ordering::SeqCst))
}

#[test]
fn resumed_step_and_resumed_run_have_the_targets_that_were_found_first() {
    let step = killed(&["run", "each.yaml", "--quiet", "--recover", "off"]);
    let run = killed(&[
        "run",
        "touch.yaml",
        "--quiet",
        "--recover",
        "off",
        "--target-parameter",
        "InstanceId",
        "--max-concurrency",
        "1",
        "--targets",
        "Key=tag:Stage,Values=prod",
    ]);
    let expected = (Some(0), ["i-1", "i-1", "i-2"].map(str::to_owned).to_vec(), 1);
    assert_eq!((step, run), (expected.clone(), expected));
}
