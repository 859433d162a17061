//! Each form of a runbook with everything that steers an execution; hostile texts; geometry.

mod geometry;

use super::{Graph, dot, mermaid, svg};

/// A branch, a loop with a jump out of it, failure and cancel steps, `isEnd`, and a step that nothing leads to.
const EVERY: &str = include_str!("tests/every.yaml");

fn graph(name: &str, text: &str) -> Graph {
    let document = crate::document::read(name, text.as_bytes()).unwrap();
    let loaded = crate::runbook::load(&document);
    let problems: Vec<_> = loaded.diagnostics.iter().map(|problem| &problem.message).collect();
    Graph::of_runbook(name, &loaded.runbook.unwrap_or_else(|| panic!("{problems:?}")))
}

#[test]
fn mermaid_of_everything() {
    insta::assert_snapshot!(mermaid(&graph("every", EVERY)));
}

#[test]
fn dot_of_everything() {
    insta::assert_snapshot!(dot(&graph("every", EVERY)));
}

#[test]
fn svg_of_everything() {
    insta::assert_snapshot!(svg(&graph("every", EVERY)));
}

#[test]
fn texts_that_mean_something_to_a_form_are_only_shown() {
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
