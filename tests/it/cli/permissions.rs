//! The permissions that `plan --check` lists.

use serde_json::{Value, json};

use crate::harness::Situation;

const BOOK: &str = "\
schemaVersion: \"0.3\"
assumeRole: \"{{ Role }}\"
parameters:
  Role: {type: String, default: 'arn:aws:iam::123456789012:role/operator'}
  Service: {type: String, default: s3}
  Image: {type: String, default: '{{ ssm:/images/web }}'}
  Topic: {type: String}
mainSteps:
  - {name: ask, action: 'aws:approve', inputs: {Approvers: [anna], NotificationArn: '{{ Topic }}'}}
  - {name: find, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: describe_instances}}
  - {name: launch, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: RunInstances, ImageId: '{{ Image }}', MinCount: 1, MaxCount: 1}}
  - name: each
    action: aws:loop
    inputs:
      Iterators: [a, b]
      Steps:
        - name: wait
          action: aws:waitForAwsResourceProperty
          inputs: {Service: ec2, Api: DescribeInstances, PropertySelector: $.a, DesiredValues: [b]}
  - {name: store, action: 'aws:executeAwsApi', inputs: {Service: '{{ Service }}', Api: ListBuckets}}
  - {name: greet, action: 'aws:executeAwsApi', inputs: {Service: greetings, Api: ListGreetings}}
  - {name: open, action: 'aws:executeAwsApi', inputs: {Service: sts, Api: GetCallerIdentity}}
  - {name: warm, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: warm-up, Qualifier: live}}
  - {name: same, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: warm-up, Qualifier: live}}
  - {name: stop, action: 'aws:executeAutomation', inputs: {DocumentName: stop}}
  - {name: again, action: 'aws:executeAutomation', inputs: {DocumentName: stop}}
  - {name: later, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: '{{ find.OutputPayload }}'}}
  - {name: wrong, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: RunInstancs}}
  - {name: stream, action: 'aws:executeAwsApi', inputs: {Service: s3, Api: PutObject, Bucket: b, Key: k}}
  - {name: missing, action: 'aws:executeAutomation', inputs: {DocumentName: gone}}
  - name: script
    action: aws:executeScript
    inputs: {Runtime: python3.11, Handler: run, Script: 'def run(events, context): pass'}
";

/// A child.
const CHILD: &str = "\
schemaVersion: \"0.3\"
parameters:
  Host: {type: String, default: '{{ ssm:/hosts/web }}'}
mainSteps:
  - {name: halt, action: 'aws:assertAwsResourceProperty', inputs: {Service: ec2, Api: StopInstances, InstanceIds: [a], PropertySelector: $.a, DesiredValues: [b]}}
  - {name: tell, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: 'tell-{{ Host }}'}}
  - {name: which, action: 'aws:executeAwsApi', inputs: {Service: '{{ Host }}', Api: ListThings}}
";

const MODEL: &str = r#"{
    "metadata": {"protocol": "json", "endpointPrefix": "greetings", "signatureVersion": "v4"},
    "operations": {"ListGreetings": {"http": {"method": "POST", "requestUri": "/"}}},
    "shapes": {}
}"#;

/// Neither a region nor credentials: nothing can be asked.
fn offline() -> Situation {
    Situation::new()
        .file("book.yaml", BOOK)
        .file("stop.yaml", CHILD)
        .file("models/greetings/2026-01-01/service-2.json", MODEL)
}

#[test]
fn the_permissions_of_every_step_are_listed_without_a_call() {
    let outcome = offline().run(&["plan", "book.yaml", "--check", "--aws-models", "models"]);
    let (_, listed) = outcome.stdout.split_once("IAM permissions\n").unwrap();
    insta::assert_snapshot!(format!(
        "exit {}\nIAM permissions\n{listed}---\n{}",
        outcome.status.unwrap(),
        outcome.stderr
    ));
}

#[test]
fn the_permissions_are_in_the_json_of_a_plan() {
    let steps = "mainSteps:\n\
         - {name: add, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: AllocateAddress}}\n\
         - {name: later, action: 'aws:executeAwsApi', inputs: {Service: '{{ add.OutputPayload }}', Api: a}}\n\
         - {name: ask, action: 'aws:approve', inputs: {Approvers: [a], NotificationArn: 'arn:aws:sns:eu-west-1:123456789012:AutomationTopic'}}\n";
    let book = format!("schemaVersion: '0.3'\n{steps}");
    let situation = Situation::new().file("book.yaml", book);
    let checked = situation.run(&["plan", "book.yaml", "--check", "--output", "json"]);
    let plan = checked.json();
    let actions = plan["permissions"]["actions"].as_array().unwrap();
    let action = |name: &str| actions.iter().find(|required| required["action"] == name).cloned();
    let names: Vec<&Value> = actions.iter().map(|required| &required["action"]).collect();
    let unchecked = situation.run(&["plan", "book.yaml", "--output", "json"]).json();
    let reason = "no region is set: use --region, AWS_REGION or a region in the profile, or use --functions to run \
                  functions on this machine";
    let not_asked = json!({"result": "notAsked", "reason": reason});
    assert_eq!(
        json!([
            checked.status,
            names,
            action("ec2:AllocateAddress"),
            action("ec2:CreateTags"),
            action("sns:Publish"),
            plan["permissions"]["notCovered"],
            plan["check"],
            unchecked["permissions"],
        ]),
        json!([
            0,
            ["ec2:AllocateAddress", "ec2:CreateTags", "sns:Publish"],
            {
                "action": "ec2:AllocateAddress",
                "need": "everyRequest",
                "basis": "table",
                "uses": [{"step": "add", "need": "everyRequest", "principal": "caller", "check": not_asked}],
            },
            {
                "action": "ec2:CreateTags",
                "need": "someRequests",
                "basis": "table",
                "uses": [{"step": "add", "need": "someRequests", "principal": "caller", "check": not_asked}],
            },
            {
                "action": "sns:Publish",
                "need": "everyRequest",
                "basis": "table",
                "uses": [{
                    "step": "ask",
                    "need": "everyRequest",
                    "principal": "caller",
                    "resource": "arn:aws:sns:eu-west-1:123456789012:AutomationTopic",
                }],
            },
            [{"step": "later", "reason": "`Service` is known only when the step runs"}],
            {"passed": true, "region": null, "functions": [], "missingPermissions": []},
            null,
        ])
    );
}

#[test]
fn local_functions_need_no_permissions() {
    let situation = Situation::new()
        .functions()
        .runbook("assumeRole: 'arn:aws:iam::123456789012:role/operator'\n", &["name: a, inputs: {FunctionName: say}"]);
    let check = ["plan", "book.yaml", "--check", "--output", "json", "--functions", "template.yaml"];
    let outcome = situation.run(&check);
    assert_eq!((outcome.status, &outcome.json()["permissions"]["actions"]), (Some(0), &json!([])));
}

#[test]
fn sensitive_resources_are_redacted() {
    let topic = "arn:aws:sns:eu-west-1:123456789012:AutomationSecret";
    let check = ["plan", "book.yaml", "--check", "--output", "json", "--sensitive", "Topic", "-p"];
    let outcome = offline().run(&[check.as_slice(), &[&format!("Topic={topic}")]].concat());
    let actions = outcome.json()["permissions"]["actions"].take();
    let publish = actions.as_array().unwrap().iter().find(|required| required["action"] == "sns:Publish");
    let resource = publish.map(|publish| publish["uses"][0]["resource"].clone());
    assert_eq!((resource, outcome.text().contains("AutomationSecret")), (Some(json!("****")), false));
}

/// The actions that call operations by themselves.
const RESOURCES: &str = "\
schemaVersion: '0.3'
parameters:
  State: {type: String}
mainSteps:
  - {name: check, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: running, CheckStateOnly: true}}
  - {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: stopped}}
  - {name: change, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: '{{ State }}'}}
  - {name: image, action: 'aws:createImage', inputs: {InstanceId: i-1, ImageName: web}}
  - {name: forget, action: 'aws:deleteImage', inputs: {ImageId: '{{ image.ImageId }}'}}
  - {name: tag, action: 'aws:createTags', inputs: {ResourceType: Parameter, ResourceIds: [size], Tags: [{Key: a, Value: b}]}}
  - {name: stack, action: 'aws:deleteStack', inputs: {StackName: web}}
  - {name: tidy, action: 'aws:executeStateMachine', inputs: {stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:tidy'}}
";

#[test]
fn actions_that_call_several_operations_need_the_permissions_of_all_of_them() {
    let situation = Situation::new().file("book.yaml", RESOURCES);
    let plan = situation.run(&["plan", "book.yaml", "--check", "--output", "json"]).json();
    let used = |used: &Value| match used["need"].as_str() {
        Some("everyRequest") => used["step"].as_str().unwrap().to_owned(),
        _ => format!("{}?", used["step"].as_str().unwrap()),
    };
    let actions = plan["permissions"]["actions"].as_array().unwrap().iter().map(|action| {
        let uses: Vec<String> = action["uses"].as_array().unwrap().iter().map(used).collect();
        format!("{}: {}", action["action"].as_str().unwrap(), uses.join(", "))
    });
    assert_eq!(
        (actions.collect::<Vec<_>>(), &plan["permissions"]["notCovered"]),
        (
            [
                "cloudformation:DeleteStack: stack",
                "cloudformation:DescribeStacks: stack",
                "cloudformation:ListStacks: stack?",
                "ec2:CreateImage: image",
                "ec2:CreateTags: image?",
                "ec2:DeleteSnapshot: forget",
                "ec2:DeregisterImage: forget",
                "ec2:DescribeImages: image, forget",
                "ec2:DescribeInstanceStatus: check, change?",
                "ec2:DescribeInstances: check, stop, change",
                "ec2:StartInstances: change?",
                "ec2:StopInstances: stop, change?",
                "ec2:TerminateInstances: change?",
                "ssm:AddTagsToResource: tag",
                "states:DescribeExecution: tidy",
                "states:StartExecution: tidy",
                "states:StopExecution: tidy?",
            ]
            .map(str::to_owned)
            .to_vec(),
            &json!([])
        )
    );
}
