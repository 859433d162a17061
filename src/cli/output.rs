//! Standard output and standard error: the only file that writes to them.
//!
//! All output passes through here, so that these rules hold for every command: standard error shows no secret; unsafe
//! characters are escaped, except the colours of this program; and where a pipeline reads the output, no text but a
//! [`LogCommand`] is a command. Does not own: what an unsafe character is (`untrusted`), commands (`pipeline`),
//! or what is secret (the executions). Files are written elsewhere, as they are.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use anstream::{AutoStream, ColorChoice};
use console::Term;
use indicatif::TermLike;
use rustix::fs::{FileType, fstat};

use super::Exit;
use super::error::CliError;
use crate::redaction::Secrets;
use crate::report::style_length;
use crate::untrusted::pipeline::{LogCommand, Pipeline};
use crate::untrusted::{escape_json_with, escape_xml, safe_text, safe_text_with};

/// The format of a text, which decides how unsafe characters and commands in it are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines: `\u{1b}`, and a blank within a command.
    Text,
    /// A document of JSON, or a line of it each: JSON's own escapes, which leave every value the same.
    Json,
    /// XML: its own references, which leave every value the same; a blank within a command.
    Xml,
    /// Whatever a function returned: see [`give_payload`].
    Payload,
}

/// One of the two outputs.
#[derive(Debug)]
struct Stream {
    is_error: bool,
    /// Whether colours are written.
    has_colours: AtomicBool,
    /// The end of the line that has been begun, as far as a command could begin in it.
    unfinished: Mutex<String>,
}

static STDOUT: Stream =
    Stream { is_error: false, has_colours: AtomicBool::new(false), unfinished: Mutex::new(String::new()) };

static STDERR: Stream =
    Stream { is_error: true, has_colours: AtomicBool::new(false), unfinished: Mutex::new(String::new()) };

/// Where all output to standard error goes once the terminal has hung up.
static LOG: OnceLock<File> = OnceLock::new();

/// The secrets of the executions that are shown on this terminal. Each belongs to its execution; no text on standard
/// error shows them, not even a trace or a panic.
static REDACTIONS: RwLock<Vec<Secrets>> = RwLock::new(Vec::new());

/// From now on standard error shows none of these.
pub(super) fn redact(secrets: &Secrets) {
    REDACTIONS.write().unwrap_or_else(PoisonError::into_inner).push(secrets.clone());
}

/// A text without the secrets of the executions that are shown.
fn redacted(text: &str) -> Cow<'_, str> {
    let redactions = REDACTIONS.read().unwrap_or_else(PoisonError::into_inner);
    redactions.iter().fold(Cow::Borrowed(text), |text, secrets| map(text, |text| secrets.text(text)))
}

/// The longest beginning of a command that can end one text while the rest of it begins the next one.
const LONGEST_BEGINNING: usize = "##vso".len();

/// The pipeline that reads the output.
pub(super) fn pipeline() -> &'static Pipeline {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    PIPELINE.get_or_init(|| Pipeline::from_variables(variable))
}

/// Which of the outputs are coloured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colours {
    pub(super) on_stdout: bool,
    pub(super) on_stderr: bool,
}

/// Chooses by the global choice, the environment and the outputs. From now on styles are written only to the chosen
/// outputs.
pub(super) fn choose_colours() -> Colours {
    let coloured = |chosen: ColorChoice| chosen != ColorChoice::Never;
    let on_stdout = coloured(AutoStream::choice(&io::stdout()));
    let on_stderr = coloured(AutoStream::choice(&io::stderr()));
    STDOUT.has_colours.store(on_stdout, Ordering::Relaxed);
    STDERR.has_colours.store(on_stderr, Ordering::Relaxed);
    Colours { on_stdout, on_stderr }
}

/// Whether standard error is a terminal.
pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

impl Stream {
    /// The text as it is written.
    fn guarded<'t>(&self, format: Format, text: &'t str) -> Cow<'t, str> {
        match format {
            Format::Text | Format::Payload => {
                let masked = if self.is_error { redacted(text) } else { Cow::Borrowed(text) };
                let colours = self.has_colours.load(Ordering::Relaxed);
                let safe = map(masked, |text| safe_text_with(text, |rest| style_length(rest).filter(|_| colours)));
                self.defused(safe)
            }
            Format::Json => escape_json_with(text, |rest| pipeline().is_command(rest)),
            Format::Xml => self.defused(escape_xml(text)),
        }
    }

    /// The text without commands, also without one that the text before it began.
    fn defused<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        if !pipeline().reads_log() {
            return text;
        }
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut defused = map(text, |text| pipeline().defuse(text));
        if pipeline().continues_command(&unfinished, &defused) {
            defused.to_mut().insert(0, ' ');
        }
        let line = match defused.rsplit_once('\n') {
            Some((_, line)) => line.to_owned(),
            None => format!("{unfinished}{defused}"),
        };
        let begin = line.char_indices().rev().nth(LONGEST_BEGINNING - 1).map_or(0, |(at, _)| at);
        line.get(begin..).unwrap_or_default().clone_into(&mut unfinished);
        defused
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        if self.is_error {
            io::stderr().write_all(bytes)
        } else {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        }
    }

    fn write_command(&self, command: &LogCommand) -> io::Result<()> {
        let line = command.line();
        let line = if command.has_secret() { Cow::Borrowed(line) } else { redacted(line) };
        // A command is read at the beginning of its line.
        let unfinished = std::mem::take(&mut *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner));
        let begin = if unfinished.is_empty() { "" } else { "\n" };
        self.write(format!("{begin}{line}").as_bytes())
    }
}

fn map(text: Cow<'_, str>, with: impl FnOnce(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    let changed = match with(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    };
    changed.map_or(text, Cow::Owned)
}

/// Writes text to standard error. A failed write cannot be reported anywhere.
pub(super) fn tell(text: &str) {
    let guarded = STDERR.guarded(Format::Text, text);
    let _ = match LOG.get() {
        // Blank lines are for terminals only.
        Some(_) if text.trim().is_empty() => Ok(()),
        Some(mut log) => log.write_all(guarded.as_bytes()),
        None => STDERR.write(guarded.as_bytes()),
    };
}

/// From now on all output goes there.
pub(super) fn tell_in(log: File) {
    // The first one stays.
    let _ = LOG.set(log);
}

/// Writes commands to the pipeline on standard error.
pub(super) fn tell_commands(commands: &[LogCommand]) {
    for command in commands {
        // As in `tell`.
        let _ = STDERR.write_command(command);
    }
}

/// Writes commands to the pipeline on standard output.
pub(super) fn give_commands(commands: &[LogCommand]) -> Result<(), CliError> {
    commands.iter().try_for_each(|command| reader_after(STDOUT.write_command(command)).map(drop))
}

/// Whether standard output still has a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// As far as is known.
    There,
    /// It closed its end: nothing more has to be waited for.
    Gone,
}

/// Whether a stream is a terminal, or was one before the terminal hung up: only its file type is known then.
pub(super) fn is_device(stream: &impl AsFd) -> bool {
    fstat(stream).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice)
}

/// Whether standard output could not be written because it has no reader: its pipe is closed, or its terminal is gone.
fn has_no_reader(error: &io::Error) -> bool {
    let is_gone = || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) && is_device(&io::stdout());
    error.kind() == io::ErrorKind::BrokenPipe || is_gone()
}

/// The result of writing to standard output.
fn reader_after(written: io::Result<()>) -> Result<Reader, CliError> {
    match written {
        Ok(()) => Ok(Reader::There),
        Err(error) if has_no_reader(&error) => Ok(Reader::Gone),
        Err(error) => Err(CliError::new(Exit::Internal, format!("cannot write to standard output: {error}"))),
    }
}

/// Writes a result to standard output, and returns whether it still has a reader.
pub(super) fn give_while_read(format: Format, text: &str) -> Result<Reader, CliError> {
    reader_after(STDOUT.write(STDOUT.guarded(format, text).as_bytes()))
}

/// Writes a result to standard output. A closed pipe is no error: its reader needs no more.
pub(super) fn give_as(format: Format, text: &str) -> Result<(), CliError> {
    give_while_read(format, text).map(drop)
}

/// Writes lines to standard output.
pub(super) fn give(text: &str) -> Result<(), CliError> {
    give_as(Format::Text, text)
}

/// Writes a value as one JSON document to standard output.
pub(super) fn give_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::new(Exit::Internal, format!("cannot write the result as JSON: {error}")))?;
    give_as(Format::Json, &format!("{text}\n"))
}

/// Writes a result to standard output.
pub(super) fn give_bytes(format: Format, bytes: &[u8]) -> Result<(), CliError> {
    match format {
        Format::Payload => give_payload(bytes),
        Format::Text | Format::Json | Format::Xml => give_as(format, &String::from_utf8_lossy(bytes)),
    }
}

/// Writes the payload of a reply to standard output. JSON keeps its values; anything else stays as it is, byte for byte,
/// for the program that reads it, and is made safe on a terminal and in the log of a pipeline. On a terminal a line ends
/// it.
pub(super) fn give_payload(payload: &[u8]) -> Result<(), CliError> {
    if payload.is_empty() {
        return Ok(());
    }
    let is_terminal = io::stdout().is_terminal();
    let end = if is_terminal && !payload.ends_with(b"\n") { "\n" } else { "" };
    if serde_json::from_slice::<serde::de::IgnoredAny>(payload).is_ok() {
        return give_as(Format::Json, &format!("{}{end}", String::from_utf8_lossy(payload)));
    }
    if is_terminal || pipeline().reads_log() {
        return give(&format!("{}{end}", safe_text(&String::from_utf8_lossy(payload))));
    }
    reader_after(STDOUT.write(payload)).map(drop)
}

/// Standard output, for a reporter that writes whole texts.
pub(super) fn stdout(format: Format) -> impl Write + Send + 'static {
    Guarded { stream: &STDOUT, format }
}

/// Standard error, for a reporter or for traces that write whole texts.
pub(super) fn stderr() -> impl Write + Send + 'static {
    Guarded { stream: &STDERR, format: Format::Text }
}

/// A writer to one of the outputs. Each call has whole characters, and in JSON whole documents.
struct Guarded {
    stream: &'static Stream,
    format: Format,
}

impl Write for Guarded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.stream.write(self.stream.guarded(self.format, &text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // `write` has flushed already.
        Ok(())
    }
}

/// Standard error as a terminal whose cursor moves.
pub(super) fn terminal() -> Box<dyn TermLike> {
    Box::new(Terminal { term: Term::buffered_stderr() })
}

/// The columns of the terminal on standard error; none where it is no terminal.
pub(super) fn columns() -> Option<u16> {
    Term::stderr().size_checked().map(|(_, columns)| columns).filter(|columns| *columns > 0)
}

/// Moves the cursor as it is asked to, and writes as [`tell`] does.
#[derive(Debug)]
struct Terminal {
    term: Term,
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        TermLike::width(&self.term)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.term)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.term.write_line(&STDERR.guarded(Format::Text, text))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        // Drawing begins at the first column.
        if text == "\r" {
            return self.term.write_str(text);
        }
        self.term.write_str(&STDERR.guarded(Format::Text, text))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.term.flush()
    }
}
