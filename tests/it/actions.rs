//! An action is one row and one handler: a custom action is added that way, and no other file lists the actions.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use runwright::actions::{ActionHandler, ActionRegistry, Judgement, PreparedCall, ScriptedReply, Task};
use runwright::clock::ManualClock;
use runwright::diagnostic::{Code, Diagnostic};
use runwright::engine::{Start, outline};
use runwright::event::{ActionResult, DocumentIdentity, Environment, Launch, Settings, Status};
use runwright::expression::DataType;
use runwright::name::ExecutionId;
use runwright::runbook::inputs::{ActionSpec, ConstantInputs, Kind, TypedRequest, input, output};
use runwright::runbook::{Action, ActionTable, Loaded, load_with_actions, not_executable};
use runwright::runner::{Runner, mailbox};
use runwright::store::MemoryStore;
use serde_json::{Value, json};

use crate::source::sources;

/// The row.
static REVERSE: ActionSpec = ActionSpec::new("example:reverse", "Reverses a text.")
    .inputs(&[input("Text", Kind::Text, "The text.").required()])
    .outputs(&[output("Reversed", DataType::String, "The text from its end.")])
    .timeouts(Some(5), Some(10))
    .no_cancel_target()
    .check(check_text)
    .request::<ReverseRequest>()
    .executable();

fn check_text(inputs: &mut dyn ConstantInputs<'_>) {
    if let Some(entry) = inputs.get("Text")
        && entry.value.as_text() == Some("")
    {
        inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, "`Text` is empty"));
    }
}

/// What the handler sends.
#[derive(Debug, Clone)]
struct ReverseRequest(String);

/// The texts that became a request, in the order of the attempts.
static BUILT: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl TypedRequest for ReverseRequest {
    type Problem = Infallible;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, Infallible> {
        let text = inputs.get("Text").and_then(Value::as_str).unwrap_or_default().to_owned();
        BUILT.lock().unwrap().push(text.clone());
        Ok(Self(text))
    }
}

/// The handler.
#[derive(Debug)]
struct Reverse;

impl ActionHandler for Reverse {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let ReverseRequest(text) = task.take_request().unwrap();
        PreparedCall::new(async move {
            let reversed = json!(text.chars().rev().collect::<String>());
            let document = json!({ "Reversed": reversed });
            let outputs = [("Reversed".into(), reversed)].into_iter().collect();
            Ok(ActionResult { outputs, document: Some(document), ..ActionResult::default() })
        })
    }
}

fn load(text: &str) -> Loaded {
    let actions = ActionTable::standard().with(Action::of(&REVERSE));
    load_with_actions(&runwright::document::read("made-up.yaml", text.as_bytes()).unwrap(), &actions)
}

const RUNBOOK: &str = r#"
schemaVersion: "0.3"
outputs: [second.Reversed]
mainSteps:
  - { name: first, action: "example:reverse", inputs: { Text: "abc" } }
  - { name: second, action: "example:reverse", inputs: { Text: "{{ first.Reversed }}d" } }
"#;

#[tokio::test]
async fn custom_action_runs_with_a_row_and_a_handler() {
    let loaded = load(RUNBOOK);
    assert_eq!(loaded.diagnostics, []);
    let runbook = loaded.runbook.unwrap();
    assert_eq!(not_executable(&runbook), []);
    let registry = ActionRegistry::default().with(Action::of(&REVERSE), Arc::new(Reverse));
    let clock = ManualClock::at(jiff::Timestamp::UNIX_EPOCH);
    let runner = Runner::new(Arc::new(MemoryStore::new()), Arc::new(registry), Arc::new(clock));
    let (_sender, mailbox) = mailbox();
    let ended = runner.run(&runbook, RUNBOOK, start(&runbook), mailbox, None).await.unwrap().execution;
    let outputs = &ended.ending().unwrap().outputs;
    assert_eq!((ended.status(), json!(outputs)), (Status::Success, json!({ "second.Reversed": ["dabc"] })));
    assert_eq!(*BUILT.lock().unwrap(), ["abc", "cbad"], "the request of an attempt is built once");
}

#[test]
fn custom_action_is_checked_by_its_row() {
    let text = RUNBOOK.replace("\"abc\"", "\"\"").replace("Text: \"{{", "Txt: \"{{");
    let text = text.replace("name: first,", "name: first, onCancel: \"step:second\", timeoutSeconds: 60,");
    let found: Vec<_> = load(&text).diagnostics.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(found, ["cancel-target", "timeout-above-ceiling", "invalid-input", "missing-input", "unknown-input"]);
}

/// A row of an action that nothing executes.
static PRINT: ActionSpec =
    ActionSpec::new("example:print", "Prints a text.").inputs(&[input("Text", Kind::Text, "The text.").required()]);

#[test]
fn step_of_an_action_that_cannot_run_is_reported_with_its_position() {
    let text = RUNBOOK.replace("name: first, action: \"example:reverse\"", "name: first, action: \"example:print\"");
    let text = text.replace("{{ first.Reversed }}", "");
    let actions = ActionTable::standard().with(Action::of(&REVERSE)).with(Action::of(&PRINT));
    let document = runwright::document::read("made-up.yaml", text.as_bytes()).unwrap();
    let loaded = load_with_actions(&document, &actions);
    let problems = not_executable(&loaded.runbook.unwrap());
    let rendered = runwright::diagnostic::render(&problems, &document.source, false, 120);
    let expected = "error[unsupported-action]: `example:print` is not supported, so the step `first` cannot run\n \
                    --> made-up.yaml:5:28\n";
    assert!(rendered.starts_with(expected), "{rendered}");
    assert_eq!((loaded.diagnostics, problems.len()), (Vec::new(), 1));
}

#[test]
fn custom_action_evaluates_a_mocked_reply() {
    let registry = ActionRegistry::offline().with(Action::of(&REVERSE), Arc::new(Reverse));
    let task = Task {
        execution: "e".into(),
        step: "first".into(),
        step_execution: "s".into(),
        action: Action::of(&REVERSE),
        inputs: Arc::default(),
        request: None,
        attempt: 1,
        sending: 1,
        result_limit: None,
        poll_interval: None,
        idempotency_token: false,
        targets: None,
        children: None,
        observations: None,
        progress: None,
        created: IndexMap::new(),
    };
    let reply = ScriptedReply::Document { document: json!({ "Reversed": "x" }), outputs: serde_json::Map::new() };
    let Judgement::Ended(Ok(judged)) = registry.judge(&task, reply) else { panic!("the reply is a result") };
    assert_eq!(json!(judged.outputs), json!({ "Reversed": "x" }));
}

#[test]
fn no_other_file_lists_actions() {
    let names: Vec<String> = ActionTable::standard().iter().map(|action| format!("\"{action}\"")).collect();
    let lists_actions = |text: &str| {
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        names.iter().filter(|name| code.contains(name.as_str())).count() > 1
    };
    let listing: Vec<_> =
        sources().into_iter().filter(|file| lists_actions(&file.text)).map(|file| file.path).collect();
    assert_eq!(listing, [std::path::Path::new("runbook/inputs/table.rs")]);
}

fn start(runbook: &runwright::runbook::Runbook) -> Start {
    Start {
        execution: ExecutionId::new("e"),
        document: DocumentIdentity { name: "made-up".to_owned(), sha256: "0".repeat(64) },
        parameters: IndexMap::new(),
        executed_by: "tester".to_owned(),
        environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
        settings: Settings {
            attempt_delays: [1_000].into(),
            throttle_delays: [1_000].into(),
            throttle_window: 0,
            jitter: 0.0,
            long_invocations: false,
            result_limit: None,
            poll_interval: None,
            idempotency_token: false,
        },
        seed: 1,
        outline: outline(runbook, false),
        launch: Launch::default(),
        reused: Vec::new(),
    }
}
