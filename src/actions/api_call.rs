//! `aws:executeAwsApi` (spec aws-actions 2).

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::api_outcome::{failed_call, succeeded};
use super::handler::{ActionHandler, Judgement};
use super::prepared_call::PreparedCall;
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::Task;
use crate::aws::{ApiClient, ApiReply, ApiRequest, CallError, api_error_of_code};
use crate::event::{Failure, FailureStage, FailureType};
use crate::runbook::inputs::aws_api::{ApiStepProblem, ApiStepRequest};

/// Calls an operation.
#[derive(Debug)]
pub(super) struct ExecuteAwsApi {
    pub(super) client: ApiClient,
}

impl ActionHandler for ExecuteAwsApi {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let request = match task.take_request::<ApiStepRequest>() {
            Ok(request) => request,
            Err(problem) => return PreparedCall::refused(invalid(&problem).into()),
        };
        let (call, permit) = self.client.prepare(api_request(request, &task));
        let outcome = async move { call.await.map(succeeded).map_err(failed_call) };
        PreparedCall::held(outcome, || permit.grant())
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        let operation = match task.request::<ApiStepRequest>() {
            Ok(request) => request.operation.clone(),
            Err(problem) => return Judgement::Ended(Err(invalid(&problem).into())),
        };
        Judgement::Ended(match scripted_answer(&operation, reply) {
            Ok(Answer::Reply(reply)) => Ok(succeeded(reply)),
            Ok(Answer::Other(reply)) => judge_document(task, reply),
            Err(error) => Err(failed_call(error)),
        })
    }
}

/// The request of a step. The token is the same for each sending of an attempt, and for no other attempt.
pub(super) fn api_request(request: ApiStepRequest, task: &Task) -> ApiRequest {
    let ApiStepRequest { service, operation, parameters } = request;
    ApiRequest { service, operation, parameters, token: token(task) }
}

/// A token that is the same for each sending of an attempt, and for no other attempt.
pub(super) fn token(task: &Task) -> String {
    let Task { execution, step_execution, attempt, .. } = task;
    let digest = Sha256::digest(format!("{execution}/{step_execution}/{attempt}"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.iter()).for_each(|(byte, digested)| *byte = *digested);
    // The form of a random UUID: what the SDK sends, and every API takes.
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The failure of inputs that are no request.
pub(super) fn invalid(problem: &ApiStepProblem) -> Failure {
    Failure::new(FailureStage::InputValidation, FailureType::Verification, problem.to_string())
}

/// What a scripted reply is for a call of an API.
pub(super) enum Answer {
    /// A response.
    Reply(ApiReply),
    /// A reply that every action judges in the same way.
    Other(ScriptedReply),
}

/// A scripted reply as the client would give it. An operation has the name that the runbook gives it.
pub(super) fn scripted_answer(operation: &str, reply: ScriptedReply) -> Result<Answer, CallError> {
    match reply {
        ScriptedReply::Document { document: Value::Object(result), outputs } if outputs.is_empty() => {
            Ok(Answer::Reply(ApiReply { result, request_id: None, secrets: Vec::new() }))
        }
        ScriptedReply::ServiceError { code, message } => {
            Err(api_error_of_code(&code, operation, message.as_deref(), None))
        }
        ScriptedReply::Throttle { after } => {
            Err(api_error_of_code("ThrottlingException", operation, Some("Rate exceeded"), after))
        }
        other @ (ScriptedReply::Document { .. }
        | ScriptedReply::Payload { .. }
        | ScriptedReply::ReportedError { .. }
        | ScriptedReply::Failure(_)) => Ok(Answer::Other(other)),
    }
}
