//! Every valid runbook can be drawn, in valid output formats.

use proptest::prelude::*;
use quick_xml::events::Event;
use runwright::graph::{Graph, GraphNodeKind, dot, mermaid, svg};
use runwright::runbook::Runbook;

use crate::support;

/// A runbook with every action, to mutate.
const ALL_ACTIONS: &str = include_str!("all_actions.yaml");

/// Draws a runbook in all formats; returns the problems, in words.
fn problems(name: &str, runbook: &Runbook) -> Vec<String> {
    let graph = Graph::of_runbook(name, runbook);
    let (mermaid, dot, svg) = (mermaid(&graph), dot(&graph), svg(&graph));
    let mut wrong = Vec::new();
    for node in &graph.nodes {
        if let GraphNodeKind::Step(step) = &node.kind
            && !dot.contains(&format!("\"step {}\" [", step.name))
        {
            wrong.push(format!("DOT has no {}", step.name));
        }
    }
    let ways = |text: &str, is_way: &dyn Fn(&str) -> bool| text.lines().filter(|line| is_way(line.trim())).count();
    if ways(&dot, &|line| line.contains("\" -> \"")) != graph.edges.len() {
        wrong.push("DOT has not every way".to_owned());
    }
    if ways(&mermaid, &|line| line.split(' ').nth(1).is_some_and(|word| word.starts_with('-'))) != graph.edges.len() {
        wrong.push("Mermaid has not every way".to_owned());
    }
    wrong.extend(unreadable_dot(&dot));
    wrong.extend(unreadable_mermaid(&mermaid));
    wrong.extend(unreadable_svg(&svg));
    wrong
}

/// Checks for quotes closed on their line, balanced braces outside of them, and known words only.
fn unreadable_dot(text: &str) -> Option<String> {
    let mut outside = String::new();
    for line in text.lines() {
        let mut rest = line.chars();
        let mut is_quoted = false;
        while let Some(c) = rest.next() {
            match c {
                '"' => is_quoted = !is_quoted,
                '\\' if is_quoted => drop(rest.next()),
                _ if is_quoted => {}
                _ => outside.push(c),
            }
        }
        if is_quoted {
            return Some(format!("an open quote: {line}"));
        }
        outside.push('\n');
    }
    let (opened, closed) = (outside.matches('{').count(), outside.matches('}').count());
    let words = fancy_regex::Regex::new("[a-z]+|[A-Z0-9]+").unwrap();
    let unknown: Vec<String> = words
        .find_iter(&outside)
        .map(|word| word.unwrap().as_str().to_owned())
        .filter(|word| {
            let known = "digraph subgraph graph node edge label labelloc rankdir fontname fontsize shape style color fillcolor \
                         fontcolor peripheries tooltip penwidth constraint";
            !known.split_whitespace().any(|it| it == word)
        })
        .collect();
    (opened != closed || !unknown.is_empty())
        .then(|| format!("{opened} of {{ and {closed} of }}; unknown: {unknown:?}"))
}

/// Checks for quotes closed on their line, without Mermaid syntax between them.
fn unreadable_mermaid(text: &str) -> Option<String> {
    let body = text.split_once("flowchart TD\n").map_or("", |(_, body)| body);
    let is_wrong = |line: &&str| {
        let parts: Vec<&str> = line.split('"').collect();
        let within = parts.iter().skip(1).step_by(2).map(|part| part.replace("<br/>", ""));
        parts.len().is_multiple_of(2)
            || within.into_iter().any(|part| part.contains(['<', '>', '`', '&']) || part.contains("%%"))
    };
    body.lines().find(is_wrong).map(|line| format!("Mermaid: {line}"))
}

/// Checks for well-formed XML without scripts and external resources.
fn unreadable_svg(text: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut depth = 0_i32;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return (depth != 0).then(|| "SVG: an element is open".to_owned()),
            Ok(Event::Start(start)) => {
                depth += 1;
                let known = ["svg", "title", "style", "text", "g", "rect"];
                if !known.iter().any(|name| *name == start.name().as_ref()) {
                    return Some(format!("SVG: an element {start:?}"));
                }
                if let Some(wrong) = start.attributes().find(Result::is_err) {
                    return Some(format!("SVG: {wrong:?}"));
                }
            }
            Ok(Event::Empty(empty)) => {
                if let Some(wrong) = empty.attributes().find(Result::is_err) {
                    return Some(format!("SVG: {wrong:?}"));
                }
            }
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::GeneralRef(name)) => {
                if !["amp", "lt", "gt", "quot"].iter().any(|known| *known == &*name) {
                    return Some(format!("SVG: {name:?}"));
                }
            }
            Ok(Event::Text(_)) => {}
            other => return Some(format!("SVG: {other:?}")),
        }
    }
}

#[test]
fn every_valid_public_runbook_can_be_drawn() {
    let Some(files) = support::corpus() else { return };
    let mut drawn = 0;
    let mut wrong = Vec::new();
    for (name, bytes) in &files {
        if let Some(runbook) = support::read(name, bytes).runbook {
            drawn += 1;
            wrong.extend(problems(name, &runbook).into_iter().map(|problem| format!("{name}: {problem}")));
        }
    }
    assert!(drawn > 200, "only {drawn} runbooks were drawn");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn largest_runbook_can_be_drawn() {
    let mut text = "schemaVersion: '0.3'\nmainSteps:\n".to_owned();
    for at in 0..3_000 {
        let target = if at % 2 == 0 || at >= 2_500 { "last".to_owned() } else { format!("s{}", at + 500) };
        text.push_str(&format!("  - {{name: s{at}, action: aws:pause, onFailure: 'step:{target}', inputs: {{}}}}\n"));
    }
    text.push_str("  - {name: last, action: aws:pause, inputs: {}}\n");
    let runbook = support::read("large", text.as_bytes()).runbook.unwrap();
    assert_eq!(problems("large", &runbook), Vec::<String>::new());
}

proptest! {
    #[test]
    fn runbook_with_any_texts_can_be_drawn(name in ".*", description in ".*", value in ".*") {
        let text = |value: &str| serde_json::to_string(value).unwrap();
        let find = "  - name: leave\n";
        let described = format!("{find}          description: {}\n", text(&description));
        let whole = ALL_ACTIONS.replace(find.trim_start(), described.trim_start());
        let whole = whole.replace("'200'", &text(&value));
        if let Some(runbook) = support::read("whole", whole.as_bytes()).runbook {
            prop_assert_eq!(problems(&name, &runbook), Vec::<String>::new());
        }
    }
}
