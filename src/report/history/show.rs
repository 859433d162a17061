//! One execution: its head, its steps with bars on a common time axis, and its outputs.

use std::collections::HashMap;

use jiff::Timestamp;

use super::axis::{Axis, Bar, Cell};
use super::values::{brief, cut, whole as whole_values};
use super::{DisplayState, LateStop, View, age, moment};
use crate::event::{LeaveReason, Next, Origin, Outcome, Status, StepOutline};
use crate::execution::{Attempt, AttemptState, Execution, Phase, StepExecution};
use crate::limits::{HISTORY_BAR_COLUMNS, HISTORY_INNER_RUNS, HISTORY_LEAST_BAR_COLUMNS, HISTORY_NAMES};
use crate::report::failure::brief as brief_failure;
use crate::report::observation::observation;
use crate::report::plain::{noticed, whole};
use crate::report::steps::{self, counted, course_from, iteration_of, iterations, total, unset_warnings};
use crate::report::{HumanDuration, Verdict, one_line, output_line, short_id};

/// How much is shown of inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail<'a> {
    /// Everything on one line, shortened.
    Brief,
    /// Everything in full.
    Full,
    /// One step in full.
    Step(&'a str),
}

/// The widest column of step names; longer names push their line to the right.
const WIDEST_NAME: usize = 32;

/// Before the names of steps inside of a loop.
const INSIDE: &str = "  ";

/// The column of durations: `2h 05m`, and room.
const DURATION: usize = 7;

/// The longest word of a status: `Interrupted`.
const STATUS: usize = 11;

/// The columns before the bars: an attempt in words fits before them.
const LEAST_LEFT: usize = 39;

/// The details of an execution.
pub fn show(
    execution: &Execution,
    standing: &DisplayState,
    last_event: Timestamp,
    late_stops: &[LateStop],
    detail: Detail<'_>,
    view: &View,
) -> String {
    let story = Story::new(execution, standing, last_event, detail, view);
    let mut text = String::with_capacity(512 * execution.runs().len());
    match detail {
        Detail::Brief | Detail::Full => {
            story.head(late_stops, &mut text);
            text.push('\n');
            story.steps(&mut text);
            story.unreached(&mut text);
            story.outputs(&mut text);
        }
        Detail::Step(_) => story.steps(&mut text),
    }
    text
}

struct Story<'a> {
    execution: &'a Execution,
    standing: &'a DisplayState,
    detail: Detail<'a>,
    view: &'a View,
    last_event: Timestamp,
    /// Where the axis ends.
    end: Timestamp,
    axis: Option<Axis>,
    names: usize,
    digits: usize,
    /// The columns before the bars.
    left: usize,
    places: HashMap<&'a str, (usize, &'a StepOutline)>,
}

impl<'a> Story<'a> {
    fn new(
        execution: &'a Execution,
        standing: &'a DisplayState,
        last_event: Timestamp,
        detail: Detail<'a>,
        view: &'a View,
    ) -> Self {
        let steps = &execution.started().outline.steps;
        let end = match (execution.phase(), standing) {
            (Phase::Ended { at, .. }, _) => *at,
            (Phase::Between(_) | Phase::InStep, DisplayState::Running { .. }) => view.now.max(last_event),
            (
                Phase::Between(_) | Phase::InStep,
                DisplayState::Ended(_) | DisplayState::Queued { .. } | DisplayState::Interrupted { .. },
            ) => last_event,
        };
        let width =
            |step: &StepOutline| step.name.as_str().len() + if step.parent.is_some() { INSIDE.len() } else { 0 };
        let names = steps.iter().map(width).max().unwrap_or_default().min(WIDEST_NAME);
        let digits = steps.len().to_string().len();
        let others = 2 + digits * 2 + 2 + 1 + STATUS + 1 + DURATION + 2;
        let names = names.max(LEAST_LEFT.saturating_sub(others));
        let left = others + names;
        let columns = view.width.saturating_sub(left + 2).min(HISTORY_BAR_COLUMNS);
        let axis = (columns >= HISTORY_LEAST_BAR_COLUMNS && end > execution.started_at())
            .then(|| Axis::new(execution.started_at(), end, columns));
        let places = steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), (at + 1, step))).collect();
        Self { execution, standing, detail, view, last_event, end, axis, names, digits, left, places }
    }

    fn line(text: &mut String, line: &str) {
        text.push_str(line.trim_end());
        text.push('\n');
    }

    fn head(&self, late_stops: &[LateStop], text: &mut String) {
        let palette = self.view.palette;
        let started = self.execution.started();
        let launch = &started.launch;
        let symbol = self.standing.symbol(palette);
        let word = palette.strong(&self.standing.paint(palette, self.standing.word()));
        let name = palette.strong(&one_line(&started.document.name));
        Self::line(text, &format!("{symbol} {name} {word} {}", palette.faint(started.execution.as_str())));
        for reason in self.reasons() {
            Self::line(text, &format!("  {reason}"));
        }
        let mut fact = |name: &str, value: &str| {
            let name = palette.faint(&format!("{name:<11}"));
            Self::line(text, &format!("  {name} {value}"));
        };
        let at = |moment_at: Timestamp| format!("{} ({})", moment(moment_at, self.view), age(moment_at, self.view.now));
        let mut by = format!("{} by {}", at(self.execution.started_at()), one_line(&started.executed_by));
        if !launch.host.is_empty() {
            by.push_str(&format!(" on {}", one_line(&launch.host)));
        }
        if !launch.version.is_empty() {
            by.push_str(&format!(" with version {}", one_line(&launch.version)));
        }
        fact("started", &by);
        if let Phase::Ended { at: ended, .. } = self.execution.phase() {
            let took = HumanDuration::between(self.execution.started_at(), *ended);
            fact("ended", &format!("{}, took {took}", at(*ended)));
        } else {
            fact("last event", &at(self.last_event));
        }
        for LateStop { kind, by, at: requested } in late_stops {
            fact("too late", &format!("{kind} requested by {}, {}", one_line(by), at(*requested)));
        }
        for resume in self.execution.resumes() {
            let resumed = &resume.resumed;
            let (by, host, version) = (one_line(&resumed.by), one_line(&resumed.host), one_line(&resumed.version));
            fact("resumed", &format!("{} by {by} on {host} with version {version}", at(resume.at)));
        }
        match &launch.origin {
            Origin::New => {}
            Origin::Redrive { of, from } => fact("origin", &format!("redrive of {of} from step {from}")),
            Origin::Rerun { of } => fact("origin", &format!("rerun of {of}")),
        }
        let sha256 = started.document.sha256.get(..12).unwrap_or(&started.document.sha256);
        match &launch.file {
            Some(file) => fact("runbook", &format!("{} (SHA-256 {sha256})", one_line(file))),
            None => fact("runbook", &format!("SHA-256 {sha256}")),
        }
        let connection = &launch.connection;
        match (&connection.functions, &connection.endpoint_url, &started.environment.region) {
            (Some(template), _, _) => fact("functions", &one_line(&template.file)),
            (None, Some(endpoint), _) => fact("AWS", &one_line(endpoint)),
            (None, None, Some(region)) => fact("AWS", &one_line(region)),
            (None, None, None) => {}
        }
        if let Some(folder) = &connection.aws_models {
            fact("AWS models", &one_line(folder));
        }
        if let Some(lock) = &launch.lock {
            fact("lock", &one_line(lock));
        }
        for (name, value) in &launch.labels {
            fact("label", &format!("{}={}", one_line(name), one_line(value)));
        }
        let parameters = || started.parameters.iter().map(|(name, value)| (name.as_str(), value));
        match self.detail {
            Detail::Full => {
                for (at, line) in whole_values(parameters()).iter().enumerate() {
                    fact(if at == 0 { "parameters" } else { "" }, line);
                }
            }
            Detail::Brief | Detail::Step(_) if started.parameters.is_empty() => {}
            Detail::Brief | Detail::Step(_) => {
                fact("parameters", &cut(&brief(parameters()), self.view.width.saturating_sub(14).max(40)));
            }
        }
    }

    /// The reason of its end, or its status.
    fn reasons(&self) -> Vec<String> {
        if let Some(verdict) = Verdict::of(self.execution) {
            return verdict.reasons;
        }
        let place = match self.execution.phase() {
            Phase::InStep => self.execution.current().map(|run| format!(" in step {}", run.step)),
            Phase::Between(Next::Step(step)) => Some(format!(" before step {step}")),
            Phase::Between(Next::End) | Phase::Ended { .. } => None,
        };
        let place = place.unwrap_or_default();
        match self.standing {
            DisplayState::Running { by, .. } => vec![format!("run by {by}{place}")],
            DisplayState::Queued { lock } => vec![format!("waits for lock {}", one_line(lock))],
            DisplayState::Interrupted { left } => {
                let short = short_id(self.execution.id().as_str());
                let how = match left {
                    None => "no process is running it",
                    Some(LeaveReason::User) => "its user aborted it with Ctrl-C",
                    Some(LeaveReason::Termination) => "its process was terminated",
                    Some(LeaveReason::InternalError) => "its process failed with an internal error",
                };
                vec![format!("interrupted{place} ({how}); to resume: runwright resume {short}")]
            }
            DisplayState::Ended(_) => Vec::new(),
        }
    }

    fn steps(&self, text: &mut String) {
        // How many runs inside of a loop are shown, and how many are not.
        let mut inside: HashMap<usize, (usize, usize)> = HashMap::new();
        let shown = self.execution.runs().iter().enumerate().filter(|(_, run)| match (self.detail, run.parent) {
            (Detail::Step(step), _) => run.step == *step,
            (Detail::Full, _) | (Detail::Brief, None) => true,
            (Detail::Brief, Some(parent)) => {
                let (shown, folded) = inside.entry(parent.run).or_default();
                let went_well = run.status() == Status::Success && run.notice().is_none();
                // The one under way is always shown.
                let is_shown = run.ending.is_none() || (!went_well && *shown < HISTORY_INNER_RUNS);
                *(if is_shown { shown } else { folded }) += 1;
                is_shown
            }
        });
        let runs: Vec<(usize, &StepExecution)> = shown.collect();
        let mut painted = [false; Cell::MEANINGS.len()];
        let mut note = |bar: &Bar| {
            for (is_used, (cell, _)) in painted.iter_mut().zip(Cell::MEANINGS) {
                *is_used |= bar.cells.contains(&cell);
            }
        };
        let mut headed = false;
        for (at, run) in runs {
            if !headed {
                self.scale(text);
                headed = true;
            }
            self.step(text, run, inside.get(&at).map_or(0, |(_, folded)| *folded), &mut note);
        }
        let palette = self.view.palette;
        if painted.iter().skip(1).any(|is_used| *is_used) {
            let used = painted.iter().zip(Cell::MEANINGS).filter(|(is_used, _)| **is_used);
            let legend: Vec<String> =
                used.map(|(_, (cell, meaning))| format!("{} {meaning}", cell.character(palette.symbols))).collect();
            Self::line(text, &palette.faint(&format!("{}{}", " ".repeat(self.left), legend.join("  "))));
        }
    }

    /// The ends of the axis, above the bars.
    fn scale(&self, text: &mut String) {
        let Some(axis) = self.axis else { return };
        let whole = HumanDuration::between(self.execution.started_at(), self.end).to_string();
        let columns = axis.empty().cells.len() + 2;
        let line = format!("{}0s{whole:>width$}", " ".repeat(self.left), width = columns.saturating_sub(2));
        Self::line(text, &self.view.palette.faint(&line));
    }

    fn step(&self, text: &mut String, run: &StepExecution, folded: usize, note: &mut dyn FnMut(&Bar)) {
        let palette = self.view.palette;
        let found = self.places.get(run.step.as_str()).copied();
        let place = found.map_or(0, |(place, _)| place);
        let (all, digits, names) = (total(self.execution), self.digits, self.names);
        let open = run.ending.is_none();
        let stands = match &run.ending {
            Some(ending) => DisplayState::Ended(ending.status),
            None => self.standing.clone(),
        };
        let took = match &run.ending {
            Some(ending) => HumanDuration::between(run.started_at, ending.at).to_string(),
            None if self.standing.is_interrupted() => "-".to_owned(),
            None => HumanDuration::between(run.started_at, self.end).to_string(),
        };
        let indent = if run.parent.is_some() { INSIDE } else { "" };
        let bar = self.run_bar(run);
        let rail = palette.faint(palette.rail());
        let mut line = format!(
            "{} {} {} {} {took:>DURATION$}",
            stands.symbol(palette),
            palette.faint(&format!("{place:>digits$}/{all}")),
            palette.strong(&format!("{:<names$}", format!("{indent}{}", run.step))),
            stands.paint(palette, &format!("{:<STATUS$}", stands.word())),
        );
        if let Some(bar) = bar {
            note(&bar);
            let drawn = bar.text(palette, &|text| stands.paint(palette, text));
            line.push_str(&format!("  {rail}{drawn}"));
        }
        Self::line(text, &line);
        let mut below = |line: &str| Self::line(text, &format!("  {rail} {line}"));
        let mut facts = Vec::new();
        if let Some((_, outline)) = found {
            facts.push(one_line(&outline.action).into_owned());
        }
        facts.extend(iteration_of(self.execution, run));
        facts.extend(match run.iteration {
            Some(iteration) if open => Some(steps::iteration(run, iteration.number)),
            Some(_) | None => iterations(run),
        });
        if run.is_kept {
            facts.push("reused from the previous execution".to_owned());
        }
        if let Some((place, outline)) = found
            && let Some(course) = course_from(self.execution, run, place, outline)
        {
            facts.push(course);
        }
        below(&facts.join(palette.dot()));
        if folded > 0 {
            below(&palette.faint(&format!("{} inside hidden; --full shows them", counted(folded, "run"))));
        }
        let several = run.attempts.len() > 1;
        for attempt in &run.attempts {
            if several || !attempt.throttles.is_empty() || !attempt.interruptions.is_empty() {
                let (line, bar) = self.attempt(attempt, found.map_or(1, |(_, outline)| outline.max_attempts));
                let line = match bar.filter(|_| several) {
                    Some(bar) => {
                        note(&bar);
                        let status = attempt_status(attempt);
                        let drawn = bar.text(palette, &|text| match status {
                            Some(status) => palette.by_status(status, text),
                            None => self.standing.paint(palette, text),
                        });
                        let room = self.left.saturating_sub(4);
                        format!("{}  {rail}{drawn}", padded(&line, room.saturating_sub(2)))
                    }
                    None => line,
                };
                below(&line);
                let mut met = Vec::new();
                for (count, word) in
                    [(attempt.throttles.len(), "throttle"), (attempt.interruptions.len(), "interruption")]
                {
                    if count > 0 {
                        met.push(palette.warn(&counted(count, word)));
                    }
                }
                if several
                    && let AttemptState::Ended { ended, .. } = &attempt.state
                    && ended.retry_at.is_some()
                    && let Outcome::Failed { failure } | Outcome::TimedOut { failure } = &ended.outcome
                {
                    met.push(brief_failure(failure));
                }
                if !met.is_empty() {
                    below(&format!("  {}", met.join(palette.dot())));
                }
            }
            if let Some(last) = &attempt.observed {
                let indent = if several { INSIDE } else { "" };
                below(&format!("{indent}{}", observation(run, &last.seen)));
            }
        }
        self.values(run, &mut below);
        // The failure of a step whose inputs were refused names them itself.
        if !run.attempts.is_empty() || run.status() == Status::Success {
            for line in unset_warnings(self.execution, run, palette) {
                below(&line);
            }
        }
        if let Some(failure) = run.ending.as_ref().and_then(|ending| ending.failure.as_ref())
            && run.status() != Status::Cancelled
        {
            for line in whole(failure, palette) {
                below(&line);
            }
        }
        if let Some(notice) = run.notice() {
            for line in noticed(notice, palette) {
                below(&line);
            }
        }
        if open && self.standing.is_interrupted() {
            let what = if run.attempts.is_empty() { "nothing was lost" } else { "the call may have run" };
            below(&palette.warn(&format!("the process running it ended; {what}")));
        }
    }

    fn values(&self, run: &StepExecution, below: &mut dyn FnMut(&str)) {
        let palette = self.view.palette;
        let ending = run.ending.as_ref();
        let inputs = || run.inputs.iter().map(|(name, value)| (name.as_str(), value));
        let outputs =
            || ending.into_iter().flat_map(|ending| ending.outputs.iter().map(|(name, value)| (name.as_str(), value)));
        match self.detail {
            Detail::Brief => {
                let room = self.view.width.saturating_sub(8).max(40);
                for (name, line) in [("in", brief(inputs())), ("out", brief(outputs()))] {
                    if !line.is_empty() {
                        below(&format!("{} {}", palette.faint(&format!("{name:<3}")), cut(&line, room)));
                    }
                }
            }
            Detail::Full | Detail::Step(_) => {
                for (name, lines) in [("inputs", whole_values(inputs())), ("outputs", whole_values(outputs()))] {
                    if !lines.is_empty() {
                        below(&palette.faint(name));
                        for line in lines {
                            below(&format!("  {line}"));
                        }
                    }
                }
            }
        }
    }

    /// The bar beside a step: of its attempts together; none for a step that did not run here.
    fn run_bar(&self, run: &StepExecution) -> Option<Bar> {
        let axis = self.axis?;
        if run.is_kept {
            return None;
        }
        let mut whole = axis.empty();
        if run.attempts.is_empty() {
            let (cell, to) = match &run.ending {
                Some(ending) => (Cell::Running, ending.at),
                None if self.standing.is_interrupted() => (Cell::Unwatched, self.end),
                None => (Cell::Running, self.end),
            };
            axis.paint(&mut whole, cell, run.started_at, to);
        }
        for attempt in &run.attempts {
            let bar = axis.attempt(attempt, self.standing);
            for (cell, of_attempt) in whole.cells.iter_mut().zip(bar.cells) {
                *cell = of_attempt.max(*cell);
            }
        }
        Some(whole)
    }

    /// One attempt in words, and its bar.
    fn attempt(&self, attempt: &Attempt, allowed: u32) -> (String, Option<Bar>) {
        let palette = self.view.palette;
        let mut line = format!("attempt {} of {allowed} ", attempt.number);
        let to = match &attempt.state {
            AttemptState::Ended { at, .. } => *at,
            AttemptState::InFlight { .. } | AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } => {
                self.end
            }
        };
        let took = HumanDuration::between(attempt.started_at, to);
        let how = match &attempt.state {
            AttemptState::Ended { ended, .. } => match &ended.outcome {
                Outcome::Succeeded { .. } => format!("succeeded {took}"),
                Outcome::Failed { .. } => format!("{} {took}", palette.error("failed")),
                Outcome::TimedOut { .. } => format!("{} {took}", palette.error("timed out")),
                Outcome::Cancelled => format!("{} {took}", palette.warn("abandoned")),
                Outcome::Interrupted { .. } => palette.error("interrupted"),
            },
            AttemptState::InFlight { .. } if self.standing.is_interrupted() => palette.warn("outcome unknown"),
            AttemptState::InFlight { .. } => format!("in flight {took}"),
            AttemptState::Throttled { .. } => palette.warn("throttled"),
            AttemptState::Interrupted { .. } => palette.warn("interrupted"),
        };
        line.push_str(&how);
        (line, self.axis.map(|axis| axis.attempt(attempt, self.standing)))
    }

    /// The steps that were not reached, by name.
    fn unreached(&self, text: &mut String) {
        let steps = &self.execution.started().outline.steps;
        let unreached: Vec<&str> =
            steps.iter().map(|step| step.name.as_str()).filter(|step| self.execution.latest(step).is_none()).collect();
        if unreached.is_empty() {
            return;
        }
        let shown = unreached.iter().take(HISTORY_NAMES).copied().collect::<Vec<_>>().join(", ");
        let more = unreached.len().saturating_sub(HISTORY_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let palette = self.view.palette;
        let word = if self.standing.has_ended() { "not run" } else { "not run yet" };
        let line = format!("{} {word}: {}{more}", palette.symbol(Status::Pending), one_line(&shown));
        Self::line(text, &palette.faint(&line));
    }

    fn outputs(&self, text: &mut String) {
        let Some(ending) = self.execution.ending().filter(|ending| !ending.outputs.is_empty()) else { return };
        Self::line(text, "");
        Self::line(text, &self.view.palette.faint("outputs"));
        for (name, values) in &ending.outputs {
            let line = output_line(name, values);
            match self.detail {
                Detail::Full => Self::line(text, &format!("  {line}")),
                Detail::Brief | Detail::Step(_) => {
                    let room = self.view.width.saturating_sub(2).max(40);
                    Self::line(text, &format!("  {}", cut(&line, room)));
                }
            }
        }
    }
}

/// The status whose colour an attempt has; none while it has not ended.
fn attempt_status(attempt: &Attempt) -> Option<Status> {
    match &attempt.state {
        AttemptState::Ended { ended, .. } => Some(match &ended.outcome {
            Outcome::Succeeded { .. } => Status::Success,
            Outcome::Failed { .. } | Outcome::Interrupted { .. } => Status::Failed,
            Outcome::TimedOut { .. } => Status::TimedOut,
            Outcome::Cancelled => Status::Cancelled,
        }),
        AttemptState::InFlight { .. } | AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } => None,
    }
}

/// A line filled with spaces to a width on the terminal.
fn padded(line: &str, width: usize) -> String {
    let gap = width.saturating_sub(console::measure_text_width(line));
    format!("{line}{}", " ".repeat(gap))
}
