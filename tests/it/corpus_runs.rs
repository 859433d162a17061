//! Runs every public runbook of the corpus with generated replies: `corpus_runs.txt` lists how many ended, and why the
//! others did not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use runwright::actions::ActionRegistry;
use runwright::event::DocumentIdentity;
use runwright::testing::{Broken, generate_case, play};

use crate::support;

#[tokio::test]
async fn every_accepted_public_runbook_runs_to_its_end_with_generated_replies() {
    let Some(files) = support::corpus() else { return };
    let mut ends: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut others: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut refused = 0;
    let (mut steps, mut reached) = (0, 0);
    let judges = ActionRegistry::offline();
    for (name, bytes) in &files {
        let Some(runbook) = support::read(name, bytes).runbook else {
            refused += 1;
            continue;
        };
        let identity = DocumentIdentity { name: name.clone(), sha256: String::new() };
        let played = play(&generate_case(&runbook), &runbook, identity, &judges, None).await;
        match (&played.broken, &played.execution) {
            (None, Some(execution)) => {
                let status = execution.status();
                steps += runbook.steps().len();
                reached += execution.runs().len();
                let why = execution.ending().and_then(|ending| ending.failure_message.as_deref()).unwrap_or_default();
                let kind = match why.split_once(". ") {
                    _ if why.is_empty() => status.to_string(),
                    Some((_, reason)) => format!("{status}: {}", reason_kind(reason)),
                    None => format!("{status}: {}", reason_kind(why)),
                };
                ends.entry(kind).or_default().push(name);
            }
            (Some(Broken::Runner(error)), _) => {
                let message = error.to_string();
                assert!(!message.contains("internal error"), "{name}: {message}");
                others.entry(format!("cannot start: {message}")).or_default().push(name);
            }
            (broken, _) => panic!("{name}: {broken:?}"),
        }
    }
    let count = |table: &BTreeMap<String, Vec<&str>>| table.values().map(Vec::len).sum::<usize>();
    let mut table = format!(
        "Of {} public runbooks {} ran to an end with generated replies, {} could not be tried, {refused} are refused \
         (corpus.txt).\nRuns of steps: {reached}, of {steps} steps.\n",
        files.len(),
        count(&ends),
        count(&others),
    );
    for (title, part) in [("Ran to an end", &ends), ("Could not be tried", &others)] {
        write!(table, "\n{title}:\n").unwrap();
        for (reason, names) in part {
            writeln!(table, "{}  {reason}", names.len()).unwrap();
            // Only unusual reasons list their files.
            if reason != "Success" {
                for name in names {
                    writeln!(table, "     {name}").unwrap();
                }
            }
        }
    }
    support::compare(&support::root().join("tests/it/corpus_runs.txt"), &table).unwrap();
}

/// The kind of a reason, without details of one runbook.
fn reason_kind(reason: &str) -> String {
    let words = reason.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    words.trim_end_matches('.').to_owned()
}
