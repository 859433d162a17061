//! `aws:copyImage` (spec aws-actions 9).

use serde_json::{Map, Value};

use super::attempt::{Operation, ResourceAttempt};
use super::images::{evaluate_image, make_image};
use super::{Evaluation, ResourceAction};
use crate::actions::task::ActionOutcome;
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::copy_image::CopyImageRequest;

/// Copies an image into the Region of the execution, and waits until the copy is available.
#[derive(Debug)]
pub(super) struct CopyImage;

impl ResourceAction for CopyImage {
    type Request = CopyImageRequest;

    const OPERATION: &'static str = "CopyImage";
    const PHASE: &'static str = PHASE;

    async fn run(&self, request: CopyImageRequest, attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let mut parameters = request.parameters.clone();
        parameters.entry("ClientToken").or_insert_with(|| Value::from(attempt.token()));
        make_image(self, &request, attempt, Operation { service: "ec2", name: Self::OPERATION, parameters }).await
    }

    fn evaluate(&self, _: &CopyImageRequest, document: &Map<String, Value>) -> Evaluation {
        evaluate_image(document)
    }
}
