//! PowerShell scripts, through a stand-in for `pwsh` that speaks the contract of the bootstrap; and through `pwsh` itself
//! where it is installed.

use super::{RUN, cause, payload, script_step};
use crate::harness::Situation;
use crate::local::{has, make_executable};

/// Reads its input as the bootstrap does, and replies with what the script says after `reply `, or with the input.
const STAND_IN: &str = r#"#!/usr/bin/env python3
import json, os, sys
if sys.argv[1] == "-NoLogo":
    print("7.4.6")
    sys.exit()
assert sys.argv[1:4] == ["-NoProfile", "-NonInteractive", "-Command"], sys.argv
data = b""
while True:
    part = os.read(0, 65536)
    if not part:
        break
    data += part
script = open("customer_script.ps1").read()
print("heap", os.environ.get("DOTNET_GCHeapHardLimit"))
if script.startswith("exit"):
    sys.exit(7)
reply = script.split("reply ", 1)[1] if "reply " in script else json.dumps({"ok": json.loads(json.loads(data)["payload"])})
reply = reply.strip().encode()
os.write(0, len(reply).to_bytes(4, "big") + reply)
"#;

fn situation(script: &str) -> Situation {
    let situation =
        script_step("", "Runtime: PowerShell 7.4\nInputPayload: {name: a}", script).file("bin/pwsh", STAND_IN);
    make_executable(&situation.path().join("bin/pwsh"));
    let path = format!("{}:{}", situation.path().join("bin").display(), std::env::var("PATH").unwrap());
    situation.env("PATH", &path)
}

#[test]
fn input_reaches_the_script_and_its_value_is_the_payload() {
    assert_eq!(payload(&situation("return $env:InputPayload").run(&RUN)), r#"{"name":"a"}"#);
}

#[test]
fn failures_have_the_layout_of_the_service() {
    let thrown = r#"# reply {"error": {"type": "RuntimeException", "message": "no disk", "trace": ["at <ScriptBlock>, line 1"]}}"#;
    assert_eq!(
        cause(&situation(thrown).run(&RUN)),
        "Traceback (most recent call last):\nat <ScriptBlock>, line 1\n\nRuntimeException - no disk"
    );
    assert_eq!(
        cause(&situation("exit 7").run(&RUN)),
        "The process of the script ended without a result (exit status 7): heap 40000000"
    );
}

#[test]
fn real_powershell_keeps_the_contract() {
    if !has("pwsh") {
        return eprintln!("SKIPPED: pwsh is not installed, so only its stand-in was tested");
    }
    let run = |text: &str| script_step("", "Runtime: PowerShell 7.4\nInputPayload: {name: a}", text).run(&RUN);
    let read = "$given = $env:InputPayload | ConvertFrom-Json\nreturn @{ said = \"hello $($given.name)\" }";
    assert_eq!(payload(&run(read)), r#"{"said":"hello a"}"#);
    assert_eq!(payload(&run("'first'; 'last'")), "last");
    for (text, said) in [
        ("throw 'no disk'", "RuntimeException - no disk"),
        ("Write-Error 'no disk'", "no disk"),
        ("exit 1", "the script ended with exit code 1"),
    ] {
        let said_by_step = cause(&run(text));
        assert!(said_by_step.contains(said), "{text}: {said_by_step}");
    }
}
