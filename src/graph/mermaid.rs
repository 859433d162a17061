//! Renders a graph as a Mermaid flowchart, which GitHub, GitLab and many wikis draw from text.

use super::labels::drawn;
use super::{Edge, EdgeKind, Graph, GraphNode, GraphNodeKind, NodeIndex, Progress, Role};
use crate::event::Status;

/// The classes of statuses. Fill, line and text colours are all set, so that they work on light and dark pages.
const CLASSES: [(&str, &str); 6] = [
    ("Success", "fill:#dafbe1,stroke:#1a7f37,color:#0a3b19"),
    ("Failed", "fill:#ffebe9,stroke:#cf222e,color:#660e14"),
    ("TimedOut", "fill:#fff1e5,stroke:#bc4c00,color:#5c2500"),
    ("Cancelled", "fill:#eaeef2,stroke:#6e7781,color:#32383f"),
    ("InProgress", "fill:#ddf4ff,stroke:#0969da,color:#0a3069"),
    ("faint", "opacity:0.45,stroke-dasharray:4 3"),
];

/// Renders the graph as a Mermaid flowchart.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = format!("---\ntitle: \"{}\"\n---\nflowchart TD\n", yaml(&title(graph)));
    for (at, node) in graph.inside(None) {
        text.push_str(&format!("  {}\n", declared(at, node)));
        let mut inner = graph.inside(Some(at)).peekable();
        if inner.peek().is_some() {
            let GraphNodeKind::Step(step) = &node.kind else { continue };
            text.push_str(&format!("  subgraph in{at} [\"inside {}\"]\n", escaped(step.name.as_str())));
            for (at, node) in inner {
                text.push_str(&format!("    {}\n", declared(at, node)));
            }
            text.push_str("  end\n");
        }
    }
    for edge in &graph.edges {
        text.push_str(&format!("  {}\n", edge_line(edge)));
    }
    text.push_str(&styles(graph));
    text
}

fn title(graph: &Graph) -> String {
    match &graph.state {
        Some(state) => format!("{}: {state}", drawn(&graph.name)),
        None => drawn(&graph.name),
    }
}

fn declared(at: NodeIndex, node: &GraphNode) -> String {
    match &node.kind {
        GraphNodeKind::Start => format!("n{at}([\"start\"])"),
        GraphNodeKind::End => format!("n{at}([\"end\"])"),
        GraphNodeKind::Step(step) => {
            let mut lines = vec![step.name.to_string()];
            lines.extend(step.lines());
            lines.extend(node.progress_text());
            let label = lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>");
            match step.role {
                Role::Work => format!("n{at}[\"{label}\"]"),
                Role::Branch => format!("n{at}{{{{\"{label}\"}}}}"),
                Role::Loop(_) => format!("n{at}[[\"{label}\"]]"),
            }
        }
    }
}

fn edge_line(edge: &Edge) -> String {
    let arrow = match edge.kind {
        EdgeKind::Success | EdgeKind::Choice(_) | EdgeKind::Default | EdgeKind::Enter => "-->",
        EdgeKind::Failure | EdgeKind::Cancel | EdgeKind::Repeat => "-.->",
    };
    let label = edge.kind.label().map(|label| format!("|\"{}\"|", escaped(label))).unwrap_or_default();
    format!("n{} {arrow}{label} n{}", edge.from, edge.to)
}

fn styles(graph: &Graph) -> String {
    let mut text = String::new();
    for (class, style) in CLASSES {
        let members = graph.nodes.iter().enumerate().filter(|(_, node)| class_of(node) == Some(class));
        let members: Vec<String> = members.map(|(at, _)| format!("n{at}")).collect();
        if !members.is_empty() {
            text.push_str(&format!("  classDef {class} {style}\n  class {} {class}\n", members.join(",")));
        }
    }
    let mut paint = |style: &str, belongs: &dyn Fn(&Edge) -> bool| {
        let members = graph.edges.iter().enumerate().filter(|(_, edge)| belongs(edge));
        let members: Vec<String> = members.map(|(at, _)| at.to_string()).collect();
        if !members.is_empty() {
            text.push_str(&format!("  linkStyle {} {style}\n", members.join(",")));
        }
    };
    paint("stroke:#cf222e", &|edge| edge.kind == EdgeKind::Failure);
    paint("stroke:#9a6700", &|edge| edge.kind == EdgeKind::Cancel);
    paint("stroke-width:3px", &|edge| edge.is_taken);
    paint("opacity:0.45", &|edge| graph.is_faint(edge));
    text
}

fn class_of(node: &GraphNode) -> Option<&'static str> {
    if node.is_faint() {
        return Some("faint");
    }
    match &node.progress {
        Progress::None | Progress::NotReached => None,
        Progress::Reached { status, .. } => match status {
            Status::Success => Some("Success"),
            Status::Failed => Some("Failed"),
            Status::TimedOut => Some("TimedOut"),
            Status::Cancelled | Status::Cancelling => Some("Cancelled"),
            Status::InProgress | Status::Waiting => Some("InProgress"),
            Status::Pending => Some("faint"),
        },
    }
}

/// Quotes a text. Mermaid reads HTML and Markdown there and interprets `#…;` as an entity, so every character with a
/// meaning is written as an entity.
fn escaped(text: &str) -> String {
    let text = drawn(text);
    let mut escaped = String::new();
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_within_word =
            before.is_some_and(char::is_alphanumeric) && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            // Common in names, and without a meaning inside a word.
            '_' if is_within_word => escaped.push(c),
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '*' | '_' | '~' | '|' | ';' | '$' | '%' => {
                escaped.push_str(&format!("#{};", u32::from(c)));
            }
            _ => escaped.push(c),
        }
        before = Some(c);
    }
    escaped
}

/// Quotes a text for YAML. Mermaid searches for `%%{` before it parses anything else.
fn yaml(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "\\x25")
}
