//! Tracing to standard error, on request.
//!
//! No level shows a payload, an output or a credential. Traces of this program contain none. Traces of libraries are
//! written up to the level whose lines contain none ([`LIBRARIES`]), whatever the filter allows. Standard error redacts
//! secrets in addition.

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::output::{self, tell};
use super::screen::Screen;

/// The environment's filter: `RUNWRIGHT_LOG=runwright=debug,aws_config=debug`.
pub(super) const FILTER: &str = "RUNWRIGHT_LOG";

/// Libraries, and parts of them, with the most verbose level whose lines were found free of payloads and credentials.
/// The longest name that fits a line decides. At `TRACE` the AWS SDK writes whole requests and replies, the signer what
/// it signs, and the readers of `~/.aws` what they read; a malformed line of those files is quoted at `WARN`.
const LIBRARIES: [(&str, Option<Level>); 11] = [
    ("runwright", Some(Level::TRACE)),
    ("aws_config", Some(Level::DEBUG)),
    ("aws_runtime", Some(Level::DEBUG)),
    ("aws_runtime::env_config::normalize", None),
    ("aws_sdk_", Some(Level::INFO)),
    ("aws_sigv4", Some(Level::INFO)),
    ("aws_smithy_http_client", Some(Level::DEBUG)),
    ("aws_smithy_runtime", Some(Level::DEBUG)),
    ("hyper", Some(Level::DEBUG)),
    ("hyper_util", Some(Level::TRACE)),
    ("rustls", Some(Level::DEBUG)),
];

/// Whether a line can be shown at all.
fn is_free_of_payloads(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let known = LIBRARIES.iter().filter(|(name, _)| target.starts_with(name)).max_by_key(|(name, _)| name.len());
    match known {
        Some((_, most)) => most.is_some_and(|most| *metadata.level() <= most),
        // A library that was not reviewed.
        None => false,
    }
}

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
            tell(&format!("warning: {FILTER} is not a valid filter and is ignored: {error}\n"));
            return;
        }
    };
    // A second subscriber cannot be set, and there is none before this one.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(screen.errors.colour)
        .with_writer(output::stderr)
        .finish()
        .with(filter_fn(is_free_of_payloads))
        .try_init();
}
