mod arbitrary;
mod corpus;
mod hostile;
mod json;
mod places;
mod readings;

use super::*;

fn document(text: &str) -> Document {
    read("book.yaml", text.as_bytes()).map_err(|unreadable| listed(&unreadable)).unwrap()
}

/// The tree as JSON, or each problem as `line:column code 'characters'`.
fn outcome(bytes: impl AsRef<[u8]>) -> String {
    match read("book.yaml", bytes.as_ref()) {
        Ok(document) => document.root.to_json().to_string(),
        Err(unreadable) => listed(&unreadable),
    }
}

fn listed(unreadable: &UnreadableDocument) -> String {
    let source = &unreadable.source;
    let line = |problem: &Diagnostic| {
        let place = source.position(problem.span.start);
        format!("{}:{} {} {:?}", place.line, place.column, problem.code, source.slice(problem.span))
    };
    unreadable.problems.iter().map(line).collect::<Vec<_>>().join("; ")
}
