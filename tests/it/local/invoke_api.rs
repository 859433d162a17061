//! The Invoke API over a port, byte for byte, and its errors for invalid requests.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Situation, example, mask};

const TEMPLATE: &str = "
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greet
      CodeUri: shell
      Handler: handler.sh
      Runtime: provided.al2023
      AutoPublishAlias: live
      Environment: {Variables: {TABLE: orders, TOKEN: hunter2}}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: repo:tag}
  Unbuilt:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: nowhere, Handler: x, Runtime: provided.al2023}
";

struct Served {
    situation: Situation,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: tokio::task::JoinHandle<()>,
}

impl Served {
    async fn start() -> Self {
        let bootstrap = format!("#!/bin/sh\nexec '{}' sh ./handler.sh\n", example("program_bootstrap").display());
        let script = r#"event=$(cat); printf '[%s,"%s"]' "$event" "$LAMBDA_INVOKED_FUNCTION_ARN""#;
        let situation = Situation::new(TEMPLATE, &[("shell/bootstrap", &bootstrap), ("shell/handler.sh", script)]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let lambda = situation.lambda.clone();
        let server = tokio::spawn(async move {
            lambda
                .serve(listener, Vec::new(), async {
                    let _ = stopped.await;
                })
                .await;
        });
        Self { situation, address, stop: Some(stop), server }
    }

    /// Status, headers (lower case, sorted, without date and ids) and body.
    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<String>, Value) {
        let mut bytes = Vec::new();
        write!(bytes, "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n").unwrap();
        write!(bytes, "content-length: {}\r\n", body.len()).unwrap();
        for (name, value) in headers {
            write!(bytes, "{name}: {value}\r\n").unwrap();
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        let address = self.address;
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            // The server may close the connection during a rejected body.
            let _ = stream.write_all(&bytes);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            String::from_utf8(answer).unwrap()
        });
        let answer = answer.await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers: Vec<String> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "connection" | "content-length" | "x-amzn-trace-id"))
            .map(|(name, value)| mask(&format!("{name}: {value}")))
            .collect();
        headers.sort();
        (status, headers, serde_json::from_str(&mask(body)).unwrap_or(Value::String(body.to_owned())))
    }

    async fn end(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.await.unwrap();
        self.situation.lambda.shutdown().await;
    }
}

const INVOKE: &str = "/2015-03-31/functions/greet/invocations";

fn error(kind: &str) -> Vec<String> {
    vec![
        "content-type: application/json".to_owned(),
        format!("x-amzn-errortype: {kind}"),
        "x-amzn-requestid: ID".to_owned(),
    ]
}

#[tokio::test]
async fn invoke_api_responds_like_the_service() {
    let served = Served::start().await;
    let ok = |version: &str| {
        vec![
            "content-type: application/json".to_owned(),
            format!("x-amz-executed-version: {version}"),
            "x-amzn-requestid: ID".to_owned(),
        ]
    };
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:greet";
    let table = [
        ("greet", "", "$LATEST", arn.to_owned()),
        ("Greet", "", "$LATEST", arn.to_owned()),
        ("greet:live", "", "1", format!("{arn}:live")),
        ("greet", "?Qualifier=live", "1", format!("{arn}:live")),
        ("greet:1", "?Qualifier=1", "1", format!("{arn}:1")),
        ("greet", "?Qualifier=%24LATEST", "$LATEST", format!("{arn}:$LATEST")),
        ("123456789012:function:greet", "", "$LATEST", arn.to_owned()),
        ("arn%3Aaws%3Alambda%3Aeu-west-1%3A210987654321%3Afunction%3Agreet%3Alive", "", "1", format!("{arn}:live")),
    ];
    for (name, query, version, arn) in table {
        let path = format!("/2015-03-31/functions/{name}/invocations{query}");
        let answer = served.call("POST", &path, &[], b"{\"a\": 1}").await;
        assert_eq!(answer, (200, ok(version), json!([{"a": 1}, arn])), "{name}{query}");
    }
    let empty = served.call("POST", INVOKE, &[], b"").await;
    assert_eq!(empty, (200, ok("$LATEST"), json!([{}, arn])));
    let event =
        served.call("POST", INVOKE, &[("x-amz-invocation-type", "Event"), ("x-amz-log-type", "Tail")], b"1").await;
    assert_eq!(event, (202, vec!["x-amzn-requestid: ID".to_owned()], json!("")));
    let dry = served.call("POST", INVOKE, &[("x-amz-invocation-type", "DryRun")], b"1").await;
    assert_eq!(dry, (204, vec!["x-amzn-requestid: ID".to_owned()], json!("")));
    served.end().await;
}

/// Method, path, headers, body; status, type of the error, body of the response.
type WrongRequest<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a [u8], u16, &'a str, Value);

#[tokio::test]
async fn invalid_requests_get_the_errors_of_the_service() {
    let served = Served::start().await;
    let large = vec![b' '; 6 * 1024 * 1024 + 1];
    let larger = vec![b' '; 7 * 1024 * 1024];
    let large_event = vec![b' '; 1024 * 1024 + 1];
    let long_context = "x".repeat(3584);
    let user = |member: &str, message: &str| json!({"Type": "User", member: message});
    let table: Vec<WrongRequest<'_>> = vec![
        (
            "POST",
            "/2015-03-31/functions/nobody/invocations",
            vec![],
            b"{}",
            404,
            "ResourceNotFoundException",
            user("Message", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody"),
        ),
        (
            "POST",
            "/2015-03-31/functions/greet:gone/invocations",
            vec![],
            b"{}",
            404,
            "ResourceNotFoundException",
            user("Message", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:greet:gone"),
        ),
        (
            "POST",
            "/2015-03-31/functions/greet/invocations?Qualifier=2",
            vec![],
            b"{}",
            404,
            "ResourceNotFoundException",
            user("Message", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:greet:2"),
        ),
        (
            "POST",
            "/2015-03-31/functions/greet:live/invocations?Qualifier=1",
            vec![],
            b"{}",
            400,
            "InvalidParameterValueException",
            user("message", "The derived qualifier from the function name does not match the specified qualifier."),
        ),
        (
            "POST",
            "/2015-03-31/functions/a%20b/invocations",
            vec![],
            b"{}",
            400,
            "ValidationException",
            user(
                "message",
                "1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: it is neither a function name nor an ARN of a function",
            ),
        ),
        (
            "POST",
            INVOKE,
            vec![("x-amz-invocation-type", "Foo")],
            b"{}",
            400,
            "ValidationException",
            user(
                "message",
                "1 validation error detected: Value 'Foo' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [RequestResponse, Event, DryRun]",
            ),
        ),
        (
            "POST",
            INVOKE,
            vec![],
            b"{",
            400,
            "InvalidRequestContentException",
            user(
                "message",
                "Could not parse request body into json: Could not parse payload into json: EOF while parsing an object at line 1 column 1",
            ),
        ),
        (
            "POST",
            INVOKE,
            vec![("x-amz-client-context", &long_context)],
            b"{}",
            400,
            "InvalidRequestContentException",
            user("message", "Client context must be no longer than 3583 bytes; it has 3584."),
        ),
        (
            "POST",
            INVOKE,
            vec![("x-amz-client-context", "e30x")],
            b"{}",
            400,
            "InvalidRequestContentException",
            user("message", "Client context must be a valid Base64-encoded JSON object."),
        ),
        (
            "POST",
            INVOKE,
            vec![],
            &large,
            413,
            "RequestTooLargeException",
            user("message", "Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
        ),
        (
            "POST",
            INVOKE,
            vec![("x-amz-invocation-type", "Event")],
            &large_event,
            413,
            "RequestTooLargeException",
            user("message", "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"),
        ),
        (
            "POST",
            INVOKE,
            vec![("origin", "http://example.com")],
            b"{}",
            403,
            "AccessDeniedException",
            user("Message", "requests from web pages are refused"),
        ),
        (
            "PUT",
            INVOKE,
            vec![],
            b"{}",
            404,
            "UnknownOperationException",
            user("message", "there is no operation PUT /2015-03-31/functions/greet/invocations"),
        ),
        (
            "GET",
            "/favicon.ico",
            vec![],
            b"",
            404,
            "UnknownOperationException",
            user("message", "there is no operation GET /favicon.ico"),
        ),
        (
            "POST",
            "/2015-03-31/functions/Image/invocations",
            vec![],
            b"{}",
            502,
            "InvalidRuntimeException",
            json!({"Type": "Service", "Message": "`Image` cannot run: it is a container image, which cannot run here"}),
        ),
    ];
    for (method, path, headers, body, status, kind, document) in table {
        let answer = served.call(method, path, &headers, body).await;
        assert_eq!(answer, (status, error(kind), document), "{method} {path} {headers:?}");
    }
    let (status, headers, document) = served.call("POST", INVOKE, &[], &larger).await;
    assert_eq!((status, document["Type"].as_str()), (413, Some("User")), "{headers:?}");
    let (status, _, document) = served.call("POST", "/2015-03-31/functions/Unbuilt/invocations", &[], b"{}").await;
    let message = document["Message"].as_str().unwrap();
    assert!(message.ends_with("does not exist; build the function, or correct `CodeUri`"), "{message}");
    assert_eq!(status, 502);
    served.end().await;
}

#[tokio::test]
async fn functions_can_be_listed_and_described() {
    let served = Served::start().await;
    let (status, _, listed) = served.call("GET", "/2015-03-31/functions/?MaxItems=2", &[], b"").await;
    let names: Vec<&str> =
        listed["Functions"].as_array().unwrap().iter().map(|f| f["FunctionName"].as_str().unwrap()).collect();
    assert_eq!((status, names, listed["NextMarker"].as_str()), (200, vec!["greet", "Image"], Some("Image")));
    let (_, _, rest) = served.call("GET", "/2015-03-31/functions?Marker=Image", &[], b"").await;
    assert_eq!((rest["Functions"][0]["FunctionName"].as_str(), &rest["NextMarker"]), (Some("Unbuilt"), &Value::Null));
    let configuration = served.situation.client.get_function_configuration().function_name("greet").qualifier("live");
    let configuration = configuration.send().await.unwrap();
    assert_eq!(
        (
            configuration.function_arn(),
            configuration.version(),
            configuration.timeout(),
            configuration.memory_size(),
            configuration.runtime().map(aws_sdk_lambda::types::Runtime::as_str),
            configuration.state().map(aws_sdk_lambda::types::State::as_str),
        ),
        (
            Some("arn:aws:lambda:us-east-1:123456789012:function:greet:live"),
            Some("1"),
            Some(3),
            Some(128),
            Some("provided.al2023"),
            Some("Active"),
        )
    );
    let environment = configuration.environment().unwrap();
    assert_eq!(
        (environment.variables(), environment.error().and_then(|error| error.message())),
        (None, Some("The values are in the template alone; the variables are TABLE, TOKEN."))
    );
    let mut responses = String::new();
    for path in ["", "/greet", "/greet/configuration", "/greet/versions", "/greet/aliases", "/greet/concurrency"] {
        let (status, _, body) = served.call("GET", &format!("/2015-03-31/functions{path}"), &[], b"").await;
        assert_eq!(status, 200, "{path}");
        responses.push_str(&body.to_string());
    }
    assert!(
        responses.contains("TOKEN") && !responses.contains("hunter2") && !responses.contains("orders"),
        "{responses}"
    );
    let missing = served.situation.client.get_function().function_name("nobody").send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    let aliases = served.situation.client.list_aliases().function_name("greet").send().await.unwrap();
    assert_eq!(aliases.aliases()[0].name(), Some("live"));
    served.end().await;
}

#[tokio::test]
async fn incomplete_request_body_times_out() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let served = Served::start().await;
    let mut stream = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let head =
        format!("POST {INVOKE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server waits for the body from here.
    let mut proceed = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut proceed).await.unwrap();
    stream.write_all(b"{\"a\"").await.unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let seconds = begun.elapsed().as_secs();
    tokio::time::resume();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (head.split("\r\n").next(), head.contains("connection: close"), body, seconds),
        (
            Some("HTTP/1.1 408 Request Timeout"),
            true,
            json!({"Type": "User", "message": "the body did not arrive within 60 seconds"}),
            60
        )
    );
    served.end().await;
}

#[tokio::test]
async fn oversized_request_head_is_rejected() {
    let served = Served::start().await;
    let many: Vec<(String, &str)> = (0..120).map(|number| (format!("x-{number}"), "1")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let (status, _, _) = served.call("POST", INVOKE, &many, b"{}").await;
    assert_eq!(status, 431);
    let address = served.address;
    let endless = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("POST {INVOKE} HTTP/1.1\r\nHost: localhost\r\nX-Endless: ").as_bytes()).unwrap();
        let piece = vec![b'x'; 64 * 1024];
        // The loop ends when the server accepts no more: far below the maximum here.
        (0..1024).take_while(|_| stream.write_all(&piece).is_ok()).count()
    });
    let taken = endless.await.unwrap();
    assert!(taken < 1024, "{taken} pieces were accepted");
    served.end().await;
}
