//! Reads the situation of a case: parameters, environment, replies, signals, a stop request.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::keys;
use super::nodes::Problems;
use super::replies;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{MapEntry, Node, NodeKind};
use crate::engine::StartScope;
use crate::event::{Environment, Signal};
use crate::expression::{DataType, Scope, accepts};
use crate::limits::COMMENT_CHARACTERS;
use crate::name::ParameterName;
use crate::runbook::binding::{BindingProblem, StoredScope, StoredValues, Supplied, bind, without_unread};
use crate::runbook::inputs::ControlAction;
use crate::runbook::{Action, Runbook};
use crate::scripts::ScriptEndpoint;
use crate::testing::case::{EXECUTION_ID, FirstMoment, Replies, ScriptMode, ScriptedSignal, Stop, StopKind};

/// The default user who starts an execution.
pub(super) const STARTED_BY: &str = "tester";
/// The default user who stops one.
const OPERATOR: &str = "operator";
/// The default environment: the values in the service's documentation.
const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";
const PARTITION: &str = "aws";

/// The settings that a case and the defaults of its file have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    region: Option<String>,
    account_id: Option<String>,
    partition: Option<String>,
    stored: StoredValues,
    now: Option<Timestamp>,
    pub(super) started_by: Option<String>,
    pub(super) no_self_approval: Option<bool>,
    pub(super) allow_unused: Option<bool>,
    parameters: IndexMap<String, (Value, Span)>,
    pub(super) steps: IndexMap<String, Replies>,
    run_scripts: Option<bool>,
    endpoint: Option<ScriptEndpoint>,
}

impl Shared {
    pub(super) fn read(node: &Node, runbook: &Runbook, is_default: bool, problems: &mut Problems) -> Self {
        let mut shared = Self::default();
        if let Some(entry) = node.get("environment")
            && let Some(entries) = problems.map(&entry.value, "`environment`")
        {
            problems.unknown_keys(entries, keys::ENVIRONMENT, "`environment`");
            let mut text = |key: &str| {
                let entry = entry.value.get(key)?;
                problems.text(&entry.value, &format!("`{key}`")).map(str::to_owned)
            };
            (shared.region, shared.account_id, shared.partition) =
                (text("region"), text("accountId"), text("partition"));
            for MapEntry { key, value } in optional_map(&entry.value, "ssmParameters", problems) {
                if let Some(text) = stored_value(value, &key.text, problems) {
                    shared.stored.insert(key.text.clone(), text);
                }
            }
        }
        shared.now = node.get("now").and_then(|entry| problems.moment(&entry.value, "`now`"));
        let started_by = node.get("startedBy").and_then(|entry| problems.text(&entry.value, "`startedBy`"));
        shared.started_by = started_by.map(str::to_owned);
        let mut flag = |key: &str| {
            let entry = node.get(key)?;
            problems.boolean(&entry.value, &format!("`{key}`"))
        };
        (shared.no_self_approval, shared.allow_unused) = (flag("noSelfApproval"), flag("allowUnused"));
        shared.run_scripts = flag("run_scripts").or_else(|| flag("runScripts"));
        shared.endpoint = node.get("endpoint").and_then(|entry| endpoint(&entry.value, problems));
        for MapEntry { key, value } in optional_map(node, "parameters", problems) {
            shared.parameters.insert(key.text.clone(), (value.to_json(), value.span));
        }
        for MapEntry { key, value } in optional_map(node, "steps", problems) {
            if !problems.step(&key.text, key.span, runbook) {
                continue;
            }
            let step = super::steps(runbook).find(|step| step.name.as_str() == key.text);
            if let Some(replies) = step.and_then(|step| replies::read(value, step, is_default, problems)) {
                shared.steps.insert(key.text.clone(), replies);
            }
        }
        shared
    }

    /// The settings here, completed with those there.
    pub(super) fn over(self, defaults: &Self) -> Self {
        let mut parameters = defaults.parameters.clone();
        parameters.extend(self.parameters);
        let mut steps = defaults.steps.clone();
        steps.extend(self.steps);
        let mut stored = defaults.stored.clone();
        stored.extend(self.stored);
        let or = |own: Option<String>, default: &Option<String>| own.or_else(|| default.clone());
        Self {
            region: or(self.region, &defaults.region),
            account_id: or(self.account_id, &defaults.account_id),
            partition: or(self.partition, &defaults.partition),
            stored,
            now: self.now.or(defaults.now),
            started_by: or(self.started_by, &defaults.started_by),
            no_self_approval: self.no_self_approval.or(defaults.no_self_approval),
            allow_unused: self.allow_unused.or(defaults.allow_unused),
            parameters,
            steps,
            run_scripts: self.run_scripts.or(defaults.run_scripts),
            endpoint: self.endpoint.or_else(|| defaults.endpoint.clone()),
        }
    }

    /// How scripts without a mocked reply are answered.
    pub(super) fn scripts(&self) -> ScriptMode {
        if self.run_scripts == Some(true) {
            ScriptMode::Real { endpoint: self.endpoint.clone() }
        } else {
            ScriptMode::Mocked
        }
    }

    pub(super) fn environment(&self) -> Environment {
        let or = |own: &Option<String>, default: &str| own.clone().unwrap_or_else(|| default.to_owned());
        Environment {
            region: Some(or(&self.region, REGION)),
            account_id: Some(or(&self.account_id, ACCOUNT)),
            partition: or(&self.partition, PARTITION),
        }
    }

    /// The start of 2026 by default.
    pub(super) fn now(&self) -> Timestamp {
        const DEFAULT: i64 = 1_767_225_600;
        self.now.or_else(|| Timestamp::from_second(DEFAULT).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The values of all parameters, defaults included; `None` when there is a problem.
    pub(super) fn parameters(
        &self,
        runbook: &Runbook,
        at: Span,
        problems: &mut Problems,
    ) -> Option<IndexMap<ParameterName, Value>> {
        let supplied: IndexMap<String, Supplied> =
            self.parameters.iter().map(|(name, (value, _))| (name.clone(), Supplied::from_value(value))).collect();
        let (nothing, environment) = (IndexMap::new(), self.environment());
        let scope =
            StartScope { parameters: &nothing, environment: &environment, execution: EXECUTION_ID, now: self.now() };
        let scope = StoredScope { values: &self.stored, others: &scope };
        let found = match bind(&without_unread(runbook.parameters(), &supplied, &self.stored), &supplied, &scope) {
            Ok(values) => return Some(with_unread(runbook, values, &scope)),
            Err(found) => found,
        };
        for problem in found {
            let names: Vec<String> = match &problem {
                BindingProblem::Undefined { names } => names.iter().map(|undefined| undefined.name.clone()).collect(),
                other => other.parameter().map(ToString::to_string).into_iter().collect(),
            };
            let span = names.iter().find_map(|name| self.parameters.get(name)).map_or(at, |(_, span)| *span);
            let message = problem.to_string();
            let diagnostic = Diagnostic::new(Code::CaseParameter, span, message.trim_end_matches('.'));
            problems.report(problem.help().into_iter().fold(diagnostic, Diagnostic::help));
        }
        None
    }
}

/// The values of all parameters. One that needs a value of Parameter Store that the case does not give has the text of its
/// reference: a test reads nothing.
fn with_unread(
    runbook: &Runbook,
    mut values: IndexMap<ParameterName, Value>,
    scope: &dyn Scope,
) -> IndexMap<ParameterName, Value> {
    for (name, parameter) in runbook.parameters() {
        let Some(default) = parameter.default.as_ref().filter(|_| !values.contains_key(name)) else { continue };
        let wanted = parameter.parameter_type.data_type();
        let value = match default.resolve_known(scope) {
            text @ Value::String(_) if wanted == DataType::StringList => Value::Array(vec![text]),
            value => value,
        };
        if accepts(&value, wanted) {
            values.insert(name.clone(), value);
        }
    }
    values.sort_by_cached_key(|name, _| runbook.parameters().get_index_of(name));
    values
}

/// A value of Parameter Store: a text, or a list of texts.
fn stored_value(node: &Node, name: &str, problems: &mut Problems) -> Option<String> {
    let shown = format!("the value of `{name}`");
    let NodeKind::Sequence(items) = &node.kind else { return problems.text(node, &shown).map(str::to_owned) };
    let texts = items.iter().map(|item| problems.text(item, &shown));
    texts.collect::<Option<Vec<&str>>>().map(|texts| texts.join(","))
}

/// The address that scripts reach.
fn endpoint(node: &Node, problems: &mut Problems) -> Option<ScriptEndpoint> {
    let text = problems.text(node, "`endpoint`")?;
    let endpoint = text.parse::<ScriptEndpoint>();
    if let Err(why) = &endpoint {
        let help = "write the URL of an emulator, such as `http://localhost:4566`";
        problems.invalid(node, format!("`endpoint` is `{text}`, which cannot be used: {why}"), help);
    }
    endpoint.ok()
}

/// The entries of a map under a key; `None` without the key.
fn optional_map<'d>(node: &'d Node, key: &str, problems: &mut Problems) -> &'d [MapEntry] {
    let Some(entry) = node.get(key).filter(|entry| entry.value.kind != NodeKind::Null) else { return &[] };
    problems.map(&entry.value, &format!("`{key}`")).unwrap_or_default()
}

pub(super) fn signals(case: &Node, runbook: &Runbook, problems: &mut Problems) -> Vec<ScriptedSignal> {
    let Some(entry) = case.get("signals").filter(|entry| entry.value.kind != NodeKind::Null) else {
        return Vec::new();
    };
    let items = problems.list(&entry.value, "`signals`").unwrap_or_default();
    items.iter().filter_map(|item| signal(item, runbook, problems)).collect()
}

fn signal(node: &Node, runbook: &Runbook, problems: &mut Problems) -> Option<ScriptedSignal> {
    let entries = problems.map(node, "a signal")?;
    problems.unknown_keys(entries, keys::SIGNAL, "a signal");
    let mut needed = |key: &str| {
        let entry = node.get(key);
        if entry.is_none() {
            let help = "write `{ step: approveStep, signal: Approve, by: alice }`";
            problems
                .report(Diagnostic::new(Code::MissingKey, node.span, format!("the signal has no `{key}`")).help(help));
        }
        entry
    };
    let (step, word) = (needed("step"), needed("signal"));
    let (step, word) = (step?, word?);
    let name = problems.text(&step.value, "`step`")?.to_owned();
    if !problems.step(&name, step.value.span, runbook) {
        return None;
    }
    let signal = problems.word(&word.value, "`signal`", keys::SIGNALS)?;
    let is_heard =
        |action: &Action| signal == Signal::StopStep || action.control().is_some_and(ControlAction::waits_for_a_person);
    let action = super::steps(runbook).find(|step| step.name.as_str() == name).map(|step| step.inputs.action());
    if let Some(action) = action.filter(|action| !is_heard(action)) {
        problems.report(Diagnostic::new(
            Code::InvalidValue,
            step.value.span,
            format!("step `{name}` does not wait for a signal ({action})"),
        ));
        return None;
    }
    let by = node.get("by").and_then(|entry| problems.text(&entry.value, "`by`"));
    let comment = node.get("comment").and_then(|entry| problems.text(&entry.value, "`comment`"));
    if let (Some(comment), Some(entry)) = (comment, node.get("comment"))
        && comment.chars().count() > COMMENT_CHARACTERS
    {
        problems.invalid(
            &entry.value,
            "the comment is too long",
            &format!("write at most {COMMENT_CHARACTERS} characters"),
        );
    }
    let after = node.get("after").and_then(|entry| problems.duration(&entry.value, "`after`"));
    let most = crate::limits::CASE_TIMES;
    let iteration = node.get("iteration").and_then(|entry| problems.count(&entry.value, "`iteration`", 1, most));
    let taken = node.get("taken").and_then(|entry| problems.boolean(&entry.value, "`taken`"));
    Some(ScriptedSignal {
        at: node.span,
        step: name,
        iteration: iteration.and_then(|number| usize::try_from(number).ok()).unwrap_or(1),
        signal,
        by: by.unwrap_or(OPERATOR).to_owned(),
        comment: comment.map(str::to_owned),
        after: after.unwrap_or(Duration::ZERO),
        taken: taken.unwrap_or(true),
    })
}

pub(super) fn stop(case: &Node, runbook: &Runbook, problems: &mut Problems) -> Option<Stop> {
    let node = &case.get("stop").filter(|entry| entry.value.kind != NodeKind::Null)?.value;
    let entries = problems.map(node, "`stop`")?;
    problems.unknown_keys(entries, keys::STOP, "`stop`");
    let from = match node.get("step") {
        Some(entry) => {
            let name = problems.text(&entry.value, "`step`")?;
            if !problems.step(name, entry.value.span, runbook) {
                return None;
            }
            FirstMoment::Step(name.to_owned())
        }
        None => FirstMoment::Start,
    };
    let after = node.get("after").and_then(|entry| problems.duration(&entry.value, "`after`"));
    let by = node.get("by").and_then(|entry| problems.text(&entry.value, "`by`"));
    let kinds = [("Cancel", StopKind::Cancel), ("Complete", StopKind::Complete)];
    let kind = node.get("type").and_then(|entry| problems.word(&entry.value, "`type`", &kinds));
    Some(Stop {
        at: node.span,
        from,
        after: after.unwrap_or(Duration::ZERO),
        by: by.unwrap_or(OPERATOR).to_owned(),
        kind: kind.unwrap_or(StopKind::Cancel),
    })
}
