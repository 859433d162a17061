//! Untrusted text (file names, values, replies, logs, arguments) is escaped for terminals, logs and pipelines.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::Value;

use super::terminal::on_terminal;
use crate::aws::stub::{Answer, Stub};
use crate::harness::{Outcome, Situation};

/// An attack on every reader of an output: a terminal, a person, GitHub Actions, Azure Pipelines.
const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}evil\u{200b}\u{2028}\r\n::error::smuggled\n \u{3000}\
                       ::add-mask::y\n##vso[task.setvariable variable=PATH]/evil\n##[error]##[x]";

/// Likewise for a file name, without slashes.
const NAME: &str = "a\u{1b}[2J\u{202e}::\u{9b}31m##[x]##vso[task.y]\n::error::z.yaml";

/// Prints it, and fails with it.
const SHOUT: &str = "printf 'x\\033[2J\\033]0;owned\\007\\302\\23331m\\342\\200\\256evil\\r\\n::error::smuggled\\n  ::add-mask::y\\n\
                     ##vso[task.setvariable variable=PATH]/evil\\n##[error]##[x]\\n' | tee out >&2\n\
                     printf '{\"errorType\": \"T\\302\\233\\342\\200\\256\", \"errorMessage\": \"::error::m\\\\n::stop::\\\\u001b[2J##[x]##vso[y]\"}'\nexit 3";

/// Quoted for JSON and YAML, with escapes for characters that a document may not contain.
fn quoted() -> String {
    let escaped = Value::from(HOSTILE).to_string();
    escaped.chars().map(|it| if it.is_ascii() { it.to_string() } else { format!("\\u{:04x}", u32::from(it)) }).collect()
}

fn situation() -> Situation {
    let quoted = quoted();
    let head = format!(
        "description: {quoted}\nparameters: {{Who: {{type: String, default: {quoted}, description: {quoted}}}}}\n\
         outputs: [echo.Payload, echo.Text]\n"
    );
    let situation = Situation::new().functions().file("code/fail.sh", SHOUT).runbook(
        &head,
        &[
            "name: echo, inputs: {FunctionName: echo, LogType: Tail, InputPayload: {who: '{{ Who }}', \"k\\u202e\": 1}}, \
             outputs: [{Name: Text, Selector: $.who, Type: String}]",
            "name: fail, onFailure: Continue, isCritical: false, inputs: {FunctionName: fail, LogType: Tail}",
        ],
    );
    let book = fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let broken = book.replace("mainSteps", "mainStep") + "\nx: [\"\u{202e}\", \"##vso[task.z]\"]\n";
    situation.file(NAME, &book).file("broken.yaml", &broken).file(&format!("broken{NAME}"), broken)
}

/// Every command that shows it; the first ones create the execution for the others.
fn commands() -> Vec<Vec<&'static str>> {
    const FUNCTIONS: [&str; 2] = ["--functions", "template.yaml"];
    let with_functions = |arguments: &[&'static str]| [arguments, &FUNCTIONS[..]].concat();
    let broken: &'static str = format!("broken{NAME}").leak();
    let assigned: &'static str = format!("Who={HOSTILE}").leak();
    let unknown: &'static str = format!("--{HOSTILE}").leak();
    let nothing: &'static str = format!("no{NAME}").leak();
    let mut commands: Vec<Vec<&str>> = [
        &["run", NAME, "--show-logs"][..],
        &["run", NAME, "--show-logs", "-vvv", "--output", "json"],
        &["run", NAME, "--quiet", "--output", "jsonl"],
        &["run", NAME, "-p", assigned, "--color", "always", "--show-logs"],
        &["run", "book.yaml", "--quiet", "--output", "terraform-external"],
        &["run", "book.yaml", "-p", unknown],
        &["run", "book.yaml", "--sensitive", HOSTILE],
        &["run", "book.yaml", "--targets", HOSTILE, "--target-parameter", HOSTILE],
        &["run", "book.yaml", "--parameters", assigned],
        &["invoke", "fail"],
        &["invoke", "fail", "--output", "json", "--log-type", "Tail"],
        &["invoke", HOSTILE],
        &["functions", "invoke", "fail", "--log"],
        &["functions", "invoke", HOSTILE],
        &["functions", "list"],
        &["plan", NAME],
        &["plan", NAME, "--output", "json"],
    ]
    .map(with_functions)
    .to_vec();
    commands.extend(
        [
            &["executions", "list"][..],
            &["executions", "list", "--output", "csv"],
            &["executions", "list", "--output", "json"],
            &["executions", "show", "last"],
            &["executions", "show", "last", "--full", "--color", "always"],
            &["executions", "show", "last", "--output", "json"],
            &["executions", "show", HOSTILE],
            &["executions", "logs", "last"],
            &["executions", "logs", "last", "--output", "jsonl"],
            &["executions", "events", "last"],
            &["executions", "events", "last", "--output", "jsonl"],
            &["executions", "export", "last", "-"],
            &["executions", "export", "last", NAME],
            &["executions", "diff", "last", "last"],
            &["attach", "last"],
            &["graph", NAME],
            &["graph", NAME, "--format", "dot"],
            &["graph", "last", "--format", "svg"],
            &["test", "--record", "last"],
            &["test", NAME],
            &["validate", NAME, broken, nothing],
            &["validate", broken, "--color", "always"],
            &["validate", broken, "--format", "short"],
            &["validate", broken, "--format", "json"],
            &["validate", broken, "--format", "github"],
            &["config", "--config", nothing],
            &["run", nothing],
            &["run", unknown],
            &["run", "--color", "always", unknown, "x"],
            &[HOSTILE],
            &["prune", HOSTILE],
        ]
        .map(<[&str]>::to_vec),
    );
    commands
}

/// Whether a character may be written unescaped; the program's own colours are removed before.
fn is_safe(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => false,
        _ => !character.is_control(),
    }
}

/// Removes the program's own styles.
fn without_colours(text: &str) -> String {
    fancy_regex::Regex::new("\u{1b}\\[([0-4]|22|39|3[0-7]|9[0-7]|;)*m").unwrap().replace_all(text, "").into_owned()
}

/// Whether a pipeline would read a line as a command.
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[")
}

fn assert_safe(arguments: &[&str], outcome: &Outcome, is_own_command: impl Fn(&str) -> bool) {
    for (stream, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let coloured = arguments.contains(&"always");
        let text = if coloured { without_colours(text) } else { text.clone() };
        let raw = text.chars().find(|character| !is_safe(*character));
        assert_eq!(raw, None, "{arguments:?} writes to {stream}:\n{text}");
        // The name of a file is on one line, but in a cell of CSV.
        let breaks = text.lines().any(|line| line.trim_start().starts_with("::error::z"));
        assert!(!breaks || arguments.contains(&"csv"), "{arguments:?} writes a name in two lines to {stream}:\n{text}");
        if let Some(line) = text.lines().find(|line| is_command(line) && !is_own_command(line)) {
            panic!("{arguments:?} writes a command to {stream}: {line}\n{text}");
        }
    }
}

fn run_all(situation: &Situation, is_own_command: impl Fn(&str) -> bool) {
    for arguments in commands() {
        let outcome = situation.run(&arguments);
        assert_ne!(outcome.status, Some(70), "{}", outcome.stderr);
        assert!(!(outcome.stdout.is_empty() && outcome.stderr.is_empty()), "{arguments:?} shows nothing");
        assert_safe(&arguments, &outcome, &is_own_command);
    }
}

#[test]
fn every_command_escapes_unsafe_characters() {
    run_all(&situation(), |_| true);
}

#[test]
fn untrusted_text_injects_no_github_command() {
    let situation = situation().env("GITHUB_ACTIONS", "true");
    let own = ["::error title=", "::warning title=", "::error file=", "::warning file="];
    run_all(&situation, |line| own.iter().any(|own| line.starts_with(own)) && !line.contains("##["));
}

#[test]
fn untrusted_text_injects_no_azure_command() {
    let situation = situation().env("TF_BUILD", "True");
    // The GitHub format of `validate` was requested.
    let is_issue = |line: &str| line.starts_with("##vso[task.logissue type=") && !line.contains("##[");
    let is_annotation = |line: &str| line.starts_with("::error file=") || line.starts_with("::warning file=");
    let one = |line: &str| line.matches("##vso[").count();
    run_all(&situation, |line| (is_issue(line) && one(line) == 1) || (is_annotation(line) && one(line) == 0));
}

/// Counts the value in JSON, as a whole string.
fn count_in(json: &Value) -> usize {
    match json {
        Value::String(text) => usize::from(text == HOSTILE),
        Value::Array(items) => items.iter().map(count_in).sum(),
        Value::Object(members) => members.values().map(count_in).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[test]
fn json_escapes_preserve_values() {
    for variable in ["GITHUB_ACTIONS", "TF_BUILD", "NO_PIPELINE"] {
        let situation = situation().env(variable, "true").input("{}");
        let run = |more: &[&str]| {
            situation.run(&[&["run", "book.yaml", "--functions", "template.yaml", "--quiet"], more].concat()).stdout
        };
        let whole: Value = serde_json::from_str(&run(&["--output", "json"])).unwrap();
        assert_eq!(whole["Outputs"]["echo.Text"][0], HOSTILE);
        let events = run(&["--output", "jsonl"]);
        let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        // The parameter, the outputs of the step, and those of the execution.
        assert!(events.map(|event| count_in(&event)).sum::<usize>() >= 3);
        let flat: Value = serde_json::from_str(&run(&["--output", "terraform-external"])).unwrap();
        assert_eq!(flat["echo.Text"], HOSTILE);
        let text = run(&[]);
        let line = text.lines().find_map(|line| line.strip_prefix("echo.Text = ")).unwrap();
        let line = if variable == "NO_PIPELINE" {
            line.to_owned()
        } else {
            line.replace("## [", "##[").replace("## vso[", "##vso[")
        };
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), HOSTILE);
        let invoke = |more: &[&str]| {
            let payload = serde_json::json!({ "who": HOSTILE }).to_string();
            let base = ["invoke", "echo", "--functions", "template.yaml", "--payload", &payload];
            serde_json::from_str::<Value>(&situation.run(&[&base[..], more].concat()).stdout).unwrap()
        };
        assert_eq!(invoke(&[])["who"], HOSTILE);
        assert_eq!(invoke(&["--output", "json"])["Payload"]["who"], HOSTILE);
    }
}

#[test]
fn files_are_written_without_escapes() {
    let situation = situation().file("github", "").env("GITHUB_ACTIONS", "true");
    let path = situation.path().join("github");
    let situation = situation.env("GITHUB_OUTPUT", path.to_str().unwrap());
    let read = |name: &str| fs::read_to_string(situation.path().join(name)).unwrap();
    let run = ["run", "book.yaml", "--functions", "template.yaml", "--quiet", "--export", "A=echo.Text"];
    assert_eq!(situation.run(&run).status, Some(0));
    assert!(read("github").contains(&format!("\n{HOSTILE}\n")));
    let to_a_file = [&run[..], &["--export-file", "exports", "--report", "junit=report.xml"]].concat();
    assert_eq!(situation.run(&to_a_file).status, Some(0));
    let exported = read("exports");
    assert_eq!(serde_json::from_str::<String>(exported.trim().strip_prefix("A=").unwrap()).unwrap(), HOSTILE);
    assert!(exported.contains("##vso[task.setvariable") && read("report.xml").contains("##vso[y]"));
    let payload = serde_json::json!({ "who": HOSTILE }).to_string();
    let invoke = ["invoke", "echo", "reply.json", "--functions", "template.yaml", "--payload", &payload];
    assert_eq!(situation.run(&invoke).status, Some(0));
    assert_eq!(read("reply.json"), payload);
    let stdout = situation.run(&["executions", "export", "last", "-"]).stdout;
    assert_eq!(situation.run(&["executions", "export", "last", "archive.json"]).status, Some(0));
    let values = [stdout, read("archive.json")].map(|text| serde_json::from_str::<Value>(&text).unwrap());
    assert_eq!(values[0], values[1]);
    assert!(read("archive.json").contains("##vso["));
    // Escaped export files can be imported.
    let elsewhere = Situation::new().input(situation.run(&["executions", "export", "last", "-"]).stdout);
    assert_eq!(elsewhere.run(&["executions", "import", "-"]).status, Some(0));
}

#[test]
fn non_json_reply_is_raw_only_when_piped() {
    let stub = Stub::start(|_, _| Answer::new(200, "\u{1b}[2J\r\n::error::x##[y]"));
    let situation = || {
        let credentials =
            [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];
        credentials.iter().fold(Situation::new(), |situation, (name, value)| situation.env(name, value))
    };
    let invoke = ["invoke", "echo", "--endpoint-url", &stub.url, "--quiet"];
    assert_eq!(situation().run(&invoke).stdout, "\u{1b}[2J\r\n::error::x##[y]");
    let in_a_log = "\\u{1b}[2J\\r\n: :error::x## [y]";
    assert_eq!(situation().env("TF_BUILD", "true").run(&invoke).stdout, in_a_log);
    let (written, _) = on_terminal(&situation(), &invoke, &[]);
    let written = String::from_utf8(written).unwrap();
    assert!(written.contains("\\u{1b}[2J") && !written.contains("\u{1b}[2J"), "{written}");
}

#[test]
fn a_variable_of_azure_with_unsafe_characters_is_json() {
    let situation = situation().env("TF_BUILD", "true");
    let run = [
        "run",
        "book.yaml",
        "--functions",
        "template.yaml",
        "--quiet",
        "--export",
        "A=echo.Text",
        "--export",
        "B=echo.StatusCode",
    ];
    let stderr = situation.run(&run).stderr;
    let value = |name: &str| {
        let command = format!("##vso[task.setvariable variable={name};isOutput=true]");
        stderr.lines().find_map(|line| line.strip_prefix(&command)).unwrap().replace("%AZP25", "%")
    };
    assert_eq!(serde_json::from_str::<String>(&value("A")).unwrap(), HOSTILE);
    assert_eq!(value("B"), "200");
}

#[test]
fn terminal_receives_only_the_styles_of_the_program() {
    let situation = situation();
    let run = ["run", NAME, "--functions", "template.yaml", "--show-logs"];
    let (written, code) = on_terminal(&situation, &run, &[]);
    assert_eq!(code, 0);
    let written = String::from_utf8(written).unwrap();
    for raw in ["\u{1b}[2J", "\u{1b}]0;", "\u{7}", "\u{9b}", "\u{202e}", "\u{200b}", "\u{2028}"] {
        assert!(!written.contains(raw), "{raw:?} in {written}");
    }
    assert!(written.contains("\u{1b}[32m") && written.contains("\\u{1b}[2J"), "{written}");
    let broken = format!("broken{NAME}");
    let unknown = format!("--{HOSTILE}");
    for arguments in [&["validate", &broken][..], &["run", "book.yaml", &unknown], &["run", "no\u{1b}[2J\u{202e}"]] {
        let (written, _) = on_terminal(&situation, arguments, &[]);
        let written = without_colours(&String::from_utf8(written).unwrap());
        assert_eq!(written.chars().find(|it| *it != '\r' && !is_safe(*it)), None, "{arguments:?}: {written}");
    }
}

#[test]
fn pipeline_with_a_terminal_has_no_live_line() {
    let situation = situation().env("GITHUB_ACTIONS", "true");
    let (written, code) =
        on_terminal(&situation, &["run", "book.yaml", "--functions", "template.yaml", "--show-logs"], &[]);
    let written = String::from_utf8(written).unwrap();
    assert_eq!((code, written.contains("\u{1b}[1A") || written.contains("\u{1b}[2K")), (0, false), "{written}");
    let own = |line: &str| line.starts_with("::warning title=");
    let command = written.lines().find(|line| is_command(&without_colours(line)) && !own(line));
    assert_eq!(command, None);
}

#[test]
fn non_utf8_argument_is_escaped_in_the_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let situation = situation();
    let mut command = situation.command(&["run"]);
    command.arg(OsStr::from_bytes(b"a\xff\x1b[2J\xc2\x9b.yaml"));
    // The name of the executable is untrusted too.
    command.arg0("x\u{1b}[2J");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), text.chars().find(|it| !is_safe(*it))), (Some(2), None), "{text}");
}
