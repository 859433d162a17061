//! `runwright.toml`: where it is, and what it says.

use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::command_line::check;
use super::table::{Kind, SETTINGS, Setting};
use super::{Given, Origin, Problems, variables};
use crate::cli::error::CliError;
use crate::cli::read;
use crate::diagnostic::{Code, Diagnostic, Source, Span, suggestion};
use crate::limits::CONFIGURATION_BYTES;

/// The name that is looked for.
const NAME: &str = "runwright.toml";

/// A file without mistakes.
#[derive(Debug)]
pub(super) struct ConfigurationFile {
    pub(super) source: Source,
    pub(super) given: Vec<Given>,
}

/// Reads the file that is named, or else the nearest one upward, if there is one.
pub(super) fn read(root: &Command, matches: &ArgMatches) -> Result<Option<ConfigurationFile>, Problems> {
    let Some(file) = find(matches)? else { return Ok(None) };
    let (name, bytes) = read::bytes(&file, CONFIGURATION_BYTES)?;
    if bytes.len() > CONFIGURATION_BYTES {
        return Err(CliError::usage(format!("{name} is larger than {} KB", CONFIGURATION_BYTES / 1024))
            .help("a file of settings has a few lines; is it the right file?")
            .into());
    }
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
            return Err(Problems::File { source: Source::new(name, readable), diagnostics: vec![problem] });
        }
    };
    let source = Source::new(name, text);
    let mut reader = Reader { root, source: &source, given: Vec::new(), problems: Vec::new() };
    reader.document();
    let Reader { given, problems, .. } = reader;
    if problems.is_empty() {
        Ok(Some(ConfigurationFile { source, given }))
    } else {
        Err(Problems::File { source, diagnostics: problems })
    }
}

/// The file to read, by the name to show.
fn find(matches: &ArgMatches) -> Result<Option<String>, CliError> {
    if matches.get_flag("no_config") {
        return Ok(None);
    }
    if let Some(file) = matches.get_one::<String>("config") {
        return Ok(Some(file.clone()));
    }
    match std::env::var(variables::FILE) {
        Ok(file) if !file.is_empty() => return Ok(Some(file)),
        Ok(_) | Err(std::env::VarError::NotPresent) => {}
        Err(std::env::VarError::NotUnicode(_)) => {
            return Err(CliError::usage(format!("{} is not UTF-8", variables::FILE)));
        }
    }
    if Path::new(NAME).is_file() {
        return Ok(Some(NAME.to_owned()));
    }
    // A folder that has been removed has nothing above it.
    let here = std::env::current_dir().unwrap_or_default();
    let above = here.ancestors().skip(1).map(|folder| folder.join(NAME));
    match above.into_iter().find(|file| file.is_file()) {
        Some(file) => trusted(file).map(Some),
        None => Ok(None),
    }
}

/// A file in a folder above can say which programs are run, and whoever may write to a folder such as `/tmp` could
/// have put it there: it has to be the user's own, or the administrator's.
fn trusted(file: PathBuf) -> Result<String, CliError> {
    let shown = file.display().to_string();
    let owner = file.metadata().map(|metadata| metadata.uid());
    let own = rustix::process::geteuid().as_raw();
    match owner {
        Ok(owner) if owner == own || owner == 0 => file
            .into_os_string()
            .into_string()
            .map_err(|_| CliError::usage(format!("{shown}: the name of the folder is not UTF-8"))),
        Ok(_) => Err(CliError::usage(format!("{shown} belongs to another user and is not used default_policy"))
            .help(format!("use it with `--config {shown}`, or leave it aside with `--no-config`"))),
        Err(error) => Err(CliError::usage(format!("{shown} cannot be looked at: {error}"))),
    }
}

struct Reader<'a> {
    root: &'a Command,
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
            let problem = Diagnostic::new(Code::UnknownSetting, at, format!("there is no setting `{}`", key.get_ref()));
            self.problems.push(match suggestion(key.get_ref(), SETTINGS.iter().map(|setting| setting.name)) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("`runwright config --no-config` shows all settings"),
            });
            return;
        };
        match (setting.kind, value.get_ref()) {
            (Kind::List | Kind::Paths, DeValue::Array(items)) => {
                for item in items {
                    match text(Kind::Text, item.get_ref()) {
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

    /// A value, which stands at `value`, of the setting that is named at `name`.
    fn value(&mut self, setting: &'static Setting, text: String, name: Span, value: Span) {
        let refused = |help: Vec<String>| {
            let shown = if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") };
            let message = format!("`{}` cannot be {shown}", setting.name);
            help.into_iter().fold(Diagnostic::new(Code::InvalidValue, value, message), Diagnostic::help)
        };
        if let Err(refusal) = check(self.root, setting, &text) {
            self.problems.push(refused(refusal.help));
            return;
        }
        let is_path = matches!(setting.kind, Kind::Path | Kind::Paths);
        if is_path && text.is_empty() {
            self.problems.push(refused(vec!["name a file, relative to this one, or leave the line out".to_owned()]));
            return;
        }
        let text = if is_path { self.beside(&text) } else { text };
        let line = self.source.position(name.start).line;
        self.given.push(Given {
            setting,
            text,
            origin: Origin::File { file: self.source.name().to_owned(), line, span: name },
        });
    }

    /// A path as seen from the folder of the file.
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
fn text(kind: Kind, value: &DeValue<'_>) -> Option<String> {
    match (kind, value) {
        (Kind::Text | Kind::Path | Kind::Amount, DeValue::String(text)) => Some(text.clone().into_owned()),
        (Kind::Amount | Kind::Number, DeValue::Integer(number)) => {
            let whole = i64::from_str_radix(number.as_str(), number.radix());
            Some(whole.map_or_else(|_| number.as_str().to_owned(), |whole| whole.to_string()))
        }
        (Kind::Amount | Kind::Number, DeValue::Float(number)) => Some(number.as_str().to_owned()),
        (Kind::Switch, DeValue::Boolean(on)) => Some(on.to_string()),
        (Kind::Text | Kind::Path | Kind::Amount | Kind::Number | Kind::Switch | Kind::List | Kind::Paths, _) => None,
    }
}

const fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
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
