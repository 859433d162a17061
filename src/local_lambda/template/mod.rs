//! Reads AWS SAM and CloudFormation templates: their functions, and where the code is.
//!
//! Owns: the text of a template, its intrinsic functions, and the step from its resources to `Function`s.
//! Does not own: running anything. Nothing here calls AWS; a value that only an account has is an error where it
//! matters (`Timeout`), and empty with a warning where it does not (an environment variable).

mod intrinsics;
mod problem;
mod resources;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use self::intrinsics::Scope;
use self::problem::Findings;
pub use self::problem::{TemplateErrors, TemplateProblem};
use super::function::{Functions, arn};
use crate::limits;

/// Options for reading a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateOptions {
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`: 12 digits.
    pub account_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// Values for the template's parameters; the others have their defaults.
    pub parameters: BTreeMap<String, String>,
}

impl Default for TemplateOptions {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            stack_name: "local".to_owned(),
            parameters: BTreeMap::new(),
        }
    }
}

impl Functions {
    /// Reads a SAM or CloudFormation template, YAML or JSON, with the defaults of its parameters.
    pub fn load(path: &Path) -> Result<Self, TemplateErrors> {
        Self::load_with(path, &TemplateOptions::default())
    }

    /// Reads a template with a region, an account and values for its parameters.
    pub fn load_with(path: &Path, options: &TemplateOptions) -> Result<Self, TemplateErrors> {
        load(path, options)
    }
}

/// Reads the template at `path`; a directory means the `template.yaml`, `template.yml` or `template.json` in it.
fn load(path: &Path, options: &TemplateOptions) -> Result<Functions, TemplateErrors> {
    let file = template_in(path);
    let failed =
        |message: String| TemplateErrors(vec![TemplateProblem { file: file.clone(), place: String::new(), message }]);
    let bytes = bounded(&file).map_err(|error| failed(format!("cannot be read: {error}")))?;
    if bytes.len() > limits::TEMPLATE_BYTES {
        let most = limits::TEMPLATE_BYTES;
        return Err(failed(format!("has more than {most} bytes, the limit of CloudFormation")));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("is not UTF-8".to_owned()))?;
    read(&file, &text, options)
}

/// At most one byte more than a template may have, whatever the system says of its size.
fn bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(limits::TEMPLATE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn template_in(path: &Path) -> PathBuf {
    if path.is_dir() {
        for name in ["template.yaml", "template.yml", "template.json"] {
            let file = path.join(name);
            if file.is_file() {
                return file;
            }
        }
    }
    path.to_path_buf()
}

/// Reads the text of the template `file`; paths in it are relative to the file's directory.
pub(super) fn read(file: &Path, text: &str, options: &TemplateOptions) -> Result<Functions, TemplateErrors> {
    let mut findings = Findings::new(file);
    let tree = match text::parse(text) {
        Ok(tree) => tree,
        Err(message) => {
            findings.error("", message.to_string());
            return Err(TemplateErrors(findings.errors));
        }
    };
    let Some(template) = tree.as_object() else {
        findings.error("", "a template must be a map with the key `Resources`");
        return Err(TemplateErrors(findings.errors));
    };
    let Some(resources) = template.get("Resources").and_then(Json::as_object) else {
        findings.error("Resources", "is missing or not a map; it must list the functions");
        return Err(TemplateErrors(findings.errors));
    };
    let mut scope = Scope {
        options,
        parameters: parameters(template, options, &mut findings),
        mappings: template.get("Mappings").and_then(Json::as_object),
        conditions: template.get("Conditions").and_then(Json::as_object),
        resources: Some(resources),
        references: HashMap::new(),
        attributes: HashMap::new(),
        assumed: Vec::new(),
    };
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
    let globals = template.get("Globals").and_then(|globals| globals.get("Function")).and_then(Json::as_object);
    let mut reader = resources::Reader { directory: &directory, globals, scope: &mut scope, findings: &mut findings };
    let functions = reader.functions(resources);

    let mut names: HashMap<&str, &str> = HashMap::new();
    for function in &functions {
        if let Some(other) = names.insert(&function.name, &function.logical_id) {
            findings.error(
                &format!("Resources.{}.Properties.FunctionName", function.logical_id),
                format!("`{}` is also the name of `{other}`; function names must be unique", function.name),
            );
        }
    }
    if findings.errors.is_empty() {
        Ok(Functions {
            all: functions.into_iter().map(Arc::new).collect(),
            warnings: findings.warnings,
            region: options.region.clone(),
            account_id: options.account_id.clone(),
        })
    } else {
        Err(TemplateErrors(findings.errors))
    }
}

/// The template's parameters with the given values, else the defaults, else none.
fn parameters(
    template: &Map<String, Json>,
    options: &TemplateOptions,
    findings: &mut Findings,
) -> BTreeMap<String, Option<Json>> {
    let mut values = BTreeMap::new();
    let none = Map::new();
    let declared = template.get("Parameters").and_then(Json::as_object).unwrap_or(&none);
    for name in options.parameters.keys().filter(|name| !declared.contains_key(*name)) {
        findings.error("Parameters", format!("`{name}` was given but the template declares no such parameter"));
    }
    for (name, body) in declared {
        let kind = body.get("Type").and_then(Json::as_str).unwrap_or("String");
        let given = options.parameters.get(name).cloned();
        let Some(value) = given.or_else(|| body.get("Default").and_then(text::scalar_text)) else {
            values.insert(name.clone(), None);
            continue;
        };
        let value = if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            Json::from(value.split(',').map(str::trim).collect::<Vec<_>>())
        } else {
            Json::String(value)
        };
        values.insert(name.clone(), Some(value));
    }
    values
}

fn function_arn(options: &TemplateOptions, name: &str, qualifier: Option<&str>) -> String {
    arn(&options.region, &options.account_id, name, qualifier)
}
