//! A clock that is set back while the program runs, and between two processes.

use std::process::{Child, Command};

use runwright::event::{Event, Recorded};
use runwright::store::Journal;

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;
use crate::peers::faketime;

/// Two steps that sleep, and how long both take.
const BOOK: &str = "schemaVersion: '0.3'\nmainSteps:\n\
                    \x20 - {name: rest, action: 'aws:sleep', inputs: {Duration: PT2S}}\n\
                    \x20 - {name: more, action: 'aws:sleep', inputs: {Duration: PT2S}}\n";

const RUN: [&str; 3] = ["run", "book.yaml", "--quiet"];

/// A situation whose time of day is shifted by the offset in a file; none where that is unavailable.
fn situation() -> Option<Situation> {
    let library = faketime()?;
    let situation = Situation::new().file("book.yaml", BOOK).file("offset", "+0");
    let offset = situation.path().join("offset").to_string_lossy().into_owned();
    Some(
        situation
            .env("LD_PRELOAD", &library.to_string_lossy())
            .env("FAKETIME_TIMESTAMP_FILE", &offset)
            // The file is read at each query of the time, and only the time of day is shifted.
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("FAKETIME_DISABLE_SHM", "1"),
    )
}

/// Sets the clock back by an hour; it applies to running programs immediately.
fn set_back(situation: &Situation) {
    let path = situation.path();
    std::fs::write(path.join("new"), "-3600").unwrap();
    std::fs::rename(path.join("new"), path.join("offset")).unwrap();
    let mut date = Command::new("date");
    let time = date.arg("+%s").env_clear().envs(situation.environment().iter().cloned()).output().unwrap();
    let time: i64 = String::from_utf8(time.stdout).unwrap().trim().parse().unwrap();
    let here = runwright::clock::Clock::now(&runwright::clock::SystemClock).as_second();
    assert!((3500..3700).contains(&(here - time)), "the clock was not set back: {time} here {here}");
}

fn events(journal: &Journal) -> Vec<Recorded> {
    journal.find("last").map(|entry| journal.events(&entry.id, 0).unwrap()).unwrap_or_default()
}

fn is_waiting(journal: &Journal) -> bool {
    events(journal).iter().any(|recorded| matches!(recorded.event, Event::WaitStarted(_)))
}

/// The history of an execution that succeeded; asserts that its events are in the order of their times.
fn history(situation: &Situation) -> Vec<Recorded> {
    let all = std::cell::RefCell::new(Vec::new());
    situation.wait_until(|journal| {
        let has_ended = journal.find("last").unwrap().status.ended().is_some();
        all.replace(events(journal));
        has_ended
    });
    let all = all.into_inner();
    assert!(all.is_sorted_by_key(|recorded| recorded.at), "{all:#?}");
    all
}

/// A run that is killed when a test fails.
struct Run(Child);

impl Drop for Run {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn clock_set_back_does_not_prolong_waits() {
    let Some(situation) = situation() else { return };
    let mut run = Run(situation.start(&RUN));
    situation.wait_until(is_waiting);
    set_back(&situation);
    let history = history(&situation);
    assert_eq!(run.0.wait().unwrap().code(), Some(0));
    let took = history[history.len() - 1].at.duration_since(history[0].at).as_secs();
    assert!((4..3600).contains(&took), "{took} s");
}

#[test]
fn restart_does_not_prolong_waits() {
    let Some(situation) = situation() else { return };
    let mut run = situation.start(&RUN);
    situation.wait_until(is_waiting);
    run.kill().unwrap();
    run.wait().unwrap();
    set_back(&situation);
    let mut run = Run(situation.start(&["resume", "last", "--quiet"]));
    let history = history(&situation);
    assert_eq!(run.0.wait().unwrap().code(), Some(0));
    // Time continues from the end of the history.
    let resumed = history.iter().position(|recorded| matches!(recorded.event, Event::ExecutionResumed(_))).unwrap();
    let gap = history[resumed].at.duration_since(history[resumed - 1].at);
    assert!(gap.as_secs() < 60, "{gap}");
}
