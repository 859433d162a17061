//! The engine's side: starting a program, waiting for its end, and killing it.

use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as Socket;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::group::{self, Group, Leader};
use super::processes::Remains;
use super::protocol::{self, LENGTH_BYTES, REPORT_BYTES, Report};
use super::{Program, Supervisor};

/// A program that is being started. Dropping it before its end kills it with all its descendants.
#[derive(Debug)]
pub(crate) struct Starting(Inner);

/// A running program. Dropping it before its end kills it with all its descendants.
#[derive(Debug)]
pub(crate) struct Running(Inner, Pid);

/// Kills a program and its descendants. Clones refer to the same program.
#[derive(Debug, Clone)]
pub(crate) struct Killer(Kill);

#[derive(Debug)]
enum Inner {
    Supervised(Supervised),
    Group(Leader),
}

#[derive(Debug, Clone)]
enum Kill {
    Supervisor(Arc<Socket>),
    Group(Group),
}

#[derive(Debug)]
struct Supervised {
    /// Held until the program has ended: its process id is the id of the session.
    supervisor: Child,
    reports: UnixStream,
    environment: Vec<u8>,
    /// `NAME=value`
    mark: Vec<u8>,
    killer: KillOnDrop,
}

/// Requests the end when dropped, although clones may still hold the socket.
#[derive(Debug)]
struct KillOnDrop(Arc<Socket>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        end_stream(&self.0);
    }
}

/// The supervisor reads the end of the stream. This fails when the supervisor has already ended.
fn end_stream(socket: &Socket) {
    let _ = socket.shutdown(Shutdown::Write);
}

/// Starts a program: under a supervisor, or without one in a process group. Must be called within a runtime.
pub(crate) fn start(supervisor: Option<&Supervisor>, program: Program) -> io::Result<Starting> {
    match supervisor {
        Some(supervisor) => supervised(supervisor, program).map(|process| Starting(Inner::Supervised(process))),
        None => group::start(program).map(|leader| Starting(Inner::Group(leader))),
    }
}

fn supervised(supervisor: &Supervisor, program: Program) -> io::Result<Supervised> {
    let environment = protocol::environment_bytes(&program.variables)?;
    let length = protocol::length_bytes(&environment)?;
    let value = program.variables.get(program.mark).map(|value| value.as_encoded_bytes()).unwrap_or_default();
    let mark = [program.mark.as_bytes(), b"=", value].concat();
    let (own, others) = Socket::pair()?;
    // Four bytes always fit.
    send_length(&own, length, program.channel.as_ref())?;
    own.set_nonblocking(true)?;
    let reports = UnixStream::from_std(own.try_clone()?)?;
    let lock = match &supervisor.lock {
        Some(lock) => Stdio::from(lock.try_clone()?),
        None => Stdio::null(),
    };
    // The arguments are for process listings. The environment goes through the socket: it is the program's, and has
    // variables that affect any process.
    let child = Command::new(&supervisor.executable)
        .arg0("runwright")
        .arg(protocol::COMMAND)
        .arg(program.limits.to_string())
        .arg(&program.path)
        .args(&program.arguments)
        .current_dir(&program.directory)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(others)))
        .stdout(Stdio::from(program.output))
        .stderr(lock)
        .spawn()?;
    Ok(Supervised { supervisor: child, reports, environment, mark, killer: KillOnDrop(Arc::new(own)) })
}

/// Sends the length of the environment, with the channel of the program where it has one.
fn send_length(socket: &Socket, length: [u8; LENGTH_BYTES], channel: Option<&OwnedFd>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<_> = channel.iter().map(|channel| channel.as_fd()).collect();
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("the channel of the program cannot be passed on"));
    }
    let sent = rustix::net::sendmsg(socket, &[IoSlice::new(&length)], &mut ancillary, SendFlags::empty())?;
    // The descriptor travels with the first byte.
    (&*socket).write_all(length.get(sent..).unwrap_or_default())
}

impl Starting {
    pub(crate) fn killer(&self) -> Killer {
        Killer(match &self.0 {
            Inner::Supervised(process) => Kill::Supervisor(Arc::clone(&process.killer.0)),
            Inner::Group(leader) => Kill::Group(leader.group().clone()),
        })
    }

    /// Returns once the program runs, or why the system refused to start it.
    pub(crate) async fn started(self) -> io::Result<Running> {
        match self.0 {
            Inner::Supervised(mut process) => {
                let pid = process.started().await?;
                Ok(Running(Inner::Supervised(process), pid))
            }
            Inner::Group(leader) => {
                let pid = leader.pid();
                Ok(Running(Inner::Group(leader), pid))
            }
        }
    }
}

impl Running {
    /// The process id of the program.
    #[cfg(feature = "local-lambda")]
    pub(crate) fn pid(&self) -> Pid {
        self.1
    }

    /// Waits for the end of the program and of its descendants.
    pub(crate) async fn wait(self) -> io::Result<ExitStatus> {
        match self.0 {
            Inner::Supervised(process) => process.wait(self.1).await,
            Inner::Group(leader) => leader.wait().await,
        }
    }
}

impl Killer {
    /// Asks the program and its descendants to end. They may ignore it.
    pub(crate) fn terminate(&self) {
        match &self.0 {
            // This fails when the supervisor has already ended.
            Kill::Supervisor(socket) => drop((&**socket).write(&[protocol::TERMINATE])),
            Kill::Group(group) => group.terminate(),
        }
    }

    /// Requests the end of the program and of its descendants. Waiting for the program reports the end.
    pub(crate) fn kill(&self) {
        match &self.0 {
            Kill::Supervisor(socket) => end_stream(socket),
            Kill::Group(group) => group.kill(),
        }
    }
}

impl Supervised {
    async fn started(&mut self) -> io::Result<Pid> {
        // A supervisor that gets a request to end before it has read everything does not start the program.
        let sent = self.reports.write_all(&self.environment).await;
        self.environment = Vec::new();
        match self.report().await {
            Ok(Report::Started(pid)) => {
                Pid::from_raw(pid).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the program has no id"))
            }
            Ok(Report::Failed(number)) => {
                let _ = self.supervisor.wait().await;
                Err(io::Error::from_raw_os_error(number))
            }
            Ok(Report::Ended(_)) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the program ended before it began"))
            }
            Err(_) => {
                let status = self.supervisor.wait().await?;
                let why = sent.err().map_or_else(String::new, |error| format!(": {error}"));
                Err(io::Error::other(format!("its supervisor ended before it started the program ({status}){why}")))
            }
        }
    }

    async fn report(&mut self) -> io::Result<Report> {
        let mut bytes = [0; REPORT_BYTES];
        self.reports.read_exact(&mut bytes).await?;
        Report::from_bytes(bytes)
    }

    async fn wait(mut self, pid: Pid) -> io::Result<ExitStatus> {
        let status = match self.report().await {
            Ok(Report::Ended(status)) => status,
            Ok(Report::Started(_) | Report::Failed(_)) | Err(_) => {
                // The supervisor has ended before its processes. Until it is reaped, its process id is that of the
                // session and of no other process.
                let session = self.supervisor.id().and_then(|id| i32::try_from(id).ok());
                let remains =
                    Remains { session, group: pid.as_raw_nonzero().get(), mark: std::mem::take(&mut self.mark) };
                let _ = tokio::task::spawn_blocking(move || remains.kill()).await;
                Signal::KILL.as_raw()
            }
        };
        self.supervisor.wait().await?;
        Ok(ExitStatus::from_raw(status))
    }
}
