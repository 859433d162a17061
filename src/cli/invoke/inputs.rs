//! The flags as inputs of the step: read, decoded and checked before anything is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::Value;

use super::{BinaryFormat, InvocationArgs, InvocationType, LogType};
use crate::cli::error::CliError;
use crate::cli::{query, read};
use crate::diagnostic::suggestion;
use crate::limits::{CLIENT_CONTEXT_BYTES, LAMBDA_ASYNC_PAYLOAD_BYTES, LAMBDA_SYNC_PAYLOAD_BYTES, PAYLOAD_READ_BYTES};
use crate::report::one_line;
use crate::runbook::inputs::invoke_lambda::{FunctionName, InputProblem, InvokeRequest};

/// The inputs of an invocation, by the names that they have in a runbook.
pub(super) struct Invocation {
    inputs: IndexMap<&'static str, Value>,
}

/// Every input, in the order of the service's documentation.
const NAMES: [&str; 6] = ["FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext", "Payload"];

impl Invocation {
    /// Reads the flags, and with `from_query` also standard input.
    pub(super) fn given(function: Option<&str>, args: &InvocationArgs, from_query: bool) -> Result<Self, CliError> {
        let kind = args.invocation_type.map(|kind| match kind {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::Event => "Event",
            InvocationType::DryRun => "DryRun",
        });
        let log = args.log_type.map(|log| match log {
            LogType::None => "None",
            LogType::Tail => "Tail",
        });
        if from_query && args.payload.as_deref() == Some(read::STDIN) {
            return Err(CliError::usage(
                "--output terraform-external reads its query from standard input, which cannot be read twice",
            )
            .help("pass the payload in the query, as `Payload`"));
        }
        let mut inputs: IndexMap<&'static str, Value> = IndexMap::new();
        let mut give = |name: &'static str, text: Option<String>| {
            inputs.extend(text.map(|text| (name, Value::String(text))));
        };
        give("FunctionName", function.map(str::to_owned));
        give("Qualifier", args.qualifier.clone());
        give("InvocationType", kind.map(str::to_owned));
        give("LogType", log.map(str::to_owned));
        give("ClientContext", args.client_context.as_deref().map(client_context).transpose()?);
        give("Payload", args.payload.as_deref().map(|given| payload(given, args.cli_binary_format)).transpose()?);
        if from_query {
            for (name, value) in query::query()? {
                let Some(known) = NAMES.into_iter().find(|known| *known == name) else {
                    let error = CliError::usage(format!("the query has no `{}`", one_line(&name)));
                    return Err(match suggestion(&name, NAMES) {
                        Some(meant) => error.help(format!("did you mean `{meant}`?")),
                        None => error.help(format!("the query takes {}", NAMES.join(", "))),
                    });
                };
                if inputs.insert(known, Value::String(value)).is_some() {
                    return Err(CliError::usage(format!("{known} is set both in the query and by a flag")));
                }
            }
        }
        let invocation = Self { inputs };
        invocation.check()?;
        Ok(invocation)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.inputs.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Refuses what Lambda would refuse, or would silently leave out.
    fn check(&self) -> Result<(), CliError> {
        if let Some(kind @ ("Event" | "DryRun")) = self.text("InvocationType") {
            let no_effect = |what: &str| {
                CliError::usage(format!("{what} has no effect with --invocation-type {kind}, which does not wait"))
                    .help(format!("leave {what} out, or leave --invocation-type out"))
            };
            if self.wants_log() {
                return Err(no_effect("--log-type Tail"));
            }
            if self.text("ClientContext").is_some() {
                return Err(no_effect("--client-context"));
            }
        }
        match InvokeRequest::from_resolved(|name| self.inputs.get(name)) {
            Ok(_) => Ok(()),
            Err(InputProblem::PayloadNotJson { error, is_base64 }) => Err(CliError::usage(format!(
                "the payload is not JSON: {error}"
            ))
            .help(if is_base64 {
                "it looks like base64, the default of AWS CLI v2: pass the JSON itself, or add --cli-binary-format base64"
            } else {
                "quote it for the shell, such as --payload '{\"name\": \"you\"}', or use --payload file://event.json"
            })),
            Err(problem) => Err(CliError::usage(one_line(&problem.to_string()).into_owned())),
        }
    }

    /// The inputs of the step.
    pub(super) const fn inputs(&self) -> &IndexMap<&'static str, Value> {
        &self.inputs
    }

    /// The function's own name.
    pub(super) fn function(&self) -> String {
        let text = self.text("FunctionName").unwrap_or_default();
        FunctionName::parse(text).map_or_else(|_| text.to_owned(), |function| function.name().to_owned())
    }

    /// Whether the log was asked for.
    pub(super) fn wants_log(&self) -> bool {
        self.text("LogType") == Some("Tail")
    }
}

fn client_context(given: &str) -> Result<String, CliError> {
    let Some(file) = given.strip_prefix("file://").or_else(|| given.strip_prefix("fileb://")) else {
        return Ok(given.to_owned());
    };
    // JSON is shorter than its base64, and may be written with blanks.
    let most = CLIENT_CONTEXT_BYTES.saturating_mul(16);
    let (_, bytes) = read::bytes(file, most)?;
    if bytes.len() > most {
        return Err(CliError::usage(format!("the client context in {file} has more than {most} bytes"))
            .help(format!("Lambda accepts {CLIENT_CONTEXT_BYTES} bytes in base64")));
    }
    String::from_utf8(bytes).map_err(|_| CliError::usage(format!("the client context in {file} is not UTF-8")))
}

fn payload(given: &str, format: BinaryFormat) -> Result<String, CliError> {
    let raw = given.strip_prefix("fileb://");
    let bytes = match (raw, given.strip_prefix("file://")) {
        (Some(file), _) | (None, Some(file)) => read::bytes(file, PAYLOAD_READ_BYTES)?.1,
        (None, None) if given == read::STDIN => read::bytes(given, PAYLOAD_READ_BYTES)?.1,
        (None, None) => given.as_bytes().to_vec(),
    };
    if bytes.len() > PAYLOAD_READ_BYTES {
        return Err(CliError::usage(format!(
            "the payload has more than {PAYLOAD_READ_BYTES} bytes, and Lambda takes {LAMBDA_SYNC_PAYLOAD_BYTES} \
             (with Event {LAMBDA_ASYNC_PAYLOAD_BYTES})"
        ))
        .help("put large data into a bucket and pass its name"));
    }
    let bytes = match format {
        BinaryFormat::Base64 if raw.is_none() => {
            let joined: Vec<u8> = bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            STANDARD.decode(joined).map_err(|error| {
                CliError::usage(format!("the payload is not base64: {error}"))
                    .help("leave out --cli-binary-format if the payload is plain JSON")
            })?
        }
        BinaryFormat::Base64 | BinaryFormat::RawInBase64Out => bytes,
    };
    String::from_utf8(bytes)
        .map_err(|_| CliError::usage("the payload is not UTF-8").help("a payload must be JSON in UTF-8"))
}
