//! Property tests: for any runbook, replies and crashes, no event is lost and no call is sent twice.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::reference::RunbookGenerator;
use super::situation::{Outcomes, Reply, ScriptedRun, Situation, environment, read};
use crate::engine::{StartScope, restart_point};
use crate::event::{Event, Status};
use crate::execution::{Execution, StepExecution};
use crate::expression::DataType;
use crate::runbook::{Runbook, Step};

/// Every sample. `tests/it/samples.rs` and `tests/it/histories.rs` fail if one is missing.
const SAMPLES: [(&str, &str); 13] = [
    ("backup-host.yaml", include_str!("../../../runbooks/backup-host.yaml")),
    ("deploy-release.yaml", include_str!("../../../runbooks/deploy-release.yaml")),
    ("disk-space.json", include_str!("../../../runbooks/disk-space.json")),
    ("full-directories.yaml", include_str!("../../../runbooks/full-directories.yaml")),
    ("host-inventory.yaml", include_str!("../../../runbooks/host-inventory.yaml")),
    ("incident-bad-release.yaml", include_str!("../../../runbooks/incident-bad-release.yaml")),
    ("incident-service-down.yaml", include_str!("../../../runbooks/incident-service-down.yaml")),
    ("log-digest.yaml", include_str!("../../../runbooks/log-digest.yaml")),
    ("nightly-backups.yaml", include_str!("../../../runbooks/nightly-backups.yaml")),
    ("nightly-cleanup.yaml", include_str!("../../../runbooks/nightly-cleanup.yaml")),
    ("restart-and-verify.yaml", include_str!("../../../runbooks/restart-and-verify.yaml")),
    ("retry-and-timeout.yaml", include_str!("../../../runbooks/retry-and-timeout.yaml")),
    ("verify-backup.yaml", include_str!("../../../runbooks/verify-backup.yaml")),
];

const GENERATED_CASES: u32 = 800;
const CASES_PER_SAMPLE: u32 = 24;
const ALL_ACTIONS_CASES: u32 = 500;

/// The actions of the generated runbooks, and whether a process can crash within them. Instant decisions are stored
/// with the events that follow, so a process crashes only before or after them.
const ACTIONS: [(&str, bool); 10] = [
    ("aws:approve", true),
    ("aws:branch", false),
    ("aws:executeAutomation", true),
    ("aws:executeAwsApi", true),
    ("aws:executeScript", true),
    ("aws:invokeLambdaFunction", true),
    ("aws:loop", true),
    ("aws:pause", true),
    ("aws:sleep", true),
    ("aws:updateVariable", false),
];

#[test]
fn generated_runbooks_end_the_same_after_crashes() {
    let counts = Counts::default();
    let mut runner = TestRunner::new(config(GENERATED_CASES));
    let situations = (runbooks(), settings(), crash_points())
        .prop_flat_map(|(text, settings, crashes)| (Just(text), Just(settings), Just(crashes), scripts(6)));
    runner
        .run(&situations, |(text, (window, jitter), crashes, script)| {
            // The inner steps of a loop get the same replies, in another order.
            let named = script.into_iter().enumerate().flat_map(|(step, replies)| {
                let (mut first, mut second) = (replies.clone(), replies.clone());
                first.reverse();
                second.rotate_left(replies.len().min(1));
                [(format!("s{step}"), replies), (format!("s{step}a"), first), (format!("s{step}b"), second)]
            });
            let situation = named
                .fold(Situation::new(&text), |situation, (step, replies)| situation.replies(&step, replies))
                .parameter("P", json!("p"))
                .settings(|settings| {
                    settings.throttle_window = window;
                    settings.jitter = jitter;
                });
            assert_crash_safe(&situation, &crashes, &counts);
            Ok(())
        })
        .unwrap();
    counts.print("generated runbooks");
}

#[test]
fn runbooks_of_every_action_end_the_same_after_crashes() {
    let counts = Counts::default();
    let mut runner = TestRunner::new(config(ALL_ACTIONS_CASES));
    let numbers = prop::collection::vec(any::<u16>(), 20..500);
    runner
        .run(&(numbers, settings(), crash_points()), |(numbers, (window, jitter), crashes)| {
            let Some(situation) = RunbookGenerator::new(numbers, true).situation() else { return Ok(()) };
            let situation = situation.settings(|settings| {
                settings.throttle_window = window;
                settings.jitter = jitter;
            });
            assert_crash_safe(&situation, &crashes, &counts);
            Ok(())
        })
        .unwrap();
    counts.print("runbooks of every action");
    counts.print_actions(&ACTIONS);
}

#[test]
fn samples_end_the_same_after_crashes() {
    let counts = Counts::default();
    for (name, text) in SAMPLES {
        let document = crate::document::read(name, text.as_bytes()).unwrap();
        let runbook = crate::runbook::load(&document).runbook.unwrap();
        let mut runner = TestRunner::new(config(CASES_PER_SAMPLE));
        let scripts = (scripts(runbook.all_steps().count()), crash_points());
        runner
            .run(&scripts, |(script, crashes)| {
                let mut situation = Situation::of(runbook.clone(), parameters(&runbook));
                for (step, replies) in runbook.all_steps().zip(script) {
                    let satisfying = replies.into_iter().map(|reply| satisfying_reply(step, reply));
                    // Without a scripted reply a function returns a result that satisfies its step.
                    let beyond = vec![Reply::Returns(satisfying_result(step)); 8];
                    situation = situation.replies(step.name.as_str(), satisfying.chain(beyond));
                }
                assert_crash_safe(&situation, &crashes, &counts);
                Ok(())
            })
            .unwrap();
    }
    counts.print("samples");
}

/// proptest prints failures in full, so no regression file is needed.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Counts the tested situations.
#[derive(Default)]
struct Counts {
    runs: Cell<usize>,
    statuses: [Cell<usize>; 4],
    prefixes: Cell<usize>,
    cuts: Cell<usize>,
    crashes: Cell<usize>,
    sendings: Cell<usize>,
    redrives: Cell<usize>,
    /// By action: the number of its steps in interrupted runs, and of crashes within one.
    actions: RefCell<BTreeMap<String, (usize, usize)>>,
}

impl Counts {
    fn print(&self, of: &str) {
        let [success, failed, timed_out, cancelled] = &self.statuses;
        eprintln!(
            "{of}: {} runs ({} Success, {} Failed, {} TimedOut, {} Cancelled), {} prefixes folded, {} cuts tried, {} \
             crashes, {} sendings; attempts lost: 0, attempts repeated without record: 0; {} redriven",
            self.runs.get(),
            success.get(),
            failed.get(),
            timed_out.get(),
            cancelled.get(),
            self.prefixes.get(),
            self.cuts.get(),
            self.crashes.get(),
            self.sendings.get(),
            self.redrives.get(),
        );
        let untried = [success, failed, timed_out, cancelled].into_iter().filter(|count| count.get() == 0).count();
        assert_eq!(untried, 0, "an outcome was never tested");
    }

    fn count_actions(&self, situation: &Situation, resumed: &Outcomes) {
        let mut actions = self.actions.borrow_mut();
        // A loop and its inner step both run.
        let mut under_way = Vec::new();
        for recorded in &resumed.events {
            match &recorded.event {
                Event::StepStarted(started) => {
                    let action = situation.step(started.step.as_str()).inputs.action().to_string();
                    actions.entry(action.clone()).or_default().0 += 1;
                    under_way.push(action);
                }
                Event::StepEnded(_) => drop(under_way.pop()),
                Event::ExecutionResumed(_) => {
                    for action in &under_way {
                        actions.entry(action.clone()).or_default().1 += 1;
                    }
                }
                _ => {}
            }
        }
    }

    fn print_actions(&self, wanted: &[(&str, bool)]) {
        let actions = self.actions.borrow();
        for (action, (runs, crashes)) in &*actions {
            eprintln!("    {action}: {runs} steps in interrupted runs, {crashes} crashes within");
        }
        for (action, can_crash_within) in wanted {
            let (runs, crashes) = actions.get(*action).copied().unwrap_or_default();
            assert!(runs > 0 && (crashes > 0) == *can_crash_within, "{action}: {runs} steps, {crashes} crashes");
        }
    }
}

fn add(count: &Cell<usize>, more: usize) {
    count.set(count.get() + more);
}

/// Interrupts a run after every append, and at several appends in one run.
fn assert_crash_safe(situation: &Situation, crashes: &[Vec<usize>], counts: &Counts) {
    let (uncut, appends) = situation.run_with_cuts(&[], ScriptedRun::crash_and_resume);
    assert_eq!(Execution::replay(&uncut.events).unwrap(), uncut.execution);
    add(&counts.runs, 1);
    match uncut.status() {
        Status::Success => add(&counts.statuses[0], 1),
        Status::Failed => add(&counts.statuses[1], 1),
        Status::TimedOut => add(&counts.statuses[2], 1),
        Status::Cancelled => add(&counts.statuses[3], 1),
        other => panic!("an execution ended {other}"),
    }
    for prefix in 1..=uncut.events.len() {
        Execution::replay(&uncut.events[..prefix]).unwrap().summary();
        add(&counts.prefixes, 1);
    }
    add(&counts.sendings, uncut.assert_only_recorded_sendings());
    let single = (1..appends).map(|cut| vec![cut]);
    let several = crashes.iter().map(|cuts| cuts.iter().map(|cut| 1 + cut % (2 * appends)).collect::<Vec<_>>());
    for mut cuts in single.chain(several) {
        cuts.sort_unstable();
        let (resumed, _) = situation.run_with_cuts(&cuts, ScriptedRun::crash_and_resume);
        resumed.assert_equal_except_crashes(&uncut, &cuts);
        counts.count_actions(situation, &resumed);
        add(&counts.sendings, resumed.assert_only_recorded_sendings());
        add(&counts.cuts, 1);
        add(&counts.crashes, resumed.execution.resumes().len());
        assert_at_most_once(situation, &cuts);
    }
    if let Some(point) = restart_point(&uncut.execution) {
        assert_redrive(situation, &uncut, &point, counts);
    }
}

/// With the at-most-once policy no attempt that may have run is resent after a crash: only throttling is a reason.
fn assert_at_most_once(situation: &Situation, cuts: &[usize]) {
    let (run, _) = situation.run_with_cuts(cuts, ScriptedRun::crash_and_fail);
    run.assert_only_recorded_sendings();
    let is_uncertain = |run: &&StepExecution| {
        let spec = situation.step(run.step.as_str()).inputs.action().spec();
        !spec.repeatability.resolve(&run.inputs).is_repeatable()
    };
    let attempts = run.execution.runs().iter().filter(is_uncertain).flat_map(|run| &run.attempts);
    let interruptions = attempts.map(|attempt| attempt.interruptions.len());
    assert_eq!(interruptions.sum::<usize>(), 0, "crashes after the appends {cuts:?}");
}

/// A redrive reuses the steps before the chosen one unchanged, begins with that step and ends.
fn assert_redrive(situation: &Situation, first: &Outcomes, point: &crate::engine::RedrivePoint, counts: &Counts) {
    let second = situation.redrive(&first.execution, point).end();
    let kept = first.execution.runs().iter().take(point.reused);
    let kept: Vec<_> =
        kept.map(|run| (&run.id, &run.step, run.status(), run.ending.as_ref().map(|it| it.at))).collect();
    let (before, after) = second.execution.runs().split_at(point.reused);
    let found: Vec<_> =
        before.iter().map(|run| (&run.id, &run.step, run.status(), run.ending.as_ref().map(|it| it.at))).collect();
    assert_eq!(found, kept);
    assert_eq!(after[0].step, point.from);
    second.assert_only_recorded_sendings();
    add(&counts.redrives, 1);
}

fn settings() -> impl Strategy<Value = (u64, f64)> {
    (prop::sample::select(vec![0, 3_000, 10_000]), prop::sample::select(vec![0.0, 0.5]))
}

/// Several crashes in one run, three times.
fn crash_points() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0_usize..1_000, 2..6), 3)
}

fn scripts(steps: usize) -> impl Strategy<Value = Vec<Vec<Reply>>> {
    prop::collection::vec(prop::collection::vec(reply(), 0..4), steps)
}

fn reply() -> impl Strategy<Value = Reply> {
    let answer = prop_oneof![
        6 => prop::sample::select(vec![json!({"v": "x"}), json!({"v": 3}), json!({"v": null}), json!({})])
            .prop_map(Reply::Returns),
        3 => Just(Reply::Fails),
        2 => prop::option::of(0_u64..4).prop_map(Reply::Throttled),
        2 => Just(Reply::Silent),
    ];
    (answer, 0_u8..20).prop_map(|(answer, asked)| match asked {
        0 => Reply::Cancelled,
        1 => Reply::FailsThenCancelled,
        2 => Reply::CompletedThen(Box::new(answer)),
        _ => answer,
    })
}

/// A runbook of up to six steps with arbitrary jumps.
fn runbooks() -> impl Strategy<Value = String> {
    (1_usize..=6).prop_flat_map(|count| {
        let steps = (0..count)
            .map(|step| prop_oneof![4 => step_text(step, count).boxed(), 1 => loop_text(step, count).boxed()]);
        let steps = steps.collect::<Vec<_>>();
        let whole = steps.prop_map(|steps| {
            format!(
                "{{parameters: {{P: {{type: String, default: p}}}}, \
                 variables: {{V: {{type: String, default: 'v {{{{ automation:EXECUTION_ID }}}}'}}}}, \
                 outputs: [s0.Payload], mainSteps: [{}]}}",
                steps.join(", ")
            )
        });
        whole.prop_filter("the steps form a cycle", |text| read(text).is_ok())
    })
}

fn step_text(step: usize, count: usize) -> impl Strategy<Value = String> {
    // Mostly forward jumps; the loader rejects cycles.
    let target = move || {
        prop_oneof![6 => step..count, 1 => 0..count]
            .prop_map(move |target| Some(target).filter(|target| *target != step))
    };
    let towards = move |words: &'static [&'static str]| {
        (target(), prop::sample::select(words)).prop_map(|(target, word)| match (word, target) {
            ("step:", Some(target)) => format!("'step:s{target}'"),
            ("step:", None) => "Abort".to_owned(),
            (word, _) => word.to_owned(),
        })
    };
    let earlier = prop::option::of(0..step.max(1)).prop_map(move |earlier| earlier.filter(|_| step > 0));
    (
        prop::option::weighted(0.5, towards(&["Abort", "Continue", "Continue", "step:", "step:"])),
        prop::option::weighted(0.5, towards(&["Abort", "step:", "step:"])),
        prop::option::weighted(0.3, target()),
        (prop::bool::weighted(0.15), prop::option::weighted(0.3, any::<bool>())),
        prop::option::weighted(0.5, 1_u32..4),
        prop::option::weighted(0.5, prop::sample::select(vec![2_u32, 90, 119, 200])),
        prop::option::weighted(0.5, prop::sample::select(vec!["String", "Integer"])),
        earlier,
    )
        .prop_map(
            move |(on_failure, on_cancel, next, (is_end, is_critical), attempts, timeout, output, earlier)| {
                let mut text = format!("name: s{step}");
                let mut add = |name: &str, value: Option<String>| {
                    if let Some(value) = value {
                        text.push_str(&format!(", {name}: {value}"));
                    }
                };
                add("onFailure", on_failure);
                add("onCancel", on_cancel);
                add("nextStep", next.flatten().filter(|_| !is_end).map(|target| format!("s{target}")));
                add("isEnd", is_end.then(|| "true".to_owned()));
                add("isCritical", is_critical.map(|it| it.to_string()));
                add("maxAttempts", attempts.map(|it| it.to_string()));
                add("timeoutSeconds", timeout.map(|it| it.to_string()));
                add("outputs", output.map(|kind| format!("[{{Name: Out, Selector: $.v, Type: {kind}}}]")));
                let passed =
                    earlier.map_or_else(String::new, |earlier| format!(", in: '{{{{ s{earlier}.Payload }}}}'"));
                let given = format!(
                    "v: '{{{{ variable:V }}}}', p: 'and {{{{ P }}}}', at: '{{{{ global:DATE_TIME }}}}'{passed}"
                );
                add("inputs", Some(format!("{{FunctionName: f, InputPayload: {{{given}}}}}")));
                format!("{{{text}}}")
            },
        )
}

/// A loop of two steps that jump to each other, out of the loop, or to the end of the iteration.
fn loop_text(step: usize, count: usize) -> impl Strategy<Value = String> {
    let outside = move || (step + 1..=count).prop_map(move |target| (target < count).then(|| format!("s{target}")));
    let policies = move || {
        (
            prop::option::weighted(0.6, (prop::sample::select(vec!["Abort", "Continue", "step:"]), outside())),
            prop::option::weighted(0.3, outside()),
            prop::option::weighted(0.2, outside()),
            prop::bool::weighted(0.2),
            prop::option::weighted(0.3, any::<bool>()),
            prop::option::weighted(0.3, 1_u32..3),
        )
    };
    let inner = move |name: String, beside: Option<String>| {
        policies().prop_map(move |(on_failure, next, on_cancel, is_end, is_critical, attempts)| {
            let target = |outside: Option<String>| outside.or_else(|| beside.clone());
            let mut text = format!("name: {name}");
            let mut add = |key: &str, value: Option<String>| {
                if let Some(value) = value {
                    text.push_str(&format!(", {key}: {value}"));
                }
            };
            add(
                "onFailure",
                on_failure.and_then(|(word, outside)| match word {
                    "step:" => target(outside).map(|target| format!("'step:{target}'")),
                    word => Some(word.to_owned()),
                }),
            );
            add("onCancel", on_cancel.and_then(target).map(|target| format!("'step:{target}'")));
            add("nextStep", next.flatten().filter(|_| !is_end));
            add("isEnd", is_end.then(|| "true".to_owned()));
            add("isCritical", is_critical.map(|it| it.to_string()));
            add("maxAttempts", attempts.map(|it| it.to_string()));
            format!(
                "{{{text}, inputs: {{FunctionName: f, InputPayload: {{n: '{{{{ s{step}.CurrentIteration }}}}', \
                 v: '{{{{ variable:V }}}}'}}}}}}"
            )
        })
    };
    let repeat = prop_oneof![
        prop::sample::select(vec!["[]", "[x]", "['{{ P }}', y]", "[x, y, z]"])
            .prop_map(|items| format!("Iterators: {items}")),
        (1_u32..4).prop_map(move |most| format!(
            "LoopCondition: {{Variable: '{{{{ s{step}a.Payload }}}}', StartsWith: '{{'}}, MaxIterations: {most}"
        )),
    ];
    (
        prop::option::weighted(0.5, prop::sample::select(vec!["Abort", "Continue"])),
        (prop::bool::weighted(0.15), prop::option::weighted(0.3, any::<bool>())),
        prop::option::weighted(0.4, prop::sample::select(vec![2_u32, 90, 700])),
        repeat,
        inner(format!("s{step}a"), Some(format!("s{step}b"))),
        inner(format!("s{step}b"), None),
    )
        .prop_map(move |(on_failure, (is_end, is_critical), timeout, repeat, first, second)| {
            let mut text = format!("name: s{step}");
            let mut add = |name: &str, value: Option<String>| {
                if let Some(value) = value {
                    text.push_str(&format!(", {name}: {value}"));
                }
            };
            add("onFailure", on_failure.map(str::to_owned));
            add("isEnd", is_end.then(|| "true".to_owned()));
            add("isCritical", is_critical.map(|it| it.to_string()));
            add("timeoutSeconds", timeout.map(|it| it.to_string()));
            add("inputs", Some(format!("{{{repeat}, Steps: [{first}, {second}]}}")));
            format!("{{{text}}}")
        })
}

fn parameters(runbook: &Runbook) -> IndexMap<crate::name::ParameterName, Value> {
    let environment = environment();
    let none = IndexMap::new();
    let scope = StartScope { parameters: &none, environment: &environment, execution: "e", now: Timestamp::UNIX_EPOCH };
    crate::runbook::binding::bind(runbook.parameters(), &IndexMap::new(), &scope).unwrap()
}

/// Replaces the result of a reply by one that satisfies the step.
fn satisfying_reply(step: &Step, reply: Reply) -> Reply {
    match reply {
        Reply::Returns(_) => Reply::Returns(satisfying_result(step)),
        Reply::CompletedThen(reply) => Reply::CompletedThen(Box::new(satisfying_reply(step, *reply))),
        Reply::Fails
        | Reply::Throttled(_)
        | Reply::Silent
        | Reply::Cancelled
        | Reply::FailsThenCancelled
        | Reply::Signal(..) => reply,
    }
}

/// A result with a value for each selector of the step that is a path of names.
fn satisfying_result(step: &Step) -> Value {
    let mut result = json!({});
    for output in &step.outputs {
        let Some(selector) = &output.selector else { continue };
        let path: Vec<&str> =
            selector.as_str().trim_start_matches('$').split('.').filter(|it| !it.is_empty()).collect();
        let mut place = &mut result;
        for name in path {
            if place.is_null() {
                *place = json!({});
            }
            place = &mut place[name];
        }
        if place.is_null() {
            *place = value_of(output.data_type);
        }
    }
    result
}

fn value_of(data_type: DataType) -> Value {
    match data_type {
        DataType::String => json!("text"),
        DataType::Integer => json!(7),
        DataType::Boolean => json!(true),
        DataType::StringList => json!(["one", "two"]),
        DataType::StringMap => json!({"key": "value"}),
        DataType::MapList => json!([{"key": "value"}]),
    }
}
