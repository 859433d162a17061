//! Reads a case file into cases, and collects every problem.
//!
//! The form in short; `schema` describes each key:
//!
//! ```yaml
//! runbook: restart.yaml        # when it is not the one of the same name
//! defaults: { … }              # what all cases share: environment, now, parameters, steps
//! cases:
//!   - name: …
//!     parameters: { … }
//!     steps: { STEP: REPLY | [REPLY, …] | { iterations: […] } }
//!     signals: [ … ]
//!     stop: { … }
//!     expect: { … }
//! ```

mod expect;
pub(super) mod keys;
mod nodes;
mod replies;
mod situation;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::case::{Case, CaseFile};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{Document, Node};
use crate::limits::CASES;
use crate::runbook::{Inputs, Runbook, Step};

use nodes::Problems;
use situation::Shared;

/// The extensions of case files.
const ENDINGS: [&str; 3] = [".test.yaml", ".test.yml", ".test.json"];

/// The possible runbook files of a case file, the likeliest first; `None` when this is not the name of a case file.
pub fn beside(case_file: &Path) -> Option<Vec<PathBuf>> {
    let name = case_file.file_name()?.to_str()?;
    let stem = ENDINGS.into_iter().find_map(|ending| name.strip_suffix(ending)).filter(|stem| !stem.is_empty())?;
    Some(["yaml", "yml", "json"].map(|ending| case_file.with_file_name(format!("{stem}.{ending}"))).to_vec())
}

/// Every step of a runbook, those inside loops after their loop.
pub(super) fn steps(runbook: &Runbook) -> impl Iterator<Item = &Step> {
    runbook.steps().values().flat_map(|step| {
        let inner = match &step.inputs {
            Inputs::Loop(looping) => Some(looping.steps.values()),
            _ => None,
        };
        std::iter::once(step).chain(inner.into_iter().flatten())
    })
}

/// The runbook that a case file names.
pub fn named_runbook(document: &Document) -> Option<&str> {
    document.root.get("runbook")?.value.as_text()
}

/// Reads the cases of a runbook, or returns all problems.
pub fn read(document: Document, runbook: &Runbook) -> Result<CaseFile, (Document, Vec<Diagnostic>)> {
    let mut problems = Problems::default();
    let cases = cases(&document, runbook, &mut problems);
    if problems.found.is_empty() {
        Ok(CaseFile { source: document.source, cases })
    } else {
        Err((document, problems.found))
    }
}

fn cases(document: &Document, runbook: &Runbook, problems: &mut Problems) -> Vec<Case> {
    let root = &document.root;
    if let Some(entries) = problems.map(root, "a case file") {
        problems.unknown_keys(entries, keys::FILE, "a case file");
    }
    if let Some(named) = root.get("runbook") {
        problems.text(&named.value, "`runbook`");
    }
    let shared = root.get("defaults").map(|entry| {
        if let Some(entries) = problems.map(&entry.value, "`defaults`") {
            problems.unknown_keys(entries, keys::DEFAULTS, "`defaults`");
        }
        Shared::read(&entry.value, runbook, true, problems)
    });
    let shared = shared.unwrap_or_default();
    let Some(list) = root.get("cases") else {
        problems.report(
            Diagnostic::new(Code::MissingKey, Span::new(0, 0), "the case file has no `cases`")
                .help("list at least one case: `cases: [{ name: …, expect: { status: Success } }]`"),
        );
        return Vec::new();
    };
    let items = problems.list(&list.value, "`cases`").unwrap_or_default();
    if items.is_empty() {
        problems.report(Diagnostic::new(Code::InvalidValue, list.value.span, "`cases` is empty"));
    }
    if items.len() > CASES {
        let message = format!("a case file has at most {CASES} cases, but this one has {}", items.len());
        problems.report(Diagnostic::new(Code::InvalidValue, list.key.span, message));
        return Vec::new();
    }
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut cases = Vec::new();
    for item in items {
        let Some(case) = case(item, runbook, &shared, problems) else { continue };
        if let Some(first) = names.insert(case.name.clone(), case.at) {
            problems.report(
                Diagnostic::new(Code::DuplicateCase, case.at, format!("two cases are named `{}`", case.name))
                    .related(first, "the first one"),
            );
        }
        cases.push(case);
    }
    cases
}

fn case(node: &Node, runbook: &Runbook, shared: &Shared, problems: &mut Problems) -> Option<Case> {
    let entries = problems.map(node, "a case")?;
    problems.unknown_keys(entries, keys::CASE, "a case");
    let Some(name) = node.get("name") else {
        problems.report(
            Diagnostic::new(Code::MissingKey, first(node), "the case has no `name`")
                .help("describe the situation: `name: restarts when the first check fails`"),
        );
        return None;
    };
    let text = problems.text(&name.value, "`name`")?.to_owned();
    let own = Shared::read(node, runbook, false, problems);
    let situation = own.over(shared);
    let at = name.value.span;
    let parameters = situation.parameters(runbook, at, problems);
    let signals = situation::signals(node, runbook, problems);
    let stop = situation::stop(node, runbook, problems);
    let expect = expect::read(node, runbook, at, problems);
    Some(Case {
        name: text,
        at,
        parameters: parameters.unwrap_or_default(),
        environment: situation.environment(),
        now: situation.now(),
        scripts: situation.scripts(),
        started_by: situation.started_by.unwrap_or_else(|| situation::STARTED_BY.to_owned()),
        no_self_approval: situation.no_self_approval.unwrap_or_default(),
        allow_unused: situation.allow_unused.unwrap_or_default(),
        steps: situation.steps,
        signals,
        stop,
        expect,
    })
}

/// The first key of a map, or the whole node.
fn first(node: &Node) -> Span {
    match &node.kind {
        crate::document::NodeKind::Mapping(entries) => entries.first().map_or(node.span, |entry| entry.key.span),
        _ => node.span,
    }
}
