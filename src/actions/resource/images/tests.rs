//! States of images, and what follows from them.

use serde_json::{from_value, json};

use super::*;

#[test]
fn image_is_waited_for_until_it_is_available_or_cannot_become_so() {
    let failed = |cause: &str| Verdict::Failed(cause.to_owned());
    let rows = [
        (json!({ "ImageId": "ami-1" }), "unknown", Verdict::Pending),
        (json!({ "ImageId": "ami-1", "ImageState": "pending" }), "pending", Verdict::Pending),
        (json!({ "ImageId": "ami-1", "ImageState": "available" }), "available", Verdict::Reached),
        (
            json!({ "ImageId": "ami-1", "ImageState": "failed", "StateReason": "Server.InternalError: Internal error." }),
            "failed",
            failed("Image ami-1 ended with the state failed: Server.InternalError: Internal error"),
        ),
        (
            json!({ "ImageId": "ami-1", "ImageState": "deregistered" }),
            "deregistered",
            failed("Image ami-1 ended with the state deregistered"),
        ),
    ];
    for (document, state, verdict) in rows {
        let evaluation = evaluate_image(&from_value(document.clone()).unwrap());
        assert_eq!(evaluation, Evaluation { state: state.to_owned(), verdict }, "{document}");
    }
}

#[test]
fn document_has_the_reason_of_a_failed_image() {
    let reply = |result: Value| ApiReply { result: from_value(result).unwrap(), request_id: None, secrets: Vec::new() };
    let id = json!("ami-1");
    let found = json!({ "Images": [{ "ImageId": "ami-1", "State": "failed", "StateReason": { "Code": "c", "Message": "m" } }] });
    let documents = [document(&id, &reply(found)), document(&id, &reply(json!({ "Images": [] })))].map(Value::Object);
    assert_eq!(
        documents,
        [json!({ "ImageId": "ami-1", "ImageState": "failed", "StateReason": "m" }), json!({ "ImageId": "ami-1" })]
    );
}
