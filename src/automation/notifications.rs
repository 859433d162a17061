//! Notifies people of waits, until the execution can no longer wait.

use std::sync::Arc;

use super::observer::{Notice, Observer};
use super::waits::CurrentWait;
use crate::aws::Access;
use crate::notify::{DeliveryFailure, Notifier};

/// Notifies people of every wait, each once, until the tracker of the waits is dropped.
pub(super) async fn notify_waits(
    notifier: Notifier,
    access: Option<Access>,
    mut current: CurrentWait,
    observer: Arc<dyn Observer>,
) {
    let mut notified = None;
    loop {
        let waiting = current.borrow_and_update().clone();
        // An accepted signal changes the wait, but needs no notification.
        if let Some(waiting) = waiting.filter(|waiting| notified.as_ref() != Some(&waiting.step_execution)) {
            report_failures(notifier.waiting(&waiting.execution, access.as_ref()).await, &*observer);
            notified = Some(waiting.step_execution.clone());
        }
        if current.changed().await.is_err() {
            return;
        }
    }
}

/// Reports notifications that could not be delivered.
pub(super) fn report_failures(failures: Vec<DeliveryFailure>, observer: &dyn Observer) {
    for failure in failures {
        observer.notice(&Notice::NotificationFailed(failure));
    }
}
