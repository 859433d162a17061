//! `--ssm-parameter` and `--ssm-parameters`: values of Parameter Store that are not read from AWS.

use std::path::Path;

use clap::{Args, ValueHint};

use super::error::CliError;
use super::shared_args::assignment;
use super::{Exit, read};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Document, Node, NodeKind};
use crate::expression::Reference;
use crate::files::{read_bounded, read_guarded_file};
use crate::limits::DOCUMENT_BYTES;
use crate::report::one_line;
use crate::runbook::binding::StoredValues;

/// Values for a new execution.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Parameters")]
pub(super) struct StoredArgs {
    /// Value of `{{ ssm:NAME }}` in defaults of parameters, instead of the one in Parameter Store (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    ssm_parameter: Vec<(String, String)>,
    /// JSON or YAML file of such values: a map by NAME. Not read if other users can change it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ssm_parameters: Option<String>,
}

/// Likewise for an execution like an old one, over the values that were given to that.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Parameters")]
pub(super) struct StoredOverrideArgs {
    /// Value of `{{ ssm:NAME }}` in defaults of parameters, as in `run` (repeatable)
    #[arg(id = "now_ssm_parameter", long = "ssm-parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    ssm_parameter: Vec<(String, String)>,
    /// JSON or YAML file of such values, as in `run`
    #[arg(id = "now_ssm_parameters", long = "ssm-parameters", value_name = "FILE", value_hint = ValueHint::FilePath)]
    ssm_parameters: Option<String>,
}

impl StoredArgs {
    /// The values that were given.
    pub(super) fn values(&self) -> Result<StoredValues, CliError> {
        values(&self.ssm_parameter, self.ssm_parameters.as_deref())
    }
}

impl StoredOverrideArgs {
    /// The values that were given.
    pub(super) fn values(&self) -> Result<StoredValues, CliError> {
        values(&self.ssm_parameter, self.ssm_parameters.as_deref())
    }
}

/// The values of a file, and over them the single ones.
fn values(single: &[(String, String)], file: Option<&str>) -> Result<StoredValues, CliError> {
    let mut values = file.map_or_else(|| Ok(StoredValues::new()), from_file)?;
    let mut once = StoredValues::new();
    for (name, value) in single {
        let shown = one_line(name);
        if !is_stored_name(name) {
            return Err(CliError::usage(format!("--ssm-parameter {shown}: not a name of Parameter Store"))
                .help("write it as in the runbook after `ssm:`, with its version or label"));
        }
        if once.insert(name.clone(), value.clone()).is_some() {
            return Err(CliError::usage(format!("--ssm-parameter {shown} is given twice")));
        }
    }
    values.extend(once);
    Ok(values)
}

/// Whether a reference can have this name.
fn is_stored_name(name: &str) -> bool {
    matches!(Reference::parse(&format!("ssm:{name}")), Some(Reference::Ssm(_)))
}

fn from_file(file: &str) -> Result<StoredValues, CliError> {
    let bytes = match file {
        read::STDIN => read::bytes(file, DOCUMENT_BYTES)?.1,
        file => read_guarded_file(Path::new(file), |reader| read_bounded(reader, DOCUMENT_BYTES))?,
    };
    let unusable = |source, problems| {
        CliError::new(Exit::Invalid, format!("cannot read the values of Parameter Store in {}", one_line(file)))
            .help("write a map such as {\"/app/image\": \"ami-1\"}")
            .diagnostics(source, problems)
    };
    let document = crate::document::read(file, &bytes).map_err(|mut unreadable| {
        for problem in &mut unreadable.problems {
            // The help is for runbooks.
            if matches!(problem.code, Code::EmptyDocument | Code::RootNotMap) {
                problem.help.clear();
            }
        }
        unusable(unreadable.source, unreadable.problems)
    })?;
    let mut problems = Vec::new();
    let mut values = StoredValues::new();
    let NodeKind::Mapping(entries) = &document.root.kind else { return Ok(values) };
    for entry in entries {
        let name = &entry.key.text;
        if !is_stored_name(name) {
            let message = format!("`{name}` is not a name of Parameter Store");
            let help = "write it as in the runbook after `ssm:`, with its version or label";
            problems.push(Diagnostic::new(Code::InvalidValue, entry.key.span, message).help(help));
        }
        if let Some(text) = text(&document, &entry.value) {
            values.insert(name.clone(), text);
        } else {
            let message = format!("`{name}` is {}, but a value is a text or a list of texts", entry.value.described());
            problems.push(Diagnostic::new(Code::InvalidValue, entry.value.span, message));
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(unusable(document.source, problems)) }
}

/// A value as Parameter Store has it: numbers as they are written, and lists with commas between their items.
fn text(document: &Document, node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::String { text, .. } => Some(text.clone()),
        NodeKind::Number(_) | NodeKind::Bool(_) => Some(document.source.slice(node.span).to_owned()),
        NodeKind::Sequence(items) => {
            let texts = items.iter().map(|item| match &item.kind {
                NodeKind::Sequence(_) => None,
                _ => text(document, item),
            });
            texts.collect::<Option<Vec<String>>>().map(|texts| texts.join(","))
        }
        NodeKind::Null | NodeKind::Mapping(_) => None,
    }
}
