//! The hash that identifies the text of a runbook.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal: 64 lower-case digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    // Two digits per byte.
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |hex, byte| hex + &format!("{byte:02x}"))
}
