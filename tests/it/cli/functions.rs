//! `runwright functions`

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::harness::Situation;
use crate::local::make_executable;

#[test]
fn functions_of_the_template_are_listed() {
    let situation = Situation::new().functions();
    insta::assert_snapshot!(situation.run(&["functions", "list", "--functions", "template.yaml"]).text());
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
fn missing_template_error_suggests_a_nearby_one() {
    let list = ["functions", "list"];
    let missing = "no functions template is given";
    Situation::new().functions().run(&list).assert(
        2,
        "",
        &[missing, "this folder has a template: --functions template.yaml"],
    );
    let nowhere = Situation::new().run(&list);
    nowhere.assert(2, "", &[missing, "--functions template.yaml"]);
    assert!(!nowhere.stderr.contains("this folder"), "{}", nowhere.text());
    let invalid =
        Situation::new().file("t.yaml", "Resources: 7\n").run(&[&list[..], &["--functions", "t.yaml"]].concat());
    invalid.assert(3, "", &["t.yaml: Resources: is missing or not a map"]);
}

#[test]
fn function_is_invoked_with_its_payload() {
    let situation =
        Situation::new().functions().env("RUNWRIGHT_FUNCTIONS", "template.yaml").input("{\"from\": \"stdin\"}");
    let invoke = |arguments: &[&str]| situation.run(&[&["functions", "invoke"], arguments].concat());
    invoke(&["echo", "--payload", "{\"n\": 1}"]).assert(0, "{\"n\": 1}\n", &["status 200", "request ID"]);
    invoke(&["echo", "--payload", "-"]).assert(0, "{\"from\": \"stdin\"}\n", &["status 200", "request ID"]);
    let failed = ["START RequestId: ID", "looking\n", "REPORT", "status 200", "Unhandled", "Boom: it broke"];
    invoke(&["fail", "--log"]).assert(7, "{\"errorType\":\"Boom\",\"errorMessage\":\"it broke\"}\n", &failed);
    invoke(&["ecko"]).assert(2, "", &["no function ecko", "`echo`"]);
    invoke(&["echo", "--payload", "no json"]).assert(2, "", &["not JSON", "line 1 column 2", "file://"]);
    invoke(&["echo", "--type", "DryRun"]).assert(0, "", &["status 204", "request ID"]);
}

#[test]
fn bootstrap_outside_of_a_function_is_rejected() {
    let bootstrap = Situation::new().run(&["functions", "bootstrap", "cat"]);
    bootstrap.assert(2, "", &["AWS_LAMBDA_RUNTIME_API is not set", "inside a Lambda function"]);
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
    let example = "aws lambda invoke --endpoint-url http://127.0.0.1:PORT --function-name echo";
    situation.end(child).assert(0, "", &[example, "Ctrl-C"]);
}

/// The status and message of the response to a `ListFunctions` request with each `Host`, on a server that is started
/// with these arguments; and the log of the server.
fn answers_to(arguments: &[&str], hosts: &[&str]) -> (Vec<String>, String) {
    let situation = Situation::new().functions();
    let serve = ["functions", "serve", "--functions", "template.yaml", "--port", "0"];
    let mut child = situation.start(&[&serve, arguments].concat());
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let (_, port) = url.trim().rsplit_once(':').unwrap();
    let answers = hosts.iter().map(|host| {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let request = format!("GET /2015-03-31/functions HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let status = answer.split(' ').nth(1).unwrap();
        format!("{status} {}", body["Message"].as_str().unwrap_or_default()).trim_end().to_owned()
    });
    let answers = answers.collect();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let log = situation.end(child).text().replace(port, "PORT");
    (answers, log)
}

#[test]
fn serve_answers_loopback_and_allowed_host_names() {
    let (answers, _) = answers_to(
        &["--allow-host", "Build.Example", "--allow-host", "192.0.2.7"],
        &[
            "Host: localhost:9001\r\n",
            "Host: 127.0.0.1\r\n",
            "Host: [::1]:9001\r\n",
            "Host: build.example:80\r\n",
            "Host: 192.0.2.7\r\n",
            "Host: evil.example:9001\r\n",
            "Host: 192.0.2.8\r\n",
            "Host: localhost\r\nHost: evil.example\r\n",
            "",
            "Host: localhost\r\nOrigin: http://localhost\r\n",
        ],
    );
    let refused = |host: &str| {
        format!(
            "403 requests for the host `{host}` are refused; to allow them, start the server with `--allow-host {host}`"
        )
    };
    let (allowed, denied) = answers.split_at(5);
    assert_eq!(allowed, ["200"; 5]);
    assert_eq!(denied[..2], ["evil.example", "192.0.2.8"].map(refused));
    let (two, none, page) = (&denied[2], &denied[3], &denied[4]);
    assert!(two.starts_with("403 ") && two.contains("exactly one `Host`") && none == two, "{denied:?}");
    assert!(page.starts_with("403 ") && page.contains("web pages"), "{denied:?}");
}

#[test]
fn serve_on_all_addresses_requires_allowed_host_names() {
    let hosts = ["Host: 0.0.0.0:1\r\n", "Host: localhost\r\n", "Host: 192.0.2.7\r\n"];
    let (without, log) = answers_to(&["--host", "0.0.0.0"], &hosts);
    let (with, log_with) = answers_to(&["--host", "0.0.0.0", "--allow-host", "192.0.2.7"], &hosts);
    let situation = Situation::new().functions();
    assert_eq!(
        (&without[..2], &without[2][..4], with),
        (&["200", "200"].map(str::to_owned)[..], "403 ", vec!["200".to_owned(); 3])
    );
    let warning = "warning: other machines can reach 0.0.0.0 without authentication\n";
    let advice = "--allow-host NAME";
    let has = |log: &str| (log.starts_with("exit 0"), log.contains(warning.trim_end()), log.contains(advice));
    assert_eq!((has(&log), has(&log_with)), ((true, true, true), (true, true, false)), "{log}\n{log_with}");
    for name in ["http://build.example", "build.example:9001", ""] {
        let arguments = ["functions", "serve", "--functions", "template.yaml", "--allow-host", name];
        let rejected =
            [&format!("'{name}' for '--allow-host"), "neither a host name nor an IP address", "`build.example`"];
        situation.run(&arguments).assert(2, "", &rejected);
    }
}

#[test]
fn passed_variable_overrides_the_template() {
    let template = "Resources:
  stage:
    Type: AWS::Serverless::Function
    Properties:
      Handler: h
      Runtime: provided.al2023
      CodeUri: code/
      Environment: {Variables: {STAGE: template, OTHER: template, AWS_REGION: template}}
";
    let bootstrap = "#!/bin/sh\nexec \"$RUNWRIGHT\" functions bootstrap sh -c 'cat > /dev/null; echo \"[\\\"$STAGE\\\", \\\"$OTHER\\\", \\\"$AWS_REGION\\\"]\"'\n";
    let situation = Situation::new()
        .file("template.yaml", template)
        .file("code/bootstrap", bootstrap)
        .runbook("", &["name: a, inputs: {FunctionName: stage}"])
        .env("STAGE", "caller")
        .env("AWS_REGION", "eu-north-1");
    make_executable(&situation.path().join("code/bootstrap"));
    let invoked = ["functions", "invoke", "stage", "--functions", "template.yaml"];
    let passed = [&invoked[..], &["--pass-env", "STAGE", "--pass-env", "OTHER", "--pass-env", "AWS_REGION"]].concat();
    let answers = [situation.run(&invoked), situation.run(&passed)];
    // The region is reserved by Lambda; a variable that the caller does not have is not passed.
    let of = |stage: &str| format!("[\"{stage}\", \"template\", \"us-east-1\"]");
    assert_eq!(
        answers.each_ref().map(|answer| (answer.status, answer.stdout.trim().to_owned())),
        [(Some(0), of("template")), (Some(0), of("caller"))],
        "{}{}",
        answers[0].text(),
        answers[1].text()
    );
    let run = ["run", "book.yaml", "--functions", "template.yaml", "--pass-env", "STAGE", "--output", "json"];
    let ran: serde_json::Value = serde_json::from_str(&situation.run(&run).stdout).unwrap();
    let payload = ran["StepExecutions"][0]["Outputs"]["Payload"][0].as_str().map(|text| text.contains("caller"));
    assert_eq!(payload, Some(true), "{ran}");
}
