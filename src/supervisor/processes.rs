//! Lists the processes of this machine from `/proc`, and kills some of them safely even if process ids are reused.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::limits;

/// A process at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// Ended, and not waited for.
    pub(super) is_zombie: bool,
    /// In ticks since the machine started: with the process id, the identity of the process.
    started_at: u64,
}

/// All processes; none where there is no `/proc`.
pub(super) fn list() -> Vec<Listed> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(look).collect()
}

fn look(pid: i32) -> Option<Listed> {
    parse(pid, &contents(pid, "stat")?)
}

/// Parses the line of `/proc/PID/stat`. The name of the process is in parentheses, and may contain some.
fn parse(pid: i32, stat: &[u8]) -> Option<Listed> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let text = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut fields = text.split_ascii_whitespace();
    let state = fields.next()?;
    let mut number = || fields.next()?.parse().ok();
    let (parent, group, session) = (number()?, number()?, number()?);
    let started_at = fields.nth(15)?.parse().ok()?;
    Some(Listed { pid, parent, group, session, is_zombie: matches!(state, "Z" | "X"), started_at })
}

fn contents(pid: i32, file: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(format!("/proc/{pid}/{file}")).ok()?;
    file.take(limits::PROCESS_FILE_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The running processes that descend from `ancestor`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no supervisor"))]
pub(super) fn descendants(all: &[Listed], ancestor: i32) -> Vec<Listed> {
    let mut ancestors = std::collections::HashSet::from([ancestor]);
    loop {
        let before = ancestors.len();
        ancestors.extend(
            all.iter()
                .filter(|process| ancestors.contains(&process.parent))
                .map(|process| process.pid)
                .collect::<Vec<_>>(),
        );
        if ancestors.len() == before {
            break;
        }
    }
    let descends = |process: &&Listed| process.pid != ancestor && ancestors.contains(&process.pid);
    all.iter().filter(descends).filter(|process| !process.is_zombie).copied().collect()
}

/// Kills a process if it is still the one that was listed.
pub(super) fn kill(process: Listed) {
    signal(process, Signal::KILL);
}

/// Sends a signal to a process if it is still the one that was listed.
#[cfg(target_os = "linux")]
pub(super) fn signal(process: Listed, signal: Signal) {
    use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
    let Some(pid) = Pid::from_raw(process.pid) else { return };
    let is_same = || look(process.pid).is_some_and(|now| now.started_at == process.started_at);
    let _ = match pidfd_open(pid, PidfdFlags::empty()) {
        // Held, so that no other process gets the id between the check and the signal.
        Ok(held) if is_same() => pidfd_send_signal(held, signal),
        // Linux before 5.3.
        Err(rustix::io::Errno::NOSYS) if is_same() => kill_process(pid, signal),
        Ok(_) | Err(_) => Ok(()),
    };
}

/// Sends a signal to a process. None is listed on systems without supervisors.
#[cfg(not(target_os = "linux"))]
fn signal(process: Listed, signal: Signal) {
    let _ = Pid::from_raw(process.pid).map(|pid| rustix::process::kill_process(pid, signal));
}

/// The delay before the next check whether killed processes have ended: short at first.
#[derive(Debug, Default)]
pub(super) struct Pauses(u32);

impl Pauses {
    pub(super) fn pause(&mut self) {
        let pause = Duration::from_micros(200).saturating_mul(1 << self.0.min(8));
        self.0 = self.0.saturating_add(1);
        std::thread::sleep(pause);
    }
}

/// The remaining processes of a killed supervisor: its program and descendants.
#[derive(Debug)]
pub(super) struct Remains {
    pub(super) session: Option<i32>,
    pub(super) group: i32,
    /// A variable of the environment that no other process has, as `NAME=value`.
    pub(super) mark: Vec<u8>,
}

impl Remains {
    /// Kills them, and returns when none is left that this user may kill.
    pub(super) fn kill(&self) {
        let mut pauses = Pauses::default();
        for _ in 0..limits::KILL_ROUNDS {
            let left: Vec<Listed> =
                list().into_iter().filter(|process| !process.is_zombie && self.includes(process)).collect();
            if left.is_empty() {
                return;
            }
            left.into_iter().for_each(kill);
            pauses.pause();
        }
    }

    fn includes(&self, process: &Listed) -> bool {
        // This process may itself be a function of another program, with this environment only by coincidence.
        u32::try_from(process.pid) != Ok(std::process::id())
            && (Some(process.session) == self.session
                || process.group == self.group
                || contents(process.pid, "environ").is_some_and(|environment| {
                    environment.split(|byte| *byte == 0).any(|variable| variable == self.mark)
                }))
    }
}

#[cfg(test)]
mod tests;
