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
    let (mermaid, dot, labels) = (mermaid(&graph), dot(&graph), labels.join("\n"));
    let parts = [
        (&mermaid, r#"title: "\x25\x25{init}\x25\x25\" ---""#),
        (&mermaid, "n1{{\"a_b#95;<br/>aws:branch\"}}"),
        (&mermaid, r#"|"global:REGION = #34;#92;#34;] click n1 #92;#92;#92;#34;#92;n#37;#37;{init}#37;#37; …"|"#),
        (&dot, r#"digraph "%%{init}%%\" ---" {"#),
        (&dot, r#"tooltip="]]></title><script>alert(1)</script> \"} ]; x -> y""#),
        (&dot, r#"label="global:REGION = \"\\\"] click n1 \\\\\\\"\\n%%{init}%% …""#),
        (
            &labels,
            r"global:REGION = &quot;\&quot;] click n1 \\\&quot;\n%%{init}%% &lt;b&gt;&amp;amp; `x`&quot; or otherwise",
        ),
        (&labels, "<title>]]&gt;&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &quot;} ]; x -&gt; y</title>"),
    ];
    for (text, part) in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    assert!(!labels.contains("<script>"), "{labels}");
}
