//! Any selector is parsed or refused; selecting from any value and converting to any type terminates without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runwright::expression::{DataType, Selector, convert};
use serde_json::Value;

const TYPES: [DataType; 6] = [
    DataType::String,
    DataType::StringList,
    DataType::Integer,
    DataType::Boolean,
    DataType::StringMap,
    DataType::MapList,
];

fuzz_target!(|input: (&str, &str)| {
    let (selector, document) = input;
    let selector = match Selector::parse(selector) {
        Ok(selector) => selector,
        Err(error) => {
            // The position of the error is within the text.
            assert!(selector.get(error.offset..).is_some(), "{error:?} in {selector:?}");
            return;
        }
    };
    // The displayed selector parses to the same selector.
    let path = selector.path();
    let again = Selector::parse(&path).map(|selector| selector.path());
    assert_eq!(again.as_deref().ok(), Some(path.as_str()), "{path:?}");

    let Ok(document) = serde_json::from_str::<Value>(document) else { return };
    let plain = selector.select(&document);
    let found = selector.select_with_payload_fallback(&document);
    if plain.is_some() && !selector.is_search() {
        assert_eq!(plain, found);
    }
    if let Some(found) = found {
        for wanted in TYPES {
            let _ = convert(&found, wanted).map_err(|error| error.to_string());
        }
    }
});
