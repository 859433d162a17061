//! `aws:runCommand`: sent, awaited, judged, and cancelled.

use serde_json::{Value, json};

use super::super::stub::{Answer, Stub};
use super::{RUN, beside, bodies, calls, has_polled, run, services, told};

const STEP: &str = "
  - name: command
    action: aws:runCommand
    inputs:
      DocumentName: AWS-RunShellScript
      InstanceIds: i-1
      Parameters: {commands: uptime, executionTimeout: 60}
      CloudWatchOutputConfig: {CloudWatchOutputEnabled: 'true'}
";

/// The id of the command.
const ID: &str = "11111111-2222-4333-8444-555555555555";

const GUIDE: &str = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details.";

fn answer(body: &Value) -> Answer {
    Answer::new(200, body.to_string())
}

fn error(code: &str) -> Answer {
    Answer::new(400, json!({ "__type": code, "message": "" }).to_string())
}

fn sent() -> Answer {
    answer(&json!({ "Command": { "CommandId": ID, "Status": "Pending" } }))
}

fn status(status: &str) -> Answer {
    answer(&json!({ "Commands": [{ "CommandId": ID, "Status": status }] }))
}

fn invocation(status: &str, code: i64, output: &str, error: &str) -> Answer {
    answer(&json!({
        "CommandId": ID, "InstanceId": "i-1", "Status": status, "StatusDetails": status, "ResponseCode": code,
        "StandardOutputContent": output, "StandardErrorContent": error,
    }))
}

fn agent(ping: &str) -> Answer {
    answer(&json!({ "InstanceInformationList": [{ "InstanceId": "i-1", "PingStatus": ping }] }))
}

/// A service on which commands come to this end.
fn ending(end: &str, invocation: Answer) -> Stub {
    services(vec![
        ("SendCommand", vec![sent()]),
        ("ListCommands", vec![status("InProgress"), status("InProgress"), status(end)]),
        ("GetCommandInvocation", vec![invocation]),
    ])
}

#[test]
fn command_is_sent_with_lists_of_texts_and_its_output_is_read() {
    let services = ending("Success", invocation("Success", 0, " 12:00 up 3 days\n", ""));
    let outcome = run(&services, STEP);
    let output = json!({ "Status": "Success", "ResponseCode": 0, "Output": " 12:00 up 3 days\n", "CommandId": ID });
    assert_eq!(
        (told(&outcome), bodies(&services, "SendCommand"), calls(&services)),
        (
            json!([0, [["command", "Success", {
                "CommandId": [ID],
                "Status": ["Success"],
                "ResponseCode": ["0"],
                "Output": [" 12:00 up 3 days\n"],
                "OutputPayload": [output.to_string()],
            }, null]]]),
            vec![json!({
                "DocumentName": "AWS-RunShellScript",
                "InstanceIds": ["i-1"],
                "Parameters": { "commands": ["uptime"], "executionTimeout": ["60"] },
                "CloudWatchOutputConfig": { "CloudWatchOutputEnabled": true },
            })],
            vec!["SendCommand".to_owned(), "ListCommands".to_owned(), "GetCommandInvocation".to_owned()]
        )
    );
}

#[test]
fn command_that_fails_has_the_text_of_the_service_and_its_outputs_stay_readable() {
    let services = ending("Failed", invocation("Failed", 1, "", "failed to run commands: exit status 1"));
    let steps = format!(
        "{STEP}    onFailure: Continue\n    isCritical: false\n  - name: judge\n    action: aws:branch\n    inputs:\n      \
         Choices: [{{NextStep: other, Variable: '{{{{ command.Status }}}}', StringEquals: Failed}}]\n    isEnd: true\n  \
         - {{name: other, action: 'aws:sleep', inputs: {{Duration: PT0S}}}}\n"
    );
    let outcome = run(&services, &steps);
    let told = told(&outcome);
    let output = "\n----------ERROR-------\nfailed to run commands: exit status 1";
    let message = format!(
        "Step fails when it is verifying the command has completed. Command {ID} returns unexpected invocation result: \
         \n{{Status=[Failed], ResponseCode=[1], Output=[{output}], OutputPayload=[{}], CommandId=[{ID}]}}. {GUIDE}",
        json!({ "Status": "Failed", "ResponseCode": 1, "Output": output, "CommandId": ID })
    );
    assert_eq!(
        (&told[0], &told[1][0], &told[1][2][1]),
        (
            &json!(0),
            &json!(["command", "Failed", {
                "CommandId": [ID], "Status": ["Failed"], "ResponseCode": ["1"], "Output": [output],
            }, message]),
            &json!("Success")
        )
    );
}

#[test]
fn command_that_someone_cancels_elsewhere_fails_its_step() {
    let services = ending("Cancelled", invocation("Cancelled", -1, "", ""));
    let told = told(&run(&services, STEP));
    assert_eq!(
        (&told[1][0][1], &told[1][0][2]["Status"], &told[1][0][2]["ResponseCode"]),
        (&json!("Failed"), &json!(["Cancelled"]), &json!(["-1"]))
    );
}

#[test]
fn agent_that_is_away_is_waited_for() {
    let services = services(vec![
        ("SendCommand", vec![error("InvalidInstanceId"), error("InvalidInstanceId"), sent()]),
        ("DescribeInstanceInformation", vec![agent("ConnectionLost"), agent("Online")]),
        ("ListCommands", vec![status("Success")]),
        ("GetCommandInvocation", vec![invocation("Success", 0, "", "")]),
    ]);
    let outcome = run(&services, STEP);
    let asked = bodies(&services, "DescribeInstanceInformation");
    assert_eq!(
        (outcome.status, asked.len(), &asked[0]["Filters"]),
        (Some(0), 2, &json!([{ "Key": "InstanceIds", "Values": ["i-1"] }])),
        "{}",
        outcome.text()
    );
}

#[test]
fn agent_that_never_answers_times_the_step_out_in_the_words_of_the_service() {
    let services = services(vec![
        ("SendCommand", vec![error("InvalidInstanceId")]),
        ("DescribeInstanceInformation", vec![agent("ConnectionLost")]),
    ]);
    let told = told(&run(&services, &format!("{STEP}    timeoutSeconds: 1\n")));
    assert_eq!(
        told[1][0],
        json!([
            "command",
            "TimedOut",
            null,
            format!(
                "Step timed out while step is verifying the SSM Agent availability on the target instance(s). SSM Agent on \
             Instances: [i-1] are not functioning. {GUIDE}"
            )
        ])
    );
}

#[test]
fn command_is_cancelled_at_the_deadline_of_its_step() {
    let services = services(vec![
        ("SendCommand", vec![sent()]),
        ("ListCommands", vec![status("InProgress")]),
        ("CancelCommand", vec![answer(&json!({}))]),
    ]);
    let told = told(&run(&services, &format!("{STEP}    timeoutSeconds: 1\n")));
    let message = told[1][0][3].as_str().unwrap();
    assert_eq!(
        (
            &told[1][0][1],
            &told[1][0][2],
            bodies(&services, "CancelCommand"),
            message.contains(&format!("CommandId {ID} was asked to stop."))
        ),
        (&json!("TimedOut"), &json!({ "CommandId": [ID] }), vec![json!({ "CommandId": ID })], true),
        "{message}"
    );
}

#[test]
fn command_is_cancelled_with_its_execution_and_a_refusal_is_told() {
    let cancel = |answer: Answer| {
        let services = services(vec![
            ("SendCommand", vec![sent()]),
            ("ListCommands", vec![status("InProgress")]),
            ("CancelCommand", vec![answer]),
        ]);
        let situation = beside(&services, STEP);
        let child = situation.start(RUN);
        situation.wait_until(has_polled);
        situation.run(&["stop", "last", "--quiet"]);
        let told = told(&situation.end(child));
        let message = told[1][0][3].as_str().unwrap().split_once(" during ").unwrap().1.to_owned();
        (message, bodies(&services, "CancelCommand").len())
    };
    let refused = Answer::new(400, json!({ "__type": "AccessDeniedException", "message": "no" }).to_string());
    assert_eq!(
        [cancel(answer(&json!({}))), cancel(refused)],
        [
            (format!("attempt 1. CommandId {ID} was asked to stop."), 1),
            (
                format!(
                    "attempt 1. CommandId {ID} could not be stopped, and may still be running: An error occurred \
                     (AccessDeniedException) when calling the CancelCommand operation: no."
                ),
                1
            ),
        ]
    );
}

#[test]
fn nodes_of_targets_are_read_from_the_list_of_invocations() {
    let page = |node: &str, status: &str, code: i64, token: Option<&str>| {
        answer(&json!({ "NextToken": token, "CommandInvocations": [{
            "InstanceId": node, "Status": status,
            "CommandPlugins": [{ "Name": "a", "ResponseCode": code, "Output": format!("out of {node}") }],
        }]}))
    };
    let services = services(vec![
        ("SendCommand", vec![sent()]),
        ("ListCommands", vec![status("Failed")]),
        ("ListCommandInvocations", vec![page("i-1", "Success", 0, Some("t")), page("i-2", "Failed", 4, None)]),
    ]);
    let steps = STEP.replace("InstanceIds: i-1", "Targets: [{Key: 'tag:role', Values: [web]}]");
    let told = told(&run(&services, &steps));
    assert_eq!(
        told[1][0][2],
        json!({
            "CommandId": [ID],
            "Status": ["Failed"],
            "ResponseCode": ["4"],
            "Output": ["i-1:\nout of i-1\ni-2:\nout of i-2"],
        })
    );
}
