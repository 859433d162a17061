//! Builds the launch records of executions started or resumed on this machine.

use crate::event::{Connection, ExecutionResumed, Launch};

/// A launch on this machine, with nothing else chosen.
pub fn local_launch() -> Launch {
    Launch {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: host_name(),
        folder: std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default(),
        ..Launch::default()
    }
}

/// A resumption by `user` on this machine.
pub fn local_resumption(user: String) -> ExecutionResumed {
    ExecutionResumed { by: user, host: host_name(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// The connection completed from the environment variables, for a process that resumes the execution in another
/// environment.
pub fn with_environment(connection: Connection) -> Connection {
    let set = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if connection.functions.is_some() {
        return connection;
    }
    Connection {
        // Keys in the environment override a profile that only the environment names.
        profile: connection.profile.or_else(|| set(&["AWS_PROFILE"]).filter(|_| set(&["AWS_ACCESS_KEY_ID"]).is_none())),
        region: connection.region.or_else(|| set(&["AWS_REGION", "AWS_DEFAULT_REGION"])),
        endpoint_url: connection.endpoint_url.or_else(|| set(&["AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"])),
        ..connection
    }
}

/// The name of this machine.
fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
