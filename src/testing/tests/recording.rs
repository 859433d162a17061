//! Recorded cases: what they say, and how they are added to what people wrote.

use super::{append, generate_case, played, read, record, runbook};

const RECORDED: &str = "# A note.\ncases:\n  - name: new\n    steps:\n      a:\n      - payload: {}\n";

#[test]
fn a_case_is_added_in_the_indentation_of_the_others() {
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
fn what_cannot_be_added_to_is_refused() {
    for text in
        ["{\"cases\": [{\"name\": \"old\"}]}", "cases: [{ name: old }]\n", "cases:\n  - name: a\ndefaults: {}\n"]
    {
        assert!(append(text, RECORDED).is_err(), "{text}");
    }
}

#[test]
fn recording_a_generated_case_reproduces_it() {
    let runbook = runbook(
        "- {name: image, action: 'aws:createImage', inputs: {InstanceId: i-1, ImageName: n}, outputs: [{Name: Id, Selector: $.ImageId, Type: String}]}
- {name: script, action: 'aws:executeScript', inputs: {Runtime: python3.11, Handler: h, Script: 's'}, outputs: [{Name: Out, Selector: $.Payload.x, Type: Integer}]}
- {name: ask, action: 'aws:approve', inputs: {Approvers: [anna]}}
- {name: queue, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f, InvocationType: Event}}
",
    );
    let first = played(&generate_case(&runbook), &runbook);
    let text = record(&first, &runbook, "again").unwrap();
    let document = crate::document::read("case", text.as_bytes()).unwrap();
    let file = read(document, &runbook).unwrap_or_else(|(_, problems)| panic!("{problems:?}\n{text}"));
    let second = played(&file.cases[0], &runbook);
    let ends = |execution: &crate::execution::Execution| {
        let runs = execution.runs().iter();
        runs.map(|run| (run.step.clone(), run.ending.as_ref().map(|ending| ending.outputs.clone()))).collect::<Vec<_>>()
    };
    assert_eq!(ends(&first), ends(&second), "{text}");
}
