//! Checks that the attachments of scripts are declared.

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::AttachedFiles;
use crate::runbook::load::Reader;

/// Warns of each `Attachment` that `files` does not have. AWS accepts such a runbook, and its step fails (spec
/// aws-actions 4.4); here the file is found by its name alone, and nothing checks its content.
pub(super) fn undeclared(reader: &mut Reader<'_>, files: &AttachedFiles) {
    let mut problems = Vec::new();
    for (name, at) in reader.scripts.iter().filter_map(|script| script.attachment.as_ref()) {
        if files.contains_key(name) {
            continue;
        }
        let mut diagnostic =
            Diagnostic::new(Code::UndeclaredAttachment, *at, format!("`files` has no attachment `{name}`"))
                .label("fails in AWS");
        if let Some((nearest, file)) = reader
            .suggest
            .nearest(name, files.keys().map(String::as_str))
            .and_then(|nearest| files.get_key_value(nearest))
        {
            diagnostic = diagnostic.related(file.at, "this one?").help(format!("did you mean `{nearest}`?"));
        } else if files.is_empty() {
            diagnostic = diagnostic.help("declare it in `files` at the top of the runbook, with its SHA-256 sum");
        } else {
            let declared = files.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            diagnostic = diagnostic.help(format!("`files` has {declared}"));
        }
        problems.push(diagnostic);
    }
    reader.diagnostics.extend(problems);
}
