//! `aws:createTags` (spec aws-actions 10).

use serde_json::{Map, Value};

use super::attempt::{Operation, ResourceAttempt};
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::task::ActionOutcome;
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::create_tags::CreateTagsRequest;

/// Tags resources.
#[derive(Debug)]
pub(super) struct CreateTags;

impl ResourceAction for CreateTags {
    type Request = CreateTagsRequest;

    const OPERATION: &'static str = "CreateTags";
    const PHASE: &'static str = PHASE;

    fn operation(request: &CreateTagsRequest) -> &'static str {
        match request {
            CreateTagsRequest::Ec2(_) => Self::OPERATION,
            CreateTagsRequest::SystemsManager(_) => "AddTagsToResource",
        }
    }

    async fn run(&self, request: CreateTagsRequest, attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let name = Self::operation(&request);
        let (service, parameters) = match request {
            CreateTagsRequest::Ec2(parameters) => ("ec2", parameters),
            CreateTagsRequest::SystemsManager(parameters) => ("ssm", parameters),
        };
        attempt.call(Operation { service, name, parameters }).await?;
        Ok(attempt.succeeded())
    }

    fn evaluate(&self, _: &CreateTagsRequest, _: &Map<String, Value>) -> Evaluation {
        Evaluation { state: String::new(), verdict: Verdict::Reached }
    }
}
