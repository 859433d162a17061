//! Interrupts: the first asks to stop, the second leaves at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::error::CliError;
use super::exit::Exit;
use crate::driver::CancelSender;

/// Listens from now on. The receiver hears when a second interrupt says to leave at once.
pub(super) fn listen(cancel: CancelSender) -> Result<oneshot::Receiver<()>, CliError> {
    let failed =
        |error: std::io::Error| CliError::new(Exit::Internal, format!("signals cannot be listened to: {error}"));
    let ignored = ignored();
    let listened = |kind: SignalKind| {
        // What `nohup`, or a shell for what runs in its background, has switched off stays off.
        let number = u32::try_from(kind.as_raw_value()).unwrap_or_default();
        let is_ignored = number > 0 && ignored.checked_shr(number - 1).is_some_and(|bits| bits & 1 == 1);
        if is_ignored { Ok(None) } else { signal(kind).map(Some).map_err(failed) }
    };
    let mut interrupts = listened(SignalKind::interrupt())?;
    let mut terminations = listened(SignalKind::terminate())?;
    let mut hangups = listened(SignalKind::hangup())?;
    let (leave, left) = oneshot::channel();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                () = received(&mut interrupts) => "an interrupt (Ctrl-C)",
                () = received(&mut terminations) => "a termination signal",
                () = received(&mut hangups) => "the end of the terminal",
            }
        };
        cancel.cancel(next().await);
        next().await;
        // Nobody listens any more when the execution has ended meanwhile.
        let _ = leave.send(());
    });
    Ok(left)
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
