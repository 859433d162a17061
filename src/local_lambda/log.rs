//! The output of a function: the tail for the Lambda response, and lines for observers.
//!
//! Standard output and standard error share one pipe, so that their order is the order of writing. The pipe is read
//! in pieces of fixed size; when an observer is slow, the pipe fills and the function waits. Observers get the
//! beginning of an attempt's output immediately and the end of it when the attempt ends (`output`), so memory and the
//! journal stay bounded whatever a function prints.

use std::fmt;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::unix::pipe;

use crate::limits;
use crate::process_output::{Output, finish_lines, partial_start};

/// One line of a function's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'l> {
    /// The function's name.
    pub function: &'l str,
    /// The invocation it belongs to; none while the function starts.
    pub request_id: Option<&'l str>,
    /// Its writer.
    pub origin: LogOrigin,
    /// The line without its line break; bytes that are not UTF-8 are replaced.
    pub text: &'l str,
}

/// The writer of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOrigin {
    /// The function, on standard output or standard error.
    Function,
    /// Lambda itself: `START`, `END`, `REPORT`, the reason of an end; and how much of the output is omitted.
    Platform,
}

/// Receives each line as it is written. Called on the runtime's threads: a slow receiver slows the functions down.
#[derive(Clone)]
pub struct LogSink(Arc<dyn Fn(LogLine<'_>) + Send + Sync>);

impl LogSink {
    /// Lines go to `receive`.
    pub fn new(receive: impl Fn(LogLine<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    pub(super) fn line(&self, line: LogLine<'_>) {
        (self.0)(line);
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}

/// The log of one process.
#[derive(Debug)]
pub(super) struct ProcessLog {
    pipe: pipe::Receiver,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    function: String,
    request_id: Option<String>,
    sink: Option<LogSink>,
    tail: Vec<u8>,
    output: Output,
    line: Vec<u8>,
    ended: bool,
}

impl ProcessLog {
    /// Reads from the reading end of a pipe. Must be called within a runtime.
    pub(super) fn new(pipe: OwnedFd, function: &str, sink: Option<LogSink>) -> io::Result<Self> {
        let state = State {
            function: function.to_owned(),
            request_id: None,
            sink,
            tail: Vec::new(),
            output: Output::new(),
            line: Vec::new(),
            ended: false,
        };
        Ok(Self { pipe: pipe::Receiver::from_owned_fd(pipe)?, state: Mutex::new(state) })
    }

    /// Reads until the last writer has closed the pipe.
    pub(super) async fn follow(&self) {
        while let Ok(()) = self.pipe.readable().await {
            if matches!(self.state().read(|buffer| self.pipe.try_read(buffer)), Read::End) {
                return;
            }
        }
    }

    /// Reads everything that was written before this call. A process that never stops printing cannot block it.
    fn catch_up(&self, state: &mut State) {
        for _ in 0..limits::LOG_CATCH_UP_READS {
            // The descriptor itself is read, not the readiness that the runtime remembers: what a process wrote before it
            // answered is in the pipe even when the runtime has not been notified yet.
            let read = |buffer: &mut [u8]| rustix::io::read(self.pipe.as_fd(), buffer).map_err(io::Error::from);
            match state.read(read) {
                Read::Some => {}
                Read::NoneNow | Read::End => return,
            }
        }
    }

    /// An invocation begins: its tail starts empty, except that output of the start belongs to the first one.
    pub(super) fn begin(&self, request_id: &str, version: &str, first: bool) {
        let mut state = self.state();
        self.catch_up(&mut state);
        if first {
            state.end_line();
        } else {
            state.finish_output();
            state.tail.clear();
        }
        state.request_id = Some(request_id.to_owned());
        state.platform(&format!("START RequestId: {request_id} Version: {version}"));
    }

    /// The attempt ends: reads everything that was written before this call, and for a process that `goes_on` also its
    /// later output.
    pub(super) fn settle(&self, goes_on: bool) {
        let mut state = self.state();
        self.catch_up(&mut state);
        state.finish_output();
        state.ended |= !goes_on;
    }

    /// A line of Lambda itself.
    pub(super) fn platform(&self, line: &str) {
        self.state().platform(line);
    }

    /// The last 4 KB, beginning at a whole character.
    pub(super) fn tail(&self) -> Vec<u8> {
        let state = self.state();
        let tail = last(&state.tail, limits::LOG_TAIL_BYTES);
        let start = if tail.len() < state.tail.len() { partial_start(tail) } else { 0 };
        tail.get(start..).unwrap_or_default().to_vec()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Read {
    Some,
    NoneNow,
    End,
}

impl State {
    fn read(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> Read {
        if self.ended {
            return Read::End;
        }
        let mut buffer = [0_u8; limits::LOG_READ_BYTES];
        match read(&mut buffer) {
            Ok(0) => {
                self.ended = true;
                self.finish_output();
                Read::End
            }
            Ok(count) => {
                self.take_in(buffer.get(..count).unwrap_or_default());
                Read::Some
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => Read::Some,
                io::ErrorKind::WouldBlock => Read::NoneNow,
                _ => {
                    self.ended = true;
                    Read::End
                }
            },
        }
    }

    fn take_in(&mut self, bytes: &[u8]) {
        self.keep(bytes);
        if self.sink.is_some() {
            let first = self.output.take_in(bytes);
            self.print(first);
        }
    }

    /// Sends the lines in `bytes`; an unfinished one waits for its end.
    fn print(&mut self, bytes: &[u8]) {
        let mut line = std::mem::take(&mut self.line);
        finish_lines(&mut line, bytes, |finished| self.send_line(&finished));
        self.line = line;
    }

    /// Sends the stored end of the output, after a line that says how much is missing before it.
    fn finish_output(&mut self) {
        let rest = self.output.finish(&mut self.line);
        if rest.left_out > 0 {
            self.end_line();
            self.send(LogOrigin::Platform, &format!("… {} bytes omitted", rest.left_out));
        }
        self.print(&rest.bytes);
        self.end_line();
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(last(bytes, limits::LOG_TAIL_BYTES));
        if self.tail.len() > 4 * limits::LOG_TAIL_BYTES {
            self.tail.drain(..self.tail.len() - limits::LOG_TAIL_BYTES);
        }
    }

    fn send_line(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        self.send(LogOrigin::Function, text.trim_end_matches(['\n', '\r']));
    }

    fn send(&self, origin: LogOrigin, text: &str) {
        if let Some(sink) = &self.sink {
            sink.line(LogLine { function: &self.function, request_id: self.request_id.as_deref(), origin, text });
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.send_line(&line);
        }
        if !self.tail.is_empty() && !self.tail.ends_with(b"\n") {
            self.tail.push(b'\n');
        }
    }

    fn platform(&mut self, line: &str) {
        self.end_line();
        self.keep(line.as_bytes());
        self.keep(b"\n");
        for part in line.trim_end().lines() {
            self.send(LogOrigin::Platform, part.trim_end());
        }
    }
}

fn last(bytes: &[u8], count: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(count)..).unwrap_or_default()
}
