//! Steps that run a script, against the interpreter alone.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::harness::{interleave, measure};
use crate::table::Quantity::Time;
use crate::table::Target;
use crate::{Failure, programs, row};

/// Enough that the start of the program is a small part of a step.
const STEPS: usize = 20;

/// The real interpreter: the script of a version manager takes longer than Python.
fn interpreter() -> Result<PathBuf, Failure> {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output()?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// A chain of scripts that return at once.
fn runbook() -> String {
    let mut text = "schemaVersion: \"0.3\"\nmainSteps:\n".to_owned();
    for step in 1..=STEPS {
        let _ = writeln!(
            text,
            "- {{name: s{step}, action: aws:executeScript, inputs: {{Runtime: python3.11, Handler: main, Script: 'main = \
             lambda events, context: 1'}}}}"
        );
    }
    text
}

/// A chain of scripts in a whole process, with and without a journal.
pub(crate) fn measure_chain() -> Result<(), Failure> {
    let python = interpreter()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("scripts.yaml");
    std::fs::write(&file, runbook())?;
    let run = |more: &[&str]| {
        let mut program = programs::quiet(programs::RUNWRIGHT);
        program.arg("run").arg(&file).arg("--python").arg(&python).args(more);
        program
    };
    let state = crate::journal::folder()?;
    let mut ephemeral = run(&["--ephemeral"]);
    let mut durable = run(&[]);
    durable.arg("--state-dir").arg(state.path());
    programs::expect_output(&mut ephemeral, "Success")?;
    programs::expect_output(&mut durable, "Success")?;
    let bare = || {
        measure(|| {
            for _ in 0..STEPS {
                let mut pass = programs::quiet(&python);
                programs::run(pass.args(["-c", "pass"]));
            }
        })
        .per(STEPS)
    };
    let [first, second, ephemeral, durable] = interleave(
        9,
        [&mut { bare }, &mut { bare }, &mut || programs::run(&mut ephemeral).per(STEPS), &mut || {
            programs::run(&mut durable).per(STEPS)
        }],
    );
    row("python3 -c pass: against itself", Time(second.wall), Some(Time(first.wall)), Target::Control);
    let target = Target::RatioAtMost(1.5);
    row("script that returns at once, a step: python3 -c pass", Time(ephemeral.wall), Some(Time(first.wall)), target);
    row("with a journal, a step: without", Time(durable.wall), Some(Time(ephemeral.wall)), Target::Control);
    Ok(())
}
