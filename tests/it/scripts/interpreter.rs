//! `runwright python`: the private Python environment, and the choice of interpreters.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{RUN, payload, script};
use crate::harness::{Situation, until};
use crate::peers::script_wheels;

/// A situation whose PATH has only a script for this program, `python3`, as version managers have them.
fn with_python(python: &Path) -> Situation {
    let situation = Situation::new();
    let situation = situation.file("bin/python3", format!("#!/bin/sh\nexec '{}' \"$@\"\n", python.display()));
    let bin = situation.path().join("bin");
    fs::set_permissions(bin.join("python3"), Permissions::from_mode(0o755)).unwrap();
    let path = bin.to_str().unwrap().to_owned();
    situation.env("PATH", &path)
}

/// A Python without boto3, and without the modules named in `hidden`, of which the test can make environments.
struct Base {
    folder: tempfile::TempDir,
}

impl Base {
    fn with_pip() -> Self {
        Self::made_with(&[])
    }

    fn made_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut venv = Command::new("python3");
        let made = venv.args(["-m", "venv"]).args(options).arg(folder.path()).status().unwrap();
        assert!(made.success());
        Self { folder }
    }

    /// Without pip too: Python itself can bring it along.
    fn without(hidden: &[&str]) -> Self {
        let base = Self::made_with(&["--without-pip"]);
        let modules = hidden.iter().fold(String::new(), |text, name| text + &format!("sys.modules['{name}'] = None\n"));
        fs::write(base.packages().join("hidden.py"), format!("import sys\n{modules}")).unwrap();
        fs::write(base.packages().join("hidden.pth"), "import hidden\n").unwrap();
        base
    }

    /// Puts a module in it.
    fn with_module(self, name: &str, text: &str) -> Self {
        let path = self.packages().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("bin/python")
    }

    fn packages(&self) -> PathBuf {
        let lib = self.folder.path().join("lib");
        let python = fs::read_dir(lib).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
        python.join("site-packages")
    }
}

/// The entries of the folder of environments, but for the remembered answers.
fn environments(situation: &Situation) -> Vec<String> {
    let folder = situation.path().join(".local/state/runwright/python");
    let names = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name != "interpreters.json" && name != "lock");
    names.sort();
    names
}

/// Whether the Python that the command printed imports boto3.
fn imports_boto3(printed: &str) -> bool {
    let import = Command::new(printed.trim()).args(["-I", "-c", "import boto3, dateutil, urllib3, six"]).status();
    import.is_ok_and(|status| status.success())
}

#[test]
fn environment_is_made_once_from_wheels_without_a_network() {
    let Some(wheels) = script_wheels() else { return };
    let wheels = wheels.to_str().unwrap();
    for base in [Base::with_pip(), Base::without(&["venv"])] {
        let situation = with_python(&base.program());
        let first = situation.run(&["python", "install", "--wheels", wheels]);
        assert_eq!(first.status, Some(0), "{}", first.stderr);
        let lines: Vec<&str> = first.stderr.lines().collect();
        assert!(lines[0].starts_with("making a Python environment with boto3 "), "{}", first.stderr);
        assert!(lines[0].ends_with(&format!("from the wheels in {wheels})")), "{}", first.stderr);
        assert!(imports_boto3(&first.stdout), "{}", first.stdout);
        let second = situation.run(&["python", "install"]);
        assert_eq!((second.status, second.stdout), (Some(0), first.stdout));
        assert!(second.stderr.contains(" exists: ") && !second.stderr.contains("making"), "{}", second.stderr);
        assert_eq!(environments(&situation).len(), 1);
    }
}

#[test]
fn two_processes_at_once_make_one_environment() {
    let Some(wheels) = script_wheels() else { return };
    let base = Base::without(&[]);
    let situation = with_python(&base.program());
    let arguments = ["python", "install", "--wheels", wheels.to_str().unwrap()];
    let processes = [(); 3].map(|()| situation.start(&arguments));
    let outcomes = processes.map(|process| situation.end(process));
    let made = outcomes.iter().filter(|outcome| outcome.stderr.contains("making a Python environment")).count();
    assert_eq!((made, environments(&situation).len()), (1, 1));
    for outcome in outcomes {
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        assert!(imports_boto3(&outcome.stdout));
    }
}

#[test]
fn environment_of_a_killed_process_is_made_again() {
    let Some(wheels) = script_wheels() else { return };
    // This pip waits until the process is killed.
    let pip = "import os, time\nopen(os.environ['STARTED'], 'w').write(str(os.getpid()))\ntime.sleep(600)\n";
    let base = Base::without(&[]).with_module("pip/__init__.py", "").with_module("pip/__main__.py", pip);
    let situation = with_python(&base.program());
    let started = situation.path().join("started");
    let situation = situation.env("STARTED", started.to_str().unwrap());
    let arguments = ["python", "install", "--wheels", wheels.to_str().unwrap()];
    let mut killed = situation.start(&arguments);
    until("pip has started", || fs::read_to_string(&started).is_ok_and(|pid| !pid.is_empty()));
    assert!(environments(&situation).iter().all(|name| name.starts_with(".building-")));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let pip = Path::new("/proc").join(fs::read_to_string(&started).unwrap());
    until("pip has ended with the process that started it", || !pip.exists());
    fs::remove_dir_all(base.packages().join("pip")).unwrap();
    let again = situation.run(&arguments);
    assert_eq!(again.status, Some(0), "{}", again.stderr);
    assert!(imports_boto3(&again.stdout));
    let names = environments(&situation);
    assert!(names.len() == 1 && names[0].starts_with("boto3-"), "{names:?}");
}

#[test]
fn wheels_with_another_hash_are_refused_and_nothing_is_left() {
    let Some(wheels) = script_wheels() else { return };
    let base = Base::without(&[]);
    let situation = with_python(&base.program());
    let copies = situation.path().join("wheels");
    fs::create_dir(&copies).unwrap();
    for wheel in fs::read_dir(wheels).unwrap().map(|entry| entry.unwrap()) {
        fs::copy(wheel.path(), copies.join(wheel.file_name())).unwrap();
        if wheel.file_name().to_str().unwrap().starts_with("six-") {
            let mut changed = fs::read(wheel.path()).unwrap();
            changed.push(0);
            fs::write(copies.join(wheel.file_name()), changed).unwrap();
        }
    }
    let refused = situation.run(&["python", "install", "--wheels", "wheels"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("pip failed: "), "{}", refused.stderr);
    assert!(refused.stderr.to_lowercase().contains("hash"), "{}", refused.stderr);
    assert_eq!(environments(&situation), Vec::<String>::new());
    fs::set_permissions(&copies, Permissions::from_mode(0o777)).unwrap();
    let foreign = situation.run(&["python", "install", "--wheels", "wheels"]);
    assert!(foreign.stderr.contains("wheels is not used: other users can change it"), "{}", foreign.stderr);
    let missing = situation.run(&["python", "install", "--wheels", "gone"]);
    assert!(missing.stderr.contains("there is no such folder with wheels"), "{}", missing.stderr);
}

#[test]
fn python_without_pip_is_reported_with_the_package_to_install() {
    let base = Base::without(&["ensurepip"]);
    let situation = with_python(&base.program());
    let refused = situation.run(&["python", "install"]);
    assert_eq!(refused.status, Some(1));
    assert!(
        refused.stderr.contains("has neither pip nor ensurepip; install one: `apt-get install python3-pip`"),
        "{}",
        refused.stderr
    );
    assert_eq!(environments(&situation), Vec::<String>::new());
}

#[test]
fn interpreters_of_a_runbook_are_shown_with_the_reason() {
    let base = Base::without(&[]);
    let situation = with_python(&base.program()).file(
        "book.yaml",
        "schemaVersion: '0.3'\nmainSteps:\n\
         - name: one\n  action: aws:executeScript\n  inputs:\n    Runtime: python3.6\n    Handler: main\n    Script: |-\n      def main(events, context): pass\n\
         - name: two\n  action: aws:executeScript\n  inputs:\n    Runtime: python3.6\n    Handler: main\n    Script: |-\n      import boto3\n      def main(events, context): pass\n\
         - name: three\n  action: aws:executeScript\n  inputs:\n    Runtime: PowerShell 7.4\n    Script: return 1\n",
    );
    let shown = situation.run(&["python", "show", "book.yaml", "--output", "json"]);
    assert_eq!(shown.status, Some(1), "{}", shown.stderr);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&shown.stdout).unwrap();
    let facts: Vec<(&str, bool, Option<&str>, usize)> = rows
        .iter()
        .map(|row| {
            let text = |name: &str| row.get(name).and_then(serde_json::Value::as_str);
            let source = text("source").or_else(|| text("error"));
            (
                text("runtime").unwrap(),
                row["boto3"].as_bool().unwrap(),
                source,
                row["notices"].as_array().unwrap().len(),
            )
        })
        .collect();
    let no_boto3 = "a script of python3.6 imports boto3, and no Python here has it; make an environment with it: `runwright \
                    python install`, or install boto3";
    let no_pwsh = "the runtime PowerShell 7.4 needs PowerShell 7, and no `pwsh` on PATH can be used; install it, or name it: \
                   --pwsh PATH";
    let expected = [
        ("python3.6", false, Some("PATH"), 1),
        ("python3.6", true, Some(no_boto3), 0),
        ("PowerShell 7.4", false, Some(no_pwsh), 0),
    ];
    assert_eq!(facts, expected);
    let table = situation.run(&["python", "show"]);
    assert_eq!(
        (table.status, table.stdout.lines().next()),
        (Some(0), Some("RUNTIME         BOTO3  FROM                 PROGRAM"))
    );
}

#[test]
fn program_that_calls_scripts_is_compiled_once_and_its_text_is_used_where_that_is_of_no_use() {
    let real = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let python = String::from_utf8(real.stdout).unwrap().trim().to_owned();
    let text = "import __main__\ndef main(events, context):\n    return __main__.code_of.__name__";
    let situation = script(text);
    let run = || payload(&situation.run(&[&RUN[..], &["--python", &python]].concat()));
    let file = situation.path().join(".local/state/runwright/python/interpreters.json");
    let read = || serde_json::from_slice::<serde_json::Value>(&fs::read(&file).unwrap()).unwrap();
    let change = |name: &str, value: &str| {
        let mut answers = read();
        answers[&python]["bootstrap"][name] = value.into();
        fs::write(&file, answers.to_string()).unwrap();
    };
    let (first, compiled) = (run(), read());
    // As another Python, or a damaged file, would have it.
    change("compiled", "AAAAAAAAAAAA");
    let of_another = run();
    // As another release of this program has it.
    change("sources", "other");
    let of_another_release = run();
    assert_eq!(
        (first.as_str(), of_another.as_str(), of_another_release.as_str()),
        ("loads", "<lambda>", "loads"),
        "{compiled}"
    );
    assert_eq!(read(), compiled);
}
