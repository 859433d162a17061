//! The emulators of AWS: how they are started.

use std::path::Path;

use super::{Peer, bare, free_port};

/// Starts moto's server on a free port.
pub(super) fn start_moto(python: &Path, folder: &Path) -> Peer {
    let port = free_port();
    let mut command = bare(&python.join("bin/moto_server"), folder);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    Peer::start(&mut command, folder, port, Some("Running on"))
}

/// Starts MiniStack on a free port; it runs functions as processes.
pub(super) fn start_ministack(python: &Path, folder: &Path) -> Peer {
    let port = free_port();
    let mut command = bare(&python.join("bin/ministack"), folder);
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("LAMBDA_EXECUTOR", "local")
        .env("LOG_LEVEL", "INFO");
    Peer::start(&mut command, folder, port, Some("Running on"))
}
