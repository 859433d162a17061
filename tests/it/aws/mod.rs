//! AWS services scripted on loopback: credentials, roles, long calls, errors, checks.

mod api_calls;
mod approvers;
mod check;
mod credentials;
mod data;
mod errors;
mod hostile_replies;
mod keep_alive;
mod locations;
mod log_redaction;
mod parameter_store;
mod polls;
mod region;
mod resources;
mod role;
mod scripts;
pub(crate) mod stub;
mod target_lookup;

use crate::harness::Situation;

/// One step that invokes the function `f`.
const STEP: &str = "name: a, inputs: {FunctionName: f}";

/// A situation with credentials and a region from the environment.
fn situation() -> Situation {
    without_credentials()
        .env("AWS_ACCESS_KEY_ID", "AKIDCALLER")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-central-1")
}

fn without_credentials() -> Situation {
    Situation::new().runbook("", &[STEP])
}
