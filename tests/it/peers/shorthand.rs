//! `--parameters` compared with the parser of the AWS CLI.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::install::python;
use crate::harness::Situation;

/// Parses each text as a map of lists of strings, the type of the parameters of `StartAutomationExecution`; null for a
/// rejected one.
const READER: &str = "
import json, sys
from awscli.shorthand import ShorthandParser
def read(text):
    try:
        read = ShorthandParser().parse(text)
    except Exception:
        return None
    return {name: value if isinstance(value, list) else [value] for name, value in read.items()}
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
";

const BOOK: &str = "schemaVersion: \"0.3\"\nparameters:\n  A: {type: StringList, default: []}\n  B: {type: StringList, \
                    default: []}\nmainSteps: [{name: wait, action: 'aws:sleep', inputs: {Duration: PT1S}}]\n";

const PARAMETER_TEXTS: [&str; 34] = [
    "A=1,B=2",
    "A=1,2,B=3",
    "A=[1,2],B=3",
    "A=[ 1 , 2 ],B=[]",
    "A=[a,]",
    "A=",
    "A=,B=2",
    "A=1,,B=2",
    "A=1,,2",
    "A=1,",
    "A=1,B",
    "A=x=y,B==z",
    "A=a b , B = c d ",
    "A=\"a,b\",c",
    "A='a,b','c=d',B=e",
    "A='it\\'s',B=\"say \\\"hi\\\"\"",
    "A=a\\,b,c",
    "A=C:\\dir\\,B=1",
    "A=\"C:\\dir\\\"",
    "A=\"a",
    "A=a\"b\"",
    "A=a'b",
    "A=[a,b",
    "A=[a]b",
    "A=],}",
    "A=a[b],c",
    "A=a[b,c{d,B=}",
    "A={{x}}",
    "A=1,A=2",
    "A='{\"k\": \"v\"}'",
    "A=http://host/path?x=1&y=2,B=tag:Name",
    "A=größe,日本",
    "A=\"\",''",
    "A = 1",
];

#[test]
fn parameters_parse_like_the_aws_cli() {
    let Some(python) = python() else { return };
    let mut reader = Command::new(python.join("bin/python"))
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(json!(PARAMETER_TEXTS[..]).to_string().as_bytes()).unwrap();
    let theirs: Vec<Value> = serde_json::from_slice(&reader.wait_with_output().unwrap().stdout).unwrap();
    let situation = Situation::new().file("book.yaml", BOOK);
    for (text, theirs) in PARAMETER_TEXTS.into_iter().zip(theirs) {
        let outcome = situation.run(&["plan", "book.yaml", "--output", "json", "--parameters", text]);
        let ours = match outcome.status {
            Some(0) => {
                let plan: Value = serde_json::from_str(&outcome.stdout).unwrap();
                let parameters = plan["parameters"].as_object().unwrap().iter();
                let given = parameters.filter(|(_, parameter)| parameter["origin"] != "default");
                Value::Object(
                    given.map(|(name, parameter)| (name.clone(), parameter["value"].clone())).collect::<Map<_, _>>(),
                )
            }
            _ => Value::Null,
        };
        assert_eq!(ours, theirs, "{text}\n{}", outcome.stderr);
    }
}
