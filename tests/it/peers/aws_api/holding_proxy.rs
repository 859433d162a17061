//! A server between the program and an emulator, which holds the first request of an operation until it is released.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};

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

impl HoldingProxy {
    /// A server in front of an emulator.
    pub(super) fn start(emulator: &str, held: &str) -> Self {
        let address = emulator.trim_start_matches("http://").to_owned();
        let held = format!("Action={held}&");
        let gate = Arc::new(Gate { is_open: Mutex::new(false), opened: Condvar::new() });
        let (arrived, arrivals) = channel();
        let (shared, arrived) = (Arc::clone(&gate), Mutex::new(arrived));
        let stub = Stub::start(move |request, _| {
            if request.body.contains(&held) {
                let mut is_open = shared.is_open.lock().unwrap();
                if !*is_open {
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

    /// Drops the held request, and holds no other.
    pub(super) fn release(&self) {
        *self.gate.is_open.lock().unwrap() = true;
        self.gate.opened.notify_all();
    }

    /// The operations of the requests so far that change something.
    pub(super) fn changes(&self) -> Vec<String> {
        let operations = self.stub.requests().into_iter().filter_map(|request| {
            let (_, rest) = request.body.split_once("Action=")?;
            rest.split('&').next().map(str::to_owned)
        });
        operations.filter(|operation| !operation.starts_with("Describe")).collect()
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
