//! Memory of many concurrent executions, each count measured in a new process.

use std::process::Command;
use std::time::Duration;

use crate::{Failure, endpoint, harness};

/// Measures memory in a new process of this program, in bytes.
pub(crate) fn in_fresh_process(what: &str, url: &str, count: usize) -> Result<f64, Failure> {
    let output =
        Command::new(std::env::current_exe()?).args([crate::MEMORY, what, url, &count.to_string()]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// The resident bytes while `count` calls wait at the endpoint, which then responds.
pub(crate) async fn when_held(url: &str, count: usize) -> Result<f64, Failure> {
    until_held(url, count).await?;
    let resident = harness::resident_bytes()?;
    endpoint::release(url)?;
    Ok(resident)
}

/// Waits until `count` calls wait at the endpoint.
pub(crate) async fn until_held(url: &str, count: usize) -> Result<(), Failure> {
    let mut left = 600;
    loop {
        let url = url.to_owned();
        let held =
            tokio::task::spawn_blocking(move || endpoint::held(&url).map_err(|failure| failure.to_string())).await??;
        if held == count {
            return Ok(());
        }
        left -= 1;
        if left == 0 {
            return Err(format!("only {held} of {count} calls arrived").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
