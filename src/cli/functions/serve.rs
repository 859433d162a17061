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

The first line on standard output is the address. Signatures are not checked: whoever reaches the port can run the \
functions, which is why it listens on this machine alone unless --host says otherwise.

Only requests whose Host is localhost, a loopback address or that of --host are answered; --allow-host adds names, such \
as that of this machine behind --host 0.0.0.0.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    local: LocalArgs,
    /// The port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 9001)]
    port: u16,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Answer requests for this host name or address too (repeatable)
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<HostName>,
    /// Show what the functions print
    #[arg(long)]
    show_logs: bool,
}

/// How often idle processes are looked at.
const IDLE_CHECK: Duration = Duration::from_secs(30);

/// Serves until an interrupt.
pub(super) fn serve(args: &ServeArgs, screen: Screen) -> Result<Exit, CliError> {
    let functions = local_functions::given(&args.local, screen)?;
    let first = functions.iter().next().map(|function| function.name.clone());
    let log = args.show_logs.then(|| {
        let palette = screen.errors;
        LogSink::new(move |line| {
            tell(&format!("{} {}\n", palette.faint(&one_line(line.function)), one_line(line.text)));
        })
    });
    runtime()?.block_on(async {
        let listener = TcpListener::bind((args.host, args.port)).await.map_err(|error| {
            CliError::usage(format!("{}:{} cannot be listened on: {error}", args.host, args.port))
                .help("choose another --port; 0 takes a free one")
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| CliError::new(Exit::Internal, format!("the port is not known: {error}")))?;
        let options = Options { log, pass_environment: args.local.pass_env.clone(), ..local_options() };
        let lambda = LocalLambda::new(functions, options);
        let url = format!("http://{address}");
        give(&format!("{url}\n"))?;
        if let Some(name) = first {
            tell(&format!("for example: aws lambda invoke --endpoint-url {url} --function-name {name} /dev/stdout\n"));
        }
        tell("an interrupt (Ctrl-C) ends it\n");
        if !args.host.is_loopback() {
            let palette = screen.errors;
            let word = palette.strong(&palette.warn("warning:"));
            tell(&format!(
                "{word} {} can be reached from other machines, and nobody is asked who they are\n",
                args.host
            ));
        }
        if args.host.is_unspecified() && args.allow_host.is_empty() {
            tell("requests for another host than localhost are refused; --allow-host NAME adds a name or an address\n");
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
        |error: std::io::Error| CliError::new(Exit::Internal, format!("signals cannot be listened to: {error}"));
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminations = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
    })
}
