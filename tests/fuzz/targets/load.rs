//! Any bytes are a runbook or are refused, with problems that can all be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runwright::document;

fuzz_target!(|bytes: &[u8]| {
    match document::read("fuzz.yaml", bytes) {
        Ok(document) => drop(document.root.to_json()),
        Err(unreadable) => assert!(!unreadable.problems.is_empty()),
    }
});
