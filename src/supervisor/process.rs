//! The supervisor: a process that starts one program and ends when no descendant of it is left.
//!
//! It starts before the program has set anything up, so it costs an `exec` and little more. It has two threads: only
//! one waits for children; the other waits for the end of the engine's stream.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};

use rustix::fs::FileType;
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, WaitStatus};

use super::processes::{self, Listed, Pauses};
use super::protocol::{self, LENGTH_BYTES, Report};
use super::resource_limits::ResourceLimits;

/// Supervises the program. `None` when standard input is not the socket of an engine.
pub(super) fn supervise(limits: &OsStr, mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let limits = limits.to_str()?.parse().ok()?;
    let program = arguments.next()?;
    let stdin = rustix::stdio::stdin();
    let is_engine =
        rustix::fs::fstat(stdin).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket);
    if !is_engine {
        return None;
    }
    // Descriptors that the engine inherited are not passed on.
    close_fds::CloseFdsBuilder::new().cloexecfrom(3);
    Some(match run(limits, &program, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // The engine reads the end of the stream.
        Err(_) => ExitCode::FAILURE,
    })
}

fn run(limits: ResourceLimits, program: &OsStr, arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let engine = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    // Standard error is the lock: held until the end of this process, and not inherited.
    let _lock = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
    rustix::stdio::dup2_stderr(rustix::stdio::stdout())?;
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    // No signal of a terminal reaches it or the program, and the session identifies all descendants.
    rustix::process::setsid()?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // Otherwise process listings show `exe`.
    let _ = rustix::thread::set_name(c"runwright");
    // A function that crashes writes no core file.
    let core = rustix::process::getrlimit(Resource::Core);
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.maximum });

    let Received { environment, channel } = receive(&engine)?;
    let mut stream = engine.try_clone()?;
    let held = Arc::new(OnceLock::<OwnedFd>::new());
    let program_held = Arc::clone(&held);
    // Before the program starts: a supervisor that could not detect the end of its engine must not start one.
    std::thread::Builder::new().spawn(move || {
        while let Some(request) = next_request(&mut stream) {
            if request == protocol::TERMINATE {
                for process in descendants() {
                    processes::signal(process, Signal::TERM);
                }
            }
        }
        // Most programs have no other descendants.
        if let Some(program) = program_held.get() {
            let _ = rustix::process::pidfd_send_signal(program, Signal::KILL);
        }
        let mut pauses = Pauses::default();
        // Until the other thread finds no process left and ends this process: the program may be about to start.
        loop {
            kill_descendants();
            pauses.pause();
        }
    })?;
    // The kernel kills the program when this thread ends; the thread runs until the end of the process.
    let (mut launched, theirs) = UnixStream::pair()?;
    let own = rustix::process::getpid().as_raw_nonzero().to_string();
    let mut command = Command::new(super::RUNNING_EXECUTABLE);
    command.arg(protocol::LAUNCH_COMMAND).arg(own).arg(limits.to_string()).arg(program).args(arguments);
    command.env_clear().envs(protocol::environment(&environment)).process_group(0);
    command.stdin(channel.map_or_else(Stdio::null, Stdio::from)).stderr(OwnedFd::from(theirs));
    let failed = |error: io::Error| Report::Failed(error.raw_os_error().unwrap_or(Errno::IO.raw_os_error()));
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return report(&engine, failed(error)),
    };
    drop((command, environment));
    // The launched process closes its end at the `exec`.
    let mut number = [0; size_of::<i32>()];
    if launched.read_exact(&mut number).is_ok() {
        return report(&engine, Report::Failed(i32::from_le_bytes(number)));
    }
    let program = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
    let Some(program) = program else { return Err(io::Error::other("the program has no id")) };
    // Linux before 5.3 has none; the list of processes is used there.
    if let Ok(program) = rustix::process::pidfd_open(program, PidfdFlags::empty()) {
        let _known = held.set(program);
    }
    // The output ends when the program and its descendants have closed it. An engine that has ended needs no report.
    let _ = rustix::stdio::dup2_stdout(&nothing);
    let _ = rustix::stdio::dup2_stderr(&nothing);
    let _ = report(&engine, Report::Started(program.as_raw_nonzero().get()));
    let status = wait_for(program);
    end_descendants();
    report(&engine, Report::Ended(status?.as_raw()))
}

/// Becomes the program, which ends with its supervisor. None if standard error does not belong to a supervisor.
pub(super) fn launch(supervisor: &OsStr, mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let supervisor = supervisor.to_str()?.parse().ok().and_then(Pid::from_raw)?;
    let limits = arguments.next()?.to_str()?.parse().ok()?;
    let program = arguments.next()?;
    let stderr = rustix::stdio::stderr();
    let is_supervisor =
        rustix::fs::fstat(stderr).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket);
    if !is_supervisor {
        return None;
    }
    // Closed by the `exec`.
    let mut socket = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(stderr, 3).ok()?);
    let number =
        become_program(supervisor, limits, &program, arguments).raw_os_error().unwrap_or(Errno::IO.raw_os_error());
    // A supervisor that has ended needs no report.
    let _ = socket.write_all(&number.to_le_bytes());
    Some(ExitCode::FAILURE)
}

/// Returns only when it fails.
fn become_program(
    supervisor: Pid,
    limits: ResourceLimits,
    program: &OsStr,
    arguments: impl Iterator<Item = OsString>,
) -> io::Error {
    let prepare = || -> io::Result<()> {
        rustix::stdio::dup2_stderr(rustix::stdio::stdout())?;
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // A supervisor that had already ended sends no signal.
        if rustix::process::getppid() != Some(supervisor) {
            return Err(Errno::SRCH.into());
        }
        for (resource, limit) in limits.set() {
            rustix::process::setrlimit(resource, limit)?;
        }
        Ok(())
    };
    match prepare() {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error,
    }
}

fn report(mut engine: &UnixStream, report: Report) -> io::Result<()> {
    engine.write_all(&report.to_bytes())
}

/// What the engine says of the program.
struct Received {
    environment: Vec<u8>,
    channel: Option<OwnedFd>,
}

fn receive(mut engine: &UnixStream) -> io::Result<Received> {
    let mut length = [0; LENGTH_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received =
        rustix::io::retry_on_intr(|| recvmsg(engine, &mut [IoSliceMut::new(&mut length)], &mut ancillary, flags))?;
    let mut channel = None;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            channel = descriptors.last();
        }
    }
    engine.read_exact(length.get_mut(received.bytes..).unwrap_or_default())?;
    let length = u32::from_le_bytes(length);
    let mut environment = Vec::new();
    engine.take(length.into()).read_to_end(&mut environment)?;
    if u32::try_from(environment.len()) != Ok(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Received { environment, channel })
}

/// The next byte of the engine's stream; `None` at its end.
fn next_request(engine: &mut UnixStream) -> Option<u8> {
    let mut byte = [0];
    loop {
        match engine.read(&mut byte) {
            Ok(1..) => return byte.first().copied(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return None,
        }
    }
}

/// Waits for the end of the program, and reaps orphans that end before it.
fn wait_for(program: Pid) -> io::Result<WaitStatus> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == program => return Ok(status),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Kills until no child is left. An orphan becomes a child of this process, so then no descendant is left either. Waits
/// for a child that it may not kill (because it changed its user).
fn end_descendants() {
    let mut pauses = Pauses::default();
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => {
                kill_descendants();
                pauses.pause();
            }
            Err(_) => return,
        }
    }
}

/// Kills everything that descends from this process now.
fn kill_descendants() {
    descendants().into_iter().for_each(processes::kill);
}

fn descendants() -> Vec<Listed> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    processes::descendants(&processes::list(), own)
}
