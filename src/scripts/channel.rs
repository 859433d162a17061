//! The channel between the engine and a script's process: the input to it, and its reply.

use std::io;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::limits::SCRIPT_REPLY_BYTES;

/// What a script's process replied.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptReply {
    /// The script ended, and returned this.
    Returned(Value),
    /// The script failed.
    Raised {
        /// The type of the exception; `None` when the script could not be called.
        error_type: Option<String>,
        /// Its message.
        message: String,
        /// The lines of its traceback that belong to the author.
        trace: Vec<String>,
    },
    /// The reply is larger than is read.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
    },
    /// The process ended without a reply.
    None {
        /// How it ended.
        end: String,
        /// The last lines of its output.
        output: String,
    },
}

/// A reply that came over the channel.
#[derive(Debug, Deserialize)]
enum Reply {
    #[serde(rename = "ok")]
    Ok(Value),
    #[serde(rename = "error")]
    Error {
        #[serde(rename = "type")]
        error_type: Option<String>,
        message: String,
        trace: Vec<String>,
    },
}

/// Sends the input, and reads the reply. `None` when the process ends without one.
pub(super) async fn converse(channel: &mut UnixStream, input: &[u8]) -> Option<ScriptReply> {
    // A script that ends before it has read its input also ends the stream of its reply.
    let _ = send(channel, input).await;
    let length = channel.read_u32().await.ok()?;
    if usize::try_from(length).map_or(true, |length| length > SCRIPT_REPLY_BYTES) {
        return Some(ScriptReply::TooLarge { bytes: length.into() });
    }
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    channel.read_exact(&mut bytes).await.ok()?;
    Some(match serde_json::from_slice(&bytes) {
        Ok(Reply::Ok(value)) => ScriptReply::Returned(value),
        Ok(Reply::Error { error_type, message, trace }) => ScriptReply::Raised { error_type, message, trace },
        Err(error) => ScriptReply::Raised {
            error_type: None,
            message: format!("The value that the script returned is not valid JSON: {error}"),
            trace: Vec::new(),
        },
    })
}

async fn send(channel: &mut UnixStream, input: &[u8]) -> io::Result<()> {
    channel.write_all(input).await?;
    channel.shutdown().await
}
