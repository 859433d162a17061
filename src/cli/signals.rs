//! Interrupts: the first asks to stop, the second leaves at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::error::CliError;
use super::exit::Exit;
use crate::driver::CancelSender;

/// Listens from now on. The receiver hears when a second interrupt says to leave at once.
pub(super) fn listen(cancel: CancelSender) -> Result<oneshot::Receiver<()>, CliError> {
    let failed =
        |error: std::io::Error| CliError::new(Exit::Internal, format!("signals cannot be listened to: {error}"));
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminations = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hangups = signal(SignalKind::hangup()).map_err(failed)?;
    let (leave, left) = oneshot::channel();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupts.recv() => "an interrupt (Ctrl-C)",
                _ = terminations.recv() => "a termination signal",
                _ = hangups.recv() => "the end of the terminal",
            }
        };
        cancel.cancel(next().await);
        next().await;
        // Nobody listens any more when the execution has ended meanwhile.
        let _ = leave.send(());
    });
    Ok(left)
}
