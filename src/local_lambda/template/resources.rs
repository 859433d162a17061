//! Converts the resources of a template to functions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::function_arn;
use super::intrinsics::Scope;
use super::problem::Findings;
use super::text::scalar_text;
use crate::limits;
use crate::local_lambda::function::{Function, FunctionCode, FunctionIdentifier, Runtime, Version};

/// Names that the service sets itself and that a template must not.
const RESERVED: [&str; 17] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
];

pub(super) struct Reader<'r, 't> {
    pub(super) directory: &'r Path,
    pub(super) globals: Option<&'t Map<String, Json>>,
    pub(super) scope: &'r mut Scope<'t>,
    pub(super) findings: &'r mut Findings,
}

/// A function resource before its values are evaluated.
struct Resource<'t> {
    logical_id: &'t str,
    serverless: bool,
    body: &'t Json,
    properties: Map<String, Json>,
}

impl Resource<'_> {
    fn place(&self, property: &str) -> String {
        format!("Resources.{}.Properties.{property}", self.logical_id)
    }
}

impl<'t> Reader<'_, 't> {
    pub(super) fn functions(&mut self, resources: &'t Map<String, Json>) -> Vec<Function> {
        let mut found = Vec::new();
        for (logical_id, body) in resources {
            if logical_id.starts_with("Fn::ForEach") {
                self.findings
                    .warning(&format!("Resources.{logical_id}"), "`Fn::ForEach` is not supported and is ignored");
                continue;
            }
            if !is_logical_id(logical_id) {
                self.findings.error(
                    &format!("Resources.{logical_id}"),
                    format!(
                        "is not a logical ID: CloudFormation accepts 1 to {} letters and digits (A-Z, a-z, 0-9) only; \
                         rename the resource",
                        limits::LOGICAL_ID_CHARS
                    ),
                );
                continue;
            }
            if !self.exists(logical_id, body) {
                continue;
            }
            let serverless = match body.get("Type").and_then(Json::as_str) {
                Some("AWS::Serverless::Function") => true,
                Some("AWS::Lambda::Function") => false,
                _ => continue,
            };
            let own = body.get("Properties").and_then(Json::as_object).cloned().unwrap_or_default();
            let properties = if serverless { with_globals(self.globals, own) } else { own };
            found.push(Resource { logical_id, serverless, body, properties });
        }

        // Names first: any resource may refer to any function.
        let mut names = Vec::with_capacity(found.len());
        for resource in &found {
            let name = self.text(resource, "FunctionName").unwrap_or_else(|| resource.logical_id.to_owned());
            if FunctionIdentifier::parse(&name).is_none_or(|parsed| parsed.name != name) {
                self.findings.error(
                    &resource.place("FunctionName"),
                    format!("`{name}` is not a name for a function; use letters, digits, `-` and `_`"),
                );
            }
            let id = resource.logical_id;
            self.scope.references.insert(id.to_owned(), name.clone());
            self.scope.attributes.insert(format!("{id}.Arn"), function_arn(self.scope.options, &name, None));
            names.push(name);
        }
        let mut functions: Vec<Function> = Vec::with_capacity(found.len());
        for (resource, name) in found.iter().zip(&names) {
            // References to what `AutoPublishAlias` creates must be known before environments are read.
            if let Some(alias) = self.text(resource, "AutoPublishAlias").filter(|_| resource.serverless) {
                let id = resource.logical_id;
                let by_alias = function_arn(self.scope.options, name, Some(&alias));
                let by_version = function_arn(self.scope.options, name, Some("1"));
                self.scope.references.insert(format!("{id}.Alias"), by_alias);
                self.scope.references.insert(format!("{id}.Version"), by_version);
            }
        }
        let (versions, aliases) = self.published(resources, &names);
        for (resource, name) in found.iter().zip(names) {
            if let Some(mut function) = self.function(resource, name) {
                for (version, _) in versions.iter().filter(|(_, name)| *name == function.name) {
                    function.published_versions = function.published_versions.max(*version);
                }
                functions.push(function);
            }
        }
        for alias in aliases {
            let Some(function) = functions.iter_mut().find(|function| function.name == alias.function) else {
                continue;
            };
            if let Some(version) = function.version(Some(&alias.version)) {
                function.aliases.insert(alias.name, version);
            } else {
                let message = format!("`{}` has no version `{}`", function.name, alias.version);
                self.findings.error(&alias.place, message);
            }
        }
        functions
    }

    /// Whether the condition of a resource holds.
    fn exists(&mut self, logical_id: &str, body: &Json) -> bool {
        let Some(condition) = body.get("Condition").and_then(Json::as_str) else { return true };
        self.scope.condition(condition).unwrap_or_else(|reason| {
            self.findings.error(&format!("Resources.{logical_id}.Condition"), reason.to_string());
            false
        })
    }

    fn function(&mut self, resource: &Resource<'t>, name: String) -> Option<Function> {
        let timeout = self.number(resource, "Timeout", 1, limits::FUNCTION_TIMEOUT_SECONDS).unwrap_or(3);
        let memory_megabytes = self.number(resource, "MemorySize", 128, 32_768).unwrap_or(128);
        let reserved_concurrency = self.number(resource, "ReservedConcurrentExecutions", 0, 1_000_000);
        let is_image = self.text(resource, "PackageType").as_deref() == Some("Image");
        let runtime = match self.text(resource, "Runtime") {
            _ if is_image => Runtime::Unsupported("container image".to_owned()),
            Some(identifier) => Runtime::new(&identifier),
            None => {
                self.findings.error(
                    &resource.place("Runtime"),
                    "is missing; name a runtime such as `python3.12`, `nodejs22.x` or `provided.al2023`",
                );
                return None;
            }
        };
        if let Runtime::Unsupported(identifier) = &runtime {
            self.findings.warning(
                &resource.place("Runtime"),
                format!("`{identifier}` cannot run on this machine; invoking the function will fail"),
            );
        }
        let handler = self.text(resource, "Handler").unwrap_or_default();
        if handler.is_empty() && matches!(runtime, Runtime::Python(_) | Runtime::Node(_)) {
            self.findings
                .error(&resource.place("Handler"), "is missing; write `file.function`, for example `app.handler`");
        }
        let code = if is_image {
            FunctionCode::Unavailable("it is a container image, which cannot run here".to_owned())
        } else {
            self.code(resource)
        };
        let mut published_versions = 0;
        let mut aliases = IndexMap::new();
        if let Some(alias) = self.text(resource, "AutoPublishAlias").filter(|_| resource.serverless) {
            published_versions = 1;
            aliases.insert(alias, Version::Published(1));
        }
        let event_retries = self.event_retries(resource);
        Some(Function {
            logical_id: resource.logical_id.to_owned(),
            name,
            description: self.text(resource, "Description").unwrap_or_default(),
            runtime,
            handler,
            code,
            timeout: Duration::from_secs(timeout.into()),
            memory_megabytes,
            environment: self.environment(resource),
            layers: self.layers(resource),
            reserved_concurrency,
            event_retries,
            published_versions,
            aliases,
        })
    }

    fn code(&mut self, resource: &Resource<'t>) -> FunctionCode {
        let inline = if resource.serverless { self.text(resource, "InlineCode") } else { None };
        if let Some(text) = inline {
            return FunctionCode::Inline(text);
        }
        // The CDK records where the code was before it was uploaded.
        let asset =
            resource.body.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path")).and_then(Json::as_str);
        if let Some(path) = asset {
            return self.local_code(path);
        }
        let property = if resource.serverless { "CodeUri" } else { "Code" };
        let value = self.value(resource, property);
        match value {
            Some(Json::String(path)) => self.local_code(&path),
            Some(Json::Object(map)) => match map.get("ZipFile") {
                Some(Json::String(text)) => FunctionCode::Inline(text.clone()),
                _ => FunctionCode::Unavailable(format!(
                    "its code is not on this machine (`{property}` is a bucket or an image); set a local path"
                )),
            },
            None if resource.serverless => FunctionCode::Directory(self.directory.to_path_buf()),
            _ => {
                self.findings
                    .error(&resource.place(property), "is missing; set the path of the directory with the code");
                FunctionCode::Unavailable(format!("`{property}` is missing"))
            }
        }
    }

    fn local_code(&self, path: &str) -> FunctionCode {
        if path.contains("://") && !path.starts_with("file://") {
            return FunctionCode::Unavailable(format!(
                "its code is at `{path}`, not on this machine; set a local path"
            ));
        }
        let path = self.directory.join(path.strip_prefix("file://").unwrap_or(path));
        if path.is_file() {
            return FunctionCode::Unavailable(format!(
                "its code `{}` is an archive; unpack it and set the directory",
                path.display()
            ));
        }
        FunctionCode::Directory(std::path::absolute(&path).unwrap_or(path))
    }

    fn environment(&mut self, resource: &Resource<'t>) -> IndexMap<String, String> {
        let mut variables = IndexMap::new();
        let Some(environment) = resource.properties.get("Environment") else { return variables };
        let place = resource.place("Environment.Variables");
        // Variables are evaluated one by one, so that one that only an account has does not affect the others.
        let all = match environment.get("Variables") {
            Some(Json::Object(all)) if !is_intrinsic(all) => all.clone(),
            Some(other) => match self.scope.resolve(other) {
                Ok(Some(Json::Object(all))) => all,
                Ok(_) => {
                    self.findings.error(&place, "must be a map of names to strings");
                    return variables;
                }
                Err(reason) => {
                    self.findings.error(&place, reason.to_string());
                    return variables;
                }
            },
            None => return variables,
        };
        for (name, tree) in &all {
            let place = format!("{place}.{name}");
            if RESERVED.contains(&name.as_str()) {
                self.findings.warning(&place, "is reserved by Lambda; the value in the template is ignored");
                continue;
            }
            let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !well_formed {
                self.findings
                    .error(&place, "is not the name of a variable; use letters, digits and `_`, a letter first");
                continue;
            }
            let text = match self.scope.resolve(tree) {
                Ok(None) => continue,
                Ok(Some(value)) => match scalar_text(&value) {
                    Some(text) if text.contains('\0') => {
                        self.findings
                            .error(&place, "contains a NUL character, which environment variables cannot hold");
                        continue;
                    }
                    Some(text) => text,
                    None => {
                        self.findings.error(&place, "must be a string; write a list or a map as JSON in quotes");
                        continue;
                    }
                },
                Err(reason) => {
                    self.findings.warning(&place, format!("{reason}; the variable is empty"));
                    String::new()
                }
            };
            self.tell_assumed(&place);
            variables.insert(name.clone(), text);
        }
        variables
    }

    fn layers(&mut self, resource: &Resource<'t>) -> Vec<PathBuf> {
        let mut layers = Vec::new();
        let place = resource.place("Layers");
        let listed = resource.properties.get("Layers").and_then(Json::as_array).cloned().unwrap_or_default();
        for layer in listed {
            let logical_id = layer.get("Ref").and_then(Json::as_str);
            let path = logical_id.and_then(|id| {
                let body = self.scope.resources?.get(id)?;
                let properties = body.get("Properties")?;
                let asset = body.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path"));
                let path = asset.or_else(|| properties.get("ContentUri")).or_else(|| properties.get("Content"))?;
                Some(self.directory.join(path.as_str()?))
            });
            match path.filter(|path| path.is_dir()) {
                Some(path) => layers.push(path),
                None => self
                    .findings
                    .warning(&place, format!("the layer {layer} is not a directory on this machine and is ignored")),
            }
        }
        layers
    }

    fn event_retries(&mut self, resource: &Resource<'t>) -> u8 {
        let Some(Json::Object(config)) = self.value(resource, "EventInvokeConfig") else { return 2 };
        match config.get("MaximumRetryAttempts").map(|value| scalar_text(value).and_then(|text| text.parse().ok())) {
            None => 2,
            Some(Some(retries @ 0..=2)) => retries,
            Some(_) => {
                self.findings.error(&resource.place("EventInvokeConfig.MaximumRetryAttempts"), "must be 0, 1 or 2");
                2
            }
        }
    }

    /// `AWS::Lambda::Version` and `AWS::Lambda::Alias`: the versions with the name of their function, and the aliases.
    fn published(&mut self, resources: &'t Map<String, Json>, names: &[String]) -> (Vec<(u32, String)>, Vec<Alias>) {
        let mut versions: Vec<(u32, String)> = Vec::new();
        let mut aliases = Vec::new();
        for wanted in ["AWS::Lambda::Version", "AWS::Lambda::Alias"] {
            for (logical_id, body) in resources {
                if body.get("Type").and_then(Json::as_str) != Some(wanted) || !self.exists(logical_id, body) {
                    continue;
                }
                let properties = body.get("Properties").and_then(Json::as_object).cloned().unwrap_or_default();
                let resource = Resource { logical_id, serverless: false, body, properties };
                let name = self.text(&resource, "FunctionName").and_then(|text| FunctionIdentifier::parse(&text));
                let Some(name) = name.map(|identifier| identifier.name).filter(|name| names.contains(name)) else {
                    self.findings
                        .warning(&resource.place("FunctionName"), "is not a function of this template; ignored");
                    continue;
                };
                if wanted == "AWS::Lambda::Version" {
                    let number = 1 + u32::try_from(versions.iter().filter(|(_, of)| *of == name).count()).unwrap_or(0);
                    let arn = function_arn(self.scope.options, &name, Some(&number.to_string()));
                    self.scope.references.insert(logical_id.clone(), arn);
                    self.scope.attributes.insert(format!("{logical_id}.Version"), number.to_string());
                    versions.push((number, name));
                } else {
                    let Some(alias) = self.text(&resource, "Name") else {
                        self.findings.error(&resource.place("Name"), "is missing; an alias must have a name");
                        continue;
                    };
                    let version = self.text(&resource, "FunctionVersion").unwrap_or_else(|| "$LATEST".to_owned());
                    if resource.properties.contains_key("RoutingConfig") {
                        self.findings.warning(
                            &resource.place("RoutingConfig"),
                            "has no effect here: all invocations go to `FunctionVersion`",
                        );
                    }
                    let arn = function_arn(self.scope.options, &name, Some(&alias));
                    self.scope.references.insert(logical_id.clone(), arn);
                    let place = resource.place("FunctionVersion");
                    aliases.push(Alias { name: alias, function: name, version, place });
                }
            }
        }
        (versions, aliases)
    }

    /// The value of a property; none if it is absent or cannot be known, which is then reported.
    fn value(&mut self, resource: &Resource<'_>, property: &str) -> Option<Json> {
        let tree = resource.properties.get(property)?;
        let place = resource.place(property);
        match self.scope.resolve(tree) {
            Ok(value) => {
                self.tell_assumed(&place);
                value.filter(|value| !value.is_null())
            }
            Err(reason) => {
                self.findings.error(&place, reason.to_string());
                None
            }
        }
    }

    fn text(&mut self, resource: &Resource<'_>, property: &str) -> Option<String> {
        let value = self.value(resource, property)?;
        let text = scalar_text(&value);
        if text.is_none() {
            self.findings.error(&resource.place(property), "must be a string");
        }
        text
    }

    fn number(&mut self, resource: &Resource<'_>, property: &str, least: u32, most: u32) -> Option<u32> {
        let text = self.text(resource, property)?;
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.findings.error(
                &resource.place(property),
                format!("must be a whole number from {least} to {most}, not `{text}`"),
            );
        }
        number
    }

    fn tell_assumed(&mut self, place: &str) {
        for sentence in std::mem::take(&mut self.scope.assumed) {
            self.findings.warning(place, sentence);
        }
    }
}

struct Alias {
    name: String,
    function: String,
    version: String,
    place: String,
}

fn is_intrinsic(map: &Map<String, Json>) -> bool {
    map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

/// `Globals.Function` below the function's own properties: maps are merged, lists joined, the rest replaced.
fn with_globals(globals: Option<&Map<String, Json>>, own: Map<String, Json>) -> Map<String, Json> {
    let mut all = globals.cloned().unwrap_or_default();
    merge(&mut all, own, 0);
    all
}

fn merge(below: &mut Map<String, Json>, above: Map<String, Json>, depth: usize) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Json::Object(low)), Json::Object(high))
                if depth < limits::TEMPLATE_DEPTH && !is_intrinsic(low) && !is_intrinsic(&high) =>
            {
                merge(low, high, depth + 1);
            }
            (Some(Json::Array(low)), Json::Array(high)) => low.extend(high),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Whether CloudFormation accepts it as the name of a resource.
fn is_logical_id(text: &str) -> bool {
    (1..=limits::LOGICAL_ID_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
