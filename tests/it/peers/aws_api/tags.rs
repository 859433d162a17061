//! Tags of resources other than those of EC2, against moto.

use serde_json::json;

use super::emulator::{Emulator, Kind};
use super::public_runbooks::observe;

#[test]
fn parameter_is_tagged() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let runbook = "{schemaVersion: '0.3', mainSteps: [{name: tag, action: 'aws:createTags', inputs: {ResourceType: Parameter, \
                   ResourceIds: [/app/size], Tags: [{Key: team, Value: ops}]}}]}";
    let found = observe(
        &emulator,
        "call('ssm', 'PutParameter', Name='/app/size', Value='3', Type='String')",
        || emulator.run(runbook, &[]),
        "call('ssm', 'ListTagsForResource', ResourceType='Parameter', ResourceId='/app/size')['TagList']",
    );
    let expected = json!({
        "outcome": [0, "Success", [["tag", "Success"]]],
        "requests": ["ssm AddTagsToResource"],
        "after": [{"Key": "team", "Value": "ops"}],
    });
    assert_eq!(found, expected);
}
