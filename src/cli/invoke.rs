//! `runwright invoke FUNCTION [OUTFILE]`: one invocation, executed as a runbook of one step.

mod inputs;

use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::execute_args::ExecuteArgs;
use super::foreground::{View, start_in_foreground};
use super::local_functions::hint_at_template;
use super::outfile::OutFile;
use super::output::{Format, give_as, give_payload, tell};
use super::results::{Handover, Stdout};
use super::screen::Screen;
use super::signals::OnTerminate;
use super::{Exit, query, secrets};
use crate::automation::{Automation, INVOKE_STEP, InvokeContext, InvokeOnce, Persistence, load_models, system_user};
use crate::duration::read_duration;
use crate::event::{ErrorClass, Status};
use crate::execution::Execution;
use crate::presentation::InvocationEnd;

use inputs::Invocation;

const AFTER_HELP: &str = "\
Examples:
  runwright invoke my-function --payload '{\"name\": \"you\"}' | jq .
  runwright invoke my-function:live reply.json --payload file://event.json --log-type Tail
  runwright invoke my-function --functions template.yaml --max-attempts 3 --timeout 30s
  runwright invoke --function-name my-function reply.json      the flags of `aws lambda invoke`

Output: the reply's payload goes to standard output byte for byte, or to OUTFILE; everything else goes to standard \
error. OUTFILE is written atomically; its old content is removed once the inputs are valid. The payload of a failed \
function is written too, and the exit code is 7.

Exit codes: 0 success, 1 the function could not be invoked, 2 usage, 4 timed out, 5 cancelled, 7 the function failed";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, override_usage = "runwright invoke [OPTIONS] <FUNCTION> [OUTFILE]")]
#[command(mut_arg("max_result_size", |flag| flag.default_value("none")))]
#[command(mut_arg("allow_long_invocations", |flag| flag.hide(true)))]
pub(super) struct InvokeArgs {
    /// Function: name, name:qualifier, partial ARN or ARN
    #[arg(value_name = "FUNCTION")]
    first: Option<String>,
    /// Write the reply's payload to this file instead of standard output
    #[arg(value_name = "OUTFILE")]
    second: Option<String>,
    /// Function, as a flag; the positional argument is then OUTFILE
    #[arg(long, value_name = "FUNCTION")]
    function_name: Option<String>,
    #[command(flatten)]
    invocation: InvocationArgs,
    /// Maximum number of attempts
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    max_attempts: NonZeroU32,
    /// Timeout of one attempt, at most 15m
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = read_duration)]
    timeout: Duration,
    #[command(flatten)]
    execute: ExecuteArgs,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = InvokeOutput::Text, help_heading = "Output")]
    output: InvokeOutput,
}

/// Body of the request.
#[derive(Debug, Args)]
struct InvocationArgs {
    /// Payload of the request, as JSON: text, file://FILE, fileb://FILE, or `-` for standard input [default: {}]
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    payload: Option<String>,
    /// Version or alias
    #[arg(long, value_name = "NAME")]
    qualifier: Option<String>,
    /// RequestResponse (wait for the reply), Event (queue), DryRun (only check) [default: RequestResponse]
    #[arg(long, value_name = "TYPE", value_enum, ignore_case = true, hide_possible_values = true)]
    invocation_type: Option<InvocationType>,
    /// Tail shows the last 4 KB of the log [possible values: None, Tail]
    #[arg(long, value_name = "TYPE", value_enum, ignore_case = true, hide_possible_values = true)]
    log_type: Option<LogType>,
    /// Data about the caller: a JSON map, or base64 of one, as text or file://FILE; at most 3,583 bytes in base64
    #[arg(long, value_name = "JSON")]
    client_context: Option<String>,
    /// Encoding of --payload: raw, or base64 (the default of AWS CLI v2)
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = BinaryFormat::RawInBase64Out)]
    cli_binary_format: BinaryFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InvocationType {
    #[value(name = "RequestResponse")]
    RequestResponse,
    #[value(name = "Event")]
    Event,
    #[value(name = "DryRun")]
    DryRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogType {
    #[value(name = "None")]
    None,
    #[value(name = "Tail")]
    Tail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BinaryFormat {
    /// As it is
    RawInBase64Out,
    /// In base64, unless it comes from fileb://
    Base64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InvokeOutput {
    /// The payload of the reply, byte for byte
    Text,
    /// One JSON document: status, version, log, payload, error
    Json,
    /// Every event as a line of JSON, during the run
    Jsonl,
    /// For Terraform's `external` data source: inputs come as a JSON map on standard input
    TerraformExternal,
}

/// Invokes one function.
pub(super) fn invoke(args: &InvokeArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (function, outfile) = places(args)?;
    let settings = args.execute.settings.settings()?;
    let invocation = Invocation::given(function, &args.invocation, args.output == InvokeOutput::TerraformExternal)?;
    let once = InvokeOnce::new(invocation.function(), invocation.inputs(), args.max_attempts, args.timeout)?;
    let secrets = secrets::secrets(&args.execute.secrets, once.runbook())?;
    let local_functions = args.execute.local_functions(screen)?;
    let stdout = match args.output {
        InvokeOutput::Text if outfile.is_some() => Stdout::Free,
        InvokeOutput::Text | InvokeOutput::Json | InvokeOutput::Jsonl => Stdout::Taken,
        InvokeOutput::TerraformExternal => Stdout::Exports,
    };
    let results = args.execute.results.prepare(once.runbook(), Some(INVOKE_STEP), stdout)?;
    let outfile = outfile.map(OutFile::prepare).transpose()?;
    let (request, captured) = once.into_request(InvokeContext {
        connection: args.execute.connection()?,
        local_functions,
        models: load_models(None)?,
        secrets: secrets.clone(),
        settings,
        started_by: system_user(),
    });
    let view = View {
        logs: args.execute.show_logs,
        form: args.execute.form(),
        jsonl: args.output == InvokeOutput::Jsonl,
        verbose,
        pipeline: results.pipeline().clone(),
        asked: None,
    };
    // A single invocation is not stored in the journal.
    let automation = Automation::new(Persistence::Memory);
    let finished = start_in_foreground(&automation, request, &view, OnTerminate::Cancel, None, screen)
        .map_err(|error| hint_at_template(error, ""))?;
    let execution = &finished.execution;
    let end = InvocationEnd { execution, reply: captured.take(), wants_log: invocation.wants_log() };
    give_reply(&end, args.output, args.execute.quiet, outfile, &results, screen)?;
    results.give(&finished, &|step, output| secrets.hides_output(step.as_str(), output.as_str()))?;
    Ok(exit(execution))
}

/// Writes the payload of the reply, and its metadata.
fn give_reply(
    end: &InvocationEnd<'_>,
    output: InvokeOutput,
    quiet: bool,
    outfile: Option<OutFile>,
    results: &Handover,
    screen: Screen,
) -> Result<(), CliError> {
    let payload = end.reply.as_ref().map(|reply| reply.payload.as_slice());
    let has_outfile = outfile.is_some();
    if let (Some(outfile), Some(payload)) = (outfile, payload) {
        outfile.write(Format::Payload, payload)?;
    }
    if output != InvokeOutput::Json && !quiet {
        tell(&end.facts(screen.errors));
    }
    match output {
        InvokeOutput::Text if has_outfile => Ok(()),
        InvokeOutput::Text => payload.map_or(Ok(()), give_payload),
        InvokeOutput::Json => give_as(Format::Json, &end.document(has_outfile)),
        InvokeOutput::Jsonl => Ok(()),
        InvokeOutput::TerraformExternal if end.execution.status() != Status::Success => Ok(()),
        InvokeOutput::TerraformExternal => {
            let exports = results.values(end.execution);
            query::give_result(&if exports.is_empty() { end.texts() } else { exports })
        }
    }
}

/// The function and OUTFILE: the order is that of `aws lambda invoke`, whose function is a flag.
fn places(args: &InvokeArgs) -> Result<(Option<&str>, Option<&str>), CliError> {
    let (function, outfile) = match (&args.function_name, &args.first, &args.second) {
        (Some(_), _, Some(_)) => {
            return Err(CliError::usage("the function name is given twice")
                .help("write FUNCTION OUTFILE, or --function-name FUNCTION OUTFILE"));
        }
        (Some(function), outfile, None) | (None, Some(function), outfile) => (Some(function), outfile.as_ref()),
        // The query names it.
        (None, None, _) if args.output == InvokeOutput::TerraformExternal => (None, None),
        (None, None, _) => {
            return Err(CliError::usage("no function name is given")
                .help("write runwright invoke FUNCTION, for example runwright invoke my-function --payload '{}'"));
        }
    };
    Ok((function.map(String::as_str), outfile.map(String::as_str)))
}

/// A function that failed has its own exit code.
fn exit(execution: &Execution) -> Exit {
    let failure = execution.latest(INVOKE_STEP).and_then(|run| run.ending.as_ref()?.failure.as_ref());
    let class = failure.and_then(|failure| failure.cause.as_ref()).map(|cause| cause.class);
    match (execution.status(), class) {
        (Status::Failed, Some(ErrorClass::Function)) => Exit::FunctionError,
        (status, _) => Exit::from(status),
    }
}
