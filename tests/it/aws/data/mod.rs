//! The data on AWS services, compared with the release of the Python SDK that it is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::read::DeflateDecoder;
use runwright::aws::{EndpointVariant, Endpoints, Models, s3_address, settings_id, with_host_prefix};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::peers::{botocore_python, botocore_wheel};

mod request_form;
mod requests;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/data");

const VARIANTS: [EndpointVariant; 4] = [
    EndpointVariant { fips: false, dual_stack: false },
    EndpointVariant { fips: true, dual_stack: false },
    EndpointVariant { fips: false, dual_stack: true },
    EndpointVariant { fips: true, dual_stack: true },
];

/// What a script prints; none if there is no Python SDK.
fn printed<T: DeserializeOwned>(script: &str, input: &Value) -> Option<T> {
    let mut child = bare(&botocore_python()?)
        .args(["-B", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A program that finds no configuration of AWS.
fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

/// The parts of a file of data, inflated: libraries deflate the same text to different bytes.
fn parts(file: &Path) -> BTreeMap<String, Value> {
    let inflate = |deflated: &[u8]| {
        let mut text = String::new();
        DeflateDecoder::new(deflated).read_to_string(&mut text).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let content = fs::read(file).unwrap();
    let end_of_line = content.iter().position(|byte| *byte == b'\n').unwrap();
    let (magic, rest) = content.split_at(end_of_line + 1);
    let magic = String::from_utf8(magic.to_vec()).unwrap();
    if magic.contains("endpoints") {
        return BTreeMap::from([(magic, inflate(rest))]);
    }
    let (length, rest) = rest.split_first_chunk().unwrap();
    let (index, blocks) = rest.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
    let index = inflate(index);
    let services = serde_json::from_value::<Vec<(String, usize, usize)>>(index["services"].clone()).unwrap();
    let parts = services.into_iter().map(|(name, first, length)| (name, inflate(&blocks[first..first + length])));
    parts.chain([(magic, index["source"].clone())]).collect()
}

#[test]
fn the_files_are_those_that_the_generator_makes() {
    let (Some(python), Some(wheel)) = (botocore_python(), botocore_wheel()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let generator = PathBuf::from(DATA).join("generate.py");
    let mut generate = bare(&python);
    generate.arg(generator).arg("--wheel").arg(wheel).arg("--folder").arg(folder.path()).stdout(Stdio::null());
    assert!(generate.status().unwrap().success());
    for name in ["models.bin", "endpoints.bin"] {
        let (made, stored) = (parts(&folder.path().join(name)), parts(&PathBuf::from(DATA).join(name)));
        let names: BTreeSet<_> = made.keys().chain(stored.keys()).collect();
        let different: Vec<_> = names.into_iter().filter(|part| made.get(*part) != stored.get(*part)).collect();
        assert_eq!(different, Vec::<&String>::new(), "{name}: run src/aws/data/generate.py");
    }
}

/// The endpoints of an operation in the Python SDK.
#[derive(Deserialize)]
struct SdkEndpoints {
    arguments: BTreeMap<String, String>,
    prefix: Option<String>,
    endpoints: BTreeMap<String, [Option<SdkEndpoint>; 4]>,
}

/// A URL, and the Region and the name in signatures.
type SdkEndpoint = (String, String, Option<String>);

impl SdkEndpoints {
    /// The URL with what the client adds to the endpoint.
    fn complete(&self, service: &str, operation: &str, url: &str) -> String {
        match (service, self.arguments.get("Bucket"), self.arguments.get("AccountId"), self.prefix.as_deref()) {
            ("s3", Some(bucket), ..) => s3_address(url, false, operation, bucket).unwrap(),
            ("s3control", _, Some(account), Some("{AccountId}.")) => with_host_prefix(url, &format!("{account}.")),
            _ => url.to_owned(),
        }
    }
}

#[test]
fn every_endpoint_is_that_of_the_python_sdk() {
    type Services = BTreeMap<String, BTreeMap<String, SdkEndpoints>>;
    let Some(services) = printed::<Services>(include_str!("endpoints.py"), &Value::Null) else {
        return;
    };
    let endpoints = Endpoints::embedded().unwrap();
    let (mut compared, mut different) = (0, Vec::new());
    for (service, operations) in &services {
        for (operation, sdk) in operations {
            for (region, of_variants) in &sdk.endpoints {
                for (variant, expected) in VARIANTS.into_iter().zip(of_variants) {
                    let found = endpoints.resolve(service, operation, region, variant).ok().map(|endpoint| {
                        let url = sdk.complete(service, operation, &endpoint.url);
                        (url, endpoint.signing_region, endpoint.signing_name)
                    });
                    compared += 1;
                    if found != *expected {
                        different
                            .push(format!("{service}.{operation} {region} {variant:?}: {found:?}, not {expected:?}"));
                    }
                }
            }
        }
    }
    let names: Vec<_> = services.keys().cloned().collect();
    let models = Models::shared();
    let all: Vec<_> = models.names().unwrap().map(ToOwned::to_owned).collect();
    assert_eq!((different, names), (Vec::new(), all));
    assert!(compared > 100_000, "{compared} endpoints");
}

#[test]
fn the_settings_with_endpoints_of_services_are_those_of_the_python_sdk() {
    let Some(settings) = printed::<BTreeMap<String, [String; 2]>>(include_str!("settings.py"), &Value::Null) else {
        return;
    };
    let models = Models::shared();
    let of = |name: &str| {
        let (_, model) = models.service(name).unwrap();
        let id = settings_id(model.metadata.service_id.as_deref().unwrap());
        [format!("AWS_ENDPOINT_URL_{}", id.to_uppercase()), id.to_lowercase()]
    };
    let found: BTreeMap<_, _> = models.names().unwrap().map(|name| (name.to_owned(), of(name))).collect();
    assert_eq!(found, settings);
}

#[test]
fn buckets_are_in_the_host_or_in_the_path_as_in_the_python_sdk() {
    let long = "a".repeat(64);
    let buckets =
        ["logs-1", "a.b", "a.b.", "Upper", "abC", "ab", "abc", &long[1..], &long, "192.168.1.1", "1.2.3", "a_b"];
    let buckets = buckets.into_iter().chain(["-abc", "abc-", "a--b", "123", "abc-s3alias", "x--ol-s3", "b--table-s3"]);
    let endpoints =
        [None, Some("http://127.0.0.1:4566"), Some("http://localhost:4566/base"), Some("https://s3.example.com/")];
    let operations = ["ListObjectsV2", "GetBucketLocation"];
    let cases: Vec<_> = buckets
        .flat_map(|bucket| endpoints.map(|endpoint| (endpoint, bucket)))
        .flat_map(|(endpoint, bucket)| operations.map(|operation| (endpoint, "eu-central-1", operation, bucket)))
        .chain([(None, "us-east-1", "ListObjectsV2", "logs-1"), (None, "us-east-1", "ListObjectsV2", "a.b")])
        .collect();
    let Some(expected) = printed::<Vec<String>>(include_str!("buckets.py"), &json!(cases)) else {
        return;
    };
    let resolver = Endpoints::embedded().unwrap();
    let address = |(given, region, operation, bucket): &(Option<&str>, &str, &str, &str)| {
        let own = resolver.resolve("s3", operation, region, EndpointVariant::default()).unwrap().url;
        s3_address(given.unwrap_or(&own), given.is_some(), operation, bucket).unwrap()
    };
    assert_eq!(cases.iter().map(address).collect::<Vec<_>>(), expected);
}
