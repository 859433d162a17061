//! Generates runbooks and the replies to their calls from a sequence of numbers: smaller or fewer numbers make a
//! simpler runbook, so that a failing one shrinks by itself.

use serde_json::{Map, Value, json};

use crate::engine::tests::situation::{Reply, Situation, read};
use crate::event::Signal;

/// The state of the generator.
pub(in crate::engine::tests) struct RunbookGenerator {
    numbers: std::vec::IntoIter<u16>,
    /// Every output that a step generated so far may have.
    outputs: Vec<String>,
    /// Every step with its action, those in loops included.
    steps: Vec<(String, &'static str)>,
    with_loops: bool,
    /// Whether cancel requests are frequent.
    is_stormy: bool,
}

const NAMES: [&str; 4] = ["ann", "bob", "arn:aws:iam::1:user/ann", "cid"];

/// The declared types of the variables, and their defaults.
const VARIABLES: [(&str, &str, Option<&str>); 6] = [
    ("S", "String", Some("x{{ P }}")),
    ("L", "StringList", Some("{{ L }}")),
    ("I", "Integer", None),
    ("B", "Boolean", None),
    ("M", "StringMap", Some("{{ M }}")),
    ("Q", "MapList", None),
];

impl RunbookGenerator {
    pub(in crate::engine::tests) fn new(numbers: Vec<u16>, with_loops: bool) -> Self {
        Self { numbers: numbers.into_iter(), outputs: Vec::new(), steps: Vec::new(), with_loops, is_stormy: false }
    }

    /// A valid runbook and the replies to it; none if the loader rejects it, for example because of a cycle.
    pub(in crate::engine::tests) fn situation(mut self) -> Option<Situation> {
        let text = self.runbook().to_string();
        let _ = read(&text).ok()?;
        let mut situation = Situation::new(&text);
        for (name, value) in [
            ("P", json!("x")),
            ("L", self.one(&[json!(["ann", "bob"]), json!([]), json!(["x"])])),
            ("N", self.one(&[json!(2), json!(3), json!(0)])),
            ("T", self.one(&[json!(true), json!(false)])),
            ("M", self.one(&[json!({"k": "x"}), json!({})])),
        ] {
            situation = situation.parameter(name, value);
        }
        self.is_stormy = self.once_in(4);
        for (step, action) in std::mem::take(&mut self.steps) {
            let replies = self.replies(action);
            situation = situation.replies(&step, replies);
        }
        let window = self.one(&[10_000, 0, 3_000]);
        situation.is_punctual = true;
        Some(situation.settings(|settings| settings.throttle_window = window))
    }

    fn runbook(&mut self) -> Value {
        let count = 1 + self.below(7);
        let names: Vec<String> = (0..count).map(|step| format!("s{step}")).collect();
        let steps: Vec<Value> = (0..count).map(|step| self.step(&names, step, &[])).collect();
        let parameters: Map<String, Value> =
            [("P", "String"), ("L", "StringList"), ("N", "Integer"), ("T", "Boolean"), ("M", "StringMap")]
                .into_iter()
                .map(|(name, kind)| (name.to_owned(), json!({"type": kind})))
                .collect();
        let mut variables = Map::new();
        for (name, kind, default) in VARIABLES {
            let mut variable = json!({"type": kind});
            if let Some(default) = default {
                variable["default"] = json!(default);
            }
            variables.insert(name.to_owned(), variable);
        }
        let outputs: Vec<String> = (0..self.below(4)).filter_map(|_| self.output()).collect();
        json!({"parameters": parameters, "variables": variables, "outputs": outputs, "mainSteps": steps})
    }

    /// The step at an index of a list; `outer` are the steps that an inner step may leave the loop for.
    fn step(&mut self, names: &[String], at: usize, outer: &[String]) -> Value {
        let name = names[at].clone();
        let is_inner = !outer.is_empty() || name.contains('_');
        let action = self.action(is_inner);
        let mut step = Map::new();
        step.insert("name".to_owned(), json!(name));
        step.insert("action".to_owned(), json!(action));
        self.policies(&mut step, names, at, outer, action);
        let inputs = self.inputs(&name, action, names, at, outer);
        step.insert("inputs".to_owned(), inputs);
        if is_call(action) && self.once_in(2) {
            step.insert("maxAttempts".to_owned(), json!(1 + self.below(3)));
        }
        // A call without a timeout may never return.
        let needs_timeout = !matches!(action, "aws:invokeLambdaFunction" | "aws:executeScript" | "aws:executeAwsApi");
        if is_call(action) && (needs_timeout || self.once_in(2)) {
            let seconds = self.one(&[200, 2, 30, 119, 120, 121, 500, 1_000]);
            step.insert("timeoutSeconds".to_owned(), json!(seconds));
        } else if matches!(action, "aws:approve" | "aws:pause") && self.once_in(2) {
            let seconds = self.one(&[600, 1, 60, 3_000_000]);
            step.insert("timeoutSeconds".to_owned(), json!(seconds));
        }
        let mut outputs: Vec<&str> = match action {
            "aws:invokeLambdaFunction" => vec!["Payload", "StatusCode"],
            "aws:executeAutomation" => vec!["Output", "Status"],
            "aws:executeScript" => vec!["Payload"],
            "aws:branch" => vec!["NextStep"],
            "aws:approve" => vec!["ApprovalStatus", "ApproverDecisions"],
            _ => vec![],
        };
        if is_call(action) {
            outputs.push("OutputPayload");
            let mut declared = Vec::new();
            for output in ["Out", "More"].iter().take(self.below(3)) {
                let selector = self.one(&["$.v", "$", "$.v[0]", "$.v.k", "$.Payload.v", "v", "$.Output"]);
                let kind = self.one(&["String", "StringList", "Integer", "Boolean", "StringMap", "MapList"]);
                declared.push(json!({"Name": output, "Selector": selector, "Type": kind}));
                outputs.push(output);
            }
            if !declared.is_empty() {
                step.insert("outputs".to_owned(), json!(declared));
            }
        }
        self.outputs.extend(outputs.into_iter().map(|output| format!("{name}.{output}")));
        self.steps.push((name, action));
        Value::Object(step)
    }

    fn action(&mut self, is_inner: bool) -> &'static str {
        let call = "aws:invokeLambdaFunction";
        let action = self.one(&[
            call,
            "aws:branch",
            "aws:updateVariable",
            "aws:sleep",
            "aws:pause",
            "aws:approve",
            "aws:loop",
            "aws:executeAutomation",
            "aws:executeScript",
            "aws:executeAwsApi",
            "aws:branch",
            "aws:updateVariable",
            "aws:approve",
            "aws:loop",
            call,
            call,
        ]);
        if action == "aws:loop" && (is_inner || !self.with_loops) { call } else { action }
    }

    fn policies(&mut self, step: &mut Map<String, Value>, names: &[String], at: usize, outer: &[String], action: &str) {
        let mut add = |name: &str, value: Value| {
            step.insert(name.to_owned(), value);
        };
        let on_failure = self.below(6);
        match on_failure {
            1 | 2 => add("onFailure", json!("Continue")),
            3 | 5 => {
                if let Some(target) = self.target(names, at, outer) {
                    add("onFailure", json!(format!("step:{target}")));
                }
            }
            4 => add("onFailure", json!("Abort")),
            _ => {}
        }
        if self.once_in(3)
            && !matches!(action, "aws:loop" | "aws:updateVariable")
            && let Some(target) = self.target(names, at, outer)
        {
            add("onCancel", json!(format!("step:{target}")));
        }
        if self.once_in(3) {
            add("isCritical", json!(self.below(2) == 0));
        }
        match self.below(8) {
            1 => add("isEnd", json!(true)),
            2 | 3 => {
                if let Some(target) = self.target(names, at, outer) {
                    add("nextStep", json!(target));
                }
            }
            _ => {}
        }
    }

    /// A step to jump to: mostly a later one of the same list, sometimes an earlier one, sometimes out of the loop.
    fn target(&mut self, names: &[String], at: usize, outer: &[String]) -> Option<String> {
        if !outer.is_empty() && self.once_in(4) {
            return Some(outer[self.below(outer.len())].clone());
        }
        let from = if self.once_in(8) { 0 } else { at + 1 };
        let targets: Vec<&String> = names.iter().skip(from).filter(|name| **name != names[at]).collect();
        (!targets.is_empty()).then(|| targets[self.below(targets.len())].clone())
    }

    fn inputs(&mut self, name: &str, action: &str, names: &[String], at: usize, outer: &[String]) -> Value {
        match action {
            "aws:branch" => self.branch(names, at, outer),
            "aws:updateVariable" => {
                let (variable, kind, _) = self.one(&VARIABLES);
                // Often of the right type, sometimes not.
                let value = match kind {
                    "String" => self.one(&[json!("x"), json!("new {{ N }}"), json!("{{ L }}")]),
                    "StringList" => self.one(&[json!(["x", "y"]), json!("{{ L }}"), json!(["{{ L }}", "z"])]),
                    "Integer" => self.one(&[json!(3), json!("{{ N }}")]),
                    "Boolean" => self.one(&[json!(true), json!("{{ T }}")]),
                    "StringMap" => self.one(&[json!({"k": "{{ P }}"}), json!("{{ M }}")]),
                    _ => self.one(&[json!([{"k": 1}]), json!(["{{ M }}"])]),
                };
                let value = if self.once_in(3) { json!(self.reference()) } else { value };
                json!({"Name": format!("variable:{variable}"), "Value": value})
            }
            "aws:sleep" => match self.below(8) {
                0 => json!({"Duration": "PT90S"}),
                1 => json!({"Duration": self.one(&["PT0S", "PT1S", "P1DT1H", "PT119S", "PT2M", "P1W", "PT1.5S"])}),
                2 => json!({"Duration": "PT{{ N }}M"}),
                3 => json!({"Duration": "PT{{ variable:I }}M"}),
                4 => json!({"Duration": self.reference()}),
                5 => json!({"Timestamp": "2020-01-01T00:00:00Z"}),
                6 => json!({"Timestamp": self.one(&["2026-01-02T03:05:05Z", "2026-01-02T04:04:05Z"])}),
                _ => json!({"Timestamp": self.reference()}),
            },
            "aws:pause" => json!({}),
            "aws:approve" => {
                let approvers = match self.below(7) {
                    0 => json!(["ann", "bob"]),
                    1 => json!(["ann"]),
                    2 => json!(["arn:aws:iam::1:user/ann", "bob", "cid"]),
                    3 => json!("{{ L }}"),
                    4 => json!(["{{ L }}", "cid"]),
                    5 => json!(["ann", "arn:aws:iam::1:user/ann"]),
                    _ => json!([self.reference()]),
                };
                let mut inputs = json!({"Approvers": approvers});
                match self.below(5) {
                    1 => inputs["MinRequiredApprovals"] = json!(1),
                    2 => inputs["MinRequiredApprovals"] = json!("{{ N }}"),
                    3 | 4 => inputs["MinRequiredApprovals"] = json!(2),
                    _ => {}
                }
                if self.once_in(3) {
                    inputs["Message"] = json!(format!("Go on with {}?", self.reference()));
                }
                inputs
            }
            "aws:loop" => self.looping(name, names, at),
            "aws:executeAutomation" => json!({"DocumentName": "Child", "RuntimeParameters": {"Key": self.reference()}}),
            "aws:executeScript" => {
                let input = self.reference();
                json!({"Runtime": "python3.11", "Handler": "f", "Script": "def f(e, c): pass", "InputPayload": {"in": input}})
            }
            "aws:executeAwsApi" => json!({"Service": "s3", "Api": "ListBuckets", "Prefix": self.reference()}),
            _ => {
                let mut payload = json!({});
                for name in ["one", "two"].iter().take(self.below(3)) {
                    payload[*name] = match self.below(4) {
                        0 => json!(self.reference()),
                        1 => json!(format!("an {} in", self.reference())),
                        2 => json!([self.reference(), "y"]),
                        _ => json!({"deep": self.reference()}),
                    };
                }
                json!({"FunctionName": "f", "InputPayload": payload})
            }
        }
    }

    fn branch(&mut self, names: &[String], at: usize, outer: &[String]) -> Value {
        let mut choices = Vec::new();
        for _ in 0..=self.below(3) {
            if let Some(target) = self.target(names, at, outer) {
                let mut choice = self.condition(2);
                choice["NextStep"] = json!(target);
                choices.push(choice);
            }
        }
        let mut inputs = json!({"Choices": choices});
        if self.once_in(3)
            && let Some(target) = self.target(names, at, outer)
        {
            inputs["Default"] = json!(target);
        }
        inputs
    }

    fn condition(&mut self, depth: usize) -> Value {
        let joined = if depth == 0 { 0 } else { self.below(6) };
        match joined {
            3 => json!({"Not": self.condition(depth - 1)}),
            4 | 5 => {
                let conditions: Vec<Value> = (0..=self.below(3)).map(|_| self.condition(depth - 1)).collect();
                let word = if joined == 4 { "And" } else { "Or" };
                json!({word: conditions})
            }
            _ => {
                let text = |author: &mut Self| {
                    if author.once_in(4) {
                        json!(author.reference())
                    } else {
                        author.one(&[
                            json!("x"),
                            json!("true"),
                            json!("3"),
                            json!("X"),
                            json!(""),
                            json!("ann"),
                            json!(3),
                        ])
                    }
                };
                let kind = self.below(11);
                let apt = ["{{ P }}", "{{ T }}", "{{ N }}"][usize::from(kind >= 5) + usize::from(kind > 5)];
                let variable = if self.once_in(3) { apt.to_owned() } else { self.reference() };
                let (operator, value) = match kind {
                    0 => ("StringEquals", text(self)),
                    1 => ("EqualsIgnoreCase", text(self)),
                    2 => ("StartsWith", text(self)),
                    3 => ("EndsWith", text(self)),
                    4 => ("Contains", text(self)),
                    5 => ("BooleanEquals", self.one(&[json!(true), json!(false), json!("true"), json!("{{ T }}")])),
                    other => {
                        let operator = [
                            "NumericEquals",
                            "NumericGreater",
                            "NumericLesser",
                            "NumericGreaterOrEquals",
                            "NumericLesserOrEquals",
                        ][other - 6];
                        (operator, self.one(&[json!(3), json!(2), json!(2.5), json!("3"), json!("{{ N }}")]))
                    }
                };
                json!({"Variable": variable, operator: value})
            }
        }
    }

    fn looping(&mut self, name: &str, names: &[String], at: usize) -> Value {
        let count = 1 + self.below(3);
        let inner: Vec<String> = (0..count).map(|step| format!("{name}_{step}")).collect();
        let outer: Vec<String> = names.iter().skip(at + 1).cloned().collect();
        let before = self.outputs.len();
        self.outputs.push(format!("{name}.CurrentIteration"));
        let kind = self.below(3);
        if kind > 0 {
            self.outputs.push(format!("{name}.CurrentIteratorValue"));
        }
        let steps: Vec<Value> = (0..count).map(|step| self.step(&inner, step, &outer)).collect();
        let mut inputs = match kind {
            0 => json!({"LoopCondition": self.condition(1)}),
            1 => {
                json!({"Iterators": self.one(&[json!(["x", "y"]), json!([]), json!("{{ L }}"), json!(["{{ L }}", "z"])])})
            }
            _ => {
                let (kind, items) = self.one(&[
                    ("Integer", json!([1, 2, 3])),
                    ("Boolean", json!([true, false])),
                    ("StringMap", json!([{"k": "x"}, {}])),
                    ("Integer", json!(["{{ N }}", 1])),
                    ("Integer", json!("{{ L }}")),
                ]);
                json!({"Iterators": items, "IteratorDataType": kind})
            }
        };
        if kind == 0 || self.once_in(2) {
            inputs["MaxIterations"] = self.one(&[json!(3), json!(1), json!("{{ N }}"), json!(5)]);
        }
        inputs["Steps"] = json!(steps);
        // Only steps of a loop read outputs of its steps; the service documents no other use.
        let _ = before;
        inputs
    }

    /// A reference to anything that may have a value.
    fn reference(&mut self) -> String {
        let name = match self.below(4) {
            0 => self.output().unwrap_or_else(|| "P".to_owned()),
            1 => self.one(&["P", "L", "N", "T", "M"]).to_owned(),
            2 => format!("variable:{}", self.one(&["S", "L", "I", "B", "M", "Q"])),
            _ => match self.below(4) {
                0 | 1 => self.output().unwrap_or_else(|| "N".to_owned()),
                2 => self.one(&["global:DATE_TIME", "global:REGION", "global:ACCOUNT_ID"]).to_owned(),
                _ => "automation:EXECUTION_ID".to_owned(),
            },
        };
        format!("{{{{ {name} }}}}")
    }

    /// An output of a step generated already, often of the last ones.
    fn output(&mut self) -> Option<String> {
        if self.outputs.is_empty() {
            return None;
        }
        let back = self.below(self.outputs.len());
        Some(self.outputs[self.outputs.len() - 1 - back].clone())
    }

    /// The replies to a step, in order.
    fn replies(&mut self, action: &str) -> Vec<Reply> {
        (0..self.below(5)).map(|_| self.reply(action)).collect()
    }

    fn reply(&mut self, action: &str) -> Reply {
        // Cancels few steps, or every execution would be cancelled; cancels some again and again.
        let quiet = if self.is_stormy { 9 } else { 40 };
        match self.below(quiet + 3).checked_sub(quiet) {
            Some(0) => return Reply::Cancelled,
            Some(1) => return Reply::FailsThenCancelled,
            Some(_) => {
                let then =
                    if is_call(action) { self.reply(action) } else { Reply::Signal(Signal::Resume, "ann".into()) };
                return Reply::CompletedThen(Box::new(then));
            }
            None => {}
        }
        if !is_call(action) {
            let signal = self.one(&[Signal::Approve, Signal::Resume, Signal::Approve, Signal::Approve, Signal::Reject]);
            let by = self.one(&["ann", "bob", NAMES[2], "cid", "stranger"]);
            return Reply::Signal(signal, by.to_owned());
        }
        match self.below(18) {
            12..=14 => Reply::Fails,
            15 => Reply::Silent,
            16 => Reply::Throttled(self.one(&[None, Some(0), Some(3), Some(8)])),
            17 if self.once_in(3) => Reply::Signal(Signal::Approve, "ann".to_owned()),
            17 => Reply::Throttled(None),
            _ => Reply::Returns(self.one(&[
                json!({"v": "x"}),
                json!({"v": 3}),
                json!({"v": true}),
                json!({}),
                json!({"v": "true"}),
                json!({"v": "7"}),
                json!({"v": ["x"]}),
                json!({"v": ["ann", "bob"]}),
                json!({"v": [3]}),
                json!({"v": []}),
                json!({"v": {"k": "x"}}),
                json!({"v": [{"k": 1}]}),
                json!({"v": [{"k": 1}, {}]}),
                json!({"v": null}),
                json!({"v": 2.5}),
                json!({"v": ""}),
                json!({"v": "PT5S"}),
                json!({"v": "False"}),
                json!({"v": "5 minutes"}),
                json!({"v": "P1M"}),
                json!("plain"),
                json!(["x"]),
            ])),
        }
    }

    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn below(&mut self, n: usize) -> usize {
        self.numbers.next().map_or(0, usize::from) % n
    }
}

fn is_call(action: &str) -> bool {
    matches!(action, "aws:invokeLambdaFunction" | "aws:executeAutomation" | "aws:executeScript" | "aws:executeAwsApi")
}
