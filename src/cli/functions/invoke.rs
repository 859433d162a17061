//! `runwright functions invoke NAME`

use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use serde_json::Value;

use crate::automation::local_options;
use crate::cli::error::CliError;
use crate::cli::output::{give_payload, tell};
use crate::cli::runtime::runtime;
use crate::cli::screen::Screen;
use crate::cli::shared_args::LocalArgs;
use crate::cli::{Exit, local_functions, read};
use crate::diagnostic::suggestion;
use crate::lambda::{InvokeReply, LambdaClient};
use crate::limits::LAMBDA_SYNC_PAYLOAD_BYTES;
use crate::local_lambda::{Functions, LocalLambda, LogSink, Options};
use crate::presentation::render_function_error;
use crate::report::one_line;
use crate::runbook::inputs::invoke_lambda::InvokeRequest;

const AFTER_HELP: &str = "\
Examples:
  runwright functions invoke greet --functions template.yaml --payload '{\"name\": \"you\"}'
  runwright functions invoke greet --functions template.yaml --payload file://event.json --log
  echo '{}' | runwright functions invoke greet --functions template.yaml --payload -

The reply goes to standard output unchanged, everything else to standard error.

Exit codes: 0 success, 1 the function could not be invoked, 2 usage, 3 the template is invalid, 7 the function failed";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct InvokeArgs {
    /// Function: name, logical ID or ARN
    name: String,
    #[command(flatten)]
    local: LocalArgs,
    /// Event as JSON: text, file://FILE, or `-` for standard input
    #[arg(long, value_name = "PAYLOAD", default_value = "{}")]
    payload: String,
    /// Version or alias
    #[arg(long, value_name = "NAME")]
    qualifier: Option<String>,
    /// Invocation type
    #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t = Type::RequestResponse)]
    invocation: Type,
    /// Show the output of the function while it runs
    #[arg(long)]
    log: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    /// Wait for the reply
    #[value(name = "RequestResponse", alias = "request-response")]
    RequestResponse,
    /// Queue the event; this command waits for up to two retries
    #[value(name = "Event", alias = "event")]
    Event,
    /// Only check that the function can be invoked
    #[value(name = "DryRun", alias = "dry-run")]
    DryRun,
}

impl Type {
    const fn as_str(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }
}

/// Invokes one function once, through the same client as a runbook does.
pub(super) fn invoke(args: &InvokeArgs, screen: Screen) -> Result<Exit, CliError> {
    let request = request(args)?;
    let functions = local_functions::from_args(&args.local, screen)?;
    if functions.find(&args.name).is_none() {
        return Err(unknown(&args.name, &functions));
    }
    let palette = screen.errors;
    let log = args.log.then(|| LogSink::new(move |line| tell(&format!("{}\n", palette.faint(&one_line(line.text))))));
    runtime()?.block_on(async {
        let options = Options { log, pass_environment: args.local.pass_env.clone(), ..local_options() };
        let lambda = LocalLambda::new(functions, options);
        let client = LambdaClient::in_process(lambda.http_client(), None);
        let result = tokio::select! {
            result = client.invoke(request) => Some(result),
            _ = tokio::signal::ctrl_c() => None,
        };
        if args.invocation == Type::Event {
            lambda.drain(crate::limits::DRAIN).await;
        }
        lambda.shutdown().await;
        match result {
            None => Ok(Exit::Cancelled),
            Some(Ok(reply)) => give_reply(&reply, args, screen),
            Some(Err(error)) => {
                let mut told = CliError::new(Exit::Failed, error.message);
                told.help = error.cause.remedy;
                Err(told)
            }
        }
    })
}

fn unknown(name: &str, functions: &Functions) -> CliError {
    let error = CliError::usage(format!("the template has no function {}", one_line(name)));
    let names = || functions.iter().map(|function| function.name.as_str());
    match suggestion(name, names()) {
        Some(meant) => error.help(format!("did you mean `{meant}`?")),
        None => error.help(format!("its functions are {}", one_line(&names().collect::<Vec<_>>().join(", ")))),
    }
}

fn request(args: &InvokeArgs) -> Result<InvokeRequest, CliError> {
    let payload = payload(&args.payload)?;
    let mut inputs: IndexMap<&str, Value> = IndexMap::from([
        ("FunctionName", Value::from(args.name.as_str())),
        ("Payload", Value::from(payload)),
        ("InvocationType", Value::from(args.invocation.as_str())),
    ]);
    if let Some(qualifier) = &args.qualifier {
        inputs.insert("Qualifier", Value::from(qualifier.as_str()));
    }
    InvokeRequest::from_resolved(|name| inputs.get(name)).map_err(|problem| CliError::usage(problem.to_string()))
}

fn payload(given: &str) -> Result<String, CliError> {
    let bytes = match given.strip_prefix("file://") {
        Some(file) => read::bytes(file, LAMBDA_SYNC_PAYLOAD_BYTES)?.1,
        None if given == read::STDIN => read::bytes(given, LAMBDA_SYNC_PAYLOAD_BYTES)?.1,
        None => given.as_bytes().to_vec(),
    };
    if bytes.len() > LAMBDA_SYNC_PAYLOAD_BYTES {
        return Err(CliError::usage("the payload is larger than Lambda's limit"));
    }
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        return Err(CliError::usage(format!("the payload is not JSON: {error}")).help(
            "quote it for the shell, such as --payload '{\"name\": \"you\"}', or use --payload file://event.json",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| CliError::usage("the payload is not UTF-8").help("a payload must be JSON in UTF-8"))
}

/// Writes the reply to standard output, and its metadata to standard error.
fn give_reply(reply: &InvokeReply, args: &InvokeArgs, screen: Screen) -> Result<Exit, CliError> {
    if !reply.payload.is_empty() {
        // A separate line, for line-based readers.
        give_payload(&[&reply.payload[..], b"\n"].concat())?;
    }
    let palette = screen.errors;
    let id = reply.request_id.as_deref().map(|id| format!(", request {}", one_line(id))).unwrap_or_default();
    let version = reply.executed_version.as_deref().map(|version| format!(", version {}", one_line(version)));
    let facts = format!("status {}{}{id}", reply.status_code, version.unwrap_or_default());
    tell(&format!("{}\n", palette.faint(&facts)));
    let Some(kind) = &reply.function_error else { return Ok(Exit::Success) };
    let mut text = render_function_error(&args.name, kind, &reply.payload, palette);
    if !args.log {
        text.push_str(&format!("{} use --log to see its output\n", palette.strong("help:")));
    }
    tell(&text);
    Ok(Exit::FunctionError)
}
