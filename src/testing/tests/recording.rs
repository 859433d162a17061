//! Recorded cases: their content, and how they are appended to existing files.

use super::{append, generate_case, play_case, read, record, runbook};

const RECORDED: &str = "# A note.\ncases:\n  - name: new\n    steps:\n      a:\n      - payload: {}\n";

#[test]
fn recorded_case_is_appended_with_matching_indentation() {
    let texts =
        ["", "cases:\n- name: old\n", "# Ours.\nrunbook: b.yaml\ncases:\n    - name: old\n      steps: {} # none"];
    let whole: Vec<String> = texts.iter().map(|text| append(text, RECORDED).unwrap()).collect();
    insta::assert_snapshot!(whole.join("\n=====\n"), @r"
    # A note.
    cases:
      - name: new
        steps:
          a:
          - payload: {}

    =====
    cases:
    - name: old
    # A note.
    - name: new
      steps:
        a:
        - payload: {}

    =====
    # Ours.
    runbook: b.yaml
    cases:
        - name: old
          steps: {} # none
        # A note.
        - name: new
          steps:
            a:
            - payload: {}
    ");
}

#[test]
fn append_to_an_unsupported_file_is_rejected() {
    for text in
        ["{\"cases\": [{\"name\": \"old\"}]}", "cases: [{ name: old }]\n", "cases:\n  - name: a\ndefaults: {}\n"]
    {
        assert!(append(text, RECORDED).is_err(), "{text}");
    }
}

#[test]
fn recording_a_generated_case_reproduces_it() {
    let runbook = runbook(
        "- {name: image, action: 'aws:createImage', inputs: {InstanceId: i-1, ImageName: name}, outputs: [{Name: Id, Selector: $.ImageId, Type: String}]}
- {name: script, action: 'aws:executeScript', inputs: {Runtime: python3.11, Handler: h, Script: 's'}, outputs: [{Name: Out, Selector: $.Payload.x, Type: Integer}]}
- {name: ask, action: 'aws:approve', inputs: {Approvers: [anna]}}
- {name: queue, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f, InvocationType: Event}}
",
    );
    let first = play_case(&generate_case(&runbook), &runbook);
    let text = record(&first, &runbook, "again").unwrap();
    let document = crate::document::read("case", text.as_bytes()).unwrap();
    let file = read(document, &runbook).unwrap_or_else(|(_, problems)| panic!("{problems:?}\n{text}"));
    let second = play_case(&file.cases[0], &runbook);
    let ends = |execution: &crate::execution::Execution| {
        let runs = execution.runs().iter();
        runs.map(|run| (run.step.clone(), run.ending.as_ref().map(|ending| ending.outputs.clone()))).collect::<Vec<_>>()
    };
    assert_eq!(ends(&first), ends(&second), "{text}");
}
