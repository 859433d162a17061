//! `runwright functions serve`

use std::net::IpAddr;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;

use crate::automation::local_options;
use crate::cli::error::CliError;
use crate::cli::output::{give, tell};
use crate::cli::runtime::runtime;
use crate::cli::screen::Screen;
use crate::cli::shared_args::LocalArgs;
use crate::cli::{Exit, local_functions};
use crate::local_lambda::{HostName, LocalLambda, LogSink, Options};
use crate::report::one_line;

const AFTER_HELP: &str = "\
Examples:
  runwright functions serve --functions template.yaml
  aws lambda invoke --endpoint-url http://127.0.0.1:9001 --function-name greet /dev/stdout

The first line on standard output is the address. Signatures are not checked: anyone who can reach the port can run \
the functions. The server listens on localhost only, unless --host is given.

The server answers only requests whose Host header is localhost, a loopback address or the value of --host; \
--allow-host adds further names, for example for --host 0.0.0.0.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    local: LocalArgs,
    /// Port; 0 chooses a free one
    #[arg(long, value_name = "PORT", default_value_t = 9001)]
    port: u16,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Also answer requests for this host name or address (repeatable)
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<HostName>,
    /// Show the output of the functions
    #[arg(long)]
    show_logs: bool,
}

/// How often idle processes are checked.
const IDLE_CHECK: Duration = Duration::from_secs(30);

/// Serves until an interrupt.
pub(super) fn serve(args: &ServeArgs, screen: Screen) -> Result<Exit, CliError> {
    let functions = local_functions::from_args(&args.local, screen)?;
    let first = functions.iter().next().map(|function| function.name.clone());
    let log = args.show_logs.then(|| {
        let palette = screen.errors;
        LogSink::new(move |line| {
            tell(&format!("{} {}\n", palette.faint(&one_line(line.function)), one_line(line.text)));
        })
    });
    runtime()?.block_on(async {
        let listener = TcpListener::bind((args.host, args.port)).await.map_err(|error| {
            CliError::usage(format!("cannot listen on {}:{}: {error}", args.host, args.port))
                .help("choose another --port; 0 chooses a free one")
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| CliError::new(Exit::Internal, format!("cannot read the port of the server: {error}")))?;
        let options = Options { log, pass_environment: args.local.pass_env.clone(), ..local_options() };
        let lambda = LocalLambda::new(functions, options);
        let url = format!("http://{address}");
        give(&format!("{url}\n"))?;
        if let Some(name) = first {
            tell(&format!("for example: aws lambda invoke --endpoint-url {url} --function-name {name} /dev/stdout\n"));
        }
        tell("Ctrl-C stops the server\n");
        if !args.host.is_loopback() {
            let palette = screen.errors;
            let word = palette.strong(&palette.warn("warning:"));
            tell(&format!("{word} other machines can reach {} without authentication\n", args.host));
        }
        if args.host.is_unspecified() && args.allow_host.is_empty() {
            tell("requests with another Host header than localhost are refused; allow more with --allow-host NAME\n");
        }
        let stop = stop()?;
        let tidy = async {
            let mut ticks = tokio::time::interval(IDLE_CHECK);
            loop {
                ticks.tick().await;
                lambda.end_idle();
            }
        };
        tokio::select! {
            () = lambda.serve(listener, args.allow_host.clone(), stop) => {}
            () = tidy => {}
        }
        lambda.shutdown().await;
        Ok(Exit::Success)
    })
}

/// Ends with the first interrupt or termination.
fn stop() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed =
        |error: std::io::Error| CliError::new(Exit::Internal, format!("cannot install signal handlers: {error}"));
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminations = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
    })
}
