//! Parses lists of targets: the forms of the AWS CLI, and plain lists.
//!
//! A text that looks like a form of the AWS CLI is parsed as that or refused: it is never split at its commas. Errors
//! name a target by its number, because it is unknown yet whether targets are sensitive. Pure: the caller reads the
//! files.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::diagnostic::suggestion;
use crate::event::TargetList;
use crate::limits::{TARGET_MAPS, TARGET_VALUES};
use crate::runbook::inputs::execute_automation::{
    Amount, InvalidTargetType, PARAMETER_VALUES, RequestedTarget, TargetSelector, TargetType,
};
use crate::shorthand;
use crate::untrusted::one_line;

/// Why a text is not a number or share of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It is neither.
    #[error("write a number such as 10, or a percentage such as 10%")]
    Unreadable,
    /// It lets no target run.
    #[error("at least one target must be able to run")]
    Zero,
}

/// How many targets may fail.
pub fn read_max_errors(text: &str) -> Result<Amount, AmountError> {
    Amount::parse(text).ok_or(AmountError::Unreadable)
}

/// The concurrency limit of targets.
pub fn read_max_concurrency(text: &str) -> Result<Amount, AmountError> {
    let amount = read_max_errors(text)?;
    if amount.is_zero() { Err(AmountError::Zero) } else { Ok(amount) }
}

/// The type of resources that are looked up.
pub fn read_target_type(text: &str) -> Result<TargetType, InvalidTargetType> {
    TargetType::parse(text)
}

/// The targets of a run, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSource {
    /// They are listed.
    Listed(TargetList),
    /// They are looked up in AWS.
    LookedUp(TargetSelector),
}

/// Why a list of targets is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct InvalidTargets {
    /// What is wrong, as one sentence without a full stop.
    pub what: String,
    /// How to write it, where it is not obvious.
    pub help: Option<String>,
}

impl InvalidTargets {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Reads the text of a file that a list of targets names.
pub type ReadTargetFile<'a> = &'a mut dyn FnMut(&str) -> Result<String, InvalidTargets>;

/// The members of an entry of `Targets`.
const MEMBERS: [&str; 2] = ["Key", "Values"];

/// How targets are written, for help.
const FORMS: &str = "write i-1,i-2, or @FILE with one a line, or Key=ParameterValues,Values=i-1,i-2, or \
                     [{\"Key\": \"ParameterValues\", \"Values\": [\"i-1\", \"i-2\"]}], or Key=tag:NAME,Values=a,b";

/// How maps of targets are written, for help.
const MAP_FORMS: &str = "write a list of maps such as [{\"InstanceId\": [\"i-1\"], \"Zone\": [\"a\"]}], a file of one, or \
                         InstanceId=i-1,Zone=a for each";

/// Parses the words of `--targets`, or those of `--target-maps`; none when there are none of either.
pub fn parse_targets(
    values: &[String],
    maps: &[String],
    file: ReadTargetFile<'_>,
) -> Result<Option<TargetSource>, InvalidTargets> {
    Ok(match (values, maps) {
        ([], []) => None,
        ([], maps) => Some(TargetSource::Listed(TargetList::Maps(parse_target_maps(maps, file)?))),
        (values, _) => Some(match parse_target_entry(values, file)? {
            RequestedTarget::Values(values) => TargetSource::Listed(TargetList::Values(values)),
            RequestedTarget::Lookup(selector) => TargetSource::LookedUp(selector),
        }),
    })
}

/// Parses the words of `--targets`; values stay in their order.
fn parse_target_entry(words: &[String], file: ReadTargetFile<'_>) -> Result<RequestedTarget, InvalidTargets> {
    let entry = match words {
        [word] => entry_of_only_word(word, file)?,
        words => {
            let entries =
                (1..).zip(words).map(|(at, word)| entry_of_word(at, word, file)).collect::<Result<Vec<_>, _>>()?;
            entry_of_list(&entries)?
        }
    };
    let RequestedTarget::Values(values) = &entry else { return Ok(entry) };
    ensure_target_count("--targets", values.len(), TARGET_VALUES)?;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, value) in (1..).zip(values) {
        if let Some(before) = seen.insert(value, at) {
            return Err(InvalidTargets::new(format!("--targets: target {at} is the same as target {before}"))
                .help("each target runs once: leave one of the two out"));
        }
    }
    Ok(entry)
}

fn entry_of_only_word(word: &str, file: ReadTargetFile<'_>) -> Result<RequestedTarget, InvalidTargets> {
    match Form::of(word) {
        Form::Json => entry_of_json(word),
        Form::Entry => entry_of_list(&[entry_of_shorthand(word, file)?]),
        Form::File(path) => {
            let content = file(path)?;
            match Form::of(&content) {
                Form::Json => entry_of_json(&content),
                Form::Entry => entry_of_list(&[entry_of_shorthand(content.trim(), file)?]),
                Form::File(_) | Form::Lines(_) | Form::Plain => Err(InvalidTargets::new(format!(
                    "{}: this is neither a JSON list of targets nor Key=…,Values=…",
                    one_line(path)
                ))
                .help("`@FILE` reads a file with a target on each line")),
            }
        }
        Form::Lines(path) => {
            let content = file(path)?;
            let lines = content.lines().map(str::trim).filter(|line| !line.is_empty());
            Ok(RequestedTarget::Values(lines.map(str::to_owned).collect()))
        }
        Form::Plain => plain(word).map(RequestedTarget::Values),
    }
}

/// How targets are written.
enum Form<'t> {
    /// JSON of the service's shape.
    Json,
    /// An entry as shorthand: it begins with one of its members.
    Entry,
    /// `file://FILE`, with one of the two before in it.
    File(&'t str),
    /// `@FILE`, with a target on each line.
    Lines(&'t str),
    /// `a,b,c`
    Plain,
}

impl<'t> Form<'t> {
    fn of(text: &'t str) -> Self {
        let is_member = |key: &str| MEMBERS.iter().any(|member| member.eq_ignore_ascii_case(key));
        if text.trim_start().starts_with(['[', '{']) {
            Self::Json
        } else if let Some(file) = text.strip_prefix("file://") {
            Self::File(file)
        } else if shorthand::first_key(text).is_some_and(is_member) {
            Self::Entry
        } else if let Some(file) = text.strip_prefix('@') {
            Self::Lines(file)
        } else {
            Self::Plain
        }
    }
}

/// `a,b,c`: a value that looks like part of another form is refused.
fn plain(list: &str) -> Result<Vec<String>, InvalidTargets> {
    let values: Vec<&str> = list.split(',').map(str::trim).collect();
    if values.iter().all(|value| value.is_empty()) {
        return Ok(Vec::new());
    }
    for (at, value) in (1..).zip(&values) {
        let refused = |what: &str| Err(InvalidTargets::new(format!("--targets: target {at} {what}")).help(FORMS));
        if value.is_empty() {
            return Err(empty(&format!("target {at}")));
        }
        if matches!(Form::of(value), Form::Entry) {
            return refused("is a part of Key=…,Values=…, and the text begins with something else");
        }
        if value.starts_with(['"', '\'']) {
            return refused("begins with a quote, and a plain list has none");
        }
        if value.starts_with(['[', '{']) || value.ends_with([']', '}']) {
            return refused("is a part of JSON, and the text begins with something else");
        }
        if RequestedTarget::is_lookup_key(value) {
            return Err(not_an_entry(value));
        }
    }
    Ok(values.into_iter().map(str::to_owned).collect())
}

/// A key by which AWS finds targets, in place of a target.
fn not_an_entry(value: &str) -> InvalidTargets {
    let (key, values) = value.split_once('=').unwrap_or((value, "VALUE"));
    InvalidTargets::new(format!("--targets: {} is a key by which targets are looked up, and no target", one_line(key)))
        .help(format!("write --targets Key={},Values={}", one_line(key), one_line(values)))
}

fn empty(what: &str) -> InvalidTargets {
    InvalidTargets::new(format!("--targets: {what} is empty")).help("leave it out, or separate targets by commas")
}

fn entry_of_json(text: &str) -> Result<RequestedTarget, InvalidTargets> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        InvalidTargets::new(format!("--targets begins like JSON and is not valid JSON: {error}")).help(FORMS)
    })?;
    let entries = match value {
        Value::Array(entries) => entries,
        entry @ Value::Object(_) => vec![entry],
        // A text that begins with a bracket must be JSON.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    entry_of_list(&entries)
}

/// One of several arguments: one entry each, as shorthand or as JSON.
fn entry_of_word(at: usize, word: &str, file: ReadTargetFile<'_>) -> Result<Value, InvalidTargets> {
    match Form::of(word) {
        Form::Entry => entry_of_shorthand(word, file),
        Form::Json if word.trim_start().starts_with('{') => serde_json::from_str(word).map_err(|error| {
            InvalidTargets::new(format!("--targets begins like JSON and is not valid JSON: {error}")).help(FORMS)
        }),
        Form::Json | Form::File(_) | Form::Lines(_) | Form::Plain => Err(InvalidTargets::new(format!(
            "--targets is given several times, and number {at} must be Key=…,Values=…"
        ))
        .help("write a plain list once, with commas: --targets i-1,i-2")),
    }
}

/// `Key=…,Values=…` in the shape of JSON. As in the AWS CLI, a text in place of a list is a list of it.
fn entry_of_shorthand(text: &str, file: ReadTargetFile<'_>) -> Result<Value, InvalidTargets> {
    let mut members = map_of_text("--targets", text, file)?;
    if let Some(values @ Value::String(_)) = members.get_mut("Values") {
        *values = json!([values.take()]);
    }
    Ok(Value::Object(members))
}

/// A map as shorthand. Errors omit the text: targets may be sensitive.
pub(super) fn map_of_text(
    flag: &str,
    text: &str,
    file: ReadTargetFile<'_>,
) -> Result<Map<String, Value>, InvalidTargets> {
    shorthand::parse_map(text, &mut |path| file(path).map_err(|error| error.what.into())).map_err(|error| {
        let before = text.get(..error.span.start).unwrap_or_default().chars().count();
        let told = InvalidTargets::new(format!("{flag}, character {}: {}", before + 1, one_line(&error.what)));
        match error.help {
            Some(help) => told.help(help),
            None => told,
        }
    })
}

/// The only entry of a list in the service's shape.
fn entry_of_list(entries: &[Value]) -> Result<RequestedTarget, InvalidTargets> {
    let wrong = |what: &str| InvalidTargets::new(format!("--targets: {what}")).help(FORMS);
    let is_map = |entry: &Value| entry.is_object();
    if !entries.iter().all(is_map) {
        return Err(wrong("an entry must be a map of `Key` and `Values`"));
    }
    let entry = match entries {
        [] => return Err(InvalidTargets::new("--targets names no target")),
        [entry] => entry,
        _ => {
            return Err(InvalidTargets::new(format!("--targets has {} entries, and takes one", entries.len()))
                .help("put all values in one entry: --targets Key=…,Values=a,b"));
        }
    };
    let members = entry.as_object().ok_or_else(|| wrong("an entry must be a map of `Key` and `Values`"))?;
    if let Some(other) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let error = wrong(&format!("an entry has `Key` and `Values`, and no `{}`", one_line(other)));
        let meant = MEMBERS.into_iter().find(|member| member.eq_ignore_ascii_case(other));
        return Err(match meant.or_else(|| suggestion(other, MEMBERS)) {
            Some(meant) => error.help(format!("did you mean `{meant}`?")),
            None => error,
        });
    }
    let key = match members.get("Key") {
        Some(Value::String(key)) if key.is_empty() => return Err(wrong("`Key` is empty")),
        Some(Value::String(key)) => key,
        Some(_) => return Err(wrong("`Key` must be a string")),
        None => return Err(wrong("`Key` is missing")),
    };
    let listed = match members.get("Values") {
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(wrong("`Values` must be a list of strings")),
        None => return Err(wrong("`Values` is missing")),
    };
    if listed.is_empty() {
        return Err(wrong("`Values` is empty"));
    }
    let mut values = Vec::new();
    for value in listed {
        match value.as_str() {
            // A tag may have an empty value.
            Some(text) if text.trim().is_empty() && key == PARAMETER_VALUES => return Err(empty("one of `Values`")),
            Some(text) => values.push(text.to_owned()),
            None => return Err(wrong("each of `Values` must be a string")),
        }
    }
    RequestedTarget::of(key, values)
        .map_err(|problem| InvalidTargets::new(format!("--targets: {problem}")).help(problem.help()))
}

/// Parses the maps of `--target-maps`, in their order.
fn parse_target_maps(words: &[String], file: ReadTargetFile<'_>) -> Result<Vec<Map<String, Value>>, InvalidTargets> {
    let maps = match words {
        [word] => maps_of_word(word, file)?,
        words => (1..).zip(words).map(|(at, word)| map_of_word(at, word, file)).collect::<Result<Vec<_>, _>>()?,
    };
    ensure_target_count("--target-maps", maps.len(), TARGET_MAPS)?;
    for map in &maps {
        if map.is_empty() {
            return Err(InvalidTargets::new("--target-maps: a map is empty").help(MAP_FORMS));
        }
    }
    Ok(maps)
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

fn maps_of_word(word: &str, file: ReadTargetFile<'_>) -> Result<Vec<Map<String, Value>>, InvalidTargets> {
    if is_json(word) {
        return maps_of_document("--target-maps", word);
    }
    if word.starts_with("file://") || !shorthand::begins_pair(word) {
        let path = word.strip_prefix("file://").unwrap_or(word);
        let content = file(path)?;
        if !is_json(&content) && shorthand::begins_pair(&content) && word.starts_with("file://") {
            return Ok(vec![map_of_shorthand(content.trim(), file)?]);
        }
        return maps_of_document(path, &content);
    }
    Ok(vec![map_of_shorthand(word, file)?])
}

/// One of several arguments: one map each.
fn map_of_word(at: usize, word: &str, file: ReadTargetFile<'_>) -> Result<Map<String, Value>, InvalidTargets> {
    if word.trim_start().starts_with('{') {
        let map = maps_of_document("--target-maps", word)?.into_iter().next();
        return map.ok_or_else(|| InvalidTargets::new("--target-maps: this must be a map").help(MAP_FORMS));
    }
    if shorthand::begins_pair(word) {
        return map_of_shorthand(word, file);
    }
    Err(InvalidTargets::new(format!("--target-maps is given several times, and number {at} must be a map"))
        .help(MAP_FORMS))
}

/// As in the AWS CLI, a text in place of a list is a list of it.
fn map_of_shorthand(word: &str, file: ReadTargetFile<'_>) -> Result<Map<String, Value>, InvalidTargets> {
    let mut map = map_of_text("--target-maps", word, file)?;
    for value in map.values_mut().filter(|value| value.is_string()) {
        *value = json!([value.take()]);
    }
    Ok(map)
}

/// Maps as JSON or YAML.
fn maps_of_document(name: &str, text: &str) -> Result<Vec<Map<String, Value>>, InvalidTargets> {
    let wrong = |what: &str| InvalidTargets::new(format!("{}: {what}", one_line(name))).help(MAP_FORMS);
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        // A document must be a map, so a list is wrapped in one.
        Err(error) => {
            let lines: Vec<String> = text.lines().map(|line| format!("  {line}\n")).collect();
            let document = crate::document::read(name, format!("maps:\n{}", lines.concat()).as_bytes());
            let document = document.map_err(|_| wrong(&format!("this is neither YAML nor JSON: {error}")))?;
            document.root.to_json().get("maps").cloned().unwrap_or_default()
        }
    };
    let maps = match value {
        Value::Array(items) => items.iter().map(|item| item.as_object().cloned()).collect::<Option<Vec<_>>>(),
        Value::Object(one) => Some(vec![one]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    maps.ok_or_else(|| wrong("this must be a list of maps"))
}

fn ensure_target_count(flag: &str, found: usize, most: usize) -> Result<(), InvalidTargets> {
    match found {
        0 => Err(InvalidTargets::new(format!("{flag} names no target"))),
        found if found > most => {
            Err(InvalidTargets::new(format!("{flag} names {found} targets, but the limit is {most}"))
                .help("split the targets into several runs"))
        }
        _ => Ok(()),
    }
}
