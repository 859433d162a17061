//! The request of every operation of every service, compared with the one that the Python SDK sends.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use runwright::aws::{ApiClient, ApiRequest, UnsignedRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::bare;
use super::request_form::{body_form, moments, query_pairs};
use crate::peers::botocore_python;

/// The value of idempotency tokens on both sides.
const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

/// Headers that differ with the program, the time or the signature, and say nothing of the call.
const OTHER_HEADERS: [&str; 9] = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
];

/// A call, and what the Python SDK does with it.
#[derive(Deserialize)]
struct Sample {
    service: String,
    operation: String,
    parameters: Map<String, Value>,
    /// Why it sends nothing.
    error: Option<String>,
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

/// What differs: the operations, the part of the request, and why.
const EXCEPTIONS: [(&[&str], &str, &str); 8] = [
    (&["importexport.*", "sdb.*"], "refused: ", "requests of these services have signatures of version 2"),
    (&["timestream-query.*", "timestream-write.*"], "refused: ", "the address of each call has to be asked for"),
    (&["opensearchmemory.*"], "refused: ", "the host depends on a parameter"),
    (&["kinesis.*"], "host", "a call that names an ARN goes to the regional endpoint, not to a host of the account"),
    (
        &["kinesis.*"],
        "refused by the SDK: EndpointResolutionError",
        "some parameters that are called ARN, and are none in the samples, are part of the host of the SDK",
    ),
    (&["machinelearning.Predict"], "refused by the SDK: AttributeError", "the sample has no URL as PredictEndpoint"),
    (
        &[
            "docdb.CopyDBClusterSnapshot",
            "docdb.CreateDBCluster",
            "ec2.CopySnapshot",
            "neptune.CopyDBClusterSnapshot",
            "neptune.CreateDBCluster",
            "rds.CopyDBClusterSnapshot",
            "rds.CopyDBSnapshot",
            "rds.CreateDBCluster",
            "rds.CreateDBInstanceReadReplica",
            "rds.StartDBInstanceAutomatedBackupsReplication",
        ],
        "body",
        "a presigned URL needs credentials: it is added when the request is signed",
    ),
    (&["s3control.*"], "refused by the SDK: EndpointResolutionError", "the sample has no name of an Outpost"),
];

/// The parts of a request in which ours and theirs differ.
fn differences(ours: &UnsignedRequest, theirs: &Sample) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut compare = |what: &'static str, is_same: bool| {
        if !is_same {
            found.insert(what);
        }
    };
    let split = |url: &str| {
        let url = moments(url);
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let start = path.find("://").map_or(0, |at| at + 3);
        let (host, path) = path[start..].split_once('/').unwrap_or((&path[start..], ""));
        (host.to_owned(), path.to_owned(), query_pairs(query))
    };
    let ((host, path, query), (their_host, their_path, their_query)) = (split(&ours.url), split(&theirs.url));
    compare("method", ours.method == theirs.method);
    compare("host", host == their_host);
    compare("path", path == their_path);
    compare("query", query == their_query);
    let body = String::from_utf8_lossy(&ours.body).into_owned();
    let is_same_text = body == theirs.body;
    compare("body", is_same_text || body_form(&moments(&body)) == body_form(&moments(&theirs.body)));
    let headers = |headers: &mut dyn Iterator<Item = (String, String)>| -> BTreeMap<String, String> {
        headers
            // The checksum of a body that is written in another way is another one.
            .filter(|(name, _)| {
                !OTHER_HEADERS.contains(&name.as_str()) && (is_same_text || !name.starts_with("x-amz-checksum-crc32"))
            })
            // A list may have spaces between its items, and a moment a fraction.
            .map(|(name, value)| (name, value.replace(", ", ",").replace("43.926Z", "43Z")))
            .collect()
    };
    let own = headers(&mut ours.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())));
    let their = headers(&mut theirs.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    compare("headers", own == their);
    found
}

#[test]
fn every_operation_sends_the_request_of_the_python_sdk() {
    let Some(python) = botocore_python() else { return };
    let mut child = bare(&python)
        .env("TZ", "UTC")
        .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/aws/data/requests.py")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let client = ApiClient::nowhere(None);
    let (mut compared, mut refused_by_both) = (0, 0);
    let mut differing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let sample: Sample = serde_json::from_str(&line.unwrap()).unwrap();
        let request = ApiRequest {
            service: sample.service.clone(),
            operation: sample.operation.clone(),
            parameters: sample.parameters.clone(),
            token: TOKEN.to_owned(),
        };
        let name = format!("{}.{}", sample.service, sample.operation);
        let found: BTreeSet<String> = match (client.preview(&request, "us-east-1"), &sample.error) {
            (Ok(ours), None) => differences(&ours, &sample).into_iter().map(str::to_owned).collect(),
            (Err(_), Some(_)) => {
                refused_by_both += 1;
                continue;
            }
            (Err(error), None) => BTreeSet::from([format!("refused: {error}")]),
            (Ok(_), Some(error)) => BTreeSet::from([format!("refused by the SDK: {error}")]),
        };
        compared += 1;
        if !found.is_empty() {
            differing.entry(name).or_default().extend(found);
        }
    }
    assert!(child.wait().unwrap().success());
    let mut used = BTreeSet::new();
    let mut unexplained = Vec::new();
    for (name, parts) in &differing {
        let service = format!("{}.*", name.split('.').next().unwrap_or_default());
        for part in parts {
            let exception = EXCEPTIONS.iter().position(|(names, what, _)| {
                part.starts_with(what) && names.iter().any(|it| it == name || *it == service)
            });
            match exception {
                Some(at) => drop(used.insert(at)),
                None => unexplained.push(format!("{name}: {part}")),
            }
        }
    }
    let unused: Vec<_> =
        EXCEPTIONS.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, it)| it.2).collect();
    assert_eq!(
        (unexplained, unused, compared, refused_by_both),
        (Vec::<String>::new(), Vec::<&str>::new(), 39_451, 115)
    );
}
