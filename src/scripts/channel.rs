//! The channel between the engine and a script's process: the input to it, and its reply.

use std::io;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::limits::{SCRIPT_REPLY_BYTES, SCRIPT_VALUE_DEPTH};

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
    Some(evaluate(&bytes))
}

fn evaluate(reply: &[u8]) -> ScriptReply {
    let refused = |message| ScriptReply::Raised { error_type: None, message, trace: Vec::new() };
    if let Some(problem) = find_problem(reply) {
        return refused(format!("The value that the script returned cannot be stored: {problem}"));
    }
    match serde_json::from_slice(reply) {
        Ok(Reply::Ok(value)) => ScriptReply::Returned(value),
        Ok(Reply::Error { error_type, message, trace }) => ScriptReply::Raised { error_type, message, trace },
        Err(error) => refused(format!("The value that the script returned is not valid JSON: {error}")),
    }
}

/// Why valid JSON of Python is not a value of ours: it has integers of any size, and any depth.
fn find_problem(json: &[u8]) -> Option<String> {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut number = Vec::new();
    for byte in json.iter().copied().chain([b'\n']) {
        if is_text {
            is_text = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9' => {
                number.push(byte);
                continue;
            }
            b'"' => is_text = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // One more level is that of the reply itself.
        if depth > SCRIPT_VALUE_DEPTH + 1 {
            return Some(format!("it is nested more than {SCRIPT_VALUE_DEPTH} levels deep"));
        }
        let text = std::mem::take(&mut number);
        let is_integer = text.len() > 18 && !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
        let text = String::from_utf8_lossy(&text);
        if is_integer && text.parse::<i64>().is_err() && text.parse::<u64>().is_err() {
            return Some(format!(
                "the integer {text} has more than 64 bits and would lose digits; return it as a text"
            ));
        }
    }
    None
}

async fn send(channel: &mut UnixStream, input: &[u8]) -> io::Result<()> {
    channel.write_all(input).await?;
    channel.shutdown().await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The value, or the message.
    fn evaluated(value: &str) -> Result<Value, String> {
        match evaluate(format!("{{\"ok\":{value}}}").as_bytes()) {
            ScriptReply::Returned(value) => Ok(value),
            ScriptReply::Raised { message, .. } => Err(message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn value_that_would_change_is_refused() {
        let refused = |problem: &str| Err(format!("The value that the script returned cannot be stored: {problem}"));
        let too_large = |number: &str| {
            refused(&format!("the integer {number} has more than 64 bits and would lose digits; return it as a text"))
        };
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for (value, expected) in [
            ("18446744073709551615", Ok(json!(u64::MAX))),
            ("-9223372036854775808", Ok(json!(i64::MIN))),
            ("18446744073709551616", too_large("18446744073709551616")),
            (r#"{"a": [1, -9223372036854775809]}"#, too_large("-9223372036854775809")),
            (
                r#"["\\", "\"123456789012345678901234567890[[["]"#,
                Ok(json!(["\\", "\"123456789012345678901234567890[[["])),
            ),
            ("1.18059162071741130342", Ok(json!(1.180_591_620_717_411_3))),
            ("1e300", Ok(json!(1e300))),
            (&nested(101), refused("it is nested more than 100 levels deep")),
        ] {
            assert_eq!(evaluated(value), expected, "{value}");
        }
        assert!(evaluated(&nested(100)).is_ok());
    }
}
