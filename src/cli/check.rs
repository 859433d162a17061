//! `--check`: whether every function of a runbook is there and may be invoked, without running any.
//!
//! Each distinct function is asked about twice: its configuration, and an invocation with `DryRun`. Lambda answers the
//! second without running anything.

mod text;

use std::time::Duration;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::event::{Cause, ErrorClass};
use crate::lambda::{CallError, FunctionConfiguration, InvokeReply, LambdaClient};
use crate::limits;
use crate::masking::Secrets;
use crate::runbook::inputs::invoke_lambda::InvokeRequest;

pub(super) use text::text;

/// A function that a step invokes, as far as it is known before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) function: String,
    pub(super) qualifier: Option<String>,
    pub(super) step: String,
    /// How long one attempt of the step may take.
    pub(super) timeout_seconds: Option<u64>,
}

/// What was found. The JSON form of `--check`: stable, fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    /// Whether nothing stands in the way; warnings do not.
    pub(super) passed: bool,
    /// The region that was asked.
    pub(super) region: Option<String>,
    pub(super) functions: Vec<Checked>,
    /// What the caller's policy lacks.
    pub(super) missing_permissions: Vec<Permission>,
}

/// One function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checked {
    pub(super) function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qualifier: Option<String>,
    /// The steps that invoke it.
    pub(super) steps: Vec<String>,
    pub(super) verdict: Verdict,
    /// Its own timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timeout_seconds: Option<u64>,
    /// Why it cannot be invoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// What is known of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    /// It is there and may be invoked.
    Ready,
    /// There is no such function, version or alias.
    DoesNotExist,
    /// The caller may not invoke it.
    NotAllowed,
    /// It is there and cannot run.
    Unavailable,
    /// The check itself failed.
    NotChecked,
    /// Which function it is shows only when the runbook runs.
    NotKnownYet,
}

/// An action that has to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Permission {
    pub(super) action: &'static str,
    /// The function it is for: its ARN where that is known.
    pub(super) resource: String,
}

impl Check {
    /// Masks what is secret in what was found.
    pub(super) fn hide(&mut self, secrets: &Secrets) {
        let hide = |text: &mut String| *text = secrets.text(text).into_owned();
        for checked in &mut self.functions {
            hide(&mut checked.function);
            checked.qualifier.iter_mut().chain(&mut checked.problem).chain(&mut checked.warnings).for_each(hide);
        }
        self.missing_permissions.iter_mut().for_each(|permission| hide(&mut permission.resource));
    }
}

/// Asks about every distinct function, one after the other.
pub(super) async fn check(client: &LambdaClient, wanted: Vec<Wanted>) -> Check {
    let mut distinct: IndexMap<(String, Option<String>), Vec<Wanted>> = IndexMap::new();
    for one in wanted {
        distinct.entry((one.function.clone(), one.qualifier.clone())).or_default().push(one);
    }
    let mut functions = Vec::new();
    let mut missing_permissions = Vec::new();
    for ((function, qualifier), steps) in distinct {
        let mut checked = Checked {
            function,
            qualifier,
            steps: steps.iter().map(|step| step.step.clone()).collect(),
            verdict: Verdict::Ready,
            timeout_seconds: None,
            problem: None,
            warnings: Vec::new(),
        };
        checked.ask(client, &steps, &mut missing_permissions).await;
        functions.push(checked);
    }
    let passed = functions.iter().all(|checked| matches!(checked.verdict, Verdict::Ready | Verdict::NotKnownYet));
    Check { passed, region: client.region().map(str::to_owned), functions, missing_permissions }
}

impl Checked {
    async fn ask(&mut self, client: &LambdaClient, steps: &[Wanted], missing: &mut Vec<Permission>) {
        let unknown = |text: &str| text.contains("{{");
        if unknown(&self.function) || self.qualifier.as_deref().is_some_and(unknown) {
            self.verdict = Verdict::NotKnownYet;
            self.warnings.push("which function it is shows only when it runs, so it was not checked".to_owned());
            return;
        }
        let request = match self.request() {
            Ok(request) => request,
            Err(problem) => return self.ends(Verdict::NotChecked, problem),
        };
        let mut resource = self.function.clone();
        let asked = client.configuration(&request.function, request.qualifier.as_deref());
        match in_time(asked).await {
            Ok(configuration) => {
                resource = configuration.arn.clone().unwrap_or(resource);
                self.judge(&configuration, steps);
            }
            Err(error) if error.cause.class == ErrorClass::NotFound => {
                return self.ends(Verdict::DoesNotExist, with_remedy(&error));
            }
            Err(error) if is_denied(&error.cause) => {
                missing.push(Permission { action: "lambda:GetFunctionConfiguration", resource: resource.clone() });
                self.warnings.push("its configuration may not be read, so its timeout is not known".to_owned());
            }
            Err(error) => return self.ends(Verdict::NotChecked, with_remedy(&error)),
        }
        let dry: Result<InvokeReply, CallError> = in_time(client.invoke(request)).await;
        match dry {
            Ok(_) => {}
            Err(error) if error.cause.class == ErrorClass::NotFound => {
                self.ends(Verdict::DoesNotExist, with_remedy(&error));
            }
            Err(error) if is_denied(&error.cause) => {
                missing.push(Permission { action: "lambda:InvokeFunction", resource });
                self.ends(Verdict::NotAllowed, error.message);
            }
            // What Lambda says of the function's state in its configuration is clearer than that it fails.
            Err(_) if self.problem.is_some() => {}
            Err(error) if error.cause.class == ErrorClass::Configuration => {
                self.ends(Verdict::Unavailable, with_remedy(&error));
            }
            Err(error) => self.ends(Verdict::NotChecked, with_remedy(&error)),
        }
    }

    fn request(&self) -> Result<InvokeRequest, String> {
        let inputs: IndexMap<&str, Value> = [
            ("FunctionName", Some(self.function.as_str())),
            ("Qualifier", self.qualifier.as_deref()),
            ("InvocationType", Some("DryRun")),
        ]
        .into_iter()
        .filter_map(|(name, text)| text.map(|text| (name, Value::from(text))))
        .collect();
        InvokeRequest::from_resolved(|name| inputs.get(name)).map_err(|problem| problem.to_string())
    }

    fn judge(&mut self, configuration: &FunctionConfiguration, steps: &[Wanted]) {
        self.timeout_seconds = configuration.timeout_seconds;
        let because = configuration.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        match configuration.state.as_deref() {
            Some("Failed") => self.ends(Verdict::Unavailable, format!("it is in the state Failed{because}")),
            Some(state @ ("Pending" | "Inactive")) => {
                self.warnings.push(format!("it is in the state {state}, so the first call may have to wait{because}"));
            }
            Some(_) | None => {}
        }
        let Some(own) = self.timeout_seconds else { return };
        for step in steps {
            if let Some(given) = step.timeout_seconds.filter(|given| *given < own) {
                self.warnings.push(format!(
                    "step {} waits {given} s, and the function may take {own} s: the step gives up while the function \
                     goes on",
                    step.step
                ));
            }
        }
    }

    fn ends(&mut self, verdict: Verdict, problem: String) {
        self.verdict = verdict;
        self.problem = Some(problem);
    }
}

/// Denied by a policy; credentials that are wrong altogether are another matter.
fn is_denied(cause: &Cause) -> bool {
    let code = cause.code.as_deref();
    cause.class == ErrorClass::Permission && matches!(code, Some("AccessDeniedException" | "AccessDenied") | None)
}

fn with_remedy(error: &CallError) -> String {
    match &error.cause.remedy {
        Some(remedy) => format!("{}. {remedy}", error.message.trim_end_matches('.')),
        None => error.message.clone(),
    }
}

/// A question is answered soon or not at all: nothing runs for it.
async fn in_time<T>(asked: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    let limit: Duration = limits::CHECK_ANSWER;
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(CallError {
            message: format!("There was no answer within {} s", limit.as_secs()),
            cause: Cause::new(ErrorClass::Timeout, crate::event::Progress::NotRun),
        }),
    }
}
