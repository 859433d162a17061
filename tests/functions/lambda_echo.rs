//! A function on the unchanged official Rust runtime client: a realistic `bootstrap` of `provided.*`.

#![expect(clippy::print_stdout, reason = "what a function prints is its log")]

use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    println!("mode {}", payload["mode"]);
    match payload["mode"].as_str() {
        Some("raise") => {
            Err(Diagnostic { error_type: "NoSuchInstance".to_owned(), error_message: "i-0 is not there".to_owned() })
        }
        Some("sleep") => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(Value::Null)
        }
        Some("exit") => std::process::exit(7),
        Some("big") => Ok(json!("x".repeat(7 * 1024 * 1024))),
        Some("none") => Ok(Value::Null),
        Some("context") => Ok(json!({
            "arn": context.invoked_function_arn,
            "client": context.client_context,
            "deadline": context.deadline > 0,
        })),
        _ => Ok(payload),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handler)).await
}
