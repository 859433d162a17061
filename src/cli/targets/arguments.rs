//! What `--targets` and `--target-maps` name: the forms of the AWS CLI, and plain lists.
//!
//! A text that looks like a form of the AWS CLI is read as that or refused: it is never split at its commas. What is wrong
//! with a target is told by its number: nobody knows yet whether targets are sensitive.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::cli::error::CliError;
use crate::cli::read;
use crate::diagnostic::suggestion;
use crate::limits::{DOCUMENT_BYTES, TARGET_MAPS, TARGET_VALUES, TARGETS};
use crate::report::one_line;
use crate::shorthand;

/// The key of the entries that list their values; any other is looked up in AWS.
const KEY: &str = "ParameterValues";

/// The members of an entry of `Targets`.
const MEMBERS: [&str; 2] = ["Key", "Values"];

/// How targets are written, for help.
const FORMS: &str = "write i-1,i-2, or @FILE with one a line, or Key=ParameterValues,Values=i-1,i-2, or \
                     [{\"Key\": \"ParameterValues\", \"Values\": [\"i-1\", \"i-2\"]}]";

/// How maps of targets are written, for help.
const MAP_FORMS: &str = "write a list of maps such as [{\"InstanceId\": [\"i-1\"], \"Zone\": [\"a\"]}], a file of one, or \
                         InstanceId=i-1,Zone=a for each";

/// The values of `--targets`, in their order.
pub(super) fn values(words: &[String]) -> Result<Vec<String>, CliError> {
    let values = match words {
        [word] => of_word(word)?,
        words => {
            let entries = (1..).zip(words).map(|(at, word)| entry_of_word(at, word)).collect::<Result<Vec<_>, _>>()?;
            of_entries(&entries)?
        }
    };
    few("--targets", values.len(), TARGET_VALUES)?;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, value) in (1..).zip(&values) {
        if let Some(before) = seen.insert(value, at) {
            return Err(CliError::usage(format!("--targets: target {at} is the same as target {before}"))
                .help("each target runs once: leave one of the two out"));
        }
    }
    Ok(values)
}

fn of_word(word: &str) -> Result<Vec<String>, CliError> {
    match Form::of(word) {
        Form::Json => of_json(word),
        Form::Entry => of_entries(&[entry_of_shorthand(word)?]),
        Form::File(file) => {
            let content = text(file)?;
            match Form::of(&content) {
                Form::Json => of_json(&content),
                Form::Entry => of_entries(&[entry_of_shorthand(content.trim())?]),
                Form::File(_) | Form::Lines(_) | Form::Plain => Err(CliError::usage(format!(
                    "{}: this is neither a JSON list of targets nor Key=…,Values=…",
                    one_line(file)
                ))
                .help("`@FILE` reads a file with a target on each line")),
            }
        }
        Form::Lines(file) => {
            let content = text(file)?;
            Ok(content.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
        }
        Form::Plain => plain(word),
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

/// `a,b,c`: what looks like a part of another form is none of them.
fn plain(list: &str) -> Result<Vec<String>, CliError> {
    let values: Vec<&str> = list.split(',').map(str::trim).collect();
    if values.iter().all(|value| value.is_empty()) {
        return Ok(Vec::new());
    }
    for (at, value) in (1..).zip(&values) {
        let refused = |what: &str| Err(CliError::usage(format!("--targets: target {at} {what}")).help(FORMS));
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
        if is_looked_up(value) {
            return Err(needs_aws(value));
        }
    }
    Ok(values.into_iter().map(str::to_owned).collect())
}

/// Whether a value is a key that AWS looks targets up by.
fn is_looked_up(value: &str) -> bool {
    ["tag:", "tag-key", "resource-groups:", "AWS::"].iter().any(|key| value.starts_with(key))
}

fn needs_aws(key: &str) -> CliError {
    CliError::usage(format!("--targets: only AWS can look up {}, and nothing is looked up here", one_line(key)))
        .help(format!("list the values themselves: --targets i-1,i-2 or --targets Key={KEY},Values=i-1,i-2"))
}

fn empty(what: &str) -> CliError {
    CliError::usage(format!("--targets: {what} is empty")).help("leave it out; a comma stands between two targets")
}

fn of_json(text: &str) -> Result<Vec<String>, CliError> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        CliError::usage(format!("--targets begins like JSON and is not valid JSON: {error}")).help(FORMS)
    })?;
    let entries = match value {
        Value::Array(entries) => entries,
        entry @ Value::Object(_) => vec![entry],
        // A text that begins with a bracket is nothing else.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    of_entries(&entries)
}

/// One of several words: an entry each, as shorthand or as JSON.
fn entry_of_word(at: usize, word: &str) -> Result<Value, CliError> {
    match Form::of(word) {
        Form::Entry => entry_of_shorthand(word),
        Form::Json if word.trim_start().starts_with('{') => serde_json::from_str(word).map_err(|error| {
            CliError::usage(format!("--targets begins like JSON and is not valid JSON: {error}")).help(FORMS)
        }),
        Form::Json | Form::File(_) | Form::Lines(_) | Form::Plain => {
            Err(CliError::usage(format!("--targets is given several times, and number {at} must be Key=…,Values=…"))
                .help("write a plain list once, with commas: --targets i-1,i-2"))
        }
    }
}

/// `Key=…,Values=…` in the shape of JSON. As in the AWS CLI, a text in place of a list is a list of it.
fn entry_of_shorthand(text: &str) -> Result<Value, CliError> {
    let mut members = of_shorthand("--targets", text)?;
    if let Some(values @ Value::String(_)) = members.get_mut("Values") {
        *values = json!([values.take()]);
    }
    Ok(Value::Object(members))
}

/// A map as shorthand. What is wrong is told without the text: targets may be sensitive.
fn of_shorthand(flag: &str, text: &str) -> Result<Map<String, Value>, CliError> {
    shorthand::parse_map(text, &mut |file| self::text(file).map_err(|error| error.message)).map_err(|error| {
        let before = text.get(..error.span.start).unwrap_or_default().chars().count();
        let told = CliError::usage(format!("{flag}, character {}: {}", before + 1, one_line(&error.what)));
        match error.help {
            Some(help) => told.help(help),
            None => told,
        }
    })
}

/// The values of entries in the service's shape.
fn of_entries(entries: &[Value]) -> Result<Vec<String>, CliError> {
    few("--targets", entries.len(), TARGETS)?;
    let mut values = Vec::new();
    for entry in entries {
        let wrong = |what: &str| CliError::usage(format!("--targets: {what}")).help(FORMS);
        let members = entry.as_object().ok_or_else(|| wrong("an entry must be a map of `Key` and `Values`"))?;
        if let Some(other) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let error = wrong(&format!("an entry has `Key` and `Values`, and no `{}`", one_line(other)));
            let meant = MEMBERS.into_iter().find(|member| member.eq_ignore_ascii_case(other));
            return Err(match meant.or_else(|| suggestion(other, MEMBERS)) {
                Some(meant) => error.help(format!("did you mean `{meant}`?")),
                None => error,
            });
        }
        match members.get("Key") {
            Some(Value::String(key)) if key == KEY => {}
            Some(Value::String(key)) if key.is_empty() => return Err(wrong("`Key` is empty")),
            Some(Value::String(key)) => return Err(needs_aws(key)),
            Some(_) => return Err(wrong("`Key` must be a string")),
            None => return Err(wrong("`Key` is missing")),
        }
        let listed = match members.get("Values") {
            Some(Value::Array(listed)) => listed,
            Some(_) => return Err(wrong("`Values` must be a list of strings")),
            None => return Err(wrong("`Values` is missing")),
        };
        if listed.is_empty() {
            return Err(wrong("`Values` is empty"));
        }
        for value in listed {
            match value.as_str() {
                Some(text) if text.trim().is_empty() => return Err(empty("one of `Values`")),
                Some(text) => values.push(text.to_owned()),
                None => return Err(wrong("each of `Values` must be a string")),
            }
        }
    }
    Ok(values)
}

/// The maps of `--target-maps`, in their order.
pub(super) fn maps(words: &[String]) -> Result<Vec<Map<String, Value>>, CliError> {
    let maps = match words {
        [word] => maps_of_word(word)?,
        words => (1..).zip(words).map(|(at, word)| map_of_word(at, word)).collect::<Result<Vec<_>, _>>()?,
    };
    few("--target-maps", maps.len(), TARGET_MAPS)?;
    for map in &maps {
        if map.is_empty() {
            return Err(CliError::usage("--target-maps: a map is empty").help(MAP_FORMS));
        }
    }
    Ok(maps)
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

fn maps_of_word(word: &str) -> Result<Vec<Map<String, Value>>, CliError> {
    if is_json(word) {
        return maps_of_document("--target-maps", word);
    }
    if word.starts_with("file://") || !shorthand::begins_pair(word) {
        let file = word.strip_prefix("file://").unwrap_or(word);
        let content = text(file)?;
        if !is_json(&content) && shorthand::begins_pair(&content) && word.starts_with("file://") {
            return Ok(vec![map_of_shorthand(content.trim())?]);
        }
        return maps_of_document(file, &content);
    }
    Ok(vec![map_of_shorthand(word)?])
}

/// One of several words: a map each.
fn map_of_word(at: usize, word: &str) -> Result<Map<String, Value>, CliError> {
    if word.trim_start().starts_with('{') {
        let map = maps_of_document("--target-maps", word)?.into_iter().next();
        return map.ok_or_else(|| CliError::usage("--target-maps: this must be a map").help(MAP_FORMS));
    }
    if shorthand::begins_pair(word) {
        return map_of_shorthand(word);
    }
    Err(CliError::usage(format!("--target-maps is given several times, and number {at} must be a map")).help(MAP_FORMS))
}

/// As in the AWS CLI, a text in place of a list is a list of it.
fn map_of_shorthand(word: &str) -> Result<Map<String, Value>, CliError> {
    let mut map = of_shorthand("--target-maps", word)?;
    for value in map.values_mut().filter(|value| value.is_string()) {
        *value = json!([value.take()]);
    }
    Ok(map)
}

/// Maps as JSON or YAML.
fn maps_of_document(name: &str, text: &str) -> Result<Vec<Map<String, Value>>, CliError> {
    let wrong = |what: &str| CliError::usage(format!("{}: {what}", one_line(name))).help(MAP_FORMS);
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        // A document is a map; a list stands in one.
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

fn text(file: &str) -> Result<String, CliError> {
    let (name, bytes) = read::bytes(file, DOCUMENT_BYTES)?;
    if bytes.len() > DOCUMENT_BYTES {
        return Err(CliError::usage(format!("{}: it is larger than {DOCUMENT_BYTES} bytes", one_line(&name))));
    }
    String::from_utf8(bytes).map_err(|_| CliError::usage(format!("{}: it is not UTF-8", one_line(&name))))
}

fn few(flag: &str, found: usize, most: usize) -> Result<(), CliError> {
    match found {
        0 => Err(CliError::usage(format!("{flag} names no target"))),
        found if found > most => Err(CliError::usage(format!("{flag} names {found} targets, and {most} is the most"))
            .help("run it for a part of them after the other")),
        _ => Ok(()),
    }
}
