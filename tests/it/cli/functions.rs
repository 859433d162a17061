//! `runwright functions`

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::harness::Situation;

#[test]
fn list() {
    let situation = Situation::new().functions();
    insta::assert_snapshot!(situation.run(&["functions", "list", "--functions", "template.yaml"]).told());
    let json = situation.run(&["functions", "list", "--functions", ".", "--output", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        listed[0],
        serde_json::json!({
            "FunctionName": "echo", "LogicalId": "echo", "Description": "", "Runtime": "provided.al2023",
            "Handler": "echo", "Timeout": 60, "MemorySize": 128
        })
    );
}

#[test]
fn without_a_template_one_nearby_is_named() {
    let told = [
        Situation::new().functions().run(&["functions", "list"]).told(),
        Situation::new().run(&["functions", "list"]).told(),
        Situation::new().file("t.yaml", "Resources: 7\n").run(&["functions", "list", "--functions", "t.yaml"]).told(),
    ];
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn invoke() {
    let situation =
        Situation::new().functions().env("RUNWRIGHT_FUNCTIONS", "template.yaml").input("{\"from\": \"stdin\"}");
    let told = [
        situation.run(&["functions", "invoke", "echo", "--payload", "{\"n\": 1}"]),
        situation.run(&["functions", "invoke", "echo", "--payload", "-"]),
        situation.run(&["functions", "invoke", "fail", "--log"]),
        situation.run(&["functions", "invoke", "ecko"]),
        situation.run(&["functions", "invoke", "echo", "--payload", "no json"]),
        situation.run(&["functions", "invoke", "echo", "--type", "DryRun"]),
    ];
    insta::assert_snapshot!(told.map(|outcome| outcome.told()).join("\n\n"));
}

#[test]
fn bootstrap_outside_of_a_function_says_so() {
    insta::assert_snapshot!(Situation::new().run(&["functions", "bootstrap", "cat"]).told());
}

#[test]
fn serve_answers_until_an_interrupt() {
    let situation = Situation::new().functions();
    let mut child = situation.start(&["functions", "serve", "--functions", "template.yaml", "--port", "0"]);
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    reader.read_line(&mut url).unwrap();
    let address = url.trim().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let body = "{\"served\":true}";
    let request = format!(
        "POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(body), "{answer}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let outcome = situation.end(child);
    insta::assert_snapshot!(outcome.told());
}
