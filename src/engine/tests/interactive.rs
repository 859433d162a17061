//! Interactive executions, and steps that an operator stops (spec 5.2).

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::situation::Situation;
use crate::engine::{Input, Outstanding, SignalRejected, decide, outstanding, validate_signal};
use crate::event::{ActionResult, Event, Mode, Recorded, Signal, SignalReceived, Status};
use crate::execution::Execution;
use crate::name::OutputName;

const THREE_STEPS: &str = "{parameters: {Host: {type: String, default: web-1}}, mainSteps: [
  {name: drain, inputs: {FunctionName: drain, InputPayload: {host: '{{ Host }}'}}},
  {name: restart, inputs: {FunctionName: restart}},
  {name: admit, inputs: {FunctionName: admit}}]}";

/// An execution that gets inputs a second apart, and its events so far.
struct InteractiveRun {
    situation: Situation,
    events: Vec<Recorded>,
    execution: Execution,
    now: Timestamp,
}

impl InteractiveRun {
    fn new(text: &str, mode: Mode) -> Self {
        let situation = Situation::new(text).parameter("Host", json!("web-1")).mode(mode);
        let events = situation.begin().outcomes().events;
        let execution = Execution::replay(&events).unwrap();
        let now = events.last().unwrap().at;
        Self { situation, events, execution, now }
    }

    fn input(&mut self, input: Input) {
        self.now += std::time::Duration::from_secs(1);
        let events = decide(self.situation.read(), &mut self.execution, input, self.now).unwrap();
        self.events.extend(events);
        assert_eq!(Execution::replay(&self.events).unwrap(), self.execution);
    }

    fn signal(&mut self, signal: Signal, inputs: IndexMap<String, Value>) -> Result<(), SignalRejected> {
        let received = SignalReceived { inputs, ..SignalReceived::new(signal, "ann", None) };
        let step_execution = validate_signal(&self.execution, &received)?;
        let input = Input::Signal { step_execution, received };
        self.input(input.clone());
        // A rejected signal changes nothing.
        let before = self.events.len();
        self.input(input);
        assert_eq!(self.events.len(), before);
        Ok(())
    }

    fn send_signal(&mut self, signal: Signal) -> Result<(), SignalRejected> {
        self.signal(signal, IndexMap::new())
    }

    fn return_from_call(&mut self) {
        let outputs = IndexMap::from([(OutputName::new("StatusCode"), json!(200))]);
        let result = ActionResult { outputs, document: None, ..ActionResult::default() };
        self.input(Input::AttemptEnded(Ok(result)));
    }

    /// The status of the execution, and its steps so far.
    fn state(&self) -> (Status, Vec<(&str, Status)>) {
        let runs = self.execution.runs().iter();
        (self.execution.status(), runs.map(|run| (run.step.as_str(), run.status())).collect())
    }
}

#[test]
fn interactive_steps_wait_for_their_start() {
    let mut run = InteractiveRun::new(THREE_STEPS, Mode::Interactive);
    assert_eq!(run.state(), (Status::Waiting, vec![]));
    assert!(matches!(outstanding(&run.execution), Outstanding::Wait { .. }));
    assert_eq!(
        run.send_signal(Signal::Approve).unwrap_err().to_string(),
        "step drain waits for `start-step` or `skip-step`"
    );
    run.send_signal(Signal::StartStep).unwrap();
    assert_eq!(run.state(), (Status::InProgress, vec![("drain", Status::InProgress)]));
    assert_eq!(run.send_signal(Signal::StartStep), Err(SignalRejected::NothingWaits));
    run.return_from_call();
    assert_eq!(run.state(), (Status::Waiting, vec![("drain", Status::Success)]));
    run.send_signal(Signal::SkipStep).unwrap();
    run.send_signal(Signal::StartStep).unwrap();
    run.return_from_call();
    assert_eq!(run.state(), (Status::Success, vec![("drain", Status::Success), ("admit", Status::Success)]));
}

#[test]
fn remaining_steps_run_automatically_after_start_all() {
    let mut run = InteractiveRun::new(THREE_STEPS, Mode::Interactive);
    run.send_signal(Signal::SkipStep).unwrap();
    let received = SignalReceived { rest: true, ..SignalReceived::new(Signal::StartStep, "ann", None) };
    let step_execution = validate_signal(&run.execution, &received).unwrap();
    run.input(Input::Signal { step_execution, received });
    run.return_from_call();
    assert_eq!(run.state(), (Status::InProgress, vec![("restart", Status::Success), ("admit", Status::InProgress)]));
}

#[test]
fn inputs_changed_by_an_operator_are_sent_and_recorded() {
    let mut run = InteractiveRun::new(THREE_STEPS, Mode::Interactive);
    let inputs = IndexMap::from([("InputPayload".to_owned(), json!({"host": "web-2"}))]);
    run.signal(Signal::StartStep, inputs).unwrap();
    let step = run.execution.current().unwrap();
    assert_eq!(json!(&*step.inputs), json!({"FunctionName": "drain", "InputPayload": {"host": "web-2"}}));
    let kept = run.events.iter().any(
        |recorded| matches!(&recorded.event, Event::SignalReceived(it) if it.inputs["InputPayload"]["host"] == "web-2"),
    );
    assert!(kept, "the history records who changed the inputs");
}

#[test]
fn complete_request_between_steps_ends_interactive_execution_successfully() {
    let mut run = InteractiveRun::new(THREE_STEPS, Mode::Interactive);
    run.send_signal(Signal::StartStep).unwrap();
    run.return_from_call();
    run.input(Input::Complete { by: "ann".to_owned() });
    assert_eq!(run.state(), (Status::Success, vec![("drain", Status::Success)]));
}

#[test]
fn cancel_runs_on_cancel_steps_without_prompting() {
    let text = "{mainSteps: [{name: work, onCancel: 'step:tidy'}, {name: rest}, {name: tidy, isEnd: true}]}";
    let mut run = InteractiveRun::new(text, Mode::Interactive);
    run.send_signal(Signal::StartStep).unwrap();
    run.input(Input::Cancel { by: "ann".to_owned() });
    assert_eq!(run.state(), (Status::Cancelling, vec![("work", Status::Cancelled), ("tidy", Status::InProgress)]));
    run.return_from_call();
    assert_eq!(run.state().0, Status::Cancelled);
}

#[test]
fn cancel_between_steps_ends_interactive_execution() {
    let mut run = InteractiveRun::new(THREE_STEPS, Mode::Interactive);
    run.input(Input::Cancel { by: "ann".to_owned() });
    assert_eq!(run.state(), (Status::Cancelled, vec![]));
}

#[test]
fn stopped_step_is_cancelled_and_its_on_failure_decides() {
    let of = |on_failure: &str| {
        let text = format!(
            "{{mainSteps: [{{name: hang, onFailure: '{on_failure}', maxAttempts: 3}}, {{name: next}}, {{name: fix, isEnd: true}}]}}"
        );
        let mut run = InteractiveRun::new(&text, Mode::Auto);
        run.send_signal(Signal::StopStep).unwrap();
        let next = run.execution.current().map_or("", |run| run.step.as_str()).to_owned();
        while run.execution.current().is_some() {
            run.return_from_call();
        }
        (run.execution.runs()[0].status(), next, run.execution.status())
    };
    assert_eq!(of("Abort"), (Status::Cancelled, String::new(), Status::Cancelled));
    assert_eq!(of("Continue"), (Status::Cancelled, "next".to_owned(), Status::Success));
    assert_eq!(of("step:fix"), (Status::Cancelled, "fix".to_owned(), Status::Cancelled));
}

#[test]
fn stop_step_is_refused_without_a_running_step() {
    let mut run = InteractiveRun::new(THREE_STEPS, Mode::Interactive);
    assert_eq!(run.send_signal(Signal::StopStep), Err(SignalRejected::NothingRuns));
}
