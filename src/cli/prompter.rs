//! Asks the person at the terminal about approvals, pauses and the steps of an interactive execution.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indexmap::IndexMap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};

use super::output::tell;
use crate::automation::{CurrentWait, RunControl, Waiting};
use crate::clock::{Clock, SystemClock};
use crate::engine::{preview_inputs, validate_signal};
use crate::event::{Signal, SignalReceived, WaitKind};
use crate::execution::Execution;
use crate::limits::{COMMENT_CHARACTERS, TYPED_LINE_BYTES};
use crate::presentation::{brief, describe_step, read_edited, render_context};
use crate::report::{Palette, Reports, safe_lines};
use crate::runbook::{Runbook, Step};

/// How long one poll of standard input waits for a line.
const STDIN_POLL: Duration = Duration::from_millis(100);

/// Asks the person at the terminal.
pub(super) struct TerminalPrompter {
    pub(super) runbook: Arc<Runbook>,
    /// The name under which they answer.
    pub(super) name: String,
    pub(super) control: RunControl,
    pub(super) reports: Reports,
    pub(super) palette: Palette,
}

/// The answer to a prompt.
enum Answer {
    Signal(SignalReceived),
    Cancel,
    /// None now: another user may answer.
    Later,
    /// No answer is needed any more.
    Over,
    /// The terminal is gone.
    Gone,
}

/// Asks about every wait that the person may answer, until the terminal is gone or nothing can wait any more.
pub(super) async fn ask(prompter: TerminalPrompter, mut now: CurrentWait) {
    let prompter = Arc::new(prompter);
    // The wait that they leave to others.
    let mut left = None;
    let mut is_over = false;
    while !is_over {
        let waiting = now.borrow_and_update().clone();
        let concerns =
            |waiting: &Arc<Waiting>| left.as_ref() != Some(&waiting.step_execution) && prompter.concerns(waiting);
        if let Some(waiting) = waiting.filter(concerns) {
            prompter.reports.hold(true);
            let over = Arc::new(AtomicBool::new(false));
            let _ends_with_this = Ends(Arc::clone(&over));
            let mut asking = {
                let (prompter, waiting, over) = (Arc::clone(&prompter), Arc::clone(&waiting), Arc::clone(&over));
                tokio::task::spawn_blocking(move || {
                    Dialogue { prompter: &prompter, over: &over, typed: Vec::new() }.run(&waiting)
                })
            };
            let answer = tokio::select! {
                answer = &mut asking => answer,
                // Another user was first.
                changed = now.changed() => {
                    over.store(true, Ordering::Relaxed);
                    match changed {
                        Ok(()) => now.mark_changed(),
                        Err(_) => is_over = true,
                    }
                    asking.await
                }
            };
            prompter.reports.hold(false);
            match answer.unwrap_or(Answer::Gone) {
                Answer::Signal(received) => prompter.control.signal(waiting.step_execution.clone(), received),
                Answer::Cancel => prompter.control.cancel(prompter.name.clone()),
                Answer::Later => left = Some(waiting.step_execution.clone()),
                Answer::Over => {}
                Answer::Gone => return,
            }
        }
        is_over = is_over || now.changed().await.is_err();
    }
}

/// Ends a dialogue when its answer is not needed any more.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl TerminalPrompter {
    fn signal(&self, signal: Signal) -> SignalReceived {
        SignalReceived::new(signal, self.name.clone(), None)
    }

    /// Whether their answer would be accepted.
    fn concerns(&self, waiting: &Waiting) -> bool {
        let Some(wait) = waiting.execution.waits_for() else { return false };
        let signal = match &wait.wanted {
            WaitKind::Time => return false,
            WaitKind::Resume => Signal::Resume,
            WaitKind::Approval(_) => Signal::Approve,
            WaitKind::Start(_) => Signal::StartStep,
        };
        validate_signal(&waiting.execution, &self.signal(signal)).is_ok()
    }
}

/// A line of input.
enum Line {
    Text(String),
    /// The terminal is gone.
    End,
    /// No answer is needed any more.
    Over,
}

/// One dialogue with the person.
struct Dialogue<'a> {
    prompter: &'a TerminalPrompter,
    over: &'a AtomicBool,
    typed: Vec<u8>,
}

/// Ends a dialogue that cannot continue.
macro_rules! line_or_leave {
    ($dialogue:expr, $question:expr) => {
        match $dialogue.line($question) {
            Line::Text(text) => text,
            Line::End => return Answer::Gone,
            Line::Over => return Answer::Over,
        }
    };
}

impl Dialogue<'_> {
    fn run(mut self, waiting: &Waiting) -> Answer {
        // Discard type-ahead: it does not answer this question.
        let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
        let execution = &waiting.execution;
        match execution.waits_for().map(|wait| &wait.wanted) {
            Some(WaitKind::Approval(approval)) => {
                self.tell_context(execution);
                if approval.required > 1 {
                    let given =
                        execution.current().and_then(|run| run.wait.as_ref()).map_or(0, |wait| wait.signals.len());
                    tell(&format!("{given} of {} required approvals received\n", approval.required));
                }
                self.decide(&[("a", "approve", Signal::Approve), ("r", "reject", Signal::Reject)])
            }
            Some(WaitKind::Resume) => {
                self.tell_context(execution);
                self.decide(&[("r", "resume", Signal::Resume)])
            }
            Some(WaitKind::Start(next)) => match self.prompter.runbook.step(next.step.as_str()) {
                Some(step) => self.start(execution, step),
                None => Answer::Later,
            },
            Some(WaitKind::Time) | None => Answer::Later,
        }
    }

    fn tell_context(&self, execution: &Execution) {
        tell(&render_context(execution, &self.prompter.runbook, SystemClock.now(), self.prompter.palette));
    }

    fn decide(&mut self, answers: &[(&str, &str, Signal)]) -> Answer {
        let palette = self.prompter.palette;
        let mut question = String::new();
        for (letter, word, _) in answers {
            question.push_str(&format!("{} = {word}, ", palette.strong(letter)));
        }
        question.push_str(&format!("{} = leave it to others: ", palette.strong("w")));
        loop {
            let answer = line_or_leave!(self, &question).to_lowercase();
            if answer == "w" || answer == "wait" {
                return Answer::Later;
            }
            let Some((_, _, signal)) = answers.iter().find(|(letter, word, _)| answer == *letter || answer == *word)
            else {
                continue;
            };
            let why = if *signal == Signal::Reject { "reason: " } else { "comment (optional): " };
            let comment = line_or_leave!(self, why);
            let comment: String = comment.chars().take(COMMENT_CHARACTERS).collect();
            let comment = Some(comment).filter(|comment| !comment.is_empty());
            return Answer::Signal(SignalReceived { comment, ..self.prompter.signal(*signal) });
        }
    }

    fn start(&mut self, execution: &Execution, step: &Step) -> Answer {
        let palette = self.prompter.palette;
        if let Some(description) = &step.description {
            for line in safe_lines(description) {
                tell(&format!("{}\n", palette.faint(&line)));
            }
        }
        tell(&format!("{} {}\n", palette.faint("next"), describe_step(execution, step, SystemClock.now(), palette)));
        let inputs = preview_inputs(step, execution, SystemClock.now());
        let can_edit = step.inputs.action().takes_edited_inputs() && !inputs.is_empty();
        let mut words = vec![("r", "run"), ("s", "skip"), ("i", "show full inputs")];
        if can_edit {
            words.push(("e", "edit inputs"));
        }
        words.extend([("c", "run this and all following steps"), ("q", "cancel the execution")]);
        let told: Vec<String> =
            words.iter().map(|(letter, word)| format!("{} = {word}", palette.strong(letter))).collect();
        let question = format!("{}: ", told.join(", "));
        let mut edited = IndexMap::new();
        loop {
            match line_or_leave!(self, &question).to_lowercase().as_str() {
                "r" | "run" => {
                    return Answer::Signal(SignalReceived {
                        inputs: edited,
                        ..self.prompter.signal(Signal::StartStep)
                    });
                }
                "s" | "skip" => return Answer::Signal(self.prompter.signal(Signal::SkipStep)),
                "c" | "continue" => {
                    let start = self.prompter.signal(Signal::StartStep);
                    return Answer::Signal(SignalReceived { inputs: edited, rest: true, ..start });
                }
                "q" | "end" | "cancel" => {
                    let question = format!(
                        "cancel the execution without running {} and the steps after it? {} = yes, Enter = no: ",
                        step.name,
                        palette.strong("y")
                    );
                    if matches!(line_or_leave!(self, &question).to_lowercase().as_str(), "y" | "yes") {
                        return Answer::Cancel;
                    }
                }
                "i" => {
                    let mut shown = inputs.clone();
                    shown.extend(edited.clone());
                    let text = serde_json::to_string_pretty(&shown).unwrap_or_default();
                    tell(&safe_lines(&text).into_iter().map(|line| line + "\n").collect::<String>());
                }
                "e" if can_edit => {
                    tell("Enter keeps the value in brackets; write lists, maps and numbers as JSON\n");
                    for (name, value) in &inputs {
                        let known = edited.get(name).unwrap_or(value).clone();
                        loop {
                            let text = line_or_leave!(self, &format!("{name} [{}]: ", brief(&known)));
                            match read_edited(text, &known) {
                                Ok(None) => break,
                                Ok(Some(value)) => {
                                    edited.insert(name.clone(), value);
                                    break;
                                }
                                Err(why) => tell(&format!("{} {why}\n", palette.error("not JSON:"))),
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Asks, and waits for a line as long as the answer is needed.
    fn line(&mut self, question: &str) -> Line {
        tell(question);
        let stdin = std::io::stdin();
        loop {
            if let Some(end) = self.typed.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.typed.drain(..=end).collect();
                return Line::Text(String::from_utf8_lossy(&line).trim().to_owned());
            }
            if self.over.load(Ordering::Relaxed) {
                tell("\n");
                return Line::Over;
            }
            let wait = Timespec::try_from(STDIN_POLL).ok();
            let mut looked = [PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut looked, wait.as_ref()) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(_) => return Line::End,
            }
            let mut bytes = [0; 1024];
            // Not through the standard library's buffer: `poll` does not cover it.
            match rustix::io::read(&stdin, &mut bytes) {
                Ok(0) | Err(_) => {
                    tell("\n");
                    return Line::End;
                }
                // More than a person types: not an answer.
                Ok(_) if self.typed.len() > TYPED_LINE_BYTES => return Line::End,
                Ok(count) => self.typed.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            }
        }
    }
}
