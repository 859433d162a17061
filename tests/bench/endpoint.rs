//! A minimal endpoint of Lambda, Parameter Store and EC2: its own process, which responds to every call at once.
//!
//! The function `hold` responds only after `POST /release`, so that many calls can be in flight together; `GET /held`
//! returns how many are. The function `brief` takes [`BRIEF`].

use std::convert::Infallible;
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;

use crate::Failure;

/// The duration of the function `brief`: the minimum of a warm Lambda function, called from close by.
const BRIEF: Duration = Duration::from_millis(5);

/// The endpoint's process; it ends with this value.
pub(crate) struct Endpoint {
    process: Child,
    address: SocketAddr,
}

impl Endpoint {
    /// Starts it on the core of this process.
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(crate::SERVE)
            .stdin(Stdio::piped()) // the endpoint ends when this closes, however this process ends
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            std::io::BufReader::new(stdout).read_line(&mut line)?;
        }
        Ok(Self { process, address: line.trim().parse()? })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The number of calls of `hold` in flight at this endpoint.
pub(crate) fn held(url: &str) -> Result<usize, Failure> {
    Ok(ask(url, "GET /held")?.parse()?)
}

/// Releases the held calls of this endpoint.
pub(crate) fn release(url: &str) -> Result<(), Failure> {
    ask(url, "POST /release").map(drop)
}

fn ask(url: &str, what: &str) -> Result<String, Failure> {
    // One of a thousand new connections may be reset.
    let mut left = 10;
    loop {
        match ask_once(url, what) {
            Err(_) if left > 0 => left -= 1,
            outcome => return outcome,
        }
    }
}

fn ask_once(url: &str, what: &str) -> Result<String, Failure> {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let mut socket = TcpStream::connect(address)?;
    write!(socket, "{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut reply = String::new();
    socket.read_to_string(&mut reply)?;
    Ok(reply.rsplit("\r\n\r\n").next().unwrap_or_default().to_owned())
}

/// Runs the endpoint process: serves until standard input closes.
pub(crate) fn serve() -> Result<(), Failure> {
    crate::harness::raise_file_limit();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?);
        let state = Arc::new(State { held: AtomicUsize::new(0), released: watch::Sender::new(0) });
        tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let _ = socket.set_nodelay(true);
                let state = state.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(state.clone(), request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        // A thread: tokio reads standard input on one anyway and would wait for it at the end.
        let (closed, end) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = closed.send(());
        });
        let _ = end.await;
        Ok(())
    })
}

struct State {
    held: AtomicUsize,
    released: watch::Sender<u64>,
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let is_json = request.headers().contains_key("x-amz-target");
    let _ = request.into_body().collect().await;
    let body = match path.as_str() {
        "/held" => Bytes::from(state.held.load(Ordering::Relaxed).to_string()),
        "/release" => {
            state.released.send_modify(|times| *times += 1);
            Bytes::new()
        }
        "/" if is_json => Bytes::from_static(br#"{"Parameter":{"Name":"n","Type":"String","Value":"7"},"count":7}"#),
        "/" => Bytes::from_static(b"<R><requestId>r</requestId><reservationSet/></R>"),
        _ => {
            if path.ends_with("/hold/invocations") {
                let mut released = state.released.subscribe();
                state.held.fetch_add(1, Ordering::Relaxed);
                let _ = released.changed().await;
                state.held.fetch_sub(1, Ordering::Relaxed);
            } else if path.ends_with("/brief/invocations") {
                tokio::time::sleep(BRIEF).await;
            }
            Bytes::from_static(br#"{"ok":true,"count":7}"#)
        }
    };
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    headers.insert("x-amz-executed-version", http::HeaderValue::from_static("$LATEST"));
    headers.insert("x-amzn-requestid", http::HeaderValue::from_static("0f0e0d0c-0b0a-4908-8706-050403020100"));
    Ok(response)
}
