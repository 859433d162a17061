//! MiniStack: an emulator that runs real functions in processes.

use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, net, thread};

use aws_sdk_lambda::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};

use super::python;

/// A running MiniStack; ended when dropped.
pub(super) struct MiniStack {
    process: Child,
    pub(super) url: String,
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        // The workers are its children and leave when their pipe closes.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A handler whose behaviour is chosen by the event.
const HANDLER: &str = r#"
import os, time

def handler(event, context):
    print("mode", event.get("mode"))
    match event.get("mode"):
        case "raise":
            raise ValueError("no such host")
        case "exit":
            os._exit(3)
        case "sleep":
            time.sleep(30)
        case "text":
            return "plain"
    return {"echo": event, "version": context.function_version}
"#;

impl MiniStack {
    /// Starts it on a free port with the function `fn` in it; none when it cannot be had here.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        let python = python()?;
        let port = net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new(python.join("bin/ministack"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", folder)
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("LAMBDA_EXECUTOR", "local")
            .env("LOG_LEVEL", "INFO")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("Running on") {
            let read = log.read_line(&mut seen).unwrap();
            assert!(read > 0, "MiniStack ended: {seen}");
        }
        // Somebody must go on reading, else it blocks on a full pipe.
        thread::spawn(move || log.read_to_end(&mut Vec::new()));
        let stack = Self { process, url: format!("http://127.0.0.1:{port}") };
        stack.create_function(python, folder);
        Some(stack)
    }

    /// Creates `fn`: Python behind AWS's own runtime client, in a custom runtime.
    fn create_function(&self, python: &Path, folder: &Path) {
        let package = folder.join("package");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("app.py"), HANDLER).unwrap();
        let bootstrap = package.join("bootstrap");
        let interpreter = python.join("bin/python");
        let script = format!(
            "#!/bin/sh\ncd \"$(dirname \"$0\")\" && exec {} -m awslambdaric app.handler\n",
            interpreter.display()
        );
        fs::write(&bootstrap, script).unwrap();
        fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).unwrap();
        let zip = folder.join("package.zip");
        let made = Command::new(&interpreter)
            .args(["-m", "zipfile", "-c"])
            .arg(&zip)
            .args(["app.py", "bootstrap"])
            .current_dir(&package)
            .status()
            .unwrap();
        assert!(made.success());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(&self.url)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = aws_sdk_lambda::Client::from_conf(config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            client
                .create_function()
                .function_name("fn")
                .runtime(Runtime::Providedal2023)
                .handler("bootstrap")
                .role("arn:aws:iam::000000000000:role/r")
                .timeout(3)
                .code(FunctionCode::builder().zip_file(Blob::new(fs::read(&zip).unwrap())).build())
                .send()
                .await
                .unwrap();
        });
    }
}

#[test]
fn starts() {
    let folder = std::env::temp_dir().join(format!("ministack-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let Some(stack) = MiniStack::start(&folder) else { return };
    println!("{}", stack.url);
}
