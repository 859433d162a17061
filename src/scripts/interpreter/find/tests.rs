use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::*;

/// A folder with executable scripts in the role of interpreters, and a state folder.
struct Machine {
    folder: tempfile::TempDir,
    settings: InterpreterSettings,
}

/// A Python runtime.
fn python(minor: u16) -> ScriptRuntime {
    ScriptRuntime::Python { minor }
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(folder.path().join("packages")).unwrap();
        let settings = InterpreterSettings {
            variables: [("PATH".to_owned(), bin.into_os_string())].into(),
            folder: Some(folder.path().join("python")),
            ..InterpreterSettings::default()
        };
        Self { folder, settings }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A program `bin/NAME` of Python 3.`minor` that notes in `asked` that it was asked for its packages.
    fn python(self, name: &str, minor: u16, has_boto3: bool) -> Self {
        let folder = self.folder.path().display();
        let text = format!(
            "#!/bin/sh\ncase \"$*\" in\n*boto3*) echo {name} >>{folder}/asked\necho a line of a package\n\
             echo '{{\"boto3\": {has_boto3}, \"folders\": [\"{folder}/packages\"], \"userBase\": \"/user\"}}';;\n\
             *) echo \"$0\"; echo 3.{minor};;\nesac\n"
        );
        self.file(&format!("bin/{name}"), &text);
        self
    }

    fn pwsh(self, version: &str) -> Self {
        self.file("bin/pwsh", &format!("#!/bin/sh\necho {version}\n"));
        self
    }

    /// A private environment of Python 3.`minor`.
    fn environment(self, minor: u16) -> Self {
        let name = format!("{}/bin/python", self.environment_name(minor));
        self.file(&name, "#!/bin/sh\n");
        fs::set_permissions(self.folder.path().join("python"), Permissions::from_mode(0o700)).unwrap();
        self
    }

    fn environment_name(&self, minor: u16) -> String {
        let installed = PrivateEnvironment::new(&self.settings);
        let path = installed.location(self.settings.folder.as_deref().unwrap(), minor);
        path.strip_prefix(self.folder.path()).unwrap().display().to_string()
    }

    fn with(mut self, change: impl FnOnce(&mut InterpreterSettings, &Path)) -> Self {
        change(&mut self.settings, self.folder.path());
        self
    }

    fn mode(self, name: &str, mode: u32) -> Self {
        fs::set_permissions(self.folder.path().join(name), Permissions::from_mode(mode)).unwrap();
        self
    }

    fn interpreters(&self) -> Interpreters {
        Interpreters::new(self.settings.clone())
    }

    /// The program, its version, its source and the notices; or the error.
    async fn find(&self, runtime: &ScriptRuntime, needs_boto3: bool) -> String {
        self.describe(self.interpreters().find(runtime, needs_boto3).await)
    }

    fn describe(&self, found: Result<FoundInterpreter, InterpreterError>) -> String {
        let text = match found {
            Ok(FoundInterpreter { interpreter, source, variables, notices, bootstrap: _ }) => {
                let chosen = match interpreter {
                    Interpreter::Python { program, minor } => format!("{} 3.{minor}", program.display()),
                    Interpreter::PowerShell { program } => program.display().to_string(),
                };
                let variables: String = variables.keys().fold(String::new(), |text, name| text + " " + name);
                let notices: String = notices.iter().fold(String::new(), |text, notice| text + &format!("\n{notice}"));
                format!("{chosen}, {source}{variables}{notices}")
            }
            Err(error) => error.to_string(),
        };
        text.replace(&format!("{}/", self.folder.path().display()), "").replace(&self.environment_name(11), "ENV11")
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default().replace('\n', " ")
    }
}

#[tokio::test]
async fn script_without_boto3_runs_on_the_declared_version_and_asks_no_other() {
    let machine =
        Machine::new().python("python3", 13, true).python("python3.10", 10, true).python("python3.11", 11, false);
    let machine = machine.environment(11);
    assert_eq!(machine.find(&python(11), false).await, "bin/python3.11 3.11, PATH");
    assert_eq!(machine.asked(), "", "none is asked for boto3");
}

#[tokio::test]
async fn nearest_newer_version_replaces_a_missing_one_with_a_notice() {
    let machine =
        Machine::new().python("python3", 9, false).python("python3.8", 8, false).python("python3.12", 12, false);
    let warned = |runtime: &str, path: &str, version: &str| {
        format!(
            "{path} {version}, PATH\nscripts of {runtime} run on version {version} ({path}); --strict-runtime refuses this"
        )
    };
    assert_eq!(machine.find(&python(6), false).await, warned("python3.6", "bin/python3.8", "3.8"));
    assert_eq!(machine.find(&python(10), false).await, warned("python3.10", "bin/python3.12", "3.12"));
    assert_eq!(machine.find(&python(13), false).await, warned("python3.13", "bin/python3.12", "3.12"));
    // `python3` is the declared version, whatever its name.
    assert_eq!(machine.find(&python(9), false).await, "bin/python3 3.9, PATH");
}

#[tokio::test]
async fn scripts_that_import_boto3_run_on_the_declared_version_then_the_environment_then_any_with_boto3() {
    let declared = Machine::new().python("python3.11", 11, true).python("python3.12", 12, true).environment(11);
    assert_eq!(declared.find(&python(11), true).await, "bin/python3.11 3.11, PATH PYTHONUSERBASE");
    let environment = Machine::new().python("python3.11", 11, false).python("python3.12", 12, true).environment(11);
    assert_eq!(environment.find(&python(11), true).await, "ENV11/bin/python 3.11, private environment");
    assert_eq!(
        environment.find(&python(7), true).await,
        "ENV11/bin/python 3.11, private environment\nscripts of python3.7 run on version 3.11 (ENV11/bin/python); \
         --strict-runtime refuses this"
    );
    let other =
        Machine::new().python("python3.11", 11, false).python("python3", 12, true).python("python3.10", 10, true);
    assert_eq!(
        other.find(&python(11), true).await,
        "bin/python3 3.12, PATH PYTHONUSERBASE\nscripts of python3.11 run on version 3.12 (bin/python3); \
         --strict-runtime refuses this"
    );
    let none = Machine::new().python("python3.11", 11, false);
    assert_eq!(
        none.find(&python(11), true).await,
        "a script of python3.11 imports boto3, and no Python here has it; make an environment with it: `runwright python \
         install`, or install boto3"
    );
}

#[tokio::test]
async fn environment_is_made_of_a_version_that_boto3_supports() {
    let machine = Machine::new().python("python3.9", 9, false).with(|settings, _| settings.may_install = true);
    assert_eq!(
        machine.find(&python(7), true).await,
        "boto3 needs Python 3.10 or newer, and none can be used; install one, or name it: --python PATH"
    );
}

#[tokio::test]
async fn strict_runtime_refuses_other_versions() {
    let machine = Machine::new().python("python3.12", 12, true).environment(11);
    let machine = machine.with(|settings, _| settings.strict_runtime = true).pwsh("7.5.1");
    let refused = |runtime: &str| {
        format!("--strict-runtime: {runtime} is not installed; install it, or leave out --strict-runtime")
    };
    assert_eq!(machine.find(&python(10), false).await, refused("python3.10"));
    assert_eq!(machine.find(&python(12), false).await, "bin/python3.12 3.12, PATH");
    assert_eq!(machine.find(&python(11), true).await, "ENV11/bin/python 3.11, private environment");
    assert_eq!(
        machine.find(&python(10), true).await,
        "--strict-runtime: python3.10 is not installed with boto3; install it, or leave out --strict-runtime"
    );
    let powershell = "PowerShell 7.4".parse().unwrap();
    assert_eq!(machine.find(&powershell, false).await, refused("PowerShell 7.4"));
}

#[tokio::test]
async fn configured_python_is_used_for_every_runtime_or_refused() {
    let machine = Machine::new().python("python3.11", 11, true).python("mine", 12, false).environment(11);
    let configured =
        |machine: Machine, name: &str| machine.with(|settings, folder| settings.python = Some(folder.join(name)));
    let machine = configured(machine, "bin/mine");
    let notice = "scripts of python3.11 run on version 3.12 (bin/mine); --strict-runtime refuses this";
    assert_eq!(machine.find(&python(11), false).await, format!("bin/mine 3.12, configured\n{notice}"));
    // Only an environment of its own version has boto3 for it.
    assert!(machine.find(&python(11), true).await.starts_with("a script of python3.11 imports boto3"));
    let machine = configured(machine, "gone");
    assert_eq!(
        machine.find(&python(11), false).await,
        "gone cannot run scripts of python3.11: there is no executable file"
    );
    machine.file("bin/other", "#!/bin/sh\nexit 1\n");
    let machine = configured(machine, "bin/other");
    assert_eq!(
        machine.find(&python(11), false).await,
        "bin/other cannot run scripts of python3.11: it does not answer with its version"
    );
    machine.file("open/python", "#!/bin/sh\n");
    let machine = configured(machine, "open/python").mode("open", 0o777);
    assert_eq!(
        machine.find(&python(11), false).await,
        "open/python cannot run scripts of python3.11: other users can change it: open is writable by every user"
    );
}

#[tokio::test]
async fn programs_that_others_can_change_are_left_out_with_a_notice() {
    let machine =
        Machine::new().python("python3.11", 11, false).python("python3.12", 12, false).mode("bin/python3.11", 0o777);
    assert_eq!(
        machine.find(&python(11), false).await,
        "bin/python3.12 3.12, PATH\nbin/python3.11 is not used: other users can change it: bin/python3.11 is writable by \
         every user\nscripts of python3.11 run on version 3.12 (bin/python3.12); --strict-runtime refuses this"
    );
    let machine = machine.mode("bin", 0o777);
    assert_eq!(
        machine.find(&python(11), false).await,
        "the runtime python3.11 needs Python 3, and none on PATH can be used; install it, or name it: --python PATH"
    );
    let machine = Machine::new().environment(11).mode("python", 0o777);
    assert!(machine.find(&python(11), true).await.starts_with("the runtime python3.11 needs Python 3"));
}

#[tokio::test]
async fn answers_are_remembered_until_packages_change() {
    let machine = Machine::new().python("python3.11", 11, false);
    let first = machine.interpreters();
    let missing = machine.describe(first.find(&python(11), true).await);
    for _ in 0..2 {
        assert_eq!(machine.describe(first.find(&python(11), true).await), missing);
        // Another process.
        assert_eq!(machine.find(&python(11), true).await, missing);
    }
    assert_eq!(machine.asked(), "python3.11 ");
    let machine = machine.python("python3.11", 11, true);
    fs::write(machine.folder.path().join("packages/boto3"), "").unwrap();
    assert_eq!(machine.describe(first.find(&python(11), true).await), "bin/python3.11 3.11, PATH PYTHONUSERBASE");
    assert_eq!(machine.asked(), "python3.11 python3.11 ");
}

#[tokio::test]
async fn each_notice_is_given_once() {
    let machine = Machine::new().python("python3.12", 12, true);
    let interpreters = machine.interpreters();
    let mut notices = Vec::new();
    for (minor, needs_boto3) in [(7, false), (7, false), (7, true), (8, true)] {
        notices.push(interpreters.find(&python(minor), needs_boto3).await.unwrap().notices.len());
    }
    assert_eq!(notices, [1, 0, 0, 1]);
}

#[tokio::test]
async fn powershell_is_version_7_or_newer() {
    let runtime = "PowerShell 7.4".parse().unwrap();
    assert_eq!(
        Machine::new().find(&runtime, false).await,
        "the runtime PowerShell 7.4 needs PowerShell 7, and no `pwsh` on PATH can be used; install it, or name it: --pwsh \
         PATH"
    );
    assert_eq!(Machine::new().pwsh("7.4.6").find(&runtime, false).await, "bin/pwsh, PATH");
    assert_eq!(
        Machine::new().pwsh("7.5.0").find(&runtime, false).await,
        "bin/pwsh, PATH\nscripts of PowerShell 7.4 run on version 7.5.0 (bin/pwsh); --strict-runtime refuses this"
    );
    assert_eq!(
        Machine::new().pwsh("6.2.0").find(&runtime, false).await,
        "bin/pwsh cannot run scripts of PowerShell 7.4: its version is 6.2.0"
    );
}
