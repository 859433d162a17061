//! The live line: what the step under way is doing now.

use jiff::Timestamp;

use crate::execution::{AttemptState, Execution};
use crate::report::observation::observation;
use crate::report::steps::{iteration_of, max_attempts, outline, subject, total};
use crate::report::{HumanDuration, Palette};

/// The step under way, as of the last event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Live {
    step: String,
    place: (usize, usize),
    subject: Option<String>,
    iteration: Option<String>,
    started_at: Timestamp,
    doing: Doing,
    cancelling: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Doing {
    /// Reached, and nothing sent yet.
    Starting,
    /// Waits for a moment.
    Waiting { until: Timestamp },
    /// Waits for the answer of an attempt.
    Attempt {
        number: u32,
        allowed: u32,
        sent_at: Timestamp,
        sending: u32,
        deadline: Option<Timestamp>,
        /// What its latest poll saw, as of the last event.
        observed: Option<String>,
    },
    /// Waits before it sends the same attempt again.
    Throttled { number: u32, allowed: u32, times: u32, retry_at: Timestamp },
    /// Waits before the next attempt.
    Backoff { failed: u32, allowed: u32, retry_at: Timestamp },
    /// The last attempt is over, and the step is about to end.
    Ending,
}

impl Live {
    /// What the step under way is doing; none between steps.
    pub(super) fn of(execution: &Execution) -> Option<Self> {
        let run = execution.current()?;
        let allowed = max_attempts(execution, run.step.as_str());
        let doing = match run.last_attempt() {
            None => match &run.wait {
                Some(wait) => Doing::Waiting { until: wait.until },
                None => Doing::Starting,
            },
            Some(attempt) => match &attempt.state {
                AttemptState::InFlight { sending, deadline } => Doing::Attempt {
                    number: attempt.number,
                    allowed,
                    sent_at: attempt.started_at,
                    sending: *sending,
                    deadline: *deadline,
                    observed: attempt.observed.as_ref().map(|last| observation(run, &last.seen)),
                },
                AttemptState::Throttled { sending, retry_at } => {
                    Doing::Throttled { number: attempt.number, allowed, times: *sending, retry_at: *retry_at }
                }
                AttemptState::Interrupted { .. } => Doing::Starting,
                AttemptState::Ended { ended, .. } => match ended.retry_at {
                    Some(retry_at) => Doing::Backoff { failed: attempt.number, allowed, retry_at },
                    None => Doing::Ending,
                },
            },
        };
        Some(Self {
            step: run.step.to_string(),
            place: (outline(execution, run.step.as_str()).map_or(0, |(place, _)| place), total(execution)),
            subject: subject(run),
            iteration: iteration_of(execution, run),
            started_at: run.started_at,
            doing,
            cancelling: execution.cancel().is_some(),
        })
    }

    /// The line as of `now`, at most `width` columns wide: the most important parts come first, and the name of the
    /// function is shortened first.
    pub(super) fn line(&self, now: Timestamp, width: usize, palette: Palette) -> String {
        let (place, total) = self.place;
        let head = format!("{place}/{total} ");
        let mut facts: Vec<String> = self.iteration.iter().cloned().collect();
        facts.extend(self.facts(now));
        if self.cancelling {
            facts.push("cancelling".to_owned());
        }
        let dot = palette.dot();
        let tail = facts.iter().fold(String::new(), |tail, fact| tail + dot + fact);
        let used = console::measure_text_width(&head)
            + console::measure_text_width(&self.step)
            + console::measure_text_width(&tail);
        let subject = self
            .subject
            .as_ref()
            .filter(|subject| used + 1 + console::measure_text_width(subject) <= width)
            .map(|subject| format!(" {}", palette.faint(subject)))
            .unwrap_or_default();
        let line = format!("{}{}{subject}{tail}", palette.faint(&head), palette.live(&self.step));
        console::truncate_str(&line, width, if palette.colour { "…\u{1b}[0m" } else { "" }).into_owned()
    }

    fn facts(&self, now: Timestamp) -> Vec<String> {
        let elapsed = HumanDuration::whole(self.started_at, now).to_string();
        let attempt = |number: u32, allowed: u32| format!("attempt {number} of {allowed}");
        match &self.doing {
            Doing::Starting | Doing::Ending => vec![elapsed],
            Doing::Waiting { until } => vec![elapsed, format!("{} left", HumanDuration::whole(now, *until))],
            Doing::Attempt { number, allowed, sent_at, sending, deadline, observed } => {
                let mut facts = Vec::new();
                if *allowed > 1 {
                    facts.push(attempt(*number, *allowed));
                }
                if *sending > 1 {
                    facts.push(format!("sending {sending}"));
                }
                facts.push(HumanDuration::whole(*sent_at, now).to_string());
                if let Some(deadline) = deadline {
                    facts.push(format!("{} left", HumanDuration::whole(now, *deadline)));
                }
                facts.extend(observed.clone());
                facts
            }
            Doing::Throttled { number, allowed, times, retry_at } => vec![
                attempt(*number, *allowed),
                format!("throttled {}", if *times == 1 { "once".to_owned() } else { format!("{times} times") }),
                format!("retry in {}", HumanDuration::whole(now, *retry_at)),
                elapsed,
            ],
            Doing::Backoff { failed, allowed, retry_at } => vec![
                format!("attempt {failed} of {allowed} failed"),
                format!("attempt {} in {}", failed + 1, HumanDuration::whole(now, *retry_at)),
                elapsed,
            ],
        }
    }
}
