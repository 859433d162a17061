mod arbitrary;
mod corpus;
mod json;
mod limits;
mod positions;
mod yaml;

use super::*;

fn document(text: &str) -> Document {
    read("book.yaml", text.as_bytes()).map_err(|unreadable| describe_problems(&unreadable)).unwrap()
}

/// The tree as JSON, or each problem as `line:column code 'characters'`.
fn outcome(bytes: impl AsRef<[u8]>) -> String {
    match read("book.yaml", bytes.as_ref()) {
        Ok(document) => document.root.to_json().to_string(),
        Err(unreadable) => describe_problems(&unreadable),
    }
}

fn describe_problems(unreadable: &UnreadableDocument) -> String {
    let source = &unreadable.source;
    let line = |problem: &Diagnostic| {
        let place = source.position(problem.span.start);
        format!("{}:{} {} {:?}", place.line, place.column, problem.code, source.slice(problem.span))
    };
    unreadable.problems.iter().map(line).collect::<Vec<_>>().join("; ")
}
