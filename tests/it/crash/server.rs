//! A Lambda server that counts calls by the token of execution, step and attempt.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use base64::Engine as _;
use serde_json::{Value, json};

/// A received call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) execution: String,
    pub(crate) step: String,
    pub(crate) attempt: u32,
}

/// Responds at once, or holds one response back until the gate opens.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<State>,
    pub(crate) arrivals: Receiver<Call>,
}

struct State {
    calls: Mutex<HashMap<Call, u32>>,
    /// The number of calls before one is held; none for no limit.
    gate: Mutex<Option<u32>>,
    /// How many calls were held, and how many of those are answered although the gate is closed.
    held: Mutex<(u32, u32)>,
    opened: Condvar,
    arrived: Mutex<Sender<Call>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (arrived, arrivals) = channel();
        let state = Arc::new(State {
            calls: Mutex::default(),
            gate: Mutex::new(None),
            held: Mutex::default(),
            opened: Condvar::new(),
            arrived: Mutex::new(arrived),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let state = Arc::clone(&shared);
                // A killed client leaves its connection in any state.
                std::thread::spawn(move || connection.ok().and_then(|stream| serve(stream, &state).ok()));
            }
        });
        Self { url, state, arrivals }
    }

    /// Responds to this many further calls, and holds the next one.
    pub(crate) fn hold_after(&self, calls: u32) {
        *self.state.gate.lock().unwrap() = Some(calls);
    }

    /// Responds to all calls, held ones included.
    pub(crate) fn open(&self) {
        *self.state.gate.lock().unwrap() = None;
        self.state.opened.notify_all();
        while self.arrivals.try_recv().is_ok() {}
    }

    /// Answers this many of the calls that are held, in the order in which they arrived, and holds the others.
    pub(crate) fn release(&self, calls: u32) {
        let _gate = self.state.gate.lock().unwrap();
        self.state.held.lock().unwrap().1 += calls;
        self.state.opened.notify_all();
    }

    /// The number of arrivals of each call.
    pub(crate) fn calls(&self) -> HashMap<Call, u32> {
        self.state.calls.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let function = line.split('/').nth(3).unwrap_or_default().to_owned();
        let (mut length, mut context) = (0, json!({}));
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = header.trim().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap(),
                "x-amz-client-context" => {
                    let bytes = base64::engine::general_purpose::STANDARD.decode(value.trim()).unwrap();
                    context = serde_json::from_slice(&bytes).unwrap();
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let custom = |name: &str| context["custom"][name].as_str().unwrap_or_default().to_owned();
        let call = Call {
            function,
            execution: custom("runwrightExecutionId"),
            step: custom("runwrightStepName"),
            attempt: custom("runwrightAttempt").parse().unwrap(),
        };
        let (status, reply) = answer(&call, &serde_json::from_slice(&body).unwrap_or_default());
        *state.calls.lock().unwrap().entry(call.clone()).or_default() += 1;
        let mut gate = state.gate.lock().unwrap();
        let is_held = match gate.as_mut() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        // The test may have ended.
        let _ = state.arrived.lock().unwrap().send(call);
        if is_held {
            let number = {
                let mut held = state.held.lock().unwrap();
                held.0 += 1;
                held.0
            };
            while gate.is_some() && state.held.lock().unwrap().1 < number {
                gate = state.opened.wait(gate).unwrap();
            }
        }
        drop(gate);
        let reply = reply.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nX-Amz-Executed-Version: $LATEST\r\nContent-Length: {}\r\n{status}\r\n",
            reply.len()
        );
        stream.write_all(format!("{head}{reply}").as_bytes())?;
    }
}

/// The result depends on the function name and the attempt only, so that every order of crashes leads to one result.
fn answer(call: &Call, payload: &Value) -> (&'static str, Value) {
    const FAILED: &str = "X-Amz-Function-Error: Unhandled\r\n";
    let failure = json!({"errorType": "Boom", "errorMessage": "it broke"});
    match call.function.as_str() {
        "flaky" if call.attempt == 1 => (FAILED, failure),
        name if name.starts_with("broken") => (FAILED, failure),
        _ => ("", json!({"value": payload["value"].as_i64().unwrap_or(0) + 1})),
    }
}
