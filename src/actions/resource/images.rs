//! The wait for a machine image (spec aws-actions 9).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, first, text};
use super::new_resource::NewResource;
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::task::ActionOutcome;
use crate::aws::ApiReply;

/// Makes an image by this call, or goes on with the one that an earlier sending has made, and waits until it is available.
pub(super) async fn make_image<A: ResourceAction>(
    action: &A,
    request: &A::Request,
    mut attempt: ResourceAttempt<'_>,
    make: Operation,
) -> ActionOutcome {
    let image = if let Some(image) = attempt.created("ImageId") {
        image
    } else {
        let reply = attempt.call(make).await?;
        let image = Value::from(text(&reply.result, "ImageId"));
        attempt.record_created("ImageId", image.clone()).await;
        image
    };
    let describe = Operation::new("ec2", "DescribeImages", json!({ "ImageIds": [image] }));
    let mut new = NewResource::with_absence("InvalidAMIID.NotFound");
    loop {
        let poll = match attempt.poll(describe.clone()).await {
            Ok(reply) => {
                let document = document(&image, &reply);
                if document.contains_key("ImageState") {
                    new.seen();
                }
                attempt.settle(action.evaluate(request, &document), ApiReply { result: document, ..reply })
            }
            Err(error) => new.failed_poll(&attempt, error),
        };
        if let Some(outcome) = attempt.next(poll).await {
            return outcome;
        }
    }
}

/// `$` of the step: without a state while the image is not seen yet.
fn document(image: &Value, reply: &ApiReply) -> Map<String, Value> {
    let mut document = Map::from_iter([("ImageId".to_owned(), image.clone())]);
    if let Some(found) = first(&reply.result, "Images") {
        document.insert("ImageState".to_owned(), json!(text(found, "State")));
        if let Some(reason) = found.get("StateReason").and_then(Value::as_object) {
            document.insert("StateReason".to_owned(), json!(text(reason, "Message")));
        }
    }
    document
}

/// Evaluates the state of an image.
pub(super) fn evaluate_image(document: &Map<String, Value>) -> Evaluation {
    let state = text(document, "ImageState");
    let verdict = match state {
        "available" => Verdict::Reached,
        "failed" | "error" | "invalid" | "deregistered" | "disabled" => {
            let reason = match text(document, "StateReason") {
                "" => String::new(),
                reason => format!(": {}", reason.trim_end_matches('.')),
            };
            Verdict::Failed(format!("Image {} ended with the state {state}{reason}", text(document, "ImageId")))
        }
        _ => Verdict::Pending,
    };
    let state = if state.is_empty() { "unknown" } else { state };
    Evaluation { state: state.to_owned(), verdict }
}

#[cfg(test)]
mod tests;
