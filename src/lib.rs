//! Runwright: run AWS Systems Manager Automation runbooks anywhere.
//!
//! # The idea
//!
//! A **runbook** is text that an operator wrote. It is read once into a spanned tree ([`document`]), and once more into
//! a typed value that cannot be invalid ([`runbook`]). An **execution** is the fold of its **events** ([`event`],
//! [`execution`]); events are all that is stored. The **engine** decides: it is a pure function of runbook, execution,
//! input and time ([`engine`]). The runner appends what was decided, and only then acts. Reporters read events and folds.
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
//! # Ok::<(), runwright::document::Unreadable>(())
//! ```
//!
//! # The map
//!
//! The core has no clock, no runtime and no files; it is all that is compiled without features.
//!
//! | room | what it owns |
//! |---|---|
//! | [`limits`] | every bound, with its reason |
//! | [`name`] | the names of things, a type each |
//! | [`untrusted`] | text that others wrote, made safe to show |
//! | [`shorthand`] | the AWS CLI's shorthand syntax |
//! | [`duration`] | durations as people read them |
//! | [`diagnostic`] | what is wrong with a text, where, and what to do |
//! | [`document`] | text to a tree as written, with positions |
//! | [`expression`] | references, templates, selectors, conversions |
//! | [`runbook`] | the runbook as meant; validation; binding of parameters; the JSON Schema |
//! | [`event`] | the facts of an execution: the stored form |
//! | [`execution`] | the fold of events, and its summary in the service's shape |
//! | [`engine`] | what happens next |
//! | [`graph`] | the ways of a runbook as Mermaid, DOT and SVG |
//! | [`redaction`] | secret values, and events without them |
//!
//! The host touches the world.
//!
//! | room | what it owns |
//! |---|---|
//! | `clock` | time and chance |
//! | `gate` | calls that are prepared before they may be sent |
//! | `supervisor` | child processes that die with the program that started them, with all their descendants |
//! | `files` | inputs read up to a bound; output files |
//! | `lambda` | the client on the AWS SDK; `local_lambda`: functions that run on this machine |
//! | `actions` | what a step does to the world |
//! | `store` | where events are kept |
//! | `runner` | the loop of one execution |
//! | `automation::children` | the executions that steps start |
//! | `automation` | what people do with executions: start, resume, stop, … |
//! | `notify` | notifications: a webhook, a command, SNS |
//! | `report` | executions as people and programs want to see them |
//! | `testing` | runbooks tried out: cases with scripted replies and virtual time |
//! | `cli` | the commands |
//!
//! # What must stay true
//!
//! - The engine never imports the host; reporters never import the engine; only the runner both decides and does.
//! - Append, then act: nothing is sent to the world before the event that says so is kept.
//! - Outstanding work is read from the state, so a resumed run and a live run ask the same question.
//! - Time and randomness are handed in.
//! - Nothing is invoked a second time that the events do not show: the SDK's own retries are off.
//!
//! A test holds the imports between the rooms (`tests/it/architecture.rs`).

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
#[cfg(feature = "runner")]
pub mod report;
#[cfg(feature = "runner")]
pub mod runner;
#[cfg(feature = "runner")]
pub mod send_gate;
#[cfg(feature = "runner")]
pub mod store;
#[cfg(feature = "local-lambda")]
pub mod supervisor;
#[cfg(feature = "aws")]
pub mod testing;
