//! `aws:sleep`: waits for a time (spec 4.3).

use crate::diagnostic::{Code, Diagnostic};
use crate::document::NodeKind;
use crate::expression::ValueTemplate;
use crate::limits::SLEEP_SECONDS;
use crate::runbook::load::{Constant, RawInputs, Reader};

use super::InputTemplates;

/// The inputs of a sleep.
#[derive(Debug, Clone)]
pub struct Sleep {
    /// A duration or a timestamp.
    pub until: SleepUntil,
    /// The input that has it, as spelled.
    pub input: String,
    /// The inputs as written.
    pub trees: InputTemplates,
}

/// The end of a sleep. The text may contain references; [`duration`] and [`timestamp`] parse the resolved text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SleepUntil {
    /// An ISO 8601 duration.
    Duration,
    /// A timestamp; the sleep ends immediately when it has passed.
    Timestamp,
}

/// Why a text is not a valid time to sleep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SleepProblem {
    /// It cannot be read.
    #[error("`{text}` is not {wanted}: {why}")]
    Unreadable {
        /// The text.
        text: String,
        /// What it should be.
        wanted: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// It has years or months, whose length is unknown.
    #[error("`{0}` has months or years, whose length differs; write days, hours, or `PT5M` for five minutes")]
    Calendar(String),
    /// It is negative or too long.
    #[error("`{0}` is not from 0 to 604,799 seconds")]
    Range(String),
}

impl Sleep {
    /// Reads the inputs of a sleep.
    pub(crate) fn read<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>, trees: InputTemplates) -> Option<Self> {
        let one_of = |names: &[&str]| names.iter().find_map(|name| given.get(name));
        let for_how_long = one_of(&["Duration", "duration"]);
        let until_when = one_of(&["Timestamp", "TimeStamp", "timestamp", "timeStamp"]);
        match (for_how_long, until_when) {
            (Some(entry), None) => {
                constant(reader, &entry.value, trees.get(&entry.key.text)?, |text| duration(text).map(|_| ()));
                Some(Self { until: SleepUntil::Duration, input: entry.key.text.clone(), trees })
            }
            (None, Some(entry)) => {
                constant(reader, &entry.value, trees.get(&entry.key.text)?, |text| timestamp(text).map(|_| ()));
                Some(Self { until: SleepUntil::Timestamp, input: entry.key.text.clone(), trees })
            }
            (Some(first), Some(second)) => {
                reader.report(
                    Diagnostic::new(
                        Code::InvalidInput,
                        second.key.span,
                        "a sleep cannot have both `Duration` and `Timestamp`",
                    )
                    .related(first.key.span, "the duration")
                    .help("remove one of the two"),
                );
                None
            }
            (None, None) => {
                reader.report(
                    Diagnostic::new(
                        Code::MissingInput,
                        given.at,
                        "`aws:sleep` needs the input `Duration` or `Timestamp`",
                    )
                    .help("for example `Duration: PT10M`"),
                );
                None
            }
        }
    }
}

fn constant<'d>(
    reader: &mut Reader<'d>,
    node: &'d crate::document::Node,
    template: &ValueTemplate,
    read: impl Fn(&str) -> Result<(), SleepProblem>,
) {
    let problem = match (Constant::text(template), &node.kind) {
        (Constant::Value(text), _) => read(text).err(),
        // A number has no unit, so it is not a duration.
        (_, NodeKind::Number(number)) => read(&number.to_string()).err(),
        _ => None,
    };
    if let Some(problem) = problem {
        let help = match &node.kind {
            NodeKind::Number(number) => format!("for {number} seconds write `PT{number}S`"),
            _ => "write for example `PT90S`, `PT10M`, `PT2H30M` or `P2D`".to_owned(),
        };
        let is_duration = matches!(&problem, SleepProblem::Unreadable { wanted, .. } if wanted.contains("duration"));
        let diagnostic = Diagnostic::new(Code::InvalidInput, node.span, problem.to_string());
        reader.report(if is_duration { diagnostic.help(help) } else { diagnostic });
    }
}

/// The length of an ISO 8601 duration such as `PT10M` or `P2D`.
pub fn duration(text: &str) -> Result<jiff::SignedDuration, SleepProblem> {
    let unreadable = |why: String| SleepProblem::Unreadable {
        text: text.to_owned(),
        wanted: "an ISO 8601 duration such as `PT10M`",
        why,
    };
    // ISO 8601 only: the service refuses `5 minutes`, which other parsers accept.
    let parser = jiff::fmt::temporal::SpanParser::new();
    let span = parser.parse_span(text.trim()).map_err(|error| unreadable(error.to_string()))?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(SleepProblem::Calendar(text.to_owned()));
    }
    let duration =
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|error| unreadable(error.to_string()))?;
    if duration.is_negative() || duration > jiff::SignedDuration::from_secs(SLEEP_SECONDS) {
        return Err(SleepProblem::Range(text.to_owned()));
    }
    Ok(duration)
}

/// The moment of a text such as `2030-01-31T09:00:00Z`.
pub fn timestamp(text: &str) -> Result<jiff::Timestamp, SleepProblem> {
    text.trim().parse().map_err(|error: jiff::Error| SleepProblem::Unreadable {
        text: text.to_owned(),
        wanted: "a moment such as `2030-01-31T09:00:00Z`",
        why: error.to_string(),
    })
}
