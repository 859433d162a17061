//! Installation of the third-party servers and clients: from the ordinary registries, once, into the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    install("python", include_str!("requirements.txt"), |folder, pins| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let list = folder.join("requirements.txt");
        fs::write(&list, pins).map_err(|error| error.to_string())?;
        let mut pip = Command::new(folder.join("bin/pip"));
        run(pip.args(["install", "--quiet", "--no-deps", "--no-compile", "--requirement"]).arg(list))
    })
});

/// The release of botocore that the data on AWS services is from.
static BOTOCORE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let generator = include_str!("../../../src/aws/data/generate.py");
    let version = generator.lines().find_map(|line| line.strip_prefix("VERSION = ")).unwrap().trim_matches('"');
    let pins = format!("botocore=={version}\n{}", include_str!("botocore.txt"));
    install("botocore", &pins, |folder, pins| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let list = folder.join("requirements.txt");
        fs::write(&list, pins).map_err(|error| error.to_string())?;
        let wheels = folder.join(WHEELS);
        let mut download = Command::new(folder.join("bin/pip"));
        let options = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--requirement"];
        run(download.args(options).arg(&list).arg("--dest").arg(&wheels))?;
        let mut pip = Command::new(folder.join("bin/pip"));
        let options = ["install", "--quiet", "--no-deps", "--no-compile", "--no-index", "--requirement"];
        run(pip.args(options).arg(list).arg("--find-links").arg(wheels))
    })
});

/// The wheels of the Python environment for scripts.
static SCRIPT_WHEELS: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let pins = include_str!("../../../src/scripts/interpreter/requirements.txt");
    install("script-wheels", pins, |folder, pins| {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let list = folder.join("requirements.txt");
        fs::write(&list, pins).map_err(|error| error.to_string())?;
        let mut download = Command::new("python3");
        let options = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"];
        run(download.args(options).arg("--requirement").arg(list).arg("--dest").arg(folder.join(WHEELS)))
    })
});

/// The folder with the downloaded packages.
const WHEELS: &str = "wheels";

static NODE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    install("node", include_str!("npm/package-lock.json"), |folder, pins| {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        fs::write(folder.join("package-lock.json"), pins).map_err(|error| error.to_string())?;
        let package = include_str!("npm/package.json");
        fs::write(folder.join("package.json"), package).map_err(|error| error.to_string())?;
        // The plugin would install a second, larger host for itself; and no package script runs.
        let options = ["ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
        run(Command::new("npm").args(options).current_dir(folder))
    })
});

static FAKETIME: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    const LIBRARY: &str = "libfaketime.so.1";
    let find = |root: &Path| {
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for path in entries.map(|entry| entry.path()) {
                if path.file_name().is_some_and(|name| name == LIBRARY) {
                    return Some(path);
                }
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        None
    };
    let triplet = format!("/usr/lib/{}-linux-gnu/faketime", std::env::consts::ARCH);
    let installed = [triplet.as_str(), "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime"];
    if let Some(library) = installed.iter().find_map(|folder| find(Path::new(folder))) {
        return Ok(library);
    }
    let folder = install("faketime", "libfaketime", |folder, package| {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        run(Command::new("apt-get").args(["download", package]).current_dir(folder))?;
        // Only unpacked: the machine's packages do not change.
        run(Command::new("sh").args(["-c", "dpkg -x ./*.deb ."]).current_dir(folder))
    })?;
    find(&folder).ok_or_else(|| format!("the package has no {LIBRARY}"))
});

/// The library that sets another time for a program; none if it is unavailable here, after printing why.
pub(crate) fn faketime() -> Option<&'static Path> {
    match &*FAKETIME {
        Ok(library) => Some(library),
        Err(why) => {
            println!("SKIPPED: tests with a clock that is set back: {why}");
            None
        }
    }
}

/// The virtual environment with the Python packages; none if it is unavailable here, after printing why.
pub(super) fn python() -> Option<&'static Path> {
    available(&PYTHON, LAMBDA_TESTS)
}

/// A Python that can import boto3; none if it is unavailable here, after printing why.
pub(crate) fn boto3_python() -> Option<PathBuf> {
    python().map(|folder| folder.join("bin/python"))
}

/// A Python that can import botocore, in the release that the data on AWS services is from; none if it is unavailable
/// here, after printing why.
pub(crate) fn botocore_python() -> Option<PathBuf> {
    available(&BOTOCORE, "tests against the Python SDK").map(|folder| folder.join("bin/python"))
}

/// The package of that release.
pub(crate) fn botocore_wheel() -> Option<PathBuf> {
    let folder = available(&BOTOCORE, "tests against the Python SDK")?.join(WHEELS);
    let mut packages = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    packages.find(|package| package.file_name().is_some_and(|name| name.to_string_lossy().starts_with("botocore-")))
}

/// The folder with the wheels of the Python environment for scripts; none if they are unavailable here, after printing why.
pub(crate) fn script_wheels() -> Option<PathBuf> {
    available(&SCRIPT_WHEELS, "tests of the Python environment").map(|folder| folder.join(WHEELS))
}

/// The folder whose `node_modules` has the Node.js packages; none if it is unavailable here, after printing why.
pub(super) fn node() -> Option<&'static Path> {
    available(&NODE, LAMBDA_TESTS)
}

const LAMBDA_TESTS: &str = "tests against third-party Lambda servers and clients";

fn available(installed: &'static Result<PathBuf, String>, tests: &str) -> Option<&'static Path> {
    match installed {
        Ok(path) => Some(path),
        Err(why) => {
            assert!(
                std::env::var_os("RUNWRIGHT_REQUIRE_PEERS").is_none(),
                "third-party servers and clients are required: {why}"
            );
            println!("SKIPPED: {tests}: {why}");
            None
        }
    }
}

/// Installs into `peers/NAME` unless exactly these versions are there. Other test processes wait for the installation.
fn install(name: &str, pins: &str, make: impl FnOnce(&Path, &str) -> Result<(), String>) -> Result<PathBuf, String> {
    let peers = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    fs::create_dir_all(&peers).map_err(|error| error.to_string())?;
    let lock = File::create(peers.join(format!("{name}.lock"))).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    let folder = peers.join(name);
    let done = peers.join(format!("{name}.installed"));
    if fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return Ok(folder);
    }
    // A partial installation is unusable.
    let _ = fs::remove_file(&done);
    let _ = fs::remove_dir_all(&folder);
    make(&folder, pins)?;
    fs::write(&done, pins).map_err(|error| error.to_string())?;
    Ok(folder)
}

fn run(command: &mut Command) -> Result<(), String> {
    let what =
        format!("{} {}", command.get_program().display(), command.get_args().next().unwrap_or_default().display());
    let output = command.output().map_err(|error| format!("{what} could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{what} failed: {}", String::from_utf8_lossy(&output.stderr)))
}
