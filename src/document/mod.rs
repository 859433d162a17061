//! Text to a tree, exactly as it was written, each node with its position.
//!
//! Owns: choosing YAML or JSON by content, refusing hostile input within bounded memory, the two readings of
//! YAML (values from `serde_yaml`, positions from `saphyr-parser`) and their agreement, and where a character of
//! a value stands in the file (block scalars, escapes, folding). Does not own: what the keys mean. Imports only
//! `diagnostic` and `limits`; `runbook` and the readers of parameter files use it.

mod node;

pub use node::{Entry, Key, Node, NodeKind, Style};
