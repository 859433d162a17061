//! Parses the public runbooks, if they are available.

use std::path::PathBuf;

use super::{NodeKind, describe_problems, read};
use crate::document::{Document, Node};

/// The rejected files, each with its reason.
const REFUSED: [(&str, &str); 3] = [
    // An excerpt of a CloudFormation template: the service does not know its tags.
    (
        "aws-samples__ssm-for-rds-snapshot-cross-region-copy__SSM_automation_execute_script_CFN--CrossRegionSnapshotCopySSMAutomation.yaml",
        "3:13 custom-tag \"!GetAtt\"",
    ),
    (
        "aws-samples__systems-manager-automation-for-operating-multicloud-workloads__Resources-Cfn-Deploy-Azure-PatchVMWithRollback--AWSSystemsManagerAutomationRunbook.yaml",
        "10:14 custom-tag \"!GetAtt\"",
    ),
    // An example from the documentation that never closes its list of outputs.
    (
        "awsdocs__aws-systems-manager-user-guide__doc_source-automation-document-architecture-deployment-example--block2.json",
        "101:7 syntax \"\\\"\"",
    ),
];

fn corpus() -> Option<Vec<PathBuf>> {
    let folder = std::env::var_os("RUNWRIGHT_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from)
        .join("runbooks");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: no corpus at {} (RUNWRIGHT_CORPUS names another folder)", folder.display());
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

#[test]
fn every_public_runbook_parses_or_has_a_known_rejection() {
    let Some(files) = corpus() else { return };
    let mut refused = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if let Err(unreadable) = read(&name, &std::fs::read(&file).unwrap()) {
            let first = describe_problems(&unreadable).split("; ").next().unwrap().to_owned();
            refused.push((name, first));
        }
    }
    assert_eq!(refused, REFUSED.map(|(name, reason)| (name.to_owned(), reason.to_owned())));
}

#[test]
fn every_character_of_every_string_has_its_exact_position() {
    fn check(node: &Node, document: &Document, name: &str) {
        match &node.kind {
            NodeKind::String { text, .. } => {
                let mut last = 0;
                for (at, character) in text.char_indices().filter(|(at, _)| at % 101 == 0) {
                    let span = document.span_within(node, at..at + character.len_utf8());
                    let written = document.source.slice(span);
                    let exact = written.starts_with(character)
                        || written.starts_with('\\')
                        || matches!(character, ' ' | '\n') && written.trim().is_empty();
                    let place = document.source.position(node.span.start);
                    assert!(exact && span.start >= last, "{name}:{} {character:?} at {at}: {written:?}", place.line);
                    last = span.start;
                }
            }
            NodeKind::Sequence(items) => items.iter().for_each(|item| check(item, document, name)),
            NodeKind::Mapping(entries) => entries.iter().for_each(|entry| check(&entry.value, document, name)),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
        }
    }
    for file in corpus().into_iter().flatten() {
        let name = file.display().to_string();
        if let Ok(document) = read(&name, &std::fs::read(&file).unwrap()) {
            check(&document.root, &document, &name);
        }
    }
}
