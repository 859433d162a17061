//! `runwright executions list`

use clap::{Args, ValueEnum};
use indexmap::IndexSet;
use jiff::tz::TimeZone;

use super::history::view;
use crate::automation::{Listing, read_page_limit};
use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::foreground::automation_of;
use crate::cli::output::{Format, give, give_as, give_json, tell};
use crate::cli::runtime::{runtime, wait};
use crate::cli::screen::Screen;
use crate::cli::shared_args::assignment;
use crate::cli::state::{StateArgs, find};
use crate::clock::{Clock, SystemClock};
use crate::duration::{Day, read_moment};
use crate::event::Status;
use crate::limits::LIST_PAGE;
use crate::presentation::{display_state, execution_row, listed_execution, shell_word};
use crate::report::history::{ListedExecution, Row, csv, table};
use crate::report::one_line;
use crate::store::{Entry, Filter, Page, Parents};

const AFTER_HELP: &str = "\
Examples:
  runwright executions list
  runwright executions list --status Failed --status TimedOut --since 7d
  runwright executions list --runbook 'restart-*' -p Service=web --label ticket=OPS-7
  runwright executions list --limit 1000 --output csv > executions.csv

An execution that has not ended and that no process runs is `Interrupted`.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ListArgs {
    /// Only executions with this status (repeatable)
    #[arg(long, value_name = "STATUS", value_enum, ignore_case = true, help_heading = "Filters")]
    status: Vec<StatusWord>,
    /// Only executions of this runbook (wildcards `*` and `?`)
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    runbook: Option<String>,
    /// Only executions that started at or after this time: an age (2h, 7d), a date, or an RFC 3339 time
    #[arg(long, value_name = "WHEN", help_heading = "Filters")]
    since: Option<String>,
    /// Only executions that started before this time; a date includes the whole day
    #[arg(long, value_name = "WHEN", help_heading = "Filters")]
    until: Option<String>,
    /// Only executions with this parameter (repeatable)
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = assignment, help_heading = "Filters")]
    parameter: Vec<(String, String)>,
    /// Only executions with this label (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, help_heading = "Filters")]
    label: Vec<(String, String)>,
    /// Only children of this execution
    #[arg(long, value_name = "ID", help_heading = "Filters", conflicts_with = "all")]
    parent: Option<String>,
    /// Include child executions
    #[arg(long, help_heading = "Filters")]
    all: bool,
    /// Maximum number of executions
    #[arg(long, value_name = "N", default_value_t = LIST_PAGE, value_parser = read_page_limit)]
    limit: usize,
    /// Only executions that started before this one (the next page)
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    #[command(flatten)]
    state: StateArgs,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ListOutput::Text, help_heading = "Output")]
    output: ListOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListOutput {
    /// Table
    Text,
    /// JSON array
    Json,
    /// CSV
    Csv,
}

/// The words of statuses, as they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum StatusWord {
    /// A process runs it
    InProgress,
    /// It waits for approval or a signal
    Waiting,
    /// It is being stopped
    Cancelling,
    /// It waits for a lock
    Queued,
    /// It has not ended, and no process runs it
    Interrupted,
    /// It completed successfully
    Success,
    /// It failed
    Failed,
    /// It timed out
    TimedOut,
    /// It was cancelled
    Cancelled,
}

/// Lists executions.
pub(super) fn list(args: &ListArgs, screen: Screen) -> Result<Exit, CliError> {
    let mut filter = args.filter()?;
    let Some(journal) = args.state.existing()? else {
        return nothing(args, &format!("no executions in {}", args.state.folder()?.display()));
    };
    let automation = automation_of(&journal);
    if let Some(parent) = &args.parent {
        filter.parents = Parents::Is(find(&automation, parent)?.id);
    }
    let before = args.before.as_deref().map(|named| find(&automation, named)).transpose()?;
    let page = Page { limit: args.limit, before: before.map(|entry| entry.id) };
    let Listing { entries, has_more } = wait(automation.list(&filter, &page))?;
    if entries.is_empty() {
        let which = if args.is_filtered() { "no executions match these filters" } else { "no executions" };
        return nothing(args, &format!("{which} in {}", journal.folder().display()));
    }
    match args.output {
        ListOutput::Json => give_json(&entries.iter().map(listed_execution).collect::<Vec<_>>())?,
        ListOutput::Csv => give_csv(&entries)?,
        ListOutput::Text => {
            let runtime = runtime()?;
            let short_id = |id| runtime.block_on(automation.short_id(id));
            let rows: Vec<Row> = entries.iter().map(|entry| execution_row(short_id(&entry.id), entry)).collect();
            give(&table(&rows, &view(screen)))?;
            let interrupted = entries.iter().filter(|entry| display_state(entry).is_interrupted());
            // One root may have several interrupted children.
            let roots = interrupted.map(|entry| runtime.block_on(automation.root(entry)));
            let roots: IndexSet<_> = roots.collect::<Result<_, _>>()?;
            let to_resume: Vec<&str> = roots.iter().map(short_id).collect();
            tell(&args.footer(&rows, &to_resume, has_more));
        }
    }
    Ok(Exit::Success)
}

/// An empty list is a result for programs; a terminal gets a message.
fn nothing(args: &ListArgs, told: &str) -> Result<Exit, CliError> {
    match args.output {
        ListOutput::Json => give_as(Format::Json, "[]\n")?,
        ListOutput::Csv => give_csv(&[])?,
        ListOutput::Text => tell(&format!("{}\n", one_line(told))),
    }
    Ok(Exit::Success)
}

impl ListArgs {
    fn filter(&self) -> Result<Filter, CliError> {
        let (now, zone) = (SystemClock.now(), TimeZone::system());
        let moment = |flag: &str, text: &Option<String>, day| {
            let at = text.as_deref().map(|text| read_moment(text, day, now, &zone)).transpose();
            at.map_err(|why| CliError::usage(format!("--{flag}: {why}")))
        };
        let (since, until) = (moment("since", &self.since, Day::Start)?, moment("until", &self.until, Day::End)?);
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(CliError::usage("--since must be before --until")
                .help("ages count back from now: --since 7d --until 2d"));
        }
        Ok(Filter {
            statuses: self.status.iter().map(|word| word.as_str().to_owned()).collect(),
            runbook: self.runbook.clone(),
            since,
            until,
            parameters: self.parameter.clone(),
            labels: self.label.clone(),
            parents: if self.all { Parents::Any } else { Parents::None },
        })
    }

    fn is_filtered(&self) -> bool {
        !self.status.is_empty()
            || !self.parameter.is_empty()
            || !self.label.is_empty()
            || [&self.runbook, &self.since, &self.until, &self.before, &self.parent]
                .iter()
                .any(|filter| filter.is_some())
    }

    /// Hints for the next commands: the next page, and resuming interrupted executions.
    fn footer(&self, rows: &[Row], to_resume: &[&str], has_more: bool) -> String {
        let mut footer = String::new();
        match to_resume {
            [] => {}
            [one] => footer.push_str(&format!("to resume the interrupted execution: runwright resume {one}\n")),
            [first, ..] => footer
                .push_str(&format!("{} were interrupted; to resume one: runwright resume {first}\n", to_resume.len())),
        }
        if let (true, Some(last)) = (has_more, rows.last()) {
            footer.push_str(&format!("next page: runwright executions list{} --before {}\n", self.again(), last.id));
        }
        footer
    }

    /// The flags of this list, for the command of the next page.
    fn again(&self) -> String {
        let mut flags: Vec<(&str, String)> = Vec::new();
        flags.extend(self.status.iter().map(|word| ("--status", word.as_str().to_owned())));
        let single = [
            ("--runbook", &self.runbook),
            ("--since", &self.since),
            ("--until", &self.until),
            ("--parent", &self.parent),
            ("--state-dir", &self.state.state_dir),
        ];
        flags.extend(single.into_iter().filter_map(|(flag, value)| Some((flag, value.clone()?))));
        for (flag, pairs) in [("-p", &self.parameter), ("--label", &self.label)] {
            flags.extend(pairs.iter().map(|(name, value)| (flag, format!("{name}={value}"))));
        }
        if self.limit != LIST_PAGE {
            flags.push(("--limit", self.limit.to_string()));
        }
        let all = if self.all { " --all" } else { "" };
        flags.iter().fold(all.to_owned(), |text, (flag, value)| text + &format!(" {flag} {}", shell_word(value)))
    }
}

impl StatusWord {
    /// The word as it is shown, and as it is typed.
    const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => Status::InProgress.as_str(),
            Self::Waiting => Status::Waiting.as_str(),
            Self::Cancelling => Status::Cancelling.as_str(),
            Self::Queued => "Queued",
            Self::Interrupted => "Interrupted",
            Self::Success => Status::Success.as_str(),
            Self::Failed => Status::Failed.as_str(),
            Self::TimedOut => Status::TimedOut.as_str(),
            Self::Cancelled => Status::Cancelled.as_str(),
        }
    }
}

/// The list for spreadsheets.
fn give_csv(entries: &[Entry]) -> Result<(), CliError> {
    let listed: Vec<ListedExecution<'_>> = entries.iter().map(listed_execution).collect();
    let text = csv(&listed);
    give(&text.map_err(|error| CliError::new(Exit::Internal, format!("cannot write the list as CSV: {error}")))?)
}
