//! `aws:createImage` (spec aws-actions 9).

use serde_json::{Map, Value};

use super::attempt::{Operation, ResourceAttempt};
use super::images::{evaluate_image, make_image};
use super::{Evaluation, ResourceAction};
use crate::actions::task::ActionOutcome;
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::create_image::CreateImageRequest;

/// Makes an image of an instance, and waits until it is available. The API takes no token: a request whose answer was not
/// recorded may have made an image.
#[derive(Debug)]
pub(super) struct CreateImage;

impl ResourceAction for CreateImage {
    type Request = CreateImageRequest;

    const OPERATION: &'static str = "CreateImage";
    const PHASE: &'static str = PHASE;

    async fn run(&self, request: CreateImageRequest, attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let parameters = request.parameters.clone();
        make_image(self, &request, attempt, Operation { service: "ec2", name: Self::OPERATION, parameters }).await
    }

    fn evaluate(&self, _: &CreateImageRequest, document: &Map<String, Value>) -> Evaluation {
        evaluate_image(document)
    }
}
