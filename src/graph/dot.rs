//! Renders a graph in the DOT language of Graphviz.

use super::labels::{drawn, whole};
use super::{Edge, EdgeKind, Graph, GraphNode, GraphNodeKind, NodeIndex, Progress, Role};
use crate::event::Status;

/// Renders the graph in the DOT language.
pub fn dot(graph: &Graph) -> String {
    let title = match &graph.state {
        Some(state) => format!("{}: {state}", drawn(&graph.name)),
        None => drawn(&graph.name),
    };
    let mut text = format!(
        "digraph {} {{\n  graph [label={}, labelloc=\"t\", rankdir=\"TB\", fontname=\"sans-serif\"];\n  \
         node [shape=\"box\", style=\"rounded,filled\", fillcolor=\"#ffffff\", fontname=\"sans-serif\", fontsize=\"11\"];\n  \
         edge [fontname=\"sans-serif\", fontsize=\"10\"];\n",
        quoted(&whole(&graph.name)),
        quoted(&title)
    );
    for (at, node) in graph.inside(None) {
        let mut inner = graph.inside(Some(at)).peekable();
        if inner.peek().is_none() {
            text.push_str(&format!("  {}\n", declared(node)));
            continue;
        }
        // Graphviz frames a subgraph only when its name begins so.
        text.push_str(&format!("  subgraph \"cluster {at}\" {{\n    label=\"\"; style=\"rounded\";\n"));
        text.push_str(&format!("    {}\n", declared(node)));
        for (_, node) in inner {
            text.push_str(&format!("    {}\n", declared(node)));
        }
        text.push_str("  }\n");
    }
    for edge in &graph.edges {
        text.push_str(&format!("  {}\n", edge_line(graph, edge)));
    }
    text.push_str("}\n");
    text
}

/// The id of a node: step names cannot collide with those of the start and the end.
fn id(node: &GraphNode) -> String {
    match &node.kind {
        GraphNodeKind::Start => quoted("start"),
        GraphNodeKind::End => quoted("end"),
        GraphNodeKind::Step(step) => quoted(&format!("step {}", step.name)),
    }
}

fn declared(node: &GraphNode) -> String {
    let mut attributes = Vec::new();
    match &node.kind {
        GraphNodeKind::Start => attributes.push("label=\"start\", shape=\"oval\"".to_owned()),
        GraphNodeKind::End => attributes.push("label=\"end\", shape=\"oval\"".to_owned()),
        GraphNodeKind::Step(step) => {
            let mut lines = vec![step.name.to_string()];
            lines.extend(step.lines());
            lines.extend(node.progress_text());
            let lines: Vec<String> = lines.iter().map(|line| escaped(&drawn(line))).collect();
            attributes.push(format!("label=\"{}\"", lines.join("\\n")));
            match step.role {
                Role::Work => {}
                Role::Branch => attributes.push("shape=\"hexagon\", style=\"filled\"".to_owned()),
                Role::Loop(_) => attributes.push("shape=\"box\", peripheries=\"2\"".to_owned()),
            }
            if let Some(description) = &step.description {
                attributes.push(format!("tooltip={}", quoted(&whole(description))));
            }
        }
    }
    if let Progress::Reached { status, .. } = &node.progress {
        let (line, fill) = colours(*status);
        attributes.push(format!("color=\"{line}\", fillcolor=\"{fill}\""));
    }
    if node.is_faint() {
        attributes.push("style=\"rounded,dashed\", color=\"#8c959f\", fontcolor=\"#6e7781\"".to_owned());
    }
    format!("{} [{}];", id(node), attributes.join(", "))
}

fn edge_line(graph: &Graph, edge: &Edge) -> String {
    let ends = |at: NodeIndex| graph.nodes.get(at).map(id).unwrap_or_default();
    let mut attributes = Vec::new();
    if let Some(label) = edge.kind.label() {
        attributes.push(format!("label={}", quoted(&drawn(label))));
        if drawn(label) != whole(label) {
            attributes.push(format!("tooltip={}", quoted(&whole(label))));
        }
    }
    match edge.kind {
        EdgeKind::Success | EdgeKind::Choice(_) | EdgeKind::Default | EdgeKind::Enter => {}
        EdgeKind::Failure => attributes.push("style=\"dashed\", color=\"#cf222e\", fontcolor=\"#cf222e\"".to_owned()),
        EdgeKind::Cancel => attributes.push("style=\"dotted\", color=\"#9a6700\", fontcolor=\"#9a6700\"".to_owned()),
        EdgeKind::Repeat => attributes.push("style=\"dashed\", constraint=\"false\"".to_owned()),
    }
    if edge.is_taken {
        attributes.push("penwidth=\"3\"".to_owned());
    } else if graph.is_faint(edge) {
        attributes.push("color=\"#8c959f\", fontcolor=\"#6e7781\"".to_owned());
    }
    let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
    format!("{} -> {}{attributes};", ends(edge.from), ends(edge.to))
}

fn colours(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Success => ("#1a7f37", "#dafbe1"),
        Status::Failed => ("#cf222e", "#ffebe9"),
        Status::TimedOut => ("#bc4c00", "#fff1e5"),
        Status::Cancelled | Status::Cancelling => ("#6e7781", "#eaeef2"),
        Status::InProgress | Status::Waiting => ("#0969da", "#ddf4ff"),
        Status::Pending => ("#8c959f", "#ffffff"),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Quotes a text. Graphviz interprets HTML entities there.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
