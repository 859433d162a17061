//! Settings of scripts: the command that wraps the interpreter, kept files, the Python to use.

use std::fs;

use super::{RUN, left_behind, payload, script};
use crate::local::make_executable;

#[test]
fn command_of_the_user_runs_the_interpreter() {
    let wrapper = "#!/bin/sh\nshift\nexport WRAPPED=\"$1\"\nshift\nexec \"$@\"\n";
    let situation = script("import os\ndef main(e, c):\n    return os.environ['WRAPPED']").file("wrapper", wrapper);
    make_executable(&situation.path().join("wrapper"));
    let wrapper = situation.path().join("wrapper").to_str().unwrap().to_owned();
    let situation = situation.file("runwright.toml", format!("script-command = [{wrapper:?}, \"--name\", \"a b\"]\n"));
    assert_eq!(payload(&situation.run(&RUN)), "a b");
}

#[test]
fn files_are_kept_on_request() {
    let situation = script("def main(e, c):\n    return 1");
    situation.run(&[&RUN[..], &["--keep-script-files"]].concat());
    let kept = left_behind(&situation);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let folder = situation.path().join("tmp").join(&kept[0]);
    assert_eq!(fs::read_to_string(folder.join("customer_script.py")).unwrap(), "def main(e, c):\n    return 1\n");
    // A later script of another execution removes what killed engines left, and this was not.
    situation.run(&RUN);
    assert_eq!(left_behind(&situation), kept);
}

#[test]
fn program_that_is_no_python_is_refused_before_the_execution_starts() {
    let situation = script("def main(e, c):\n    return 1");
    let outcome = situation.run(&[&RUN[..], &["--python", "/bin/true"]].concat());
    outcome.assert(2, "", &["/bin/true cannot run scripts of python3.11: "]);
}

#[test]
fn python_of_the_user_is_used() {
    let situation = script("import sys\ndef main(e, c):\n    return sys.flags.dont_write_bytecode");
    let python = "#!/bin/sh\n: > used\nexec python3 \"$@\"\n";
    let situation = situation.file("my-python", python);
    make_executable(&situation.path().join("my-python"));
    let outcome = situation.run(&[&RUN[..], &["--python", "my-python"]].concat());
    assert_eq!((payload(&outcome).as_str(), situation.path().join("used").exists()), ("1", true));
}
