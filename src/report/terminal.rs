//! The live tree: finished steps stay as lines, the step under way moves below them.

mod live;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};

use self::live::Live;
use super::failure::brief;
use super::observation::{is_new, observation, progress};
use super::plain::{noticed, resume, whole};
use super::steps::{course, iteration_of, iterations, last, max_attempts, outline, total, unset_warnings_before};
use super::target_lookup::targets_found;
use super::waiting::{asked, signalled, skipped};
use super::{HumanDuration, Palette, ReportLogLine, Reporter, Verdict, one_line};
use crate::clock::{Clock, ContinuousClock};
use crate::event::{Event, Outcome, Recorded, Status, WaitKind};
use crate::execution::{Execution, StepExecution};

/// How often the live line is drawn: often enough for a spinner, rarely enough to cost nothing.
const TICK: Duration = Duration::from_millis(100);

/// How often the terminal is drawn on at most, whatever happens: what the library draws on standard error with.
const DRAWS_PER_SECOND: u8 = 20;

/// The widest column of step names; longer names push their line to the right.
const WIDEST_NAME: usize = 32;

/// Draws on a terminal that can move its cursor.
pub struct Terminal {
    bar: ProgressBar,
    live: Arc<Mutex<Option<Live>>>,
    /// The time of the execution, whose history may be ahead of the clock.
    clock: ContinuousClock,
    palette: Palette,
    /// Whether the person at it is prompted before each step of an interactive execution.
    is_asked: bool,
    held: Option<Held>,
}

/// The output to show after the prompt that is open.
#[derive(Default)]
struct Held {
    lines: Vec<String>,
    live: Option<Live>,
}

impl Terminal {
    /// Draws on a terminal, which has as many columns as `width` says at each moment.
    pub fn on_terminal(
        terminal: Box<dyn TermLike>,
        width: impl Fn() -> u16 + Clone + Send + Sync + 'static,
        palette: Palette,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let target = ProgressDrawTarget::term_like_with_hz(terminal, DRAWS_PER_SECOND);
        let live: Arc<Mutex<Option<Live>>> = Arc::default();
        let shown = Arc::clone(&live);
        let clock = ContinuousClock::new(clock);
        let now = clock.clone();
        let bar = ProgressBar::with_draw_target(None, target);
        // A constant template can always be read; without one the bar would only be less pretty.
        let style =
            ProgressStyle::with_template("{spinner} {live}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let style = style.tick_strings(palette.spinner()).with_key(
            "live",
            move |_: &ProgressState, writer: &mut dyn std::fmt::Write| {
                if let Some(live) = &*shown.lock().unwrap_or_else(PoisonError::into_inner) {
                    // A line that cannot be written is drawn again at the next tick.
                    let _ = writer.write_str(&live.line(now.now(), usize::from(width()).saturating_sub(3), palette));
                }
            },
        );
        bar.set_style(style);
        Self { bar, live, clock, palette, is_asked: false, held: None }
    }

    /// With `is_asked`, leaves out what the prompts show.
    #[must_use]
    pub fn asked(self, is_asked: bool) -> Self {
        Self { is_asked, ..self }
    }

    fn show(&mut self, live: Option<Live>) {
        if let Some(held) = &mut self.held {
            held.live = live;
            return;
        }
        let running = live.is_some();
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = live;
        if running {
            self.bar.enable_steady_tick(TICK);
        }
        self.bar.tick();
    }

    fn lines(&mut self, lines: &[String]) {
        if let Some(held) = &mut self.held {
            return held.lines.extend_from_slice(lines);
        }
        self.bar.println(lines.join("\n"));
    }

    fn failed_attempt(&self, execution: &Execution, recorded: &Recorded) -> Option<Vec<String>> {
        let run = execution.current()?;
        let attempts = max_attempts(execution, run.step.as_str());
        let (word, failure, number, tail) = match &recorded.event {
            Event::AttemptThrottled(throttled) => {
                let wait = HumanDuration::between(recorded.at, throttled.retry_at);
                let word = self.palette.warn("throttled");
                (word, &throttled.failure, throttled.attempt, format!("retry in {wait}"))
            }
            Event::AttemptEnded(ended) => {
                let (word, failure) = match &ended.outcome {
                    Outcome::Failed { failure } => ("failed", failure),
                    Outcome::TimedOut { failure } => ("timed out", failure),
                    Outcome::Succeeded { .. } | Outcome::Cancelled | Outcome::Interrupted { .. } => return None,
                };
                // The end of the step shows the last attempt.
                let wait = HumanDuration::between(recorded.at, ended.retry_at?);
                (self.palette.error(word), failure, ended.attempt, format!("attempt {} in {wait}", ended.attempt + 1))
            }
            Event::ExecutionStarted(_)
            | Event::StepReused(_)
            | Event::ExecutionResumed(_)
            | Event::StepStarted(_)
            | Event::IterationStarted(_)
            | Event::AttemptStarted(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptInterrupted(_)
            | Event::StepEnded(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => return None,
        };
        let dot = self.palette.dot();
        Some(vec![format!(
            "  {} {} attempt {number} of {attempts} {word}: {}{dot}{tail}",
            self.palette.faint(self.palette.rail()),
            run.step,
            brief(failure)
        )])
    }

    fn indented(&self, lines: Vec<String>) -> impl Iterator<Item = String> {
        let rail = self.palette.faint(self.palette.rail());
        lines.into_iter().map(move |line| format!("  {rail} {line}").trim_end().to_owned())
    }

    fn finished_step(&self, execution: &Execution, run: &StepExecution, at: jiff::Timestamp) -> Vec<String> {
        let status = run.status();
        let steps = &execution.started().outline.steps;
        let names = steps.iter().map(|step| step.name.as_str().len()).max().unwrap_or_default().min(WIDEST_NAME);
        let all = total(execution);
        let place = outline(execution, run.step.as_str()).map_or(0, |(place, _)| place);
        let digits = all.to_string().len();
        let mut line = format!(
            "{} {} {} {} {}",
            self.palette.symbol(status),
            self.palette.faint(&format!("{place:>digits$}/{all}")),
            self.palette.strong(&format!("{:<names$}", run.step.as_str())),
            self.palette.by_status(status, &format!("{:<9}", status.as_str())),
            HumanDuration::between(run.started_at, run.ending.as_ref().map_or(at, |ending| ending.at))
        );
        let dot = self.palette.dot();
        if run.is_kept {
            line.push_str(&format!("{dot}reused"));
        }
        if run.attempts.len() > 1 {
            let allowed = max_attempts(execution, run.step.as_str());
            line.push_str(&format!("{dot}{} of {allowed} attempts", run.attempts.len()));
        }
        if let Some(iterations) = iterations(run) {
            line.push_str(&format!("{dot}{iterations}"));
        }
        if let Some(course) = course(execution, run) {
            line.push_str(&format!("{dot}{course}"));
        }
        let mut lines = vec![line];
        lines.extend(self.indented(self.reasons(run)));
        lines
    }

    /// The failure and the notice of a run of a step.
    fn reasons(&self, run: &StepExecution) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(failure) = run.ending.as_ref().and_then(|ending| ending.failure.as_ref())
            && run.status() != Status::Cancelled
        {
            lines.extend(whole(failure, self.palette));
        }
        if let Some(notice) = run.notice() {
            lines.extend(noticed(notice, self.palette));
        }
        lines
    }

    /// A run of a step inside of a loop that is not simply a success: those are shown with their loop alone.
    fn finished_inside(
        &self,
        execution: &Execution,
        run: &StepExecution,
        place: &str,
        at: jiff::Timestamp,
    ) -> Vec<String> {
        let palette = self.palette;
        let status = run.status();
        let took = HumanDuration::between(run.started_at, run.ending.as_ref().map_or(at, |ending| ending.at));
        let mut facts = vec![place.to_owned()];
        if run.attempts.len() > 1 {
            let allowed = max_attempts(execution, run.step.as_str());
            facts.push(format!("{} of {allowed} attempts", run.attempts.len()));
        }
        facts.extend(course(execution, run));
        let line = format!(
            "{} {} {} {took}{dot}{}",
            palette.symbol(status),
            palette.strong(run.step.as_str()),
            palette.by_status(status, status.as_str()),
            facts.join(palette.dot()),
            dot = palette.dot(),
        );
        let below = self.reasons(run).into_iter().map(|line| format!("  {line}"));
        self.indented(std::iter::once(line).chain(below).collect()).collect()
    }
}

impl Reporter for Terminal {
    fn observe(&mut self, execution: &Execution, recorded: &Recorded) {
        self.clock.continue_from(recorded.at);
        match &recorded.event {
            Event::ExecutionStarted(started) => {
                self.lines(&[format!(
                    "{} {}",
                    self.palette.strong(&one_line(&started.document.name)),
                    self.palette.faint(started.execution.as_str())
                )]);
            }
            Event::StepReused(_) => {
                // The runs inside a reused loop are shown with the loop.
                if let Some(run) = execution.runs().last().filter(|run| run.parent.is_none()) {
                    self.lines(&self.finished_step(execution, run, recorded.at));
                }
            }
            Event::ExecutionResumed(resumed) => {
                self.lines(&[self.palette.warn(&resume(resumed))]);
            }
            Event::AttemptInterrupted(interrupted) => {
                let step = execution.current().map_or("", |run| run.step.as_str());
                let rail = self.palette.faint(self.palette.rail());
                self.lines(&[format!(
                    "  {rail} {step} attempt {} {}: its process ended; the call may have run",
                    interrupted.attempt,
                    self.palette.warn("interrupted"),
                )]);
            }
            Event::WaitStarted(wait) => {
                let told =
                    asked(execution, wait).filter(|_| !(self.is_asked && matches!(wait.wanted, WaitKind::Start(_))));
                if let Some(lines) = told {
                    let lines: Vec<String> = self.indented(lines).collect();
                    self.lines(&lines);
                }
                self.show(Live::of(execution));
            }
            Event::SignalReceived(received) => {
                let lines: Vec<String> = self.indented(vec![signalled(execution, received)]).collect();
                self.lines(&lines);
            }
            Event::StepSkipped(told) => {
                let lines: Vec<String> = self.indented(vec![skipped(told)]).collect();
                self.lines(&lines);
            }
            Event::AttemptStarted(started) => {
                let warnings = unset_warnings_before(execution, started, self.palette);
                if let (Some(run), false) = (execution.current(), warnings.is_empty()) {
                    let lines = warnings.into_iter().map(|line| format!("{} {line}", run.step));
                    let lines: Vec<String> = self.indented(lines.collect()).collect();
                    self.lines(&lines);
                }
                self.show(Live::of(execution));
            }
            Event::AttemptObserved(seen) => {
                // Inside of a loop there is one wait for each iteration: the live line shows it.
                if let Some(run) = execution.current().filter(|run| run.parent.is_none() && is_new(run)) {
                    let line = format!("{}: {}", run.step, observation(run, seen));
                    let lines: Vec<String> = self.indented(vec![line]).collect();
                    self.lines(&lines);
                }
                self.show(Live::of(execution));
            }
            Event::AttemptProgressed(progressed) => {
                if let Some(run) = execution.current() {
                    let line = format!("{}: {}", run.step, progress(&progressed.progress));
                    let lines: Vec<String> = self.indented(vec![line]).collect();
                    self.lines(&lines);
                }
                self.show(Live::of(execution));
            }
            Event::TargetsResolved(resolved) => {
                if let Some(run) = execution.current() {
                    let line = format!("{}: {}", run.step, targets_found(run, resolved));
                    let lines: Vec<String> = self.indented(vec![line]).collect();
                    self.lines(&lines);
                }
            }
            // A child shows its own events.
            Event::ChildStarted(_) | Event::ChildEnded(_) | Event::LocationsResolved(_) => {}
            Event::StepStarted(_) | Event::IterationStarted(_) | Event::VariableUpdated(_) => {
                self.show(Live::of(execution));
            }
            Event::AttemptThrottled(_) | Event::AttemptEnded(_) => {
                if let Some(lines) = self.failed_attempt(execution, recorded) {
                    self.lines(&lines);
                }
                self.show(Live::of(execution));
            }
            Event::StepEnded(_) => {
                self.show(None);
                if let Some(run) = execution.ended_last() {
                    let lines = match iteration_of(execution, run) {
                        Some(_) if run.status() == Status::Success && run.notice().is_none() => Vec::new(),
                        Some(place) => self.finished_inside(execution, run, &place, recorded.at),
                        None => self.finished_step(execution, run, recorded.at),
                    };
                    if !lines.is_empty() {
                        self.lines(&lines);
                    }
                }
            }
            Event::CancelRequested(cancel) => {
                let left = HumanDuration::between(recorded.at, cancel.until);
                let dot = self.palette.dot();
                self.lines(&[self.palette.warn(&format!(
                    "cancelling, requested by {}{dot}at most {left} to clean up{dot}press Ctrl-C again to abort",
                    one_line(&cancel.by)
                ))]);
                self.show(Live::of(execution));
            }
            Event::CompleteRequested(complete) => {
                let by = one_line(&complete.by);
                self.lines(&[self.palette.warn(&format!("completing, requested by {by}: {}", last(execution)))]);
            }
            Event::ExecutionEnded(_) => {
                if let Some(verdict) = Verdict::of(execution) {
                    let headline = verdict.headline(&execution.started().document.name, self.palette);
                    let mut lines = vec![format!("{} {headline}", self.palette.symbol(verdict.status))];
                    lines.extend(verdict.reasons.iter().map(|reason| format!("  {reason}")));
                    self.show(None);
                    self.lines(&lines);
                }
                self.close();
            }
        }
    }

    fn child(&mut self, child: &Execution, recorded: &Recorded) {
        let Some(line) = super::child::line(child, recorded, self.palette) else { return };
        match line.ended {
            Some(status) => {
                let text = format!("{} {}", self.palette.symbol(status), line.text);
                let lines: Vec<String> = self.indented(vec![text]).collect();
                self.lines(&lines);
            }
            // Of the children of many targets, only ended ones and waiting ones get a line.
            None if !line.is_waiting
                && child.started().launch.parent.as_ref().is_some_and(|parent| parent.target.is_some()) => {}
            None => {
                let lines: Vec<String> = self.indented(vec![line.text]).collect();
                self.lines(&lines);
            }
        }
    }

    fn log(&mut self, line: &ReportLogLine) {
        let rail = self.palette.faint(self.palette.rail());
        let function = self.palette.faint(&one_line(&line.function));
        self.lines(&[format!("  {rail} {function} {}", one_line(&line.text))]);
    }

    fn hold(&mut self, is_held: bool) {
        if is_held && self.held.is_none() {
            let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.held = Some(Held { lines: Vec::new(), live });
            self.bar.disable_steady_tick();
            self.bar.finish_and_clear();
        } else if !is_held && let Some(Held { lines, live }) = self.held.take() {
            self.bar.reset();
            if !lines.is_empty() {
                self.lines(&lines);
            }
            self.show(live);
        }
    }

    fn close(&mut self) {
        if let Some(held) = &mut self.held {
            // Shown after the prompt has ended.
            held.live = None;
            return;
        }
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
pub(super) mod tests;
