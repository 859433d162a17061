//! `runwright test --record ID`: a case of what an execution was.

use std::path::Path;

use crate::automation::StoredRunbook;
use crate::cli::error::{CliError, give, tell};
use crate::cli::outfile::OutFile;
use crate::cli::output::Format;
use crate::cli::screen::Screen;
use crate::cli::state::{StateArgs, store_error};
use crate::cli::stored;
use crate::cli::{Exit, functions, read};
use crate::diagnostic::{one_line, summary};
use crate::execution::Execution;
use crate::limits::DOCUMENT_BYTES;
use crate::report::short_id;
use crate::testing::{self, beside};

/// Records a case: to standard output, or into a file with those that are there.
pub(super) fn record(
    id: &str,
    name: Option<&str>,
    out: Option<&str>,
    state: &StateArgs,
    screen: Screen,
) -> Result<Exit, CliError> {
    let (journal, entry) = state.find(id)?;
    let events = journal.events(&entry.id, 0).map_err(|error| store_error(&error))?;
    let execution = stored::replay(&entry.id, &events)?;
    if execution.started().launch.over_targets {
        return Err(CliError::usage(
            "a run over targets cannot be recorded: its targets ran, each as an execution of its own",
        )
        .help(format!(
            "record one of them; `runwright executions list --parent {}` has them",
            short_id(entry.id.as_str())
        )));
    }
    let stored = stored::runbook(&journal, &execution)?;
    let name = name.map_or_else(|| format!("as execution {}", short_id(entry.id.as_str())), str::to_owned);
    let text = testing::record(&execution, &stored.runbook, &name)
        .map_err(|error| CliError::usage(error.to_string()).help("record an execution that ran from start to end"))?;
    tell_doubts(&text, &execution, &stored, screen)?;
    let Some(out) = out else {
        give(&text)?;
        return Ok(Exit::Success);
    };
    let whole = if Path::new(out).exists() {
        let (shown, bytes) = read::bytes(out, DOCUMENT_BYTES)?;
        if bytes.len() > DOCUMENT_BYTES {
            return Err(CliError::usage(format!("{shown}: it is larger than {DOCUMENT_BYTES} bytes"))
                .help("record the case into another file"));
        }
        let before = String::from_utf8_lossy(&bytes);
        added(&shown, &before, &text, &name)?
    } else {
        let known = beside(Path::new(out)).unwrap_or_default();
        match &execution.started().launch.file {
            Some(file) if !known.iter().any(|path| path.exists()) => {
                format!("runbook: {}\n{text}", serde_json::Value::from(file.as_str()))
            }
            Some(_) | None => text,
        }
    };
    OutFile::prepare(out)?.write(Format::Text, whole.as_bytes())?;
    tell(&format!("recorded as the case `{}` in {}\n", crate::report::one_line(&name), crate::report::one_line(out)));
    Ok(Exit::Success)
}

/// The text of a case file with one more case, when that is what came of it.
fn added(file: &str, before: &str, recorded: &str, name: &str) -> Result<String, CliError> {
    let refused = |why: String| {
        CliError::new(Exit::Invalid, format!("{file}: {why}"))
            .help("leave out --out, and put the case where it belongs by hand")
    };
    let names = |text: &str| -> Option<Vec<String>> {
        let document = crate::document::read(file, text.as_bytes()).ok()?;
        let cases = document.root.get("cases")?.value.to_json();
        let names = cases.as_array()?.iter().map(|case| case["name"].as_str().unwrap_or_default().to_owned());
        Some(names.collect())
    };
    let known = if before.trim().is_empty() { Some(Vec::new()) } else { names(before) };
    let mut wanted = known.ok_or_else(|| refused("it is no case file that can be read".to_owned()))?;
    if wanted.iter().any(|known| known == name) {
        return Err(CliError::usage(format!(
            "{file}: there is a case named `{}` already",
            crate::report::one_line(name)
        ))
        .help("give another name: --case NAME"));
    }
    let whole = testing::append(before, recorded).map_err(|error| refused(error.to_string()))?;
    wanted.push(name.to_owned());
    if names(&whole) == Some(wanted) {
        Ok(whole)
    } else {
        Err(refused("the case cannot be added to it as text".to_owned()))
    }
}

/// Plays what was recorded: what does not come out the same has to be known before it is relied on.
fn tell_doubts(text: &str, execution: &Execution, stored: &StoredRunbook, screen: Screen) -> Result<(), CliError> {
    let word = screen.errors.strong(&screen.errors.warn("warning:"));
    let doubt = |what: &str| tell(&format!("{word} the case does not pass as it is: {what}\n"));
    let Ok(document) = crate::document::read("the recorded case", text.as_bytes()) else {
        doubt("it cannot be read");
        return Ok(());
    };
    let file = match testing::read(document, &stored.runbook) {
        Ok(file) => file,
        Err((document, problems)) => {
            doubt(&summary(&problems));
            for problem in &problems {
                tell(&format!("  {}\n", one_line(problem, &document.source)));
            }
            return Ok(());
        }
    };
    for case in &file.cases {
        let identity = execution.started().document.clone();
        let played = functions::runtime()?.block_on(testing::play(case, &stored.runbook, identity));
        for mismatch in testing::judge(case, &stored.runbook, &played) {
            doubt(&crate::report::one_line(&mismatch.what));
        }
    }
    Ok(())
}
