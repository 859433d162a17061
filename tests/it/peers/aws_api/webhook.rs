//! `aws:invokeWebhook` over TLS, with integrations in the Parameter Store of an emulator.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::emulator::{Emulator, Ended, Kind};
use crate::peers::install::python;
use crate::peers::{Peer, bare, free_port};

/// The folder of integrations in Parameter Store.
const FOLDER: &str = "/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/";

/// An HTTPS server, and what it received.
struct Webhook {
    /// Ends with it.
    _server: Peer,
    port: u16,
    folder: tempfile::TempDir,
}

impl Webhook {
    fn start(python: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/peers/aws_api/webhook.py");
        let mut command = bare(python, folder.path());
        command.arg(script).arg(port.to_string());
        command.arg(folder.path().join("authority.pem")).arg(folder.path().join("requests"));
        let server = Peer::start(&mut command, folder.path(), port, Some("Running on"));
        Self { _server: server, port, folder }
    }

    fn url(&self, status: u16) -> String {
        format!("https://localhost:{}/{status}", self.port)
    }

    /// What was posted.
    fn requests(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("requests")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs steps that call integrations of the emulator; the certificate of the server is known.
    fn run(&self, emulator: &Emulator, steps: &[Value]) -> Ended {
        let file = emulator.folder().join("webhook.yaml");
        fs::write(&file, json!({ "schemaVersion": "0.3", "mainSteps": steps }).to_string()).unwrap();
        let authority = self.folder.path().join("authority.pem");
        emulator.run_file_with(&file, &[], &[("SSL_CERT_FILE", authority.to_str().unwrap())])
    }
}

fn step(name: &str, integration: &str, body: Option<&str>) -> Value {
    json!({
        "name": name,
        "action": "aws:invokeWebhook",
        "onFailure": "Continue",
        "inputs": { "IntegrationName": integration, "Body": body },
    })
}

#[test]
fn webhook_is_called_and_its_answer_is_the_result() {
    let Some(emulator) = Emulator::start(Kind::MiniStack) else { return };
    let webhook = Webhook::start(&python().unwrap().join("bin/python"));
    let put = |name: &str, value: &Value| {
        let value = serde_json::to_string(&value.to_string()).unwrap();
        emulator.sdk(&format!(
            "from sdk import answer, call\n\
             answer(call('ssm', 'PutParameter', Name='{FOLDER}{name}', Type='SecureString', Value={value}) and None)"
        ));
    };
    let headers = json!({ "X-Token": "hunter2-hunter2" });
    put(
        "pager",
        &json!({ "Description": "d", "URL": webhook.url(200), "Headers": headers, "Payload": "{\"text\": \"stored\"}" }),
    );
    put("broken", &json!({ "url": webhook.url(500) }));
    put("plain", &json!({ "url": "http://localhost/" }));
    let steps = [
        step("own", "pager", None),
        step("given", "pager", Some("{\"text\": \"web-1 is down\"}")),
        step("broken", "broken", None),
        step("plain", "plain", None),
        step("missing", "nobody", None),
    ];
    let ended = webhook.run(&emulator, &steps);
    let told: Vec<Value> = ended
        .steps()
        .iter()
        .map(|step| json!([step["StepName"], step["StepStatus"], step["Outputs"]["Response"], step["ResponseCode"]]))
        .collect();
    let message = |at: usize| ended.steps()[at]["FailureMessage"].as_str().unwrap().to_owned();
    let posted: Vec<Value> = webhook
        .requests()
        .iter()
        .map(|it| json!([it["path"], it["body"], it["headers"]["content-type"], it["headers"]["x-token"]]))
        .collect();
    let journal = emulator.program(["executions", "show", "last", "--output", "json", "--full"]);
    let shown = String::from_utf8_lossy(&journal.stdout).into_owned();
    let received = "{\"received\": true}";
    assert_eq!(
        (told, posted, shown.contains("hunter2") || shown.contains("localhost:")),
        (
            vec![
                json!(["own", "Success", [received], "200"]),
                json!(["given", "Success", [received], "200"]),
                json!(["broken", "Failed", [received], "500"]),
                json!(["plain", "Failed", null, null]),
                json!(["missing", "Failed", null, null]),
            ],
            vec![
                json!(["/200", "{\"text\": \"stored\"}", "application/json", "hunter2-hunter2"]),
                json!(["/200", "{\"text\": \"web-1 is down\"}", "application/json", "hunter2-hunter2"]),
                json!(["/500", "", "application/json", null]),
            ],
            false
        ),
        "{}",
        ended.said
    );
    let texts = [message(2), message(3), message(4)];
    let wanted = [
        "The webhook answered with the status 500.",
        "Integration plain cannot be called: its URL does not begin with https://.",
        "ParameterNotFound",
    ];
    for (text, wanted) in texts.iter().zip(wanted) {
        assert!(text.contains(wanted), "{text}");
    }
}
