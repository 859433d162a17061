//! Attachments of scripts: where they are found, and which are refused before anything runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::{RUN, cause};
use crate::aws::stub::{Answer, Stub};
use crate::harness::Situation;

/// The SHA-256 sum of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A runbook whose script comes from `main.py`, with this sum.
fn book(sum: &str) -> String {
    format!(
        "schemaVersion: \"0.3\"\nmainSteps:\n  - name: report\n    action: aws:executeScript\n    inputs: {{Runtime: \
         python3.11, Handler: main.report, Attachment: main.py}}\nfiles:\n  main.py: {{checksums: {{sha256: {sum}}}}}\n"
    )
}

fn situation() -> Situation {
    Situation::new()
        .file("book.yaml", book(ABC))
        .env("AWS_ACCESS_KEY_ID", "AKIDCALLER")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-central-1")
}

/// The exit code of `plan` with these arguments, and its first lines on standard error; the folder is `HERE`.
fn plan(situation: &Situation, arguments: &[&str]) -> (Option<i32>, String) {
    let outcome = situation.run(&[&["plan", "book.yaml"], arguments].concat());
    let here = fs::canonicalize(situation.path()).unwrap();
    let text = outcome.stderr.replace(&*here.to_string_lossy(), "HERE");
    (outcome.status, text.lines().filter(|line| !line.contains("not supported yet")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn attachment_is_found_beside_the_runbook_or_where_the_user_says() {
    let found = |situation: &Situation, arguments: &[&str]| {
        assert_eq!(plan(situation, arguments), (Some(0), String::new()));
    };
    found(&situation().file("main.py", "abc"), &[]);
    found(&situation().file("attachments/main.py", "abc"), &[]);
    found(&situation().file("main.py", "other").file("shared/main.py", "abc"), &["--attachments", "shared"]);
    let by_setting = situation().file("shared/main.py", "abc").file("runwright.toml", "attachments = [\"shared\"]\n");
    found(&by_setting, &[]);
    let by_variable = situation().file("a/other.py", "").file("b/main.py", "abc");
    found(&by_variable.env("RUNWRIGHT_ATTACHMENTS", "a:b"), &[]);
}

#[test]
fn unusable_attachment_is_refused_with_what_to_do() {
    let missing = "error: there is no attachment main.py: looked for HERE/main.py, HERE/attachments/main.py\n\
                   help: put it beside the runbook, or name its folder: --attachments FOLDER";
    assert_eq!(plan(&situation(), &[]), (Some(2), missing.to_owned()));

    let folder = "error: --attachments gone: there is no such folder\n\
                  help: name the folder that holds the attachments, or s3://BUCKET/PREFIX";
    assert_eq!(plan(&situation(), &["--attachments", "gone"]), (Some(2), folder.to_owned()));

    let changed = "error: attachment main.py: HERE/main.py has the SHA-256 sum \
                   e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, but the runbook declares \
                   ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n\
                   help: use the file that the runbook was written for, or change `sha256` in `files`";
    assert_eq!(plan(&situation().file("main.py", ""), &[]), (Some(3), changed.to_owned()));

    let shared = situation().file("shared/main.py", "abc");
    fs::set_permissions(shared.path().join("shared"), Permissions::from_mode(0o777)).unwrap();
    let foreign = "error: attachment main.py: HERE/shared/main.py: other users can change it: HERE/shared is writable by \
                   every user\n\
                   help: ";
    let (status, text) = plan(&shared, &["--attachments", "shared"]);
    assert_eq!((status, text.starts_with(foreign)), (Some(2), true), "{text}");
}

#[test]
fn sample_sum_of_the_documentation_checks_nothing() {
    let situation = Situation::new().file("book.yaml", book("sampleETagValue")).file("main.py", "any");
    assert_eq!(plan(&situation, &[]), (Some(0), String::new()));
}

#[test]
fn archive_that_must_not_be_unpacked_is_refused() {
    let text = book(ABC).replace("main.py", "main.zip").replace(ABC, "sample");
    let situation = Situation::new().file("book.yaml", text).file("main.zip", "no archive");
    let (status, text) = plan(&situation, &[]);
    let beginning = "error: attachment main.zip: HERE/main.zip: it is not a valid .zip archive: ";
    assert_eq!((status, text.starts_with(beginning)), (Some(3), true), "{text}");
}

#[test]
fn attachment_in_s3_is_read_with_the_credentials_of_the_user() {
    let s3 = Stub::start(|request, _| match request.path.as_str() {
        "/scripts/v1/main.py?x-id=GetObject" | "/scripts/v1/main.py" => Answer::new(200, "abc"),
        "/closed/main.py" | "/closed/main.py?x-id=GetObject" => {
            Answer::new(403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
        }
        _ => Answer::new(
            404,
            "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>",
        ),
    });
    let situation = situation().env("AWS_ENDPOINT_URL_S3", &s3.url);
    let checked = |location: &str| plan(&situation, &["--check", "--attachments", location]);
    assert_eq!(checked("s3://scripts/v1/"), (Some(0), String::new()));
    let first = s3.requests().remove(0);
    assert_eq!((first.method.as_str(), first.access_key()), ("GET", "AKIDCALLER"));
    let missing = "error: there is no attachment main.py: looked for s3://scripts/main.py, HERE/main.py, \
                   HERE/attachments/main.py\n\
                   help: put it beside the runbook, or name its folder: --attachments FOLDER";
    assert_eq!(checked("s3://scripts"), (Some(2), missing.to_owned()));
    let denied = "error: attachment main.py: s3://closed/main.py cannot be read: An error occurred (AccessDenied) when \
                  calling the GetObject operation: Access Denied";
    let (status, text) = checked("s3://closed");
    assert_eq!((status, text.lines().next()), (Some(2), Some(denied)));
    let before = s3.requests().len();
    assert_eq!(plan(&situation, &["--attachments", "s3://closed"]), (Some(0), String::new()), "a plan asks nothing");
    assert_eq!(s3.requests().len(), before);
}

#[test]
fn module_that_the_attachment_imports_and_that_is_missing_is_the_one_that_is_named() {
    let missing = |text: &str| cause(&Situation::new().file("book.yaml", book("any")).file("main.py", text).run(&RUN));
    let said = missing("import mai\n");
    assert!(
        said.ends_with("line 1, in <module>\n    import mai\n\nModuleNotFoundError - No module named 'mai'"),
        "{said}"
    );
    let other = Situation::new().file("book.yaml", book("any").replace("main.report", "other.report"));
    let said = cause(&other.file("main.py", "").run(&RUN));
    assert_eq!(said, "The handler other.report is in the module other, and there is none");
}
