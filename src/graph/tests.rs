//! Each output format, for a runbook with every control-flow construct; hostile texts; geometry.

mod geometry;

use super::{Graph, dot, mermaid, svg};

/// A branch, a loop with a jump out of it, failure and cancel steps, `isEnd`, and an unreachable step.
const ALL_CONSTRUCTS: &str = include_str!("tests/all_constructs.yaml");

fn graph(name: &str, text: &str) -> Graph {
    let document = crate::document::read(name, text.as_bytes()).unwrap();
    let loaded = crate::runbook::load(&document);
    let problems: Vec<_> = loaded.diagnostics.iter().map(|problem| &problem.message).collect();
    Graph::of_runbook(name, &loaded.runbook.unwrap_or_else(|| panic!("{problems:?}")))
}

#[test]
fn mermaid_of_every_construct() {
    insta::assert_snapshot!(mermaid(&graph("every", ALL_CONSTRUCTS)));
}

#[test]
fn dot_of_every_construct() {
    insta::assert_snapshot!(dot(&graph("every", ALL_CONSTRUCTS)));
}

#[test]
fn svg_of_every_construct() {
    insta::assert_snapshot!(svg(&graph("every", ALL_CONSTRUCTS)));
}

#[test]
fn special_syntax_in_texts_is_escaped() {
    let text = r#"
schemaVersion: "0.3"
mainSteps:
  - name: a_b_
    action: aws:branch
    description: "]]></title><script>alert(1)</script>\u202e\u0007 \"} ]; x -> y"
    inputs:
      Choices:
        - {Variable: "{{ global:REGION }}", StringEquals: "\"] click n1 \\\"\n%%{init}%% <b>&amp; `x`", NextStep: z}
  - {name: z, action: aws:pause, inputs: {}}
"#;
    let graph = graph("%%{init}%%\"\n---\u{0}", text);
    let svg = svg(&graph);
    let body = svg.split("</style>").nth(1).unwrap_or_default();
    let labels: Vec<&str> = body.lines().filter(|line| line.contains("title") || line.contains("\"way\"")).collect();
    insta::assert_snapshot!(format!("{}\n{}\n{}", mermaid(&graph), dot(&graph), labels.join("\n")));
}
