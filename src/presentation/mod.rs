//! What the application returns, as text for people and documents for programs.
//!
//! Owns: rendering of plans, targets, lists, interpreters, invocations, questions, settings, validations and annotations. Pure
//! functions: values in, texts out; time and colours are handed in. Does not own: running and stored executions
//! (`report`), or which output a text goes to (`cli`). Used by `cli`.

mod annotations;
mod executions;
mod functions;
mod interpreters;
mod outputs;
mod permissions;
mod plan;
mod preflight;
mod question;
mod reply;
mod runbooks;
mod settings;
mod targets;
mod validation;

pub use annotations::{annotate_failures, annotate_problem};
pub use executions::{
    display_state, execution_row, late_stops, listed_execution, name_executions, render_left_alone, render_size,
    shell_word,
};
pub use functions::{ListedFunction, render_function_error, render_functions};
pub use interpreters::{ListedRuntime, render_runtimes};
pub use outputs::{export_line, export_text, output_lines, output_texts, safe_export_line};
pub use plan::render_plan;
pub use question::{ask_for_parameter, brief, describe_step, read_edited, render_context};
pub use reply::InvocationEnd;
pub use runbooks::{graph_marks, render_difference};
pub use settings::{SettingsSummary, render_settings};
pub use targets::{render_children, render_targets, targets_advice};
pub use validation::{FileReport, ValidationReport};
