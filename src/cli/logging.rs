//! Tracing to standard error, when it is asked for.

use tracing_subscriber::EnvFilter;

use super::output::{self, tell};
use super::screen::Screen;

/// The environment's filter: `RUNWRIGHT_LOG=runwright=debug,aws_smithy_runtime=trace`.
pub(super) const FILTER: &str = "RUNWRIGHT_LOG";

/// Starts tracing when `-v` is given or `RUNWRIGHT_LOG` is set; otherwise costs nothing.
pub(super) fn start(verbose: u8, screen: Screen) {
    let asked = std::env::var(FILTER).ok().filter(|filter| !filter.is_empty());
    let filter = match (&asked, verbose) {
        (Some(filter), _) => filter.as_str(),
        (None, 0) => return,
        (None, 1) => "runwright=debug",
        (None, 2) => "runwright=trace,info",
        (None, _) => "trace",
    };
    let filter = match EnvFilter::try_new(filter) {
        Ok(filter) => filter,
        Err(error) => {
            tell(&format!("warning: {FILTER} cannot be read and is not used: {error}\n"));
            return;
        }
    };
    // A second subscriber cannot be set, and there is none before this one.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(screen.errors.colour)
        .with_writer(output::stderr)
        .try_init();
}
