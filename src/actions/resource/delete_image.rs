//! `aws:deleteImage` (spec aws-actions 9).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, first};
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::task::ActionOutcome;
use crate::aws::{ApiReply, CallError};
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::delete_image::DeleteImageRequest;

/// Deregisters an image, and deletes its snapshots. They are recorded first: once the image is gone nothing names them.
#[derive(Debug)]
pub(super) struct DeleteImage;

impl ResourceAction for DeleteImage {
    type Request = DeleteImageRequest;

    const OPERATION: &'static str = "DescribeImages";
    const PHASE: &'static str = PHASE;

    async fn run(&self, request: DeleteImageRequest, attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let image = request.image_id;
        let earlier = attempt.created("SnapshotIds");
        // What an earlier sending has deleted is not missing.
        let gone: fn(&CallError) -> bool = if earlier.is_some() { is_gone } else { |_| false };
        let snapshots = if let Some(snapshots) = earlier {
            snapshots
        } else {
            let describe = Operation::new("ec2", Self::OPERATION, json!({ "ImageIds": [image] }));
            let snapshots = snapshots(&attempt.call(describe).await?);
            attempt.record_deleting("SnapshotIds", snapshots.clone()).await;
            snapshots
        };
        let mut deletions = vec![Operation::new("ec2", "DeregisterImage", json!({ "ImageId": image }))];
        let snapshots = snapshots.as_array().into_iter().flatten();
        deletions.extend(snapshots.map(|id| Operation::new("ec2", "DeleteSnapshot", json!({ "SnapshotId": id }))));
        for deletion in deletions {
            match attempt.send(deletion).await {
                Ok(_) => {}
                Err(error) if gone(&error) => {}
                Err(error) => return Err(attempt.failed_call(error)),
            }
        }
        Ok(attempt.succeeded())
    }

    fn evaluate(&self, _: &DeleteImageRequest, _: &Map<String, Value>) -> Evaluation {
        Evaluation { state: String::new(), verdict: Verdict::Reached }
    }
}

/// The snapshots of an image.
fn snapshots(reply: &ApiReply) -> Value {
    let devices = first(&reply.result, "Images").and_then(|image| image.get("BlockDeviceMappings")?.as_array());
    devices.into_iter().flatten().filter_map(|device| device.get("Ebs")?.get("SnapshotId").cloned()).collect()
}

/// Whether an error says that an image or a snapshot is deleted.
fn is_gone(error: &CallError) -> bool {
    let code = error.cause.code.as_deref();
    matches!(code, Some("InvalidAMIID.NotFound" | "InvalidAMIID.Unavailable" | "InvalidSnapshot.NotFound"))
}
