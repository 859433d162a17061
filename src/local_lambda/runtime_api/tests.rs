//! Requests over real sockets, in virtual time: only waits are skipped.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Event, PathRule, RuntimeApi};

async fn connect(api: &RuntimeApi) -> TcpStream {
    TcpStream::connect(api.address).await.unwrap()
}

/// The base path of the API.
fn root(api: &RuntimeApi) -> String {
    format!("/{}/2018-06-01/runtime", api.shared.gate.secret())
}

/// Reads until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    // A connection that the server closes early ends with an error; the bytes before it are valid.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// The status of the response to a request without a body.
async fn status(api: &RuntimeApi, method: &str, path: &str, headers: &str) -> u16 {
    let mut stream = connect(api).await;
    let head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    rest(&mut stream).await.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn requests_with_wrong_path_host_or_origin_are_rejected() {
    let api = RuntimeApi::start(PathRule::Required).await.unwrap();
    let (right, wrong) = (format!("{}/x", root(&api)), "/2018-06-01/runtime/x");
    let host = format!("Host: {}\r\n", api.address);
    let answers = [
        status(&api, "GET", &right, &host).await,
        status(&api, "GET", &right, "").await,
        status(&api, "GET", &right, "Host: localhost:1\r\n").await,
        status(&api, "GET", wrong, &host).await,
        status(&api, "POST", wrong, &host).await,
        status(&api, "GET", &right, "Host: evil.example\r\n").await,
        status(&api, "GET", &right, &format!("{host}Origin: http://evil.example\r\n")).await,
    ];
    assert_eq!(answers, [404, 404, 404, 403, 403, 403, 403]);
}

#[tokio::test]
async fn incomplete_request_body_times_out() {
    let api = RuntimeApi::start(PathRule::Required).await.unwrap();
    let (answer, _answered) = oneshot::channel();
    let event = Event {
        request_id: "current".to_owned(),
        function_arn: String::new(),
        deadline_milliseconds: 0,
        trace_id: String::new(),
        client_context: None,
        payload: Bytes::from_static(b"{}"),
        answer,
    };
    assert!(api.send(event));
    let next = format!("{}/invocation/next", root(&api));
    assert_eq!(status(&api, "GET", &next, "").await, 200);
    let mut seen = Vec::new();
    for path in ["invocation/current/response", "invocation/current/error", "invocation/other/response", "init/error"] {
        let mut stream = connect(&api).await;
        let path = format!("{}/{path}", root(&api));
        let head = format!("POST {path} HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server waits for the body from here.
        let mut proceed = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut proceed).await.unwrap();
        stream.write_all(b"{").await.unwrap();
        tokio::time::pause();
        let begun = Instant::now();
        let answer = rest(&mut stream).await;
        seen.push((answer.split("\r\n").next().unwrap().to_owned(), begun.elapsed().as_secs()));
        tokio::time::resume();
    }
    // The response of a running function can be a stream.
    let expected = [900, 60, 60, 60].map(|seconds| ("HTTP/1.1 408 Request Timeout".to_owned(), seconds));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn connection_without_a_valid_request_is_closed() {
    let api = RuntimeApi::start(PathRule::Required).await.unwrap();
    let mut silent = connect(&api).await;
    let mut half = connect(&api).await;
    half.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    tokio::time::pause();
    let begun = Instant::now();
    let received = (rest(&mut silent).await, rest(&mut half).await);
    assert_eq!((received, begun.elapsed() >= Duration::from_secs(29)), ((String::new(), String::new()), true));
}
