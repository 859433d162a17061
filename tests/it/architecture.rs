//! Allowed imports between rooms: the arrows of the map in `src/lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::{SourceFile, sources, tokens};

const CORE: [&str; 14] = [
    "diagnostic",
    "document",
    "duration",
    "engine",
    "event",
    "execution",
    "expression",
    "graph",
    "limits",
    "name",
    "redaction",
    "runbook",
    "shorthand",
    "untrusted",
];

/// Each room and the rooms it may import; `limits` is open to all.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let rows: Vec<(&str, &[&str])> = vec![
        ("limits", &[]),
        ("name", &[]),
        ("untrusted", &[]),
        ("shorthand", &[]),
        ("duration", &[]),
        ("diagnostic", &["untrusted"]),
        ("document", &["diagnostic"]),
        ("expression", &["name"]),
        ("runbook", &["name", "document", "expression", "diagnostic"]),
        ("event", &["name"]),
        ("execution", &["event", "name", "expression"]),
        ("engine", &["name", "runbook", "expression", "event", "execution"]),
        ("graph", &["name", "runbook", "expression", "event", "execution"]),
        ("redaction", &["name", "runbook", "expression", "event", "execution", "engine"]),
        ("clock", &[]),
        ("files", &["clock"]),
        ("path_search", &[]),
        ("supervisor", &[]),
        ("process_output", &[]),
        ("aws", &["clock", "diagnostic", "event", "files", "name", "redaction"]),
        ("lambda", &["aws", "clock", "event", "runbook"]),
        ("local_lambda", &["clock", "lambda", "path_search", "process_output", "supervisor"]),
        ("scripts", &["aws", "clock", "files", "path_search", "process_output", "runbook", "supervisor"]),
        ("actions", &["name", "runbook", "expression", "event", "redaction", "lambda", "aws", "clock", "scripts"]),
        ("store", &["name", "event", "execution", "clock", "files"]),
        (
            "runner",
            &[
                "name",
                "runbook",
                "expression",
                "event",
                "execution",
                "engine",
                "redaction",
                "actions",
                "store",
                "clock",
            ],
        ),
        ("notify", &["duration", "untrusted", "event", "execution", "aws"]),
        ("report", &["name", "duration", "untrusted", "event", "execution", "clock"]),
        ("settings", &["diagnostic", "untrusted"]),
        (
            "presentation",
            &[
                "automation",
                "aws",
                "diagnostic",
                "engine",
                "event",
                "execution",
                "expression",
                "graph",
                "lambda",
                "local_lambda",
                "name",
                "report",
                "runbook",
                "scripts",
                "settings",
                "store",
                "untrusted",
            ],
        ),
        (
            "testing",
            &[
                "name",
                "diagnostic",
                "document",
                "expression",
                "runbook",
                "event",
                "execution",
                "engine",
                "redaction",
                "actions",
                "store",
                "clock",
                "runner",
                "lambda",
                "local_lambda",
                "report",
                "scripts",
            ],
        ),
        (
            "automation",
            &[
                "actions",
                "aws",
                "clock",
                "diagnostic",
                "document",
                "duration",
                "runner",
                "engine",
                "event",
                "execution",
                "expression",
                "files",
                "graph",
                "lambda",
                "local_lambda",
                "redaction",
                "name",
                "notify",
                "runbook",
                "scripts",
                "shorthand",
                "store",
                "supervisor",
                "testing",
                "untrusted",
            ],
        ),
        (
            "cli",
            &[
                "actions",
                "automation",
                "aws",
                "clock",
                "diagnostic",
                "document",
                "duration",
                "runner",
                "engine",
                "event",
                "execution",
                "expression",
                "files",
                "graph",
                "lambda",
                "local_lambda",
                "redaction",
                "name",
                "notify",
                "presentation",
                "report",
                "runbook",
                "scripts",
                "settings",
                "shorthand",
                "store",
                "supervisor",
                "testing",
                "untrusted",
            ],
        ),
        ("lib", &[]),
    ];
    rows.into_iter().map(|(room, may)| (room, may.iter().copied().collect())).collect()
}

#[test]
fn rooms_import_only_allowed_rooms() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    for (room, file, imported) in imports() {
        let may = allowed.get(room.as_str()).unwrap_or_else(|| panic!("{room} is not on the map"));
        if imported != room && imported != "limits" && !may.contains(imported.as_str()) {
            wrong.push(format!("{}: {room} may not import {imported}", file.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn core_uses_no_io_threads_or_async_runtime() {
    let world = [
        "tokio",
        "aws_sdk",
        "aws_config",
        "aws_smithy",
        "hyper",
        "tracing",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::env",
    ];
    let mut wrong = Vec::new();
    for SourceFile { room, path: file, text } in sources() {
        if !CORE.contains(&room.as_str()) {
            continue;
        }
        for (number, line) in code(&text) {
            if let Some(name) = world.iter().find(|name| line.contains(**name)) {
                wrong.push(format!("{}:{number}: {name}", file.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn backoff_is_used_in_one_file() {
    let users: BTreeSet<PathBuf> = sources()
        .into_iter()
        .filter(|file| code(&file.text).any(|(_, line)| line.contains("backoff::")))
        .map(|file| file.path)
        .collect();
    assert_eq!(users, BTreeSet::from([PathBuf::from("runner/delays.rs")]));
}

#[test]
fn one_file_opens_the_journal_and_all_others_use_traits() {
    let users: BTreeSet<PathBuf> = sources()
        .into_iter()
        .filter(|file| file.room != "store" && names_journal(&file.text))
        .map(|file| file.path)
        .collect();
    assert_eq!(users, BTreeSet::from([PathBuf::from("automation/persistence.rs")]));
}

#[test]
fn journal_imports_are_found_alone_and_in_lists() {
    let texts =
        ["use crate::store::Journal;", "use crate::store::{Entry, Journal, Store};", "fn f(_: &store::Journal) {}"];
    assert!(texts.iter().all(|text| names_journal(text)));
    let others = ["use crate::store::{Entry, Store};", "Persistence::Journal(_)", "// crate::store::Journal"];
    assert!(!others.iter().any(|text| names_journal(text)));
}

/// Whether a text names the journal of the room `store`.
fn names_journal(text: &str) -> bool {
    let tokens = tokens(text);
    tokens.windows(3).enumerate().any(|(at, window)| match window {
        ["store", "::", "Journal"] => true,
        ["store", "::", "{"] => {
            tokens[at + 3..].iter().take_while(|token| **token != "}").any(|token| *token == "Journal")
        }
        _ => false,
    })
}

/// Lines outside of `allowed` that name one of these, as `file:line: name`.
fn naming(names: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for SourceFile { path: file, text, .. } in sources() {
        if allowed.iter().any(|allowed| file == Path::new(allowed)) {
            continue;
        }
        for (number, line) in code(&text) {
            found.extend(
                names
                    .iter()
                    .filter(|name| line.contains(**name))
                    .map(|name| format!("{}:{number}: {name}", file.display())),
            );
        }
    }
    found
}

#[test]
fn only_one_file_writes_to_standard_output_and_error() {
    let outputs = [
        "io::stdout(",
        "io::stderr(",
        "print!(",
        "println!(",
        "Stdio::inherit",
        "Term::stdout",
        "Term::stderr",
        "Term::buffered",
        "ProgressDrawTarget::stdout",
        "ProgressDrawTarget::stderr",
        "ProgressDrawTarget::term(",
        "stdio::stdout",
        "stdio::stderr",
        "/dev/tty",
        "dbg!(",
    ];
    // The bootstrap client forwards the output of the function's program: its standard error is the log of the
    // function. A closed terminal is replaced. A supervisor is started with a pipe and a lock.
    let allowed = ["cli/output.rs", "cli/hangup.rs", "local_lambda/bootstrap_client.rs", "supervisor/process.rs"];
    assert_eq!(naming(&outputs, &allowed), Vec::<String>::new());
    // The search finds what it looks for.
    assert!(!naming(&outputs, &[]).is_empty());
}

#[test]
fn files_are_read_up_to_a_bound_and_written_in_one_place() {
    // Files below /proc are at most a page long, and are not inputs.
    let of_the_system = ["local_lambda/invocation.rs", "cli/signals.rs"];
    assert_eq!(
        naming(&["fs::read(", "fs::read_to_string(", "io::read_to_string("], &of_the_system),
        Vec::<String>::new()
    );
    let mut unbounded = Vec::new();
    for SourceFile { path: file, text, .. } in sources() {
        for reader in [".read_to_end(", ".read_to_string(", ".read_line("] {
            for (at, _) in text.match_indices(reader) {
                let statement = text[..at].rsplit([';', '{', '}']).next().unwrap();
                if !statement.contains(".take(") {
                    unbounded.push(format!("{}: {statement}{reader}", file.display()));
                }
            }
        }
    }
    assert_eq!(unbounded, Vec::<String>::new());
    // Private folders of this process, the locks of the journal and of the Python environment, /dev/null and logs.
    let own = [
        "local_lambda/workspace.rs",
        "scripts/attachment/archive.rs",
        "scripts/folder.rs",
        "store/journal/process.rs",
        "store/journal/functions.rs",
        "scripts/interpreter/environment.rs",
        "scripts/interpreter/environment/build.rs",
        "supervisor/process.rs",
        "cli/background.rs",
        "cli/background_log.rs",
        "cli/hangup.rs",
    ];
    let written = naming(&["fs::write(", "File::create", "OpenOptions", "fs::rename("], &own);
    assert_eq!(written, Vec::<String>::new());
}

/// Every import of one room by another: room, file, imported room.
fn imports() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    for SourceFile { room, path: file, text } in sources() {
        for (_, line) in code(&text) {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                assert!(!rest.starts_with('{'), "{}: write one `use crate::room::…` for each room", file.display());
                let imported: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((room.clone(), file.clone(), imported));
            }
        }
    }
    assert!(found.len() > 50, "only {} imports were found: does the scan still work?", found.len());
    found
}

/// Lines that are not comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}
