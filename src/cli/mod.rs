//! The command line.
//!
//! Owns: arguments and their help, the exit codes, prompts, which reporter writes where, and putting everything
//! together for one command. Does not own: any rule about runbooks or executions. May import everything.
//!
//! Standard output is for results alone: outputs, JSON, schemas, plans. Everything else goes to standard error.
//! A command starts no more than it needs: no runtime, no SDK and no tracing for those that only read a file.

mod attach;
mod attachments;
mod automation_error;
mod background;
mod background_log;
mod children;
mod command_line;
mod completions;
mod config;
mod configuration;
mod documents;
mod effective_settings;
mod error;
mod error_report;
mod execute_args;
mod executions;
mod exit;
mod file_error;
mod foreground;
mod functions;
mod graph;
mod hangup;
mod identity;
mod interpreter_args;
mod interrupted_calls;
mod invoke;
mod journal_args;
mod local_functions;
mod locations;
mod logging;
mod models;
mod notices;
mod notify;
mod outfile;
mod output;
mod overrides;
mod panic;
mod parameters;
mod plan;
mod planning;
mod prompt;
mod prompter;
mod python;
mod query;
mod read;
mod recover;
mod redrive;
mod redrive_error;
mod rerun;
mod restart_args;
mod results;
mod resume;
mod run;
mod run_args;
mod runtime;
mod schema;
mod screen;
mod script_args;
mod secrets;
mod settings;
mod shared_args;
mod signal;
mod signals;
mod state;
mod stop;
mod stored_parameters;
mod targets;
mod test;
mod validate;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use command_line::Command;
use screen::Screen;

pub use exit::Exit;

/// The whole program: arguments in, exit code out. A panic anywhere is reported, and ends the process with
/// [`Exit::Internal`]: its executions are in the journal, and the next process can resume them.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    panic::handle();
    let caught = std::panic::catch_unwind(|| start(&arguments));
    // The hook has reported the panic.
    caught.unwrap_or(Exit::Internal).into()
}

fn start(arguments: &[OsString]) -> Exit {
    // A function's process waits for this one: it starts before anything else is set up.
    if let Some(command) = functions::bootstrap_command(arguments) {
        return functions::bootstrap(&command);
    }
    let arguments = command_line::with_lists(arguments);
    let (cli, configuration) = match configuration::parse(&arguments) {
        Ok(parsed) => parsed,
        Err(stopped) => return stopped.tell(),
    };
    let screen = Screen::new(cli.color);
    logging::start(cli.verbose, screen);
    let verbose = cli.verbose > 0;
    if verbose {
        configuration.tell_unknown_variables(screen);
    }
    let done = match cli.command {
        Command::Run(args) => run::run(&args, verbose, screen),
        Command::Invoke(args) => invoke::invoke(&args, verbose, screen),
        Command::Resume(args) => resume::resume(&args, verbose, screen),
        Command::Stop(args) => stop::stop(&args, verbose, screen),
        Command::Signal(args) => signal::signal(&args, screen),
        Command::Redrive(args) => redrive::redrive(&args, verbose, screen),
        Command::Rerun(args) => rerun::rerun(&args, verbose, screen),
        Command::Attach(args) => attach::attach(&args, verbose, screen),
        Command::Validate(args) => validate::validate(&args, screen),
        Command::Plan(args) => plan::plan(&args, screen),
        Command::Test(args) => test::test(&args, screen),
        Command::Graph(args) => graph::graph(&args),
        Command::Executions(args) => executions::executions(&args, verbose, screen),
        Command::Schema(args) => schema::schema(&args),
        Command::Functions(args) => functions::functions(args, screen),
        Command::Python(args) => python::python(&args, screen),
        Command::Config(args) => config::config(&args, &configuration, screen),
        Command::Completions(args) => completions::completions(&args, &mut configuration::command()),
    };
    done.unwrap_or_else(|error| error.tell(screen))
}
