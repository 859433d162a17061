//! Panics: the message for the user, and the state of the executions in the journal.

use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Exit;
use super::output::tell;
use crate::automation::OpenJournal;
use crate::event::LeaveReason;
use crate::runner::{wait_without_runtime, write_last_words};
use crate::store::Store;

/// The journals that this process may own executions in.
static JOURNALS: Mutex<Vec<Weak<dyn Store>>> = Mutex::new(Vec::new());

/// Handles every panic from now on. One ends a program that does not unwind with [`Exit::Internal`].
pub(super) fn handle() {
    std::panic::set_hook(Box::new(|info| {
        tell_panic(info);
        // The process that resumes the execution does not repeat an answered call, and no process resumes it
        // automatically: it would fail again.
        write_last_words();
        leave_executions();
        if cfg!(panic = "abort") {
            std::process::exit(Exit::Internal.code().into());
        }
    }));
}

/// Marks the executions that this process owns in a journal as left by an internal error when the process panics.
pub(super) fn leave_executions_of(journal: &OpenJournal) {
    JOURNALS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&journal.shared_store()));
}

fn leave_executions() {
    // A thread that panicked while it held the lock is this one.
    let Ok(journals) = JOURNALS.try_lock() else { return };
    for journal in journals.iter().filter_map(Weak::upgrade) {
        // An error cannot be reported any more.
        let _ = wait_without_runtime(journal.release_all(LeaveReason::InternalError));
    }
}

/// A panic in words for the user; with `RUST_BACKTRACE` set, with its backtrace.
fn tell_panic(info: &PanicHookInfo<'_>) {
    let what = info
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| info.payload().downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic payload".to_owned());
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let mut text = format!(
        "error: internal error{place}: {what}\nhelp: this is a bug in runwright {}; please report it with this message\n",
        env!("CARGO_PKG_VERSION")
    );
    let backtrace = std::backtrace::Backtrace::capture();
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        text.push_str(&format!("{backtrace}\n"));
    }
    tell(&text);
}
