//! The examples of `docs/aws.md` are run as they are.

use std::fs;

use serde_json::json;

use super::emulator::{Emulator, Kind};

/// The blocks of YAML of the page: the runbook, and its case file.
fn blocks() -> [String; 2] {
    let page = fs::read_to_string(crate::support::root().join("docs/aws.md")).unwrap();
    let mut blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    [blocks.next().unwrap(), blocks.next().unwrap()]
}

#[test]
fn first_example_of_the_page_runs() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let [runbook, cases] = blocks();
    let ended = emulator.run(&runbook, &[]);
    let queues = emulator.sdk("from sdk import answer, call; answer(len(call('sqs', 'ListQueues')['QueueUrls']))");
    fs::write(emulator.folder().join("runbook.test.yaml"), cases).unwrap();
    let played = emulator.program(["test", "runbook.yaml"]);
    let expected = json!([0, "Success", [["createQueue", "Success"], ["waitUntilEmpty", "Success"]]]);
    assert_eq!(
        (ended.outcome(), queues, played.status.code()),
        (expected, json!(1), Some(0)),
        "{}{}",
        ended.said,
        String::from_utf8_lossy(&played.stdout)
    );
}
