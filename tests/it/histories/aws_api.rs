//! The answers of EC2 and RDS to the samples that call them: one instance and one database.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::aws::stub::{Answer, Request, Stub};

/// A server with an instance that stops and starts, and a database whose snapshot becomes available. What is polled has
/// its old value once more after each change.
pub(super) fn server() -> Stub {
    let changes: Mutex<HashMap<&str, usize>> = Mutex::new(HashMap::from([("state", 9)]));
    let target: Mutex<&str> = Mutex::new("running");
    Stub::start(move |request, _| {
        let answered = |name, before, after| {
            let mut changes = changes.lock().unwrap();
            let count = changes.entry(name).or_default();
            *count += 1;
            if *count > 1 { after } else { before }
        };
        let turn_to = |state| {
            *target.lock().unwrap() = state;
            changes.lock().unwrap().remove("state");
        };
        let operation = operation(request);
        let result = match operation {
            "DescribeInstances" => {
                let target = *target.lock().unwrap();
                let state = answered("state", if target == "stopped" { "stopping" } else { "pending" }, target);
                format!(
                    "<reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId>\
                     <instanceState><name>{state}</name></instanceState><rootDeviceType>ebs</rootDeviceType>\
                     <privateIpAddress>10.0.0.7</privateIpAddress><launchTime>2026-01-02T03:04:05.000Z</launchTime>\
                     </item></instancesSet></item></reservationSet>"
                )
            }
            "DescribeInstanceStatus" => {
                let check = answered("check", "initializing", "ok");
                format!(
                    "<instanceStatusSet><item><systemStatus><status>{check}</status></systemStatus><instanceStatus>\
                     <status>{check}</status></instanceStatus></item></instanceStatusSet>"
                )
            }
            "DescribeTags" => "<tagSet/>".to_owned(),
            "StopInstances" => {
                turn_to("stopped");
                "<instancesSet/>".to_owned()
            }
            "StartInstances" => {
                turn_to("running");
                "<instancesSet/>".to_owned()
            }
            "DescribeDBInstances" => format!(
                "<DBInstances><DBInstance><DBInstanceStatus>{}</DBInstanceStatus><Engine>postgres</Engine>\
                 <AllocatedStorage>20</AllocatedStorage></DBInstance></DBInstances>",
                answered("database", "backing-up", "available")
            ),
            "CreateDBSnapshot" => format!("<DBSnapshot>{SNAPSHOT}</DBSnapshot>"),
            "DescribeDBSnapshots" => format!(
                "<DBSnapshots><DBSnapshot>{SNAPSHOT}<Status>{}</Status><Encrypted>true</Encrypted></DBSnapshot>\
                 </DBSnapshots>",
                answered("snapshot", "creating", "available")
            ),
            other => panic!("no sample calls {other}"),
        };
        let result =
            if operation.contains("DB") { format!("<{operation}Result>{result}</{operation}Result>") } else { result };
        Answer::new(200, format!("<{operation}Response>{result}</{operation}Response>"))
            .header("Content-Type", "text/xml")
    })
}

const SNAPSHOT: &str = "<DBSnapshotIdentifier>orders-1</DBSnapshotIdentifier><DBSnapshotArn>\
                        arn:aws:rds:eu-central-1:123456789012:snapshot:orders-1</DBSnapshotArn>";

fn operation(request: &Request) -> &str {
    let action = request.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.expect("the protocols of EC2 and RDS name the operation")
}
