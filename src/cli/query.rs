//! The protocol of Terraform's `external` data source: a flat map of texts comes in on standard input, one goes out
//! on standard output, and nothing goes out when anything failed.

use std::io::IsTerminal;

use indexmap::IndexMap;

use super::error::CliError;
use super::output::{Format, give_as};
use super::read;
use crate::limits::QUERY_BYTES;

/// Reads the query.
pub(super) fn query() -> Result<IndexMap<String, String>, CliError> {
    let help = "Terraform's `external` data source writes it; by hand: echo '{\"Name\": \"value\"}' | runwright …";
    if std::io::stdin().is_terminal() {
        return Err(CliError::usage("--output terraform-external reads a query from standard input").help(help));
    }
    let (_, bytes) = read::bytes(read::STDIN, QUERY_BYTES)?;
    if bytes.len() > QUERY_BYTES {
        return Err(CliError::usage(format!("the query has more than {QUERY_BYTES} bytes")));
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        CliError::usage(format!("the query on standard input is not a JSON map of strings: {error}")).help(help)
    })
}

/// Writes the result.
pub(super) fn give_result(result: &IndexMap<String, String>) -> Result<(), CliError> {
    // A map of texts always has a JSON form.
    give_as(Format::Json, &format!("{}\n", serde_json::to_string(result).unwrap_or_default()))
}
