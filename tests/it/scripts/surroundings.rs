//! What a script sees, and what is seen of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{RUN, payload, script, script_with, with_account, with_keys};

#[test]
fn environment_has_nothing_of_the_caller_but_what_is_listed() {
    let text = "import os\ndef main(e, c):\n    return dict(os.environ)";
    let situation = with_account(script(text))
        .env("SECRET_OF_THE_CALLER", "1")
        .env("PYTHONPATH", "/nowhere")
        .env("PASSED", "passed on")
        .env("RUNWRIGHT_SCRIPT_ENV", "PASSED,ABSENT");
    let outcome = situation.run(&RUN);
    let mut seen: BTreeMap<String, Value> = serde_json::from_str(&payload(&outcome)).unwrap();
    let folder = seen["HOME"].as_str().unwrap().to_owned();
    assert!(folder.starts_with(situation.path().join("tmp").to_str().unwrap()), "{folder}");
    let path = std::env::var("PATH").unwrap();
    // Python sets it under some locales.
    seen.remove("LC_CTYPE");
    let expected = json!({
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9",
        "AWS_REGION": "eu-central-1",
        "AWS_SECRET_ACCESS_KEY": "****",
        "AWS_SESSION_TOKEN": "****",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "HOME": folder,
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "LANG": "C.UTF-8",
        "PASSED": "passed on",
        "PATH": path,
        "TMPDIR": folder,
        "TZ": "UTC",
    });
    assert_eq!(json!(seen), expected);
}

#[test]
fn passed_variables_replace_defaults_and_not_what_belongs_to_the_execution() {
    let text = "import os\ndef main(e, c):\n    return [os.environ['TZ'], os.environ['LANG'], os.environ['HOME'] == \
                os.getcwd(), os.environ['AWS_REGION']]";
    let situation = with_keys(script(text))
        .env("TZ", "Europe/Berlin")
        .env("AWS_REGION", "us-west-2")
        .env("RUNWRIGHT_SCRIPT_ENV", "TZ,HOME,AWS_REGION");
    let outcome = situation.run(&[&RUN[..], &["--region", "eu-central-1"]].concat());
    assert_eq!(payload(&outcome), r#"["Europe/Berlin","C.UTF-8",true,"eu-central-1"]"#);
}

#[test]
fn folder_for_temporary_files_may_be_relative() {
    let text =
        "import os\ndef main(e, c):\n    return [os.environ[name] == os.getcwd() for name in ('HOME', 'TMPDIR')]";
    assert_eq!(payload(&script(text).env("TMPDIR", "tmp").run(&RUN)), "[true,true]");
}

#[test]
fn script_gets_no_credentials_where_the_user_says_so() {
    let text = "import os\ndef main(e, c):\n    return sorted(n for n in os.environ if n.startswith('AWS_'))";
    let situation = with_keys(script(text));
    let outcome = situation.run(&[&RUN[..], &["--scripts-without-credentials"]].concat());
    assert_eq!(
        payload(&outcome),
        r#"["AWS_CONFIG_FILE","AWS_DEFAULT_REGION","AWS_EC2_METADATA_DISABLED","AWS_REGION","AWS_SHARED_CREDENTIALS_FILE"]"#
    );
}

#[test]
fn endpoint_of_the_flag_replaces_those_of_variables() {
    let text = "import os\ndef main(e, c):\n    return {n: v for n, v in os.environ.items() if 'ENDPOINT' in n}";
    let situation = with_keys(script(text)).env("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:8");
    let outcome = situation.run(&[&RUN[..], &["--endpoint-url", "http://127.0.0.1:9"]].concat());
    assert_eq!(payload(&outcome), r#"{"AWS_ENDPOINT_URL":"http://127.0.0.1:9"}"#);
}

#[test]
fn context_is_a_mapping_with_the_keys_of_the_service() {
    let text = "def main(e, c):\n    assert c.get('global:OTHER') is None\n    return c";
    let situation = with_keys(script(text)).env("AWS_REGION", "cn-north-1");
    let outcome = situation.run(&RUN);
    let mut seen: BTreeMap<String, String> = serde_json::from_str(&payload(&outcome)).unwrap();
    let shape = |text: String| text.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect::<String>();
    let date = shape(seen.remove("global:DATE").unwrap());
    let date_time = shape(seen.remove("global:DATE_TIME").unwrap());
    assert_eq!((date.as_str(), date_time.as_str()), ("dddd-dd-dd", "dddd-dd-dd_dd.dd.dd"));
    let execution = outcome.json();
    let expected = [
        ("automation:EXECUTION_ID", execution["AutomationExecutionId"].as_str().unwrap()),
        ("global:AWS_PARTITION", "aws-cn"),
        ("global:REGION", "cn-north-1"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(seen, BTreeMap::from(expected));
}

#[test]
fn input_is_in_no_argument_variable_or_file() {
    let text = "import os\ndef main(e, c):\n    seen = []\n    for name in ('cmdline', 'environ'):\n        with \
                open('/proc/self/' + name) as file:\n            seen.append('needle' in file.read())\n    for name in \
                os.listdir('.'):\n        with open(name) as file:\n            seen.append('nee' 'dle' in \
                file.read().replace(\"'needle'\", ''))\n    return {'seen': seen, 'files': sorted(os.listdir('.')), 'in': \
                e['text'], 'stdin': os.readlink('/proc/self/fd/0'), 'mode': oct(os.stat('.').st_mode)}";
    let outcome = script_with("", "InputPayload: {text: needle}", text).run(&RUN);
    let seen: Value = serde_json::from_str(&payload(&outcome)).unwrap();
    assert_eq!(
        seen,
        json!({
            "seen": [false, false, false, false],
            "files": [".runwright-lock", "customer_script.py"],
            "in": "needle",
            "stdin": "/dev/null",
            "mode": "0o40700",
        })
    );
}

#[test]
fn children_of_a_script_inherit_no_descriptor_but_the_standard_ones() {
    let text = "import os, subprocess\ndef main(e, c):\n    out = subprocess.run(['ls', '/proc/self/fd'], close_fds=False, \
                stdout=subprocess.PIPE).stdout\n    return out.decode().split()";
    // The last one is that of the folder that `ls` reads.
    assert_eq!(payload(&script(text).run(&RUN)), r#"["0","1","2","3"]"#);
}

#[test]
fn output_is_shown_in_order_and_stored() {
    let text =
        "import sys\ndef main(e, c):\n    print('one')\n    print('two', file=sys.stderr)\n    print('three', end='')";
    let situation = script(text);
    let shown = situation.run(&["run", "book.yaml", "--show-logs"]);
    let lines: Vec<&str> =
        shown.stderr.lines().filter_map(|line| line.split_once("] log ")).map(|(_, it)| it).collect();
    assert_eq!(lines, ["work: one", "work: two", "work: three"], "{}", shown.text());
    let listed = situation.run(&["executions", "list", "--output", "json"]);
    let id = listed.json()[0]["AutomationExecutionId"].as_str().unwrap_or_default().to_owned();
    let stored = situation.run(&["executions", "logs", &id]);
    assert_eq!(
        stored.stdout.lines().filter_map(|line| line.rsplit_once(' ')).map(|(_, word)| word).collect::<Vec<_>>(),
        ["one", "two", "three"],
        "{}",
        stored.text()
    );
}

#[test]
fn secrets_are_masked_in_output_and_failures() {
    let situation = script_with(
        "",
        "InputPayload: {text: '{{ Token }}'}",
        "def main(e, c):\n    print('the token is', e['text'])\n    raise ValueError('bad ' + e['text'])",
    );
    let book = std::fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let book = book.replacen("mainSteps:", "parameters:\n  Token: {type: String}\nmainSteps:", 1);
    let situation = situation.file("book.yaml", book);
    let arguments = ["run", "book.yaml", "--show-logs", "-p", "Token=hunter2-is-secret", "--sensitive", "Token"];
    let outcome = situation.run(&arguments);
    assert!(!outcome.text().contains("hunter2-is-secret"), "{}", outcome.text());
    assert!(
        outcome.stderr.contains("log work: the token is ***") && outcome.stderr.contains("bad ***"),
        "{}",
        outcome.text()
    );
    let journal = std::fs::read(situation.path().join(".local/state/runwright/journal.db")).unwrap();
    assert!(!journal.windows(17).any(|bytes| bytes == b"hunter2-is-secret"));
}

#[test]
fn much_output_is_stored_from_both_ends_with_a_line_between() {
    let text = "def main(e, c):\n    for number in range(100_000):\n        print(f'{number:06} ' + 'x' * 93)";
    let situation = script(text);
    let outcome = situation.run(&["run", "book.yaml"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let listed = situation.run(&["executions", "list", "--output", "json"]);
    let id = listed.json()[0]["AutomationExecutionId"].as_str().unwrap_or_default().to_owned();
    let stored = situation.run(&["executions", "logs", &id]).stdout;
    let has = |number: u32| stored.contains(&format!("{number:06} xxx"));
    assert_eq!(
        (has(0), has(600), has(50_000), has(95_000), has(99_999), stored.matches("bytes omitted").count()),
        (true, true, false, true, true, 1)
    );
    assert!(stored.len() < 3 << 20, "{}", stored.len());
}

#[test]
fn script_without_an_interpreter_is_refused_before_the_execution_starts() {
    let outcome = script("def main(e, c):\n    pass").env("PATH", "/nowhere").run(&RUN);
    outcome.assert(2, "", &["the runtime python3.11 needs Python 3, and none on PATH can be used"]);
}
