//! Reads `files` (spec 1.1, spec aws-actions 4.4).

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{MapEntry, Node, NodeKind};
use crate::limits::{SERVICE_ATTACHMENT_BYTES, SERVICE_ATTACHMENTS};
use crate::runbook::{AttachedFile, AttachedFiles, Sha256Sum};

use super::reader::Reader;

const KEYS: &[&str] = &["checksums", "size"];

/// Reads the files that the runbook declares. Documentation has sample sums, so an unusable one is no error.
pub(super) fn attached_files<'d>(reader: &mut Reader<'d>, root: &'d Node) -> AttachedFiles {
    let Some(entry) = root.get("files").filter(|entry| entry.value.kind != NodeKind::Null) else {
        return AttachedFiles::new();
    };
    let Some(entries) = reader.map(&entry.value, "`files`") else { return AttachedFiles::new() };
    if entries.len() > SERVICE_ATTACHMENTS {
        let message = format!("the runbook has {} attachments, but AWS accepts {SERVICE_ATTACHMENTS}", entries.len());
        reader.report(
            Diagnostic::new(Code::AttachmentLimit, entry.key.span, message)
                .help("Runwright runs it; to create it in AWS, put several files into one `.zip`"),
        );
    }
    entries.iter().map(|entry| (entry.key.text.clone(), attached_file(reader, entry))).collect()
}

fn attached_file<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry) -> AttachedFile {
    let mut file = AttachedFile { sha256: None, size: None, at: entry.key.span };
    if entry.value.kind == NodeKind::Null {
        return file;
    }
    let Some(members) = reader.map(&entry.value, &format!("the file `{}`", entry.key.text)) else { return file };
    reader.unknown_keys(members, KEYS, "a file");
    let checksums = entry.value.get("checksums").filter(|checksums| checksums.value.kind != NodeKind::Null);
    if let Some(checksums) = checksums
        && let Some(sums) = reader.map(&checksums.value, "`checksums`")
    {
        file.sha256 = sums.iter().find(|sum| is_sha256(&sum.key.text)).and_then(|sum| checksum(reader, sum));
    }
    if let Some(size) = entry.value.get("size").filter(|size| size.value.kind != NodeKind::Null) {
        file.size = reader.integer(&size.value, "size", 0);
        if file.size.is_some_and(|bytes| bytes > SERVICE_ATTACHMENT_BYTES) {
            let message = format!("the attachment is larger than {} MB", SERVICE_ATTACHMENT_BYTES / 1024 / 1024);
            reader.report(
                Diagnostic::new(Code::AttachmentLimit, size.value.span, message).label("is more than AWS accepts"),
            );
        }
    }
    file
}

/// All of `sha256`, `SHA256`, `sha-256` and `SHA-256` occur (spec 1.1).
fn is_sha256(key: &str) -> bool {
    key.replace('-', "").eq_ignore_ascii_case("sha256")
}

fn checksum<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry) -> Option<Sha256Sum> {
    let sum = entry.value.as_text().and_then(Sha256Sum::parse);
    if sum.is_none() {
        reader.report(
            Diagnostic::new(
                Code::UnusableChecksum,
                entry.value.span,
                "this is no SHA-256 sum, so the content of the attachment is not checked",
            )
            .label("expected 64 hexadecimal digits")
            .help("`sha256sum FILE` prints the sum of a file"),
        );
    }
    sum
}
