//! Any text compiles as a Java pattern or is refused at a position in it; matching ends within the step limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runwright::runbook::java_pattern::JavaPattern;

fuzz_target!(|input: (&str, &str)| {
    let (text, subject) = input;
    match JavaPattern::compile(text) {
        Ok(pattern) => {
            let first = pattern.matches(subject);
            assert_eq!(first, pattern.matches(subject), "the same question has the same answer");
        }
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!(text.get(error.offset..).is_some(), "{error:?} in {text:?}");
        }
    }
});
