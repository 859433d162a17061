//! What a script returns, and how it fails.

use serde_json::json;

use super::{RUN, cause, left_behind, payload, script, script_with, step};

#[test]
fn returned_value_is_the_payload_with_its_types() {
    for (value, text) in [
        (r#"{"a": 1, "b": [1.5, True, None], "c": {"d": "e"}}"#, r#"{"a":1,"b":[1.5,true,null],"c":{"d":"e"}}"#),
        ("[1, 'two']", r#"[1,"two"]"#),
        ("'plain text'", "plain text"),
        ("42", "42"),
        ("2.5", "2.5"),
        ("True", "true"),
        ("None", "null"),
        ("(1, 2)", "[1,2]"),
        ("'gr\\u00fc\\u00df \\U0001f600'", "grüß 😀"),
    ] {
        let situation = script(&format!("def main(events, context):\n    return {value}"));
        let outcome = situation.run(&RUN);
        assert_eq!((outcome.status, payload(&outcome).as_str()), (Some(0), text), "{value}");
        assert_eq!(left_behind(&situation), Vec::<String>::new());
    }
}

#[test]
fn handler_without_return_has_the_payload_null() {
    let outcome = script("def main(events, context):\n    pass").run(&RUN);
    assert_eq!(step(&outcome)["Outputs"], json!({"Payload": ["null"], "OutputPayload": ["{\"Payload\":null}"]}));
}

#[test]
fn selectors_read_the_value_and_the_payload_of_the_input_keeps_its_types() {
    let outputs = "outputs:\n  - {Name: Total, Selector: $.Payload.total, Type: Integer}\n\
                   \x20 - {Name: First, Selector: '$.Payload.names[0]', Type: String}";
    let inputs = "InputPayload:\n  count: 2\n  price: 1.5\n  really: true\n  names: [a, b]\n  map: {k: 3}";
    let text = "def main(events, context):\n    assert events == {'count': 2, 'price': 1.5, 'really': True, 'names': ['a', \
                'b'], 'map': {'k': 3}}, events\n    return {'total': events['count'] + 1, 'names': events['names']}";
    let outcome = script_with(outputs, inputs, text).run(&RUN);
    let step = step(&outcome);
    assert_eq!(
        (&step["Outputs"]["Total"], &step["Outputs"]["First"]),
        (&json!(["3"]), &json!(["a"])),
        "{}",
        outcome.text()
    );
}

#[test]
fn absent_payload_is_an_empty_map() {
    assert_eq!(payload(&script("def main(e, c):\n    return e").run(&RUN)), "{}");
}

#[test]
fn exception_has_the_message_of_the_service() {
    let outcome = script(
        "import json\n\ndef parse_event(event):\n    my_control_id = event['expected_control_id']\n\n\
         def main(events, context):\n    return parse_event(events)",
    )
    .run(&RUN);
    assert_eq!(
        cause(&outcome),
        "Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 7, in main\n    return \
         parse_event(events)\n  File \"FOLDER/customer_script.py\", line 4, in parse_event\n    my_control_id = \
         event['expected_control_id']\n\nKeyError - 'expected_control_id'"
    );
    let step = step(&outcome);
    assert_eq!(
        (outcome.status, &step["FailureDetails"]["FailureStage"], &step["FailureDetails"]["FailureType"]),
        (Some(1), &json!("Invocation"), &json!("Action"))
    );
}

/// The causes of failures of scripts, each of one kind.
const FAILURES: &[(&str, &str)] = &[
    (
        "def main(e, c):\n    raise ValueError('no such thing')",
        "Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 2, in main\n    raise \
         ValueError('no such thing')\n\nValueError - no such thing",
    ),
    (
        "raise RuntimeError('at the top')",
        "Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 1, in <module>\n    raise \
         RuntimeError('at the top')\n\nRuntimeError - at the top",
    ),
    (
        "import sys\ndef main(e, c):\n    sys.exit(3)",
        "Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 3, in main\n    sys.exit(3)\n\n\
         SystemExit - 3",
    ),
    ("def other(e, c):\n    pass", "The script has no function main, which Handler names"),
    ("main = 3", "The handler main is no function"),
    (
        "def main(events):\n    pass",
        "The handler must take two arguments, the payload and a context, and it is main(events)",
    ),
    (
        "def main(e, c):\n    return {1, 2}",
        "The value that main returned cannot be written as JSON: Object of type set is not JSON serializable",
    ),
    (
        "def main(e, c):\n    return float('nan')",
        "The value that main returned cannot be written as JSON: Out of range float values are not JSON compliant",
    ),
    (
        "import os, sys\ndef main(e, c):\n    print('about to end', file=sys.stderr)\n    os._exit(4)",
        "The process of the script ended without a result (exit status 4): about to end",
    ),
    (
        "import os, signal\ndef main(e, c):\n    os.kill(os.getpid(), signal.SIGTERM)",
        "The process of the script ended without a result (ended by SIGTERM)",
    ),
    // A name of a file whose bytes are not UTF-8.
    (
        "def main(e, c):\n    raise OSError('\\udc80')",
        "Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 2, in main\n    raise \
         OSError('\\udc80')\n\nOSError - \\udc80",
    ),
    (
        "def main(e, c):\n    return ['\\ud800']",
        "The value that main returned cannot be written as JSON: 'utf-8' codec can't encode character '\\ud800' in position \
         2: surrogates not allowed",
    ),
    (
        "def main(e, c):\n    return {'id': 2 ** 64}",
        "The value that the script returned cannot be stored: the integer 18446744073709551616 has more than 64 bits and \
         would lose digits; return it as a text",
    ),
    (
        "def main(e, c):\n    return list(range(101))",
        "The script returned a list of 101 items, and a list may have 100; return a map with the list in it, or set \
         --script-payload-limits off",
    ),
    (
        "def main(e, c):\n    return 'x' * (100 * 1024 + 1)",
        "The script returned 102401 bytes as JSON, and a payload may have 102400; return less, or set \
         --script-payload-limits off for up to 1 MB",
    ),
    (
        "def main(e, c):\n    return 'x' * 10_000_000",
        "The script returned 10000009 bytes as JSON, and a payload may have 102400; return less, or set \
         --script-payload-limits off for up to 1 MB",
    ),
];

#[test]
fn each_kind_of_failure_has_its_cause() {
    for (text, expected) in FAILURES {
        let situation = script(text);
        let outcome = situation.run(&RUN);
        // Python 3.12 and later add the value to this one.
        let said = cause(&outcome).replace("JSON compliant: nan", "JSON compliant");
        assert_eq!((outcome.status, said.as_str()), (Some(1), *expected), "{text}");
        assert_eq!(left_behind(&situation), Vec::<String>::new());
    }
}

#[test]
fn syntax_error_shows_its_line() {
    let said = cause(&script("def main(e, c):\n    return (1\n").run(&RUN));
    assert!(
        said.starts_with("Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 2\n"),
        "{said}"
    );
    assert!(said.contains("\n    return (1\n") && said.contains("\n\nSyntaxError - "), "{said}");
}

#[test]
fn exit_with_status_0_is_a_success_without_a_value() {
    for text in ["import sys\ndef main(e, c):\n    sys.exit(0)", "import sys\nsys.exit()"] {
        assert_eq!(payload(&script(text).run(&RUN)), "null");
    }
}

#[test]
fn limits_of_the_payload_can_be_switched_off() {
    let text = "def main(e, c):\n    return ['x' * 2000] * 101";
    let outcome = script(text).run(&[&RUN[..], &["--script-payload-limits", "off"]].concat());
    assert_eq!((outcome.status, payload(&outcome).len()), (Some(0), 202_304));
}

#[test]
fn traceback_has_the_frames_of_the_author_alone() {
    let text = "import json\ndef read(text):\n    return json.loads(text)\ndef main(e, c):\n    return read('no')";
    assert_eq!(
        cause(&script(text).run(&RUN)),
        "Traceback (most recent call last):\n  File \"FOLDER/customer_script.py\", line 5, in main\n    return read('no')\n  \
         File \"FOLDER/customer_script.py\", line 3, in read\n    return json.loads(text)\n\nJSONDecodeError - Expecting value: \
         line 1 column 1 (char 0)"
    );
}

#[test]
fn script_that_fills_the_memory_bit_by_bit_fails_with_a_memory_error() {
    let text = "def main(e, c):\n    kept = []\n    while True:\n        kept.append(bytes(100_000))\n        kept += [kept[-1][:50]] * 100";
    let said = cause(&script(text).run(&RUN));
    assert!(said.ends_with("\n\nMemoryError - "), "{said}");
}

#[test]
fn large_allocation_is_a_memory_error_unless_limits_are_off() {
    let text = "def main(e, c):\n    return len(bytearray(700 * 1024 * 1024))";
    let situation = script(text);
    let said = cause(&situation.run(&RUN));
    assert!(said.ends_with("\n\nMemoryError - "), "{said}");
    let unlimited = situation.run(&[&RUN[..], &["--script-limits", "off"]].concat());
    assert_eq!(payload(&unlimited), "734003200");
}

#[test]
fn failed_attempt_is_repeated_as_often_as_the_step_says() {
    let text = "def main(e, c):\n    with open(e['file'], 'a+') as file:\n        file.write('x')\n        file.seek(0)\n        \
                assert len(file.read()) == 2\n    return 'done'";
    let situation = script_with("maxAttempts: 3", "InputPayload: {file: FILE}", text);
    let file = situation.path().join("tries").to_str().unwrap().to_owned();
    let book = std::fs::read_to_string(situation.path().join("book.yaml")).unwrap().replace("FILE", &file);
    let situation = situation.file("book.yaml", book);
    let outcome = situation.run(&[&RUN[..], &["--retry-delay", "1ms"]].concat());
    assert_eq!((payload(&outcome).as_str(), std::fs::read_to_string(file).unwrap().as_str()), ("done", "xx"));
}
