//! An execution as JSON: the service's shape, and further data of the history.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use super::{DisplayState, LateStop};
use crate::event::{Launch, LeaveReason, Origin, Outcome};
use crate::execution::{Attempt, AttemptState, AutomationExecution, Execution, ObservationSummary};

/// `AutomationExecution` with the field `History`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistorySummary {
    /// In the service's shape.
    #[serde(flatten)]
    pub execution: AutomationExecution,
    #[serde(rename = "History")]
    history: History,
}

/// Data without a place in the service's shape. Stable; fields may be added.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct History {
    document_sha256: String,
    version: String,
    host: String,
    folder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    labels: IndexMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginSummary>,
    /// The process that runs it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    carried_on_by: Option<String>,
    /// Why its last process left it; none after a crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_by: Option<&'static str>,
    resumes: Vec<ResumeSummary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    late_stop_requests: Vec<LateStop>,
    attempts: Vec<AttemptSummary>,
    events: u64,
}

/// What an execution comes from, when it is another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OriginSummary {
    kind: &'static str,
    automation_execution_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_step: Option<String>,
}

impl OriginSummary {
    /// None for what was started from a runbook and parameters.
    pub fn of(origin: &Origin) -> Option<Self> {
        match origin {
            Origin::New => None,
            Origin::Redrive { of, from } => Some(Self {
                kind: "Redrive",
                automation_execution_id: of.to_string(),
                from_step: Some(from.to_string()),
            }),
            Origin::Rerun { of } => {
                Some(Self { kind: "Rerun", automation_execution_id: of.to_string(), from_step: None })
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResumeSummary {
    at: Timestamp,
    by: String,
    host: String,
    version: String,
}

/// One attempt of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttemptSummary {
    step_name: String,
    step_execution_id: String,
    attempt: u32,
    start_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_time: Option<Timestamp>,
    throttles: Vec<Timestamp>,
    interruptions: Vec<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_observation: Option<ObservationSummary>,
}

impl HistorySummary {
    /// Adds the requests to stop that came too late.
    #[must_use]
    pub fn with_late_stops(mut self, late_stops: Vec<LateStop>) -> Self {
        self.history.late_stop_requests = late_stops;
        self
    }
}

/// The whole as JSON. An execution or step that no process runs is `Interrupted` wherever the service's shape has its
/// status.
pub fn summary(execution: &Execution, standing: &DisplayState) -> HistorySummary {
    let started = execution.started();
    let Launch { version, host, folder, file, origin, lock, labels, .. } = started.launch.clone();
    let mut shape = execution.summary();
    shape.automation_execution_status = standing.word();
    if standing.is_interrupted() {
        let open: Vec<&str> =
            [execution.looping(), execution.current()].into_iter().flatten().map(|run| run.id.as_str()).collect();
        let is_open = |id: &Option<String>| id.as_deref().is_some_and(|id| open.contains(&id));
        for step in shape.step_executions.iter_mut().filter(|step| is_open(&step.step_execution_id)) {
            step.step_status = standing.word();
        }
    }
    HistorySummary {
        execution: shape,
        history: History {
            document_sha256: started.document.sha256.clone(),
            version,
            host,
            folder,
            file,
            labels,
            lock,
            origin: OriginSummary::of(&origin),
            carried_on_by: match standing {
                DisplayState::Running { by, .. } => Some(by.clone()),
                DisplayState::Ended(_) | DisplayState::Queued { .. } | DisplayState::Interrupted { .. } => None,
            },
            left_by: match standing {
                DisplayState::Interrupted { left } => left.map(LeaveReason::as_str),
                DisplayState::Ended(_) | DisplayState::Queued { .. } | DisplayState::Running { .. } => None,
            },
            resumes: execution
                .resumes()
                .iter()
                .map(|resume| ResumeSummary {
                    at: resume.at,
                    by: resume.resumed.by.clone(),
                    host: resume.resumed.host.clone(),
                    version: resume.resumed.version.clone(),
                })
                .collect(),
            late_stop_requests: Vec::new(),
            attempts: execution
                .runs()
                .iter()
                .flat_map(|run| {
                    run.attempts
                        .iter()
                        .map(|attempt| attempt_summary(run.step.as_str(), run.id.as_str(), attempt, standing))
                })
                .collect(),
            events: execution.next_sequence(),
        },
    }
}

fn attempt_summary(step: &str, run: &str, attempt: &Attempt, standing: &DisplayState) -> AttemptSummary {
    let (end_time, outcome, failure, next) = match &attempt.state {
        AttemptState::InFlight { .. } if standing.is_interrupted() => (None, "Unknown", None, None),
        AttemptState::InFlight { .. } => (None, "InFlight", None, None),
        AttemptState::Throttled { retry_at, .. } => (None, "Throttled", None, Some(*retry_at)),
        AttemptState::Interrupted { .. } => (None, "Interrupted", None, None),
        AttemptState::Ended { at, ended } => {
            let (outcome, failure) = match &ended.outcome {
                Outcome::Succeeded { .. } => ("Succeeded", None),
                Outcome::Failed { failure } => ("Failed", Some(failure)),
                Outcome::TimedOut { failure } => ("TimedOut", Some(failure)),
                Outcome::Cancelled => ("Cancelled", None),
                Outcome::Interrupted { failure } => ("Interrupted", Some(failure)),
            };
            (Some(*at), outcome, failure, ended.retry_at)
        }
    };
    AttemptSummary {
        step_name: step.to_owned(),
        step_execution_id: run.to_owned(),
        attempt: attempt.number,
        start_time: attempt.started_at,
        end_time,
        outcome,
        failure_message: failure.map(|failure| failure.message.clone()),
        next_attempt_time: next,
        throttles: attempt.throttles.iter().map(|throttle| throttle.at).collect(),
        interruptions: attempt.interruptions.clone(),
        last_observation: attempt.observed.as_ref().map(ObservationSummary::from),
    }
}
