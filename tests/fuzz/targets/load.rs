//! Any bytes load as a runbook or are refused with problems that can be rendered and lie within the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runwright::diagnostic::{Diagnostic, Severity, Source, Span};
use runwright::{diagnostic, document, runbook};

fn show(source: &Source, problems: &[Diagnostic]) {
    let inside = |span: Span| source.text().get(span.range()).is_some();
    for problem in problems {
        assert!(inside(problem.span), "{problem:?}");
        assert!(problem.related.iter().all(|(span, _)| inside(*span)), "{problem:?}");
        assert!(!problem.message.is_empty());
        assert!(!diagnostic::one_line(problem, source).contains('\n'));
    }
    let _ = diagnostic::render(problems, source, true, 80);
    let _ = diagnostic::to_json(problems, source);
}

fuzz_target!(|bytes: &[u8]| {
    let document = match document::read("fuzz.yaml", bytes) {
        Ok(document) => document,
        Err(unreadable) => {
            assert!(!unreadable.problems.is_empty());
            return show(&unreadable.source, &unreadable.problems);
        }
    };
    drop(document.root.to_json());
    let loaded = runbook::load(&document);
    show(&document.source, &loaded.diagnostics);
    let refused = loaded.diagnostics.iter().any(|problem| problem.severity() == Severity::Error);
    assert_eq!(loaded.runbook.is_none(), refused, "a runbook exists exactly when no problem is an error");
});
