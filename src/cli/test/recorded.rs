//! `runwright test --record ID`: makes a case of an execution.

use std::path::Path;

use crate::automation::{Automation, CaseDoubt, Persistence, RecordedCase};
use crate::cli::error::CliError;
use crate::cli::outfile::OutFile;
use crate::cli::output::{Format, give, tell};
use crate::cli::runtime::runtime;
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::{Exit, read};
use crate::diagnostic::{one_line, summary};
use crate::limits::DOCUMENT_BYTES;

/// Records a case: to standard output, or into a file with the cases that it has.
pub(super) fn record(
    id: &str,
    name: Option<&str>,
    out: Option<&str>,
    state: &StateArgs,
    screen: Screen,
) -> Result<Exit, CliError> {
    let (journal, entry) = state.find(id)?;
    let automation = Automation::new(Persistence::Journal(journal));
    let case = runtime()?.block_on(automation.record_case(&entry.id, name))?;
    report_doubts(&case.doubts, screen);
    let Some(out) = out else {
        give(&case.text)?;
        return Ok(Exit::Success);
    };
    let text = file_text(out, &case)?;
    OutFile::prepare(out)?.write(Format::Text, text.as_bytes())?;
    let (name, out) = (crate::report::one_line(&case.name), crate::report::one_line(out));
    tell(&format!("recorded case `{name}` in {out}\n"));
    Ok(Exit::Success)
}

/// The text of the file with the case.
fn file_text(out: &str, case: &RecordedCase) -> Result<String, CliError> {
    let file = Path::new(out);
    if !file.exists() {
        return Ok(case.new_file_text(file));
    }
    let (shown, bytes) = read::bytes(out, DOCUMENT_BYTES)?;
    if bytes.len() > DOCUMENT_BYTES {
        return Err(CliError::usage(format!("{shown}: the file is larger than {DOCUMENT_BYTES} bytes"))
            .help("record into another file: --out FILE"));
    }
    Ok(case.append_to(&shown, &String::from_utf8_lossy(&bytes))?)
}

/// Reports why the case does not pass as it is.
fn report_doubts(doubts: &[CaseDoubt], screen: Screen) {
    let word = screen.errors.strong(&screen.errors.warn("warning:"));
    let report = |reason: &str| tell(&format!("{word} the recorded case does not pass unchanged: {reason}\n"));
    for doubt in doubts {
        match doubt {
            CaseDoubt::Unreadable => report("it cannot be read"),
            CaseDoubt::Invalid { source, problems } => {
                report(&summary(problems));
                for problem in problems {
                    tell(&format!("  {}\n", one_line(problem, source)));
                }
            }
            CaseDoubt::Mismatch { difference } => report(&crate::report::one_line(difference)),
        }
    }
}
