//! Reads the settings file, `runwright.toml`.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::{SETTINGS, Setting, SettingType};
use super::value::{Check, Given, SettingOrigin};
use crate::diagnostic::{Code, Diagnostic, Source, Span, suggestion};

/// A file without mistakes.
#[derive(Debug)]
pub struct SettingsFile {
    /// Its text.
    pub source: Source,
    /// Its values.
    pub given: Vec<Given>,
}

/// A file with mistakes.
#[derive(Debug)]
pub struct InvalidFile {
    /// Its text.
    pub source: Source,
    /// The mistakes; never empty.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the text of a file of settings.
///
/// # Errors
/// When there is a mistake in it.
pub fn parse_file(name: String, bytes: Vec<u8>, check: Check<'_>) -> Result<SettingsFile, Box<InvalidFile>> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let readable = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let problem = Diagnostic::new(
                Code::InvalidUtf8,
                Span::new(valid, valid + char::REPLACEMENT_CHARACTER.len_utf8()),
                "the text is not UTF-8",
            )
            .help("save the file as UTF-8");
            return Err(Box::new(InvalidFile { source: Source::new(name, readable), diagnostics: vec![problem] }));
        }
    };
    let source = Source::new(name, text);
    let mut reader = Reader { check, source: &source, given: Vec::new(), problems: Vec::new() };
    reader.document();
    let Reader { given, problems, .. } = reader;
    if problems.is_empty() {
        Ok(SettingsFile { source, given })
    } else {
        Err(Box::new(InvalidFile { source, diagnostics: problems }))
    }
}

struct Reader<'a> {
    check: Check<'a>,
    source: &'a Source,
    given: Vec<Given>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn document(&mut self) {
        let source = self.source;
        let (table, errors) = DeTable::parse_recoverable(source.text());
        if !errors.is_empty() {
            let end = source.text().trim_end().len();
            let problem = |error: &toml::de::Error| {
                let range = error.span().unwrap_or(end..end);
                Diagnostic::new(Code::Syntax, span(&range), error.message().to_owned())
            };
            self.problems.extend(errors.iter().map(problem));
            return;
        }
        for (key, value) in table.get_ref() {
            self.entry(key, value);
        }
    }

    fn entry(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let at = span(&key.span());
        let Some(setting) = Setting::named(key.get_ref()) else {
            let problem = Diagnostic::new(Code::UnknownSetting, at, format!("`{}` is not a setting", key.get_ref()));
            self.problems.push(match suggestion(key.get_ref(), SETTINGS.iter().map(|setting| setting.name)) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("`runwright config --no-config` shows all settings"),
            });
            return;
        };
        match (setting.kind, value.get_ref()) {
            (SettingType::List | SettingType::Paths, DeValue::Array(items)) => {
                for item in items {
                    match text(SettingType::Text, item.get_ref()) {
                        Some(text) => self.value(setting, text, span(&item.span()), span(&item.span())),
                        None => self.wrong_type(setting, item),
                    }
                }
            }
            (kind, given) => match text(kind, given) {
                Some(text) => self.value(setting, text, at, span(&value.span())),
                None => self.wrong_type(setting, value),
            },
        }
    }

    /// A value, at position `value`, of the setting that is named at `name`.
    fn value(&mut self, setting: &'static Setting, text: String, name: Span, value: Span) {
        let refused = |help: Vec<String>| {
            let shown = if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") };
            let message = format!("`{}` cannot be {shown}", setting.name);
            help.into_iter().fold(Diagnostic::new(Code::InvalidValue, value, message), Diagnostic::help)
        };
        if let Err(refusal) = (self.check)(setting, &text) {
            self.problems.push(refused(refusal.help));
            return;
        }
        let is_path = matches!(setting.kind, SettingType::Path | SettingType::Paths);
        if is_path && text.is_empty() {
            self.problems.push(refused(vec!["write a path relative to this file, or remove the line".to_owned()]));
            return;
        }
        let text = if is_path && !text.contains("://") { self.beside(&text) } else { text };
        let line = self.source.position(name.start).line;
        self.given.push(Given {
            setting,
            text,
            origin: SettingOrigin::File { file: self.source.name().to_owned(), line, span: name },
        });
    }

    /// A path relative to the folder of the file.
    fn beside(&self, path: &str) -> String {
        let folder = Path::new(self.source.name()).parent().unwrap_or(Path::new(""));
        folder.join(path).to_string_lossy().into_owned()
    }

    fn wrong_type(&mut self, setting: &Setting, value: &Spanned<DeValue<'_>>) {
        let at = span(&value.span());
        let message = format!("`{}` takes {}", setting.name, setting.kind.expected());
        self.problems
            .push(Diagnostic::new(Code::WrongType, at, message).label(format!("is {}", what(value.get_ref()))));
    }
}

/// The value as the flag would take it, if it is of the right type.
fn text(kind: SettingType, value: &DeValue<'_>) -> Option<String> {
    match (kind, value) {
        (SettingType::Text | SettingType::Path | SettingType::Amount, DeValue::String(text)) => {
            Some(text.clone().into_owned())
        }
        (SettingType::Amount | SettingType::Number, DeValue::Integer(number)) => {
            let whole = i64::from_str_radix(number.as_str(), number.radix());
            Some(whole.map_or_else(|_| number.as_str().to_owned(), |whole| whole.to_string()))
        }
        (SettingType::Amount | SettingType::Number, DeValue::Float(number)) => Some(number.as_str().to_owned()),
        (SettingType::Switch, DeValue::Boolean(on)) => Some(on.to_string()),
        (
            SettingType::Text
            | SettingType::Path
            | SettingType::Amount
            | SettingType::Number
            | SettingType::Switch
            | SettingType::List
            | SettingType::Paths,
            _,
        ) => None,
    }
}

const fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn span(range: &Range<usize>) -> Span {
    Span::new(range.start, range.end)
}
