//! `--parameters` in the forms of the AWS CLI.

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

/// The supplied parameters of a plan.
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
            // Braces are a map in both.
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
fn unreadable_parameters_are_rejected_with_positions() {
    let situation = situation();
    let rejected = |words: &[&str], code: i32, texts: &[&str]| {
        let outcome = plan(&situation, &[&["--parameters"], words].concat());
        outcome.assert(code, "", texts);
        outcome.diagnostics()
    };
    let syntax: [(&str, &str, &[&str]); 7] = [
        ("A=1,", "1:5", &["after the comma, found the end", "\"\""]),
        ("A=\"x,B=1", "1:3", &["never closed", "close it"]),
        ("A=x\"y\"", "1:4", &["expected `,`, found `\"`"]),
        ("B=[1,2", "1:7", &["expected `,` or `]`, found the end"]),
        ("D={\"k\":\"v\"}", "1:4", &["expected `NAME=`, found `\"`", "NAME='{\"key\": \"value\"}'"]),
        ("A=1,A=2", "1:5", &["`A` is given twice", "NAME=a,b"]),
        ("A@=file://gone.txt", "1:4", &["gone.txt: there is no such file"]),
    ];
    for (word, position, texts) in syntax {
        let found =
            rejected(&[word], 3, &[texts, &["cannot read the parameters in --parameters", "file://FILE"]].concat());
        assert_eq!(found[0].split(" -> ").next(), Some(&*format!("syntax --parameters:{position}")), "{word}");
    }
    let list = rejected(&["[1]"], 3, &["cannot read the parameters in --parameters", "{\"Name\": [\"value\"]}"]);
    assert_eq!(list, ["root-not-map --parameters:1:1 -> key: value"]);
    let rows: [(&[&str], i32, &[&str]); 4] = [
        (&["A=1", "A=2"], 2, &["parameter A is given twice", "--parameters A=a,b"]),
        (&["A=1,2"], 3, &["value supplied for A is not a valid string", "a list of 2", "1 problem"]),
        (&["C=x,Z=1"], 3, &["Undefined execution inputs: [Z]", "value supplied for C", "\"x\"", "2 problems"]),
        (&["{A=1}"], 3, &["Undefined execution inputs: [A=1]", "1 problem"]),
    ];
    for (words, code, texts) in rows {
        assert_eq!(rejected(words, code, texts), Vec::<String>::new(), "{words:?}");
    }
}

#[test]
fn unreadable_sensitive_parameters_are_not_quoted() {
    let outcome = plan(&situation(), &["--sensitive", "A", "--parameters", "A=s3cret-horse,B=\"x"]);
    assert_eq!((outcome.status, outcome.stderr.contains("horse")), (Some(3), false), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("--parameters:1:18: error[syntax]: the quote \" is never closed"),
        "{}",
        outcome.stderr
    );
}
