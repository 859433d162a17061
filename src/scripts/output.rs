//! The output of a script, line by line: its beginning as it is written, and its end when it has ended.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use tokio::net::unix::pipe;

use super::ScriptLogSink;
use crate::limits::{LOG_CATCH_UP_READS, LOG_READ_BYTES, SCRIPT_TAIL_BYTES, SCRIPT_TAIL_LINES};
use crate::process_output::{Output, finish_lines, partial_start};

/// Reads what a script writes to standard output and standard error. Both are one pipe, so that their order is the order
/// of writing.
#[derive(Debug)]
pub(super) struct ScriptOutput {
    pipe: pipe::Receiver,
    step: String,
    sink: Option<ScriptLogSink>,
    output: Output,
    line: Vec<u8>,
    /// The end of everything written.
    tail: Vec<u8>,
}

impl ScriptOutput {
    /// Reads from the reading end of a pipe. Must be called within a runtime.
    pub(super) fn new(pipe: OwnedFd, step: &str, sink: Option<ScriptLogSink>) -> io::Result<Self> {
        let pipe = pipe::Receiver::from_owned_fd(pipe)?;
        Ok(Self { pipe, step: step.to_owned(), sink, output: Output::new(), line: Vec::new(), tail: Vec::new() })
    }

    /// Reads until the last writer has closed the pipe.
    pub(super) async fn follow(&mut self) {
        let mut buffer = [0; LOG_READ_BYTES];
        while self.pipe.readable().await.is_ok() {
            match self.pipe.try_read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => self.take_in(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    /// Takes what is left in the pipe, and sends the end of the output. Returns its last lines.
    pub(super) fn finish(mut self) -> String {
        let mut buffer = [0; LOG_READ_BYTES];
        for _ in 0..LOG_CATCH_UP_READS {
            match rustix::io::read(self.pipe.as_fd(), &mut buffer) {
                Ok(0) => break,
                Ok(count) => self.take_in(buffer.get(..count).unwrap_or_default()),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
        }
        let rest = self.output.finish(&mut self.line);
        if rest.left_out > 0 {
            self.end_line();
            self.send(&format!("… {} bytes omitted", rest.left_out));
        }
        self.print(&rest.bytes);
        self.end_line();
        last_lines(&self.tail)
    }

    fn take_in(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * SCRIPT_TAIL_BYTES {
            self.tail.drain(..self.tail.len() - SCRIPT_TAIL_BYTES);
        }
        let first = self.output.take_in(bytes);
        self.print(first);
    }

    /// Sends the lines in `bytes`; an unfinished one waits for its end.
    fn print(&mut self, bytes: &[u8]) {
        let mut line = std::mem::take(&mut self.line);
        finish_lines(&mut line, bytes, |finished| self.send_line(&finished));
        self.line = line;
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.send_line(&line);
        }
    }

    fn send_line(&self, line: &[u8]) {
        self.send(String::from_utf8_lossy(line).trim_end_matches('\r'));
    }

    fn send(&self, text: &str) {
        if let Some(sink) = &self.sink {
            sink.line(&self.step, text);
        }
    }
}

/// The last lines of an output.
fn last_lines(tail: &[u8]) -> String {
    let tail = tail.get(tail.len().saturating_sub(SCRIPT_TAIL_BYTES)..).unwrap_or_default();
    let text = String::from_utf8_lossy(tail.get(partial_start(tail)..).unwrap_or_default());
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(SCRIPT_TAIL_LINES)..).unwrap_or_default().join("\n")
}
