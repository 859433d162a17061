//! Reads mocked replies.

use std::time::Duration;

use serde_json::{Map, Value};

use super::keys;
use super::nodes::Problems;
use crate::actions::ScriptedReply;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Node, NodeKind};
use crate::limits::CASE_TIMES;
use crate::runbook::Step;
use crate::runbook::inputs::ReplyForm;
use crate::testing::case::{Answer, Replies, Reply, Turn};

/// The replies of a step: one for all calls, a list with one for each call, or `iterations` with either of them for
/// each run of a step inside a loop.
pub(super) fn read(node: &Node, step: &Step, is_default: bool, problems: &mut Problems) -> Option<Replies> {
    let action = step.inputs.action();
    if let ReplyForm::None { advice } = action.spec().reply {
        problems.report(
            Diagnostic::new(
                Code::UnusableReply,
                node.span,
                format!("step `{}` makes no call ({action}), so no reply can be used", step.name),
            )
            .help(advice),
        );
        return None;
    }
    let turn = match node.get("iterations") {
        Some(entry) => {
            if let NodeKind::Mapping(entries) = &node.kind {
                problems.unknown_keys(entries, &[("iterations", "")], "a step with `iterations`");
            }
            let items = problems.list(&entry.value, "`iterations`")?;
            Turn::ByIteration(items.iter().map(|item| one_run(item, step, problems)).collect())
        }
        None => Turn::Every(one_run(node, step, problems)),
    };
    Some(Replies { at: node.span, turn, is_default })
}

fn one_run(node: &Node, step: &Step, problems: &mut Problems) -> Vec<Reply> {
    let NodeKind::Sequence(items) = &node.kind else {
        let Some(reply) = reply(node, step, problems) else { return Vec::new() };
        if let Some(times) = node.get("times") {
            problems.report(
                Diagnostic::new(Code::UnusableReply, times.key.span, "a reply outside a list answers every call")
                    .help("to reply to the first calls only, write a list: `- { …, times: 2 }`"),
            );
        }
        return vec![Reply { times: None, ..reply }];
    };
    let replies: Vec<Reply> = items.iter().filter_map(|item| reply(item, step, problems)).collect();
    never_used(&replies, step, problems);
    replies
}

/// Reports the first reply after the last possible call. A throttled call is sent again and uses up no attempt; all
/// others do, unless the action judges them. One that polls asks again until it has the awaited value: a reply after that
/// is found when the case is played.
fn never_used(replies: &[Reply], step: &Step, problems: &mut Problems) {
    let most = u64::from(step.max_attempts.get());
    let mut attempts = 0_u64;
    let mut last: Option<(&Reply, &str)> = None;
    for reply in replies {
        if let Some((last, why)) = last {
            let message = format!("this reply is never used: step `{}` ends before it", step.name);
            problems.report(Diagnostic::new(Code::UnusableReply, reply.at, message).related(last.at, why));
            return;
        }
        if matches!(reply.answer, Answer::Reply(ScriptedReply::Payload { .. } | ScriptedReply::Document { .. })) {
            if step.inputs.action().spec().reply == ReplyForm::JudgedDocument {
                continue;
            }
            last = Some((reply, "a success ends the step"));
        } else if !matches!(reply.answer, Answer::Reply(ScriptedReply::Throttle { .. })) {
            attempts += u64::from(reply.times.unwrap_or(1));
            if attempts >= most {
                last = Some((reply, "the last attempt of the step gets this one"));
            }
        }
    }
}

fn reply(node: &Node, step: &Step, problems: &mut Problems) -> Option<Reply> {
    let entries = problems.map(node, "a reply")?;
    problems.unknown_keys(entries, keys::REPLY, "a reply");
    let answers: Vec<&str> =
        entries.iter().map(|entry| entry.key.text.as_str()).filter(|key| keys::ANSWER.contains(key)).collect();
    let outputs = node.get("outputs").and_then(|entry| {
        problems.map(&entry.value, "`outputs`")?;
        entry.value.to_json().as_object().cloned()
    });
    let delay = node.get("delay").and_then(|entry| problems.duration(&entry.value, "`delay`"));
    let times = node.get("times").and_then(|entry| problems.count(&entry.value, "`times`", 1, CASE_TIMES));
    let answer = match (answers.as_slice(), outputs) {
        ([key], outputs) => answer(node, key, outputs.unwrap_or_default(), step, problems)?,
        ([], Some(outputs)) => {
            Answer::Reply(ScriptedReply::Document { document: Value::Object(outputs.clone()), outputs })
        }
        ([], None) => {
            problems.report(Diagnostic::new(Code::InvalidValue, node.span, "the reply has no content").help(
                "add one of `payload`, `result`, `outputs`, `error`, `serviceError`, `throttle`, `timeout`, `failure`",
            ));
            return None;
        }
        ([first, second, ..], _) => {
            let message = format!("a reply has one kind, but this one has `{first}` and `{second}`");
            problems.report(
                Diagnostic::new(Code::InvalidValue, node.span, message)
                    .help("write a list for several replies in order"),
            );
            return None;
        }
    };
    Some(Reply {
        at: node.span,
        delay: delay.unwrap_or(Duration::ZERO),
        times: Some(times.and_then(|times| u32::try_from(times).ok()).unwrap_or(1)),
        answer,
    })
}

fn answer(node: &Node, key: &str, outputs: Map<String, Value>, step: &Step, problems: &mut Problems) -> Option<Answer> {
    let entry = node.get(key)?;
    let value = &entry.value;
    let action = step.inputs.action();
    let has_outputs = node.get("outputs").is_some();
    if has_outputs && !matches!(key, "payload" | "result") {
        problems.report(
            Diagnostic::new(Code::InvalidValue, value.span, format!("a reply with `{key}` has no `outputs`"))
                .help("combine `outputs` with `payload` or `result`, or use it alone"),
        );
    }
    let reply = match key {
        "payload" => {
            if !matches!(action.spec().reply, ReplyForm::Payload | ReplyForm::PayloadMember) {
                problems.report(
                    Diagnostic::new(Code::InvalidValue, entry.key.span, format!("{action} returns no payload"))
                        .help("write `result`, which is `$` in selectors, or `outputs`"),
                );
            }
            ScriptedReply::Payload { payload: value.to_json(), outputs }
        }
        "result" if action.spec().reply == ReplyForm::Payload => {
            ScriptedReply::Payload { payload: value.to_json(), outputs }
        }
        "result" => ScriptedReply::Document { document: value.to_json(), outputs },
        "error" => {
            if let Some(text) = value.as_text() {
                return Some(Answer::Reply(ScriptedReply::ReportedError {
                    error_type: None,
                    message: Some(text.to_owned()),
                    trace: Vec::new(),
                }));
            }
            let entries = problems.map(value, "`error`")?;
            problems.unknown_keys(entries, keys::ERROR, "`error`");
            let mut text = |key: &str| {
                let entry = value.get(key)?;
                problems.text(&entry.value, &format!("`{key}`")).map(str::to_owned)
            };
            let (error_type, message) = (text("type"), text("message"));
            let trace = value.get("trace").and_then(|entry| problems.list(&entry.value, "`trace`"));
            let trace = trace.unwrap_or_default().iter().filter_map(|line| problems.text(line, "a line of `trace`"));
            let trace = trace.map(str::to_owned).collect();
            ScriptedReply::ReportedError { error_type, message, trace }
        }
        "serviceError" => {
            if let Some(code) = value.as_text() {
                return Some(Answer::Reply(ScriptedReply::ServiceError { code: code.to_owned(), message: None }));
            }
            let entries = problems.map(value, "`serviceError`")?;
            problems.unknown_keys(entries, keys::SERVICE_ERROR, "`serviceError`");
            let Some(code) = value.get("code") else {
                problems.report(
                    Diagnostic::new(Code::MissingKey, value.span, "`serviceError` has no `code`")
                        .help("name the error: `code: ResourceNotFoundException`"),
                );
                return None;
            };
            let code = problems.text(&code.value, "`code`")?.to_owned();
            let message = value.get("message").and_then(|entry| problems.text(&entry.value, "`message`"));
            ScriptedReply::ServiceError { code, message: message.map(str::to_owned) }
        }
        "throttle" => {
            if !matches!(value.kind, NodeKind::Null | NodeKind::Bool(true)) {
                let entries = problems.map(value, "`throttle`")?;
                problems.unknown_keys(entries, keys::THROTTLE, "`throttle`");
            }
            ScriptedReply::Throttle {
                after: value.get("after").and_then(|entry| problems.duration(&entry.value, "`after`")),
            }
        }
        "timeout" => {
            if problems.boolean(value, "`timeout`")? {
                return Some(Answer::Silence);
            }
            problems.invalid(value, "`timeout` is false", "remove it and add the reply");
            return None;
        }
        _ => ScriptedReply::Failure(problems.text(value, "`failure`")?.to_owned()),
    };
    Some(Answer::Reply(reply))
}
