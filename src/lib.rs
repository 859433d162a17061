//! Runwright: run AWS Systems Manager Automation runbooks anywhere.
//!
//! # The idea
//!
//! A **runbook** is text that an operator wrote. It is read once into a tree with positions ([`document`]), and once more
//! into a typed value that cannot be invalid ([`runbook`]). An **execution** is the fold of its **events** ([`event`],
//! [`execution`]); events are all that is stored. The **engine** decides what happens next: a pure function of runbook,
//! execution, input and time ([`engine`]). The **runner** appends the events, and only then acts. The **application**
//! (`automation`) has the operations on executions; the command line is a thin edge over it.
//!
//! ```
//! let text = r#"
//! schemaVersion: "0.3"
//! mainSteps:
//!   - name: restart
//!     action: aws:invokeLambdaFunction
//!     onFailur: Continue
//!     inputs: { FunctionName: restart-service }
//! "#;
//! let document = runwright::document::read("restart.yaml", text.as_bytes())?;
//! let loaded = runwright::runbook::load(&document);
//! let problems: Vec<_> = loaded.diagnostics.iter().map(|problem| problem.code.as_str()).collect();
//! assert_eq!(problems, ["unknown-key"]);
//! assert!(loaded.runbook.is_some(), "a warning refuses nothing");
//! # Ok::<(), runwright::document::UnreadableDocument>(())
//! ```
//!
//! # The map
//!
//! The core has no clock, no runtime and no files; it is all that is compiled without features.
//!
//! | room | what it owns |
//! |---|---|
//! | [`limits`] | every bound, with its reason |
//! | [`name`] | identifiers, a type each |
//! | [`duration`] | durations and moments as people write and read them |
//! | [`untrusted`] | text from outside, made safe for terminals, logs and pipelines |
//! | [`shorthand`] | the AWS CLI's shorthand syntax |
//! | [`diagnostic`] | a problem of a text: code, position, help; rendering |
//! | [`document`] | YAML and JSON to a tree with positions |
//! | [`expression`] | references, templates, selectors, conversions |
//! | [`runbook`] | the typed runbook; validation; binding of parameters; the JSON Schema |
//! | [`event`] | the events of an execution: the stored form |
//! | [`execution`] | the fold of events, and its summary in the service's shape |
//! | [`engine`] | what happens next: retries, timeouts, branches, loops; **approvals and signals are checked in `engine::signals`, retry delays computed in `engine::retry`** |
//! | [`graph`] | runbooks and executions as Mermaid, DOT and SVG |
//! | [`redaction`] | secret values, and events without them |
//!
//! Everything else has side effects (features `runner`, `aws`, `local-lambda`, `cli`).
//!
//! | room | what it owns |
//! |---|---|
//! | `clock` | time and randomness |
//! | `files` | inputs read up to a bound; output files |
//! | `path_search` | programs on PATH, and the real programs behind the scripts of version managers |
//! | `supervisor` | child processes that are killed with the program that started them, with all their descendants |
//! | `process_output` | the bounds of what is stored of the output of a process |
//! | `aws` | region, credentials, roles, identity and connections; what errors of all services have in common; AWS APIs as data: the models of all services, and the check of requests against them |
//! | `lambda` | the Invoke client on the AWS SDK, and the classification of its errors |
//! | `local_lambda` | functions as processes on this machine: template, runtimes, both APIs |
//! | `scripts` | scripts as processes on this machine: interpreters, limits, attachments, output |
//! | `actions` | the registry of action handlers: how a call is prepared and sent, and its reply evaluated |
//! | `store` | executions, in a journal or in memory, with a trait for each subject: events, lists, leases, **locks (`store::lock_queue`)**, requests between processes |
//! | `runner` | the loop of one execution; its mailbox; the event stream of the process; the policy of delays (`runner::delays`) |
//! | `notify` | notifications: webhook, command, SNS |
//! | `automation` | the application: start, resume, stop, signal, redrive, list, follow, plan, validate; child executions; **waiting for a lock (`automation::lock_queue`)** |
//! | `report` | executions as text for people and data for programs |
//! | `presentation` | what the application returns, as text for people and documents for programs |
//! | `testing` | test cases of runbooks: mocked replies, virtual clock |
//! | `settings` | settings from `runwright.toml` and variables, and which value wins |
//! | `cli` | arguments, settings, prompts, screen, exit codes: one thin file per command |
//!
//! # Invariants
//!
//! - The engine imports no code with side effects; reports never import the engine; only the runner decides and acts.
//! - Append, then act, held by a type: a call is prepared without effect, and sent by a method that consumes it
//!   (`actions::PreparedCall`) once the event that records it is durable.
//! - One event stream: the runner publishes, and waits for no reader.
//! - An action is one row (`runbook::inputs`) and one handler (`actions`).
//! - The request of an attempt is built when the attempt starts, and sent as it was built
//!   ([`runbook::inputs::ActionRequest`]); only a retry, another sending and a resumed execution build it again.
//! - Outstanding work is read from the state, so a resumed run and a live run ask the same question.
//! - Time and randomness are handed in.
//! - Nothing is invoked a second time without an event: the SDK's own retries are off.
//! - Secrets belong to an execution, never to the process.
//! - Nothing below the edges prints, exits, or knows a terminal.
//!
//! A test holds the imports between the rooms, and that no two files of a room import each other
//! (`tests/it/architecture.rs`).
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | abandon | stop waiting for an attempt; what it started may still be running |
//! | action | what a step does: `aws:invokeLambdaFunction`, `aws:sleep`, … |
//! | approval | the decision that an `aws:approve` step waits for |
//! | attach | follow a running execution from another terminal |
//! | attempt | one try of a step; `maxAttempts` bounds them |
//! | backoff | the growing delay between attempts |
//! | branch | a step that chooses the next step by conditions |
//! | cancel | stop an execution, with the `onCancel` steps of the step under way |
//! | carry over | keep the result of a step in a redrive, without running it again |
//! | child execution | an execution that an `aws:executeAutomation` step started |
//! | claim | acquire an interrupted execution, for this process alone |
//! | complete | end an execution after the step under way, as `Success` |
//! | concurrency limit | `MaxConcurrency`: how many targets run at once |
//! | conflict | a lock is held, or another process owns the execution (exit code 8) |
//! | critical | a step whose failure makes the execution fail (`isCritical`) |
//! | deadline | the moment at which an attempt or a wait ends |
//! | durable | on disk, so that a crash loses nothing |
//! | event | a fact of an execution; the only thing that is stored of it |
//! | execution | one run of a runbook |
//! | fold | the state that events lead to |
//! | functions template | the SAM or CloudFormation template of local functions |
//! | heartbeat | the time stamp by which a process on another machine shows that it is running |
//! | interrupted | neither ended nor run by a process |
//! | iteration | one pass of a loop |
//! | jitter | the random share of a delay |
//! | journal | the SQLite database of executions |
//! | lease | the ownership of an execution by a process |
//! | location | accounts and Regions that a runbook runs in |
//! | lock | a name under which one execution runs at a time |
//! | mailbox | the requests to a running execution: cancel, complete, signals |
//! | outline | the steps of a runbook as an execution records them |
//! | place | the account and Region of an execution, and the roles that lead there |
//! | redact | replace a secret by a mask |
//! | redrive | a new execution that starts at the failed step of another |
//! | reference | `{{ step.Output }}` or `{{ Parameter }}` in a runbook |
//! | replay | fold stored events into a state |
//! | rerun | a new execution with the same parameters, from the start |
//! | resume | run an interrupted execution further |
//! | retry | a further attempt of a step |
//! | sending | one request of an attempt; a throttled request is sent again |
//! | signal | what people send to a step: approve, reject, resume, start, skip, stop |
//! | target | one of the values that a runbook runs for |
//! | throttle | a refusal for too many requests; it uses up no attempt |
//! | timeout | how long an attempt may take |
//! | wait | a step that waits for a moment or for a signal |

pub mod diagnostic;
pub mod document;
pub mod duration;
pub mod engine;
pub mod event;
pub mod execution;
pub mod expression;
pub mod graph;
pub mod limits;
pub mod name;
pub mod redaction;
pub mod runbook;
pub mod shorthand;
pub mod untrusted;

#[cfg(feature = "runner")]
pub mod actions;
#[cfg(feature = "local-lambda")]
pub mod automation;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "runner")]
pub mod clock;
#[cfg(feature = "runner")]
pub mod files;
#[cfg(feature = "aws")]
pub mod lambda;
#[cfg(feature = "local-lambda")]
pub mod local_lambda;
#[cfg(feature = "aws")]
pub mod notify;
#[cfg(feature = "aws")]
mod path_search;
#[cfg(feature = "cli")]
pub mod presentation;
#[cfg(feature = "aws")]
mod process_output;
#[cfg(feature = "runner")]
pub mod report;
#[cfg(feature = "runner")]
pub mod runner;
#[cfg(feature = "aws")]
pub mod scripts;
#[cfg(feature = "cli")]
pub mod settings;
#[cfg(feature = "runner")]
pub mod store;
#[cfg(feature = "aws")]
pub mod supervisor;
#[cfg(feature = "aws")]
pub mod testing;
