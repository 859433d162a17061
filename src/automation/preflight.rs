//! The preflight check of a plan: whether every function of a runbook exists and may be invoked. It runs none.
//!
//! It makes two calls for each distinct function: for its configuration, and a `DryRun` invocation, which runs nothing.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::aws::CallError;
use crate::event::{Cause, ErrorClass};
use crate::lambda::{FunctionConfiguration, InvokeReply, LambdaClient};
use crate::limits;
use crate::redaction::Secrets;
use crate::runbook::inputs::invoke_lambda::{InputProblem, InvokeRequest};

/// A function that a step invokes, as far as it is known before the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FunctionUse {
    pub(super) function: String,
    pub(super) qualifier: Option<String>,
    pub(super) step: String,
    /// The timeout of one attempt of the step.
    pub(super) timeout_seconds: Option<u64>,
}

/// The result of a preflight check. Its JSON form is stable: fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// Whether every known function can be invoked, and EC2 refuses no call. Warnings do not matter.
    pub passed: bool,
    /// The region of the calls.
    pub region: Option<String>,
    /// Every distinct function.
    pub functions: Vec<FunctionCheck>,
    /// Permissions that the caller's policy lacks.
    pub missing_permissions: Vec<MissingPermission>,
}

/// The check of one function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionCheck {
    /// Its name or ARN.
    pub function: String,
    /// The version or alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// The steps that invoke it.
    pub steps: Vec<String>,
    /// Whether it can be invoked.
    pub verdict: FunctionVerdict,
    /// Its own timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Why it cannot be invoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What may still go wrong.
    pub warnings: Vec<String>,
}

/// Whether a function can be invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FunctionVerdict {
    /// It exists and may be invoked.
    Ready,
    /// There is no such function, version or alias.
    DoesNotExist,
    /// The caller may not invoke it.
    NotAllowed,
    /// It exists and cannot run.
    Unavailable,
    /// The check itself failed.
    NotChecked,
    /// Its name depends on values that are known only when the runbook runs.
    NotKnownYet,
}

/// A permission that the caller lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingPermission {
    /// The action.
    pub action: &'static str,
    /// The function: its ARN where that is known.
    pub resource: String,
}

impl Preflight {
    /// The check of a runbook whose steps invoke no function.
    pub(super) const fn of_no_functions(region: Option<String>) -> Self {
        Self { passed: true, region, functions: Vec::new(), missing_permissions: Vec::new() }
    }

    /// Redacts secret values.
    pub(super) fn redact(&mut self, secrets: &Secrets) {
        let redact = |text: &mut String| *text = secrets.text(text).into_owned();
        for checked in &mut self.functions {
            redact(&mut checked.function);
            checked.qualifier.iter_mut().chain(&mut checked.problem).chain(&mut checked.warnings).for_each(redact);
        }
        self.missing_permissions.iter_mut().for_each(|permission| redact(&mut permission.resource));
    }
}

/// Checks every distinct function, one after the other.
pub(super) async fn check_functions(client: &LambdaClient, uses: Vec<FunctionUse>) -> Preflight {
    let mut distinct: IndexMap<(String, Option<String>), Vec<FunctionUse>> = IndexMap::new();
    for function_use in uses {
        let key = (function_use.function.clone(), function_use.qualifier.clone());
        distinct.entry(key).or_default().push(function_use);
    }
    let mut functions = Vec::new();
    let mut missing_permissions = Vec::new();
    for ((function, qualifier), steps) in distinct {
        let mut checked = FunctionCheck {
            function,
            qualifier,
            steps: steps.iter().map(|step| step.step.clone()).collect(),
            verdict: FunctionVerdict::Ready,
            timeout_seconds: None,
            problem: None,
            warnings: Vec::new(),
        };
        checked.run(client, &steps, &mut missing_permissions).await;
        functions.push(checked);
    }
    let passed = functions
        .iter()
        .all(|checked| matches!(checked.verdict, FunctionVerdict::Ready | FunctionVerdict::NotKnownYet));
    Preflight { passed, region: client.region().map(str::to_owned), functions, missing_permissions }
}

impl FunctionCheck {
    async fn run(&mut self, client: &LambdaClient, steps: &[FunctionUse], missing: &mut Vec<MissingPermission>) {
        let unknown = |text: &str| text.contains("{{");
        if unknown(&self.function) || self.qualifier.as_deref().is_some_and(unknown) {
            self.verdict = FunctionVerdict::NotKnownYet;
            self.warnings.push("the function is known only when the step runs, so it was not checked".to_owned());
            return;
        }
        let request = match self.request() {
            Ok(request) => request,
            Err(problem) => return self.fail(FunctionVerdict::NotChecked, problem.to_string()),
        };
        let mut resource = self.function.clone();
        let call = client.configuration(&request.function, request.qualifier.as_deref());
        match answer_in_time(call).await {
            Ok(configuration) => {
                resource = configuration.arn.clone().unwrap_or(resource);
                self.evaluate(&configuration, steps);
            }
            Err(error) if error.cause.class == ErrorClass::NotFound => {
                return self.fail(FunctionVerdict::DoesNotExist, message_with_remedy(&error));
            }
            Err(error) if is_denied(&error.cause) => {
                missing
                    .push(MissingPermission { action: "lambda:GetFunctionConfiguration", resource: resource.clone() });
                self.warnings.push("you may not read its configuration, so its timeout is not known".to_owned());
            }
            Err(error) => return self.fail(FunctionVerdict::NotChecked, message_with_remedy(&error)),
        }
        let dry: Result<InvokeReply, CallError> = answer_in_time(client.invoke(request)).await;
        match dry {
            Ok(_) => {}
            Err(error) if error.cause.class == ErrorClass::NotFound => {
                self.fail(FunctionVerdict::DoesNotExist, message_with_remedy(&error));
            }
            Err(error) if is_denied(&error.cause) => {
                missing.push(MissingPermission { action: "lambda:InvokeFunction", resource });
                self.fail(FunctionVerdict::NotAllowed, error.message);
            }
            // The state in the function's configuration is a clearer reason than the error of the invocation.
            Err(_) if self.problem.is_some() => {}
            Err(error) if error.cause.class == ErrorClass::Configuration => {
                self.fail(FunctionVerdict::Unavailable, message_with_remedy(&error));
            }
            Err(error) => self.fail(FunctionVerdict::NotChecked, message_with_remedy(&error)),
        }
    }

    fn request(&self) -> Result<InvokeRequest, InputProblem> {
        let inputs: IndexMap<&str, Value> = [
            ("FunctionName", Some(self.function.as_str())),
            ("Qualifier", self.qualifier.as_deref()),
            ("InvocationType", Some("DryRun")),
        ]
        .into_iter()
        .filter_map(|(name, text)| text.map(|text| (name, Value::from(text))))
        .collect();
        InvokeRequest::from_resolved(|name| inputs.get(name))
    }

    fn evaluate(&mut self, configuration: &FunctionConfiguration, steps: &[FunctionUse]) {
        self.timeout_seconds = configuration.timeout_seconds;
        let because = configuration.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        match configuration.state.as_deref() {
            Some("Failed") => self.fail(FunctionVerdict::Unavailable, format!("it is in the state Failed{because}")),
            Some(state @ ("Pending" | "Inactive")) => {
                self.warnings.push(format!("it is in the state {state}, so the first call may have to wait{because}"));
            }
            Some(_) | None => {}
        }
        let Some(own) = self.timeout_seconds else { return };
        for step in steps {
            if let Some(given) = step.timeout_seconds.filter(|given| *given < own) {
                self.warnings.push(format!(
                    "step {} times out after {given} s, but the function may run for {own} s: it would keep running \
                     after the timeout",
                    step.step
                ));
            }
        }
    }

    fn fail(&mut self, verdict: FunctionVerdict, problem: String) {
        self.verdict = verdict;
        self.problem = Some(problem);
    }
}

/// Whether a policy denies the call; invalid credentials are another error.
fn is_denied(cause: &Cause) -> bool {
    let code = cause.code.as_deref();
    cause.class == ErrorClass::Permission && matches!(code, Some("AccessDeniedException" | "AccessDenied") | None)
}

fn message_with_remedy(error: &CallError) -> String {
    match &error.cause.remedy {
        Some(remedy) => format!("{}. {remedy}", error.message.trim_end_matches('.')),
        None => error.message.clone(),
    }
}

/// Limits the time of a call that runs no function, and so needs little.
async fn answer_in_time<T>(call: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    let limit: Duration = limits::CHECK_ANSWER;
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => Err(CallError {
            message: format!("There was no answer within {} s", limit.as_secs()),
            cause: Box::new(Cause::new(ErrorClass::Timeout, crate::event::CallReach::NotRun)),
        }),
    }
}
