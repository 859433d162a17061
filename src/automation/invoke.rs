//! Invokes one function once, as an execution of a runbook of one step.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::error::AutomationError;
use super::interpreters::InterpreterOptions;
use super::launch::local_launch;
use super::run_source::RunContext;
use super::start::StartRequest;
use crate::actions::ReplyCapture;
use crate::aws::Models;
use crate::diagnostic::Diagnostic;
use crate::event::{Connection, DocumentIdentity, Launch, Settings, sha256};
use crate::lambda::InvokeReply;
use crate::limits::INVOCATION_SECONDS;
use crate::local_lambda::Functions;
use crate::notify::Notifier;
use crate::redaction::{MASK, Secrets};
use crate::runbook::binding::Supplied;
use crate::runbook::{self, Action, Runbook};

/// The name of the one step.
pub const INVOKE_STEP: &str = "invoke";

/// One invocation of a function, as a runbook of one step.
#[derive(Debug)]
pub struct InvokeOnce {
    runbook: Arc<Runbook>,
    identity: DocumentIdentity,
    supplied: IndexMap<String, Supplied>,
}

/// How a function is invoked.
#[derive(Debug)]
pub struct InvokeContext {
    /// Where the function is.
    pub connection: Connection,
    /// The functions of this machine, when the connection names a template.
    pub local_functions: Option<Functions>,
    /// The models of AWS APIs, of which it calls none.
    pub models: Arc<Models>,
    /// The secrets to redact.
    pub secrets: Secrets,
    /// Retries and timeouts.
    pub settings: Settings,
    /// The user who invokes it.
    pub started_by: String,
}

/// The reply of the last attempt, without secrets.
#[derive(Debug)]
pub struct CapturedReply {
    last: ReplyCapture,
    result_limit: Option<u64>,
    secrets: Secrets,
}

impl InvokeOnce {
    /// An invocation of `function` with these inputs of `aws:invokeLambdaFunction`. They become parameters of the
    /// runbook, so that nothing in them is interpreted as a reference.
    pub fn new(
        function: String,
        inputs: &IndexMap<&'static str, Value>,
        max_attempts: NonZeroU32,
        timeout: Duration,
    ) -> Result<Self, AutomationError> {
        let seconds = timeout_seconds(timeout)?;
        let each = |value: &dyn Fn(&str) -> Value| -> Map<String, Value> {
            inputs.keys().map(|name| ((*name).to_owned(), value(name))).collect()
        };
        let text = json!({
            "schemaVersion": "0.3",
            "description": "One invocation.",
            "parameters": each(&|_| json!({"type": "String"})),
            "mainSteps": [{
                "name": INVOKE_STEP,
                "action": Action::INVOKE_LAMBDA_FUNCTION.as_str(),
                "maxAttempts": max_attempts,
                "timeoutSeconds": seconds,
                "inputs": each(&|name| format!("{{{{ {name} }}}}").into()),
            }],
        })
        .to_string();
        let document = crate::document::read("invoke.json", text.as_bytes())
            .map_err(|unreadable| invalid_runbook(&unreadable.problems))?;
        let loaded = runbook::load(&document);
        let runbook = loaded.runbook.ok_or_else(|| invalid_runbook(&loaded.diagnostics))?;
        Ok(Self {
            runbook: Arc::new(runbook),
            identity: DocumentIdentity { name: function, sha256: sha256(&text) },
            supplied: inputs.iter().map(|(name, value)| ((*name).to_owned(), Supplied::Json(value.clone()))).collect(),
        })
    }

    /// The runbook.
    pub fn runbook(&self) -> &Runbook {
        &self.runbook
    }

    /// The request that starts the execution, and the capture of its reply.
    pub fn into_request(self, context: InvokeContext) -> (StartRequest, CapturedReply) {
        let InvokeContext { connection, local_functions, models, secrets, mut settings, started_by } = context;
        // The limit of a runbook's step does not apply: Lambda has its own limit.
        settings.long_invocations = true;
        let last = ReplyCapture::default();
        let captured =
            CapturedReply { last: last.clone(), result_limit: settings.result_limit, secrets: secrets.clone() };
        let request = StartRequest {
            launch: Launch { connection: connection.clone(), ..local_launch() },
            context: RunContext {
                runbook: self.runbook,
                connection,
                local_functions,
                models,
                secrets,
                reply_capture: Some(last),
                interpreters: InterpreterOptions::default(),
                notifier: Notifier::default(),
            },
            document: String::new(),
            identity: self.identity,
            supplied: self.supplied,
            settings,
            lock: None,
            carried_over: None,
            started_by,
        };
        (request, captured)
    }
}

fn timeout_seconds(timeout: Duration) -> Result<u64, AutomationError> {
    let seconds = timeout.as_secs();
    if timeout.subsec_nanos() != 0 || seconds == 0 {
        return Err(AutomationError::TimeoutNotWhole);
    }
    if seconds > INVOCATION_SECONDS {
        return Err(AutomationError::TimeoutTooLong { minutes: INVOCATION_SECONDS / 60 });
    }
    Ok(seconds)
}

fn invalid_runbook(problems: &[Diagnostic]) -> AutomationError {
    AutomationError::GeneratedRunbookInvalid { problems: problems.to_vec() }
}

impl CapturedReply {
    /// Takes the reply of the last attempt: byte for byte as received, unless it contains a secret. `None` without a
    /// reply, or when the reply is larger than results may be.
    pub fn take(&self) -> Option<InvokeReply> {
        let is_small = |reply: &InvokeReply| {
            self.result_limit.is_none_or(|limit| u64::try_from(reply.payload.len()).is_ok_and(|size| size <= limit))
        };
        self.last.take().filter(is_small).map(|reply| redact(reply, &self.secrets))
    }
}

fn redact(mut reply: InvokeReply, secrets: &Secrets) -> InvokeReply {
    if !secrets.is_active() {
        return reply;
    }
    if secrets.hides_output(INVOKE_STEP, "Payload") && !reply.payload.is_empty() {
        reply.payload = format!("\"{MASK}\"").into_bytes();
    } else if let Cow::Owned(masked) = secrets.text(&String::from_utf8_lossy(&reply.payload)) {
        reply.payload = masked.into_bytes();
    }
    if let Some(log) = reply.log_result.as_ref().and_then(|log| STANDARD.decode(log).ok()) {
        let log = String::from_utf8_lossy(&log).into_owned();
        let hidden = secrets.hides_output(INVOKE_STEP, "LogResult");
        let log = if hidden { MASK.to_owned() } else { secrets.text(&log).into_owned() };
        reply.log_result = Some(STANDARD.encode(log));
    }
    reply
}
