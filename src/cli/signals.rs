//! The signals that end a process, and their effect on the executions that it runs.
//!
//! | signal | effect |
//! |---|---|
//! | SIGINT | the first cancels, with clean-up; a second one aborts without clean-up |
//! | SIGTERM | leaves the executions to be resumed: starts nothing new, and waits at most [`TERMINATION_GRACE`] for calls in flight; a second one, or an interrupt, aborts without clean-up |
//! | SIGHUP | the process continues without its terminal; further ones change nothing |
//!
//! Without a journal nothing can be resumed: SIGTERM and SIGHUP cancel as SIGINT does, as with `--on-terminate cancel`.
//! A process in the background has no user who interrupts it: SIGINT is SIGTERM there.

use clap::{Args, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::error::CliError;
use super::exit::Exit;
use crate::automation::{Departure, RunControl};
use crate::event::LeaveReason;
use crate::limits::TERMINATION_GRACE;

/// What a termination does.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct TerminateArgs {
    /// On SIGTERM or a closed terminal: leave the execution to be resumed (a closed terminal lets it continue), or cancel
    /// it with clean-up (the default if CI is set)
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnTerminate::of_environment(), help_heading = "Journal")]
    pub(super) on_terminate: OnTerminate,
}

/// `--on-terminate`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnTerminate {
    /// Leave it to be resumed; it continues if only the terminal closed
    Leave,
    /// Cancel it with clean-up
    Cancel,
}

impl OnTerminate {
    /// The default. A machine of a CI service is gone after the job, so nothing could be resumed there.
    fn of_environment() -> Self {
        match std::env::var("CI") {
            Ok(value) if !matches!(value.as_str(), "" | "0" | "false") => Self::Cancel,
            Ok(_) | Err(_) => Self::Leave,
        }
    }

    /// As the flag takes it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Cancel => "cancel",
        }
    }
}

/// The effect of the signals of this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignalPolicy {
    on_terminate: OnTerminate,
    is_background: bool,
}

impl SignalPolicy {
    /// For a process that its user may interrupt. Without a journal (`is_kept`) nothing can be left to be resumed.
    pub(super) const fn foreground(on_terminate: OnTerminate, is_kept: bool) -> Self {
        let on_terminate = if is_kept { on_terminate } else { OnTerminate::Cancel };
        Self { on_terminate, is_background: false }
    }

    /// For a process without a terminal.
    pub(super) const fn background(on_terminate: OnTerminate) -> Self {
        Self { on_terminate, is_background: true }
    }
}

/// The requests of the signals of this process. Clones receive the same.
#[derive(Debug, Clone)]
pub(super) struct Signals(watch::Receiver<Asked>);

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    is_hung_up: bool,
    departure: Option<Departure>,
}

impl Signals {
    /// Completes once the executions must be aborted.
    pub(super) async fn departure(&self) -> Departure {
        self.until(|asked| asked.departure).await
    }

    /// Ends once the terminal has hung up.
    pub(super) async fn hung_up(&self) {
        self.until(|asked| asked.is_hung_up.then_some(())).await;
    }

    async fn until<T>(&self, find: impl Fn(&Asked) -> Option<T>) -> T {
        let mut asked = self.0.clone();
        loop {
            if let Some(found) = find(&asked.borrow_and_update()) {
                return found;
            }
            if asked.changed().await.is_err() {
                // The listener has ended.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Listens from now on, for these executions.
pub(super) fn listen(controls: Vec<RunControl>, policy: SignalPolicy) -> Result<Signals, CliError> {
    let received = Received::new()?;
    let (ask, asked) = watch::channel(Asked::default());
    let listener = Listener { policy, controls, ask, is_cancelled: false };
    tokio::spawn(listener.listen(received));
    Ok(Signals(asked))
}

/// Ends with the first signal, whichever it is. Listens from now on.
pub(super) fn any_signal() -> Result<impl Future<Output = ()>, CliError> {
    let mut received = Received::new()?;
    Ok(async move {
        received.next().await;
    })
}

struct Listener {
    policy: SignalPolicy,
    controls: Vec<RunControl>,
    ask: watch::Sender<Asked>,
    /// Whether a signal has cancelled the executions.
    is_cancelled: bool,
}

impl Listener {
    async fn listen(mut self, mut received: Received) {
        let departure = loop {
            let signal = received.next().await;
            match (signal, self.policy.on_terminate) {
                (Sign::Hangup, on_terminate) => {
                    self.ask.send_if_modified(|asked| !std::mem::replace(&mut asked.is_hung_up, true));
                    // A shell repeats the signal that its terminal sent.
                    if on_terminate == OnTerminate::Cancel && !self.is_cancelled {
                        self.cancel("a closed terminal");
                    }
                }
                (Sign::Interrupt, OnTerminate::Leave) if self.policy.is_background => break self.leave(received).await,
                (Sign::Termination, OnTerminate::Leave) => break self.leave(received).await,
                (Sign::Interrupt | Sign::Termination, _) if self.is_cancelled => {
                    break Departure { reason: reason(signal), is_termination: false };
                }
                (Sign::Interrupt, _) => self.cancel("an interrupt (Ctrl-C)"),
                (Sign::Termination, OnTerminate::Cancel) => self.cancel("a termination signal"),
            }
        };
        for control in &self.controls {
            control.depart(departure);
        }
        self.ask.send_modify(|asked| asked.departure = Some(departure));
        // The sender is held until the last receiver is dropped.
        self.ask.closed().await;
    }

    fn cancel(&mut self, by: &str) {
        self.is_cancelled = true;
        for control in &self.controls {
            control.cancel(by);
        }
    }

    /// Waits for calls in flight, for a while.
    async fn leave(&self, mut received: Received) -> Departure {
        for control in &self.controls {
            control.leave();
        }
        let again = async {
            loop {
                match received.next().await {
                    Sign::Hangup => {
                        self.ask.send_if_modified(|asked| !std::mem::replace(&mut asked.is_hung_up, true));
                    }
                    signal @ (Sign::Interrupt | Sign::Termination) => return signal,
                }
            }
        };
        let signal = tokio::time::timeout(TERMINATION_GRACE, again).await;
        let is_interrupted = matches!(signal, Ok(Sign::Interrupt)) && !self.policy.is_background;
        let reason = if is_interrupted { LeaveReason::User } else { LeaveReason::Termination };
        Departure { reason, is_termination: true }
    }
}

const fn reason(signal: Sign) -> LeaveReason {
    match signal {
        Sign::Interrupt => LeaveReason::User,
        Sign::Termination | Sign::Hangup => LeaveReason::Termination,
    }
}

/// A signal that ends a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Interrupt,
    Termination,
    Hangup,
}

/// The signals that this process receives.
struct Received {
    interrupts: Option<Signal>,
    terminations: Option<Signal>,
    hangups: Option<Signal>,
}

impl Received {
    fn new() -> Result<Self, CliError> {
        let failed =
            |error: std::io::Error| CliError::new(Exit::Internal, format!("cannot install signal handlers: {error}"));
        let ignored = ignored();
        let listened = |kind: SignalKind| {
            // Signals that `nohup`, or a shell for its background jobs, has set to be ignored stay ignored.
            let number = u32::try_from(kind.as_raw_value()).unwrap_or_default();
            let is_ignored = number > 0 && ignored.checked_shr(number - 1).is_some_and(|bits| bits & 1 == 1);
            if is_ignored { Ok(None) } else { signal(kind).map(Some).map_err(failed) }
        };
        Ok(Self {
            interrupts: listened(SignalKind::interrupt())?,
            terminations: listened(SignalKind::terminate())?,
            hangups: listened(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Sign {
        tokio::select! {
            () = received(&mut self.interrupts) => Sign::Interrupt,
            () = received(&mut self.terminations) => Sign::Termination,
            () = received(&mut self.hangups) => Sign::Hangup,
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        // No further signal can come when the runtime is ending.
        Some(signal) => signal.recv().await.unwrap_or(()),
        None => std::future::pending().await,
    }
}

/// The signals that this process was started to ignore, a bit each, the first signal in the lowest. None where the
/// system does not report them.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
