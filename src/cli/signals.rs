//! Interrupts: the first asks to stop, the second leaves at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::error::CliError;
use super::exit::Exit;
use crate::driver::CancelSender;

/// Hears when this process is to leave its executions where they are.
#[derive(Debug, Clone)]
pub(super) struct Leave(watch::Receiver<bool>);

impl Leave {
    /// Ends once somebody has asked for it; never when nobody does.
    pub(super) async fn asked(&mut self) {
        if self.0.wait_for(|leave| *leave).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Listens from now on: the first signal asks these executions to stop, a second one says to leave at once.
pub(super) fn listen(cancels: Vec<CancelSender>) -> Result<Leave, CliError> {
    let mut next = next_signal()?;
    let (leave, left) = watch::channel(false);
    tokio::spawn(async move {
        let by = next.received().await;
        for cancel in cancels {
            cancel.cancel(by);
        }
        next.received().await;
        leave.send_replace(true);
        // Held for as long as somebody may ask.
        leave.closed().await;
    });
    Ok(Leave(left))
}

/// Listens from now on, for a process that nobody watches: the first signal says to leave at once, for whoever restarts
/// the machine does not mean to cancel what runs on it.
pub(super) fn leave_on_signal() -> Result<Leave, CliError> {
    let mut next = next_signal()?;
    let (leave, left) = watch::channel(false);
    tokio::spawn(async move {
        next.received().await;
        leave.send_replace(true);
        leave.closed().await;
    });
    Ok(Leave(left))
}

/// The signals that end a process, in words.
struct Signals {
    interrupts: Option<Signal>,
    terminations: Option<Signal>,
    hangups: Option<Signal>,
}

impl Signals {
    async fn received(&mut self) -> &'static str {
        tokio::select! {
            () = received(&mut self.interrupts) => "an interrupt (Ctrl-C)",
            () = received(&mut self.terminations) => "a termination signal",
            () = received(&mut self.hangups) => "the end of the terminal",
        }
    }
}

fn next_signal() -> Result<Signals, CliError> {
    let failed =
        |error: std::io::Error| CliError::new(Exit::Internal, format!("signals cannot be listened to: {error}"));
    let ignored = ignored();
    let listened = |kind: SignalKind| {
        // What `nohup`, or a shell for what runs in its background, has switched off stays off.
        let number = u32::try_from(kind.as_raw_value()).unwrap_or_default();
        let is_ignored = number > 0 && ignored.checked_shr(number - 1).is_some_and(|bits| bits & 1 == 1);
        if is_ignored { Ok(None) } else { signal(kind).map(Some).map_err(failed) }
    };
    Ok(Signals {
        interrupts: listened(SignalKind::interrupt())?,
        terminations: listened(SignalKind::terminate())?,
        hangups: listened(SignalKind::hangup())?,
    })
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        // No further signal can come when the runtime is ending.
        Some(signal) => signal.recv().await.unwrap_or(()),
        None => std::future::pending().await,
    }
}

/// The signals that this process was started to ignore, a bit each, the first signal in the lowest. Where the system
/// does not tell, none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
