//! A server between the program and an emulator, which holds one request until it is released.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::aws::stub::{Answer, Request, Stub};

pub(super) struct HoldingProxy {
    stub: Stub,
    gate: Arc<Gate>,
    arrivals: Receiver<()>,
}

/// Whether the held request is released.
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

/// The request that is held.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// None.
    Nothing,
    /// The first one of an operation; the emulator does not get it.
    Operation(&'static str),
    /// The one with this number, from 0; the emulator gets it, and its answer is held.
    AnswerTo(usize),
    /// Likewise, and the emulator does not get it.
    Number(usize),
}

impl Held {
    fn holds(&self, request: &Request, number: usize) -> bool {
        match self {
            Self::Nothing => false,
            Self::Operation(operation) => request.body.contains(&format!("Action={operation}&")),
            Self::AnswerTo(held) | Self::Number(held) => *held == number,
        }
    }
}

impl HoldingProxy {
    /// A server in front of an emulator.
    pub(super) fn start(emulator: &str, held: Held) -> Self {
        let address = emulator.trim_start_matches("http://").to_owned();
        let gate = Arc::new(Gate { is_open: Mutex::new(false), opened: Condvar::new() });
        let (arrived, arrivals) = channel();
        let (shared, arrived) = (Arc::clone(&gate), Mutex::new(arrived));
        let stub = Stub::start(move |request, number| {
            if held.holds(request, number) {
                let mut is_open = shared.is_open.lock().unwrap();
                if !*is_open {
                    if matches!(held, Held::AnswerTo(_)) {
                        pass_on(&address, request);
                    }
                    // The test may have ended.
                    let _ = arrived.lock().unwrap().send(());
                    while !*is_open {
                        is_open = shared.opened.wait(is_open).unwrap();
                    }
                    // Nobody reads the answer.
                    return Answer::new(500, "");
                }
            }
            pass_on(&address, request)
        });
        Self { stub, gate, arrivals }
    }

    pub(super) fn url(&self) -> &str {
        &self.stub.url
    }

    /// Waits until a request is held.
    pub(super) fn wait(&self) {
        self.arrivals.recv().unwrap();
    }

    /// Waits until a request is held, and not longer than the program runs; false if none was held.
    pub(super) fn wait_while(&self, mut runs: impl FnMut() -> bool) -> bool {
        loop {
            match self.arrivals.recv_timeout(Duration::from_millis(20)) {
                Ok(()) => return true,
                Err(_) if runs() => {}
                Err(_) => return self.arrivals.try_recv().is_ok(),
            }
        }
    }

    /// Drops the held request, and holds no other.
    pub(super) fn release(&self) {
        *self.gate.is_open.lock().unwrap() = true;
        self.gate.opened.notify_all();
    }

    /// The operations of the requests so far that change something.
    pub(super) fn changes(&self) -> Vec<String> {
        let reads = |operation: &String| operation.starts_with("Describe") || operation.starts_with("List");
        self.operations().into_iter().filter(|operation| !reads(operation)).collect()
    }

    /// The operations of all requests so far.
    pub(super) fn operations(&self) -> Vec<String> {
        let operations = self.stub.requests().into_iter().filter_map(|request| {
            let (_, rest) = request.body.split_once("Action=")?;
            rest.split('&').next().map(str::to_owned)
        });
        operations.collect()
    }
}

/// The answer of an emulator, which closes its connections.
fn pass_on(address: &str, request: &Request) -> Answer {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "connection") {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("connection: close\r\n\r\n{}", request.body);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer::new(head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}
