//! `aws:invokeWebhook` (spec aws-actions 13).

use serde_json::{Map, Value};

use super::api_call::{Answer, scripted_answer, token};
use super::api_outcome::{failed_call, failure_message};
use super::handler::{ActionHandler, Judgement};
use super::prepared_call::PreparedCall;
use super::scripted_reply::{ScriptedReply, document_result, judge_document};
use super::task::{ActionOutcome, Task};
use crate::aws::{ApiClient, ApiRequest, CallError, WebhookReply, WebhookRequest};
use crate::event::{ActionError, ActionResult, CallReach, Cause, ErrorClass, Failure, FailureStage, FailureType};
use crate::runbook::inputs::invoke_webhook::WebhookStepRequest;

/// Calls the webhook of an integration, which is a sensitive parameter of Parameter Store.
#[derive(Debug)]
pub(super) struct InvokeWebhook {
    pub(super) client: ApiClient,
}

impl ActionHandler for InvokeWebhook {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        match task.take_request::<WebhookStepRequest>() {
            Ok(request) => PreparedCall::new(async move { self.invoke(request, &task).await }),
            Err(problem) => {
                let (stage, kind) = (FailureStage::InputValidation, FailureType::Verification);
                PreparedCall::refused(Failure::new(stage, kind, problem.to_string()).into())
            }
        }
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        Judgement::Ended(match scripted_answer("GetParameter", reply) {
            Ok(Answer::Reply(reply)) => evaluate(task, reply.result, None),
            Ok(Answer::Other(reply)) => judge_document(task, reply),
            Err(error) => Err(failed_call(error)),
        })
    }
}

impl InvokeWebhook {
    async fn invoke(&self, request: WebhookStepRequest, task: &Task) -> ActionOutcome {
        let get = ApiRequest {
            service: "ssm".to_owned(),
            operation: "GetParameter".to_owned(),
            parameters: Map::from_iter([
                ("Name".to_owned(), Value::from(request.parameter_name())),
                ("WithDecryption".to_owned(), Value::Bool(true)),
            ]),
            token: token(task),
        };
        let stored = self.client.call(get).await.map_err(failed_call)?;
        let value = stored.result.get("Parameter").and_then(|parameter| parameter.get("Value")).and_then(Value::as_str);
        let integration = Integration::read(value.unwrap_or_default()).map_err(|why| {
            let message = format!("Integration {} cannot be called: {why}", request.integration);
            failed_call(CallError::new(message, Cause::new(ErrorClass::Configuration, CallReach::NotRun)))
        })?;
        let WebhookReply { status, retry_after, body } =
            self.client.post(integration.request(request.body)).await.map_err(failed_call)?;
        let document = Map::from_iter([
            ("Response".to_owned(), Value::from(body)),
            ("ResponseCode".to_owned(), Value::from(status)),
        ]);
        evaluate(task, document, retry_after)
    }
}

/// The result of an answer: a status that is no success fails the step, and its outputs stay readable.
fn evaluate(task: &Task, document: Map<String, Value>, retry_after: Option<std::time::Duration>) -> ActionOutcome {
    let status = document.get("ResponseCode").and_then(Value::as_u64).unwrap_or(200);
    let result = document_result(task.action, Value::Object(document), &Map::new());
    if (200..300).contains(&status) {
        return Ok(result);
    }
    let ActionResult { outputs, .. } = result;
    let is_throttled = status == 429;
    let (class, kind, reach) = if is_throttled {
        (ErrorClass::Throttled, FailureType::Throttling, CallReach::NotRun)
    } else {
        (ErrorClass::Response, FailureType::Action, CallReach::Ran)
    };
    let mut cause = Cause::new(class, reach);
    cause.http_status = u16::try_from(status).ok();
    cause.retry_after = retry_after.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    let message = failure_message(&format!("The webhook answered with the status {status}"));
    let mut failure = Failure::new(FailureStage::Invocation, kind, message);
    failure.cause = Some(Box::new(cause));
    Err(ActionError { failure, outputs })
}

/// The settings of a webhook, as the parameter holds them. All of it is secret.
struct Integration {
    url: String,
    headers: Vec<(String, String)>,
    payload: Option<String>,
}

impl Integration {
    /// Reads the value of the parameter, whose keys have no letter case (spec aws-actions 13). The error does not show it.
    fn read(text: &str) -> Result<Self, String> {
        let parsed: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| "its parameter is not the JSON of an integration".to_owned())?;
        let member = |name: &str| parsed.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let url = member("url").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !url.starts_with("https://") {
            return Err("its URL does not begin with https://".to_owned());
        }
        Ok(Self {
            url,
            headers: member("headers").map(headers).unwrap_or_default(),
            payload: member("payload").map(plain),
        })
    }

    /// What is posted to it: the body of the step, or its own.
    fn request(self, body: Option<String>) -> WebhookRequest {
        let Self { url, headers, payload } = self;
        WebhookRequest { url, headers, body: body.or(payload).unwrap_or_default() }
    }
}

/// Headers as a map, as the JSON text of one, or as a list of maps with a name and a value.
fn headers(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        Value::String(text) => {
            serde_json::from_str::<Value>(text).ok().filter(Value::is_object).map(|it| headers(&it)).unwrap_or_default()
        }
        Value::Array(items) => items.iter().flat_map(headers).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
