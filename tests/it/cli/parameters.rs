//! `--parameters` in the forms of the AWS CLI.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Outcome, Situation};

const BOOK: &str = r#"schemaVersion: "0.3"
parameters:
  A: {type: String, default: ""}
  B: {type: StringList, default: []}
  C: {type: Integer, default: 0}
  D: {type: StringMap, default: {}}
  E: {type: MapList, default: []}
mainSteps: [{name: wait, action: 'aws:sleep', inputs: {Duration: PT1S}}]
"#;

fn situation() -> Situation {
    Situation::new()
        .file("book.yaml", BOOK)
        .file("parameters.json", "{\"A\": [\"1\"], \"B\": [\"x\", \"y\"]}")
        .file("parameters.yaml", "A: '1'\nB: [x, y]\n")
        .file("parameters.txt", "A=1,B=x,y\n")
        .file("value.txt", "of a file\n")
}

fn plan(situation: &Situation, words: &[&str]) -> Outcome {
    situation.run(&[&["plan", "book.yaml", "--output", "json"], words].concat())
}

/// The parameters of a plan that were given.
fn given(situation: &Situation, words: &[&str]) -> Value {
    let outcome = plan(situation, words);
    assert_eq!(outcome.status, Some(0), "{words:?}: {}", outcome.stderr);
    let plan: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let parameters = plan["parameters"].as_object().unwrap();
    let given = parameters.iter().filter(|(_, parameter)| parameter["origin"] != "default");
    given.map(|(name, parameter)| (name.clone(), parameter["value"].clone())).collect()
}

#[test]
fn shorthand_is_read_as_the_aws_cli_reads_it() {
    let situation = situation();
    let rows: [(&[&str], Value); 19] = [
        (&["A=1,B=2"], json!({"A": "1", "B": ["2"]})),
        (&["A=1,B=2,3"], json!({"A": "1", "B": ["2", "3"]})),
        (&["B=1,2,A=3"], json!({"A": "3", "B": ["1", "2"]})),
        (&["B=[1,2],A=3"], json!({"A": "3", "B": ["1", "2"]})),
        (&["B=[]"], json!({"B": []})),
        (&["A=a=b,C=7"], json!({"A": "a=b", "C": 7})),
        (&["A=hello world , C=7"], json!({"A": "hello world", "C": 7})),
        (&["A=\"a, b\",B='c,d',e"], json!({"A": "a, b", "B": ["c,d", "e"]})),
        (&["A=a\\,b"], json!({"A": "a,b"})),
        (&["A="], json!({"A": ""})),
        (&["A={{global:DATE}}"], json!(null)),
        (&["D='{\"k\": \"v\"}'"], json!({"D": {"k": "v"}})),
        (&["D={k=v,l=w}"], json!({"D": {"k": "v", "l": "w"}})),
        (&["E=[{k=v},{k=w}]"], json!({"E": [{"k": "v"}, {"k": "w"}]})),
        (&["A@=file://value.txt,B=1"], json!({"A": "of a file", "B": ["1"]})),
        (&["A=1", "B=x,y"], json!({"A": "1", "B": ["x", "y"]})),
        (&["A=1", "--parameters", "B=x,y"], json!({"A": "1", "B": ["x", "y"]})),
        (&["A=1,B=x", "-p", "A=2"], json!({"A": "2", "B": ["x"]})),
        (&["{\"A\": [\"1\"], \"B\": [\"x\"]}"], json!({"A": "1", "B": ["x"]})),
    ];
    for (words, expected) in rows {
        let words = [&["--parameters"], words].concat();
        match expected {
            // Braces are a map, here as there.
            Value::Null => assert_eq!(plan(&situation, &words).status, Some(3)),
            expected => assert_eq!(given(&situation, &words), expected, "{words:?}"),
        }
    }
    for source in ["parameters.json", "parameters.yaml", "file://parameters.json", "file://parameters.txt"] {
        let words = ["--parameters", source];
        assert_eq!(given(&situation, &words), json!({"A": "1", "B": ["x", "y"]}), "{source}");
    }
}

#[test]
fn unreadable_parameters_are_shown_with_positions() {
    let situation = situation();
    let words: [&[&str]; 12] = [
        &["A=1,"],
        &["A=\"x,B=1"],
        &["A=x\"y\""],
        &["B=[1,2"],
        &["D={\"k\":\"v\"}"],
        &["A=1,A=2"],
        &["A=1", "A=2"],
        &["A=1,2"],
        &["C=x,Z=1"],
        &["A@=file://gone.txt"],
        &["[1]"],
        &["{A=1}"],
    ];
    let told = words.map(|words| {
        let outcome = plan(&situation, &[&["--parameters"], words].concat());
        assert!(matches!(outcome.status, Some(2 | 3)) && outcome.stdout.is_empty(), "{words:?}");
        format!("--parameters {}\n{}", words.join(" "), outcome.stderr)
    });
    assert_snapshot!(told.join("\n"));
}

#[test]
fn a_text_that_may_hold_a_secret_is_not_shown() {
    let outcome = plan(&situation(), &["--sensitive", "A", "--parameters", "A=s3cret-horse,B=\"x"]);
    assert_eq!((outcome.status, outcome.stderr.contains("horse")), (Some(3), false), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("--parameters:1:18: error[syntax]: the quote \" is never closed"),
        "{}",
        outcome.stderr
    );
}
