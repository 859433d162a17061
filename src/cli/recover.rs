//! `--recover`: interrupted executions, found by the next command.

use super::background::{self, Handover, InheritedArgs};
use super::foreground::automation_of;
use super::journal_args::Recover;
use super::notify::NotifyArgs;
use super::output::tell;
use super::runtime::{runtime, wait};
use super::screen::Screen;
use crate::automation::{
    Automation, Interruption, InterruptionNotices, OpenJournal, RecoveryGroups, SensitiveValues, group_interruptions,
};
use crate::name::ExecutionId;
use crate::presentation::name_executions;
use crate::report::short_id;
use crate::store::Entry;

/// Resumes them in the background, or reports them, and claims the notifications of them. An error here does not stop
/// the command.
pub(super) fn recover(
    journal: &OpenJournal,
    how: Recover,
    inherited: &InheritedArgs<'_>,
    screen: Screen,
) -> Option<InterruptionNotices> {
    if how == Recover::Off {
        return None;
    }
    let word = screen.errors.strong(&screen.errors.warn("warning:"));
    let automation = automation_of(journal);
    let found = match wait(automation.interrupted()) {
        Ok(found) => found,
        Err(error) => {
            tell(&format!("{word} cannot search for interrupted executions: {error}\n"));
            return None;
        }
    };
    // Before they are resumed: a running execution needs no notification.
    let notices = claim_notices(&automation, &found, inherited.notify);
    let RecoveryGroups { resumable, left, failed } = group_interruptions(&found, how == Recover::Tell);
    for group in resumable {
        let ids: Vec<&ExecutionId> = group.iter().map(|entry| &entry.id).collect();
        let handover = Handover { sensitive: SensitiveValues::default(), begun_by: None, inherited };
        match background::start(journal, &ids, &handover) {
            Ok(()) => {
                let first = short_id(group.first().map_or("", |entry| entry.id.as_str()));
                tell(&format!(
                    "resuming in the background: {}; to follow: `runwright attach {first}`\n",
                    name_executions(&group)
                ));
            }
            Err(error) => tell(&format!("{word} {} cannot be resumed: {error}\n", name_executions(&group))),
        }
    }
    if !left.is_empty() {
        let (what, them) = counted(&left);
        tell(&format!("{word} {what} {}; to resume {them}: `runwright resume`\n", name_executions(&left)));
    }
    for entry in failed {
        let short = short_id(entry.id.as_str());
        tell(&format!(
            "{word} execution {} was interrupted by an internal error; to resume it: `runwright resume {short}`\n",
            name_executions(&[entry])
        ));
    }
    notices
}

/// The interruptions that this process is to notify people of.
fn claim_notices(automation: &Automation, found: &[Interruption], notify: &NotifyArgs) -> Option<InterruptionNotices> {
    let targets = notify.targets();
    if found.is_empty() || !targets.is_set() {
        return None;
    }
    let entries: Vec<&Entry> = found.iter().map(|it| &it.entry).collect();
    let claimed = runtime().ok()?.block_on(automation.claim_interruption_notices(&entries, &targets));
    claimed.ok()
}

fn counted(entries: &[&Entry]) -> (&'static str, &'static str) {
    match entries {
        [_] => ("interrupted execution:", "it"),
        _ => ("interrupted executions:", "them"),
    }
}
