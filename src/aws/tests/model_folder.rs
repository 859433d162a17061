//! Models in a folder of the user.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

use super::*;
use crate::aws::method_name::method_name;
use crate::limits::AWS_MODEL_BYTES;

/// A model with one operation, `ListGreetings`, whose output has the member `{member}`.
fn model(member: &str) -> String {
    json!({
        "version": "2.0",
        "metadata": {"protocol": "json", "jsonVersion": "1.1", "endpointPrefix": "greetings", "signatureVersion": "v4",
                     "serviceId": "Greetings", "apiVersion": "2026-01-01", "targetPrefix": "Greetings"},
        "documentation": "<p>Greets.</p>",
        "operations": {
            "ListGreetings": {
                "name": "ListGreetings",
                "http": {"method": "POST", "requestUri": "/"},
                "input": {"shape": "ListRequest"},
                "output": {"shape": "ListResponse"},
                "errors": [{"shape": "NotFound"}],
            }
        },
        "shapes": {
            "ListRequest": {"type": "structure", "required": ["Language"], "members": {
                "Language": {"shape": "Text", "documentation": "<p>A language.</p>"},
                "Token": {"shape": "Text", "idempotencyToken": true},
            }},
            "ListResponse": {"type": "structure", "members": {member: {"shape": "Tree"}}},
            "Tree": {"type": "structure", "members": {"children": {"shape": "Trees"}}},
            "Trees": {"type": "list", "member": {"shape": "Tree", "locationName": "tree"}},
            "NotFound": {"type": "structure", "members": {}, "exception": true, "error": {"code": "NoGreeting"}},
            "Text": {"type": "string", "min": 1},
        },
    })
    .to_string()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn compressed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Why the models or that of `greetings` cannot be read; the folder is called `models`.
fn problem(folder: &Path) -> String {
    let why = match Models::with_folder(folder) {
        Ok(models) => models.service("greetings").unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    why.replace(&folder.display().to_string(), "models")
}

/// Likewise, for a folder with this model of `greetings`.
fn problem_of_model(text: &str) -> String {
    problem(folder(&[("greetings/2026-01-01/service-2.json", text.as_bytes())]).path())
}

#[test]
fn every_method_has_the_name_that_the_sdk_gives_it() {
    let models = models();
    let mut others = Vec::new();
    for service in models.names().unwrap() {
        let (_, model) = models.service(service).unwrap();
        for (name, operation) in &model.operations {
            let method = method_name(name);
            if method != operation.method {
                others.push((name.clone(), method));
            }
        }
    }
    let known =
        ["ListHITsForQualificationType", "CreateStorediSCSIVolume", "ListGatewayARNs", "list_things", "ACLs", ""];
    assert_eq!(
        (others, known.map(method_name)),
        (
            Vec::new(),
            [
                "list_hits_for_qualification_type",
                "create_stored_iscsi_volume",
                "list_gateway_arns",
                "list_things",
                "_acls",
                ""
            ]
            .map(ToOwned::to_owned)
        )
    );
}

#[test]
fn the_newest_model_of_a_folder_adds_a_service_or_replaces_one() {
    let extras =
        json!({"version": 1.0, "merge": {"shapes": {"ListRequest": {"members": {"Extra": {"shape": "Text"}}}}}});
    let found = folder(&[
        ("greetings/2025-01-01/service-2.json", model("Old").as_bytes()),
        ("greetings/2026-01-01/service-2.json.gz", &compressed(model("New").as_bytes())),
        ("greetings/2026-01-01/service-2.sdk-extras.json", extras.to_string().as_bytes()),
        ("greetings/2027-01-01/paginators-1.json", b"{}"),
        ("EC2/2016-11-15/service-2.json", model("Own").as_bytes()),
        ("endpoints.json", b"{}"),
    ]);
    let models = Models::with_folder(found.path()).unwrap();
    let described = |name: &str| {
        let (name, model) = models.service(name).unwrap();
        let api = find_operation(name, &model, "list_greetings").unwrap();
        let inputs: Vec<&String> = api.input_members().unwrap().keys().collect();
        let output = model.shape(api.operation.output.as_ref().unwrap()).unwrap();
        let ShapeKind::Structure { members, .. } = &output.kind else { panic!("{output:?}") };
        let outputs: Vec<&String> = members.keys().collect();
        let errors: Vec<_> = model.shapes().iter().filter_map(|shape| shape.error.clone()).collect();
        json!([name, inputs, outputs, errors.iter().map(|error| json!([error.name, error.code])).collect::<Vec<_>>()])
    };
    let errors = json!([["NotFound", "NoGreeting"]]);
    assert_eq!(
        (described("Greetings"), described("ec2"), models.names().unwrap().count(), models.service("s3").is_ok()),
        (
            json!(["greetings", ["Language", "Token", "Extra"], ["New"], errors]),
            json!(["ec2", ["Language", "Token"], ["Own"], errors]),
            446,
            true
        )
    );
}

#[test]
fn a_folder_without_models_is_refused_at_once() {
    let empty = folder(&[("greetings/service-2.json", b"{}"), ("endpoints.json", b"{}")]);
    let twice = folder(&[
        ("greetings/2026-01-01/service-2.json", model("A").as_bytes()),
        ("Greetings/2026-01-01/service-2.json", model("A").as_bytes()),
    ]);
    let itself = folder(&[]);
    symlink(itself.path(), itself.path().join("greetings")).unwrap();
    assert_eq!(
        [
            problem(empty.path()),
            problem(itself.path()),
            problem(&empty.path().join("endpoints.json")),
            problem(&empty.path().join("gone")),
            problem(twice.path()),
        ],
        [
            "folder models has no model of an AWS service: there is no SERVICE/VERSION/service-2.json or \
             service-2.json.gz in it",
            "folder models has no model of an AWS service: there is no SERVICE/VERSION/service-2.json or \
             service-2.json.gz in it",
            "folder models of AWS service models cannot be listed: Not a directory (os error 20)",
            "folder models of AWS service models cannot be listed: No such file or directory (os error 2)",
            "folders models/Greetings and models/greetings are for the same AWS service",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let with = |make: &dyn Fn(&Path)| {
        let folder = folder(&[("greetings/2026-01-01/paginators-1.json", b"")]);
        make(&folder.path().join("greetings/2026-01-01"));
        problem(folder.path())
    };
    let file = "models/greetings/2026-01-01/service-2.json";
    let bomb = compressed(&vec![b' '; AWS_MODEL_BYTES + 1]);
    let pipe = |version: &Path| {
        rustix::fs::mkfifoat(rustix::fs::CWD, version.join("service-2.json"), rustix::fs::Mode::RUSR).unwrap();
    };
    assert_eq!(
        [
            with(&|version| symlink("gone", version.join("service-2.json")).unwrap()),
            with(&|version| symlink("service-2.json", version.join("service-2.json")).unwrap()),
            with(&|version| symlink("/dev/zero", version.join("service-2.json")).unwrap()),
            with(&|version| fs::create_dir(version.join("service-2.json")).unwrap()),
            with(&pipe),
            with(&|version| fs::write(version.join("service-2.json"), vec![b' '; AWS_MODEL_BYTES + 1]).unwrap()),
            with(&|version| fs::write(version.join("service-2.json.gz"), &bomb).unwrap()),
            with(&|version| fs::write(version.join("service-2.json.gz"), b"{}").unwrap()),
            with(&|version| {
                fs::write(version.join("service-2.json"), model("A")).unwrap();
                fs::write(version.join("service-2.sdk-extras.json"), b"[").unwrap();
            }),
        ],
        [
            format!("{file}: the model of an AWS service cannot be read: No such file or directory (os error 2)"),
            format!("{file}: the model of an AWS service cannot be read: Too many levels of symbolic links (os error 40)"),
            format!("{file}: the model of an AWS service cannot be read: it is not a regular file"),
            format!("{file}: the model of an AWS service cannot be read: it is not a regular file"),
            format!("{file}: the model of an AWS service cannot be read: it is not a regular file"),
            format!("{file}: the model of an AWS service has more than 16777216 bytes"),
            format!("{file}.gz: the model of an AWS service has more than 16777216 bytes"),
            format!("{file}.gz: the model of an AWS service is not valid gzip: unexpected end of file"),
            "models/greetings/2026-01-01/service-2.sdk-extras.json: the model of an AWS service is not valid JSON: EOF \
             while parsing a list at line 1 column 1"
                .to_owned(),
        ]
    );
}

#[test]
fn json_that_is_no_model_is_refused() {
    let invalid = |text: &str| {
        let problem = problem_of_model(text);
        problem
            .strip_prefix("models/greetings/2026-01-01/service-2.json: the model of an AWS service is ")
            .unwrap()
            .to_owned()
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut changed: Value = serde_json::from_str(&model("A")).unwrap();
        change(&mut changed);
        invalid(&changed.to_string())
    };
    let set = |pointer: &str, value: Value| changed(&|model| *model.pointer_mut(pointer).unwrap() = value.clone());
    assert_eq!(
        [
            invalid("schemaVersion: '0.3'"),
            invalid(&"[".repeat(1_000_000)),
            invalid(&format!("[{}0]", "0,".repeat(1_000_000))),
            invalid(r#"{"shapes": {"A": 1, "A": 2}}"#),
            invalid("{} {}"),
            invalid("7"),
            invalid("{}"),
            set("/metadata/protocol", json!(["json"])),
            set("/operations", json!([])),
            set("/operations/ListGreetings", json!("POST")),
            set("/operations/ListGreetings/http", json!({"method": "POST"})),
            set("/operations/ListGreetings/http/method", json!("POST /\r\nHost: a")),
            set("/operations/ListGreetings/http/requestUri", json!("@b")),
            set("/operations/ListGreetings/input/shape", json!("Trees")),
            set("/operations/ListGreetings/output/shape", json!("Forest")),
            changed(&|model| {
                let operation = model["operations"]["ListGreetings"].clone();
                model["operations"]["list_greetings"] = operation;
            }),
            set("/shapes/Tree/members/children", json!("Trees")),
            set("/shapes/Tree/members/children/shape", json!("Forest")),
            set("/shapes/Tree/members", json!([{"shape": "Text"}])),
            set("/shapes/Trees", json!({"type": "list"})),
            set("/shapes/Text/type", json!("set")),
            set("/shapes/Text/min", json!("one")),
            set("/shapes/Trees", json!({"type": "map", "key": {"shape": "Tree"}, "value": {"shape": "Text"}})),
            set("/shapes/ListRequest/required", json!(["Country"])),
            set(
                "/shapes/ListRequest/members/Token",
                json!({"shape": "Text", "location": "header", "locationName": "a: b\r\nc"}),
            ),
        ],
        [
            "not valid JSON: expected value at line 1 column 1",
            "not valid JSON: recursion limit exceeded at line 1 column 128",
            "not valid JSON: it has more than 1000000 values at line 1 column 1999999",
            "not valid JSON: the name `A` is twice in one map at line 1 column 23",
            "not valid JSON: trailing characters at line 1 column 4",
            "not valid: `metadata`: invalid type: null, expected struct Metadata",
            "not valid: `metadata`: invalid type: null, expected struct Metadata",
            "not valid: `metadata`: invalid type: sequence, expected a string",
            "not valid: `operations` has to be a map",
            "not valid: operation ListGreetings has to be a map",
            "not valid: operation ListGreetings: missing field `requestUri`",
            "not valid: operation ListGreetings: `http` has to have a method of HTTP and a path that begins with `/`",
            "not valid: operation ListGreetings: `http` has to have a method of HTTP and a path that begins with `/`",
            "not valid: operation ListGreetings: `input` has to be a structure",
            "not valid: operation ListGreetings refers to shape Forest, which the model does not have",
            "not valid: operations ListGreetings and list_greetings have the same name for runbooks",
            "not valid: shape Tree: `children` has no `shape`, the name of a shape",
            "not valid: shape Tree refers to shape Forest, which the model does not have",
            "not valid: shape Tree: invalid type: sequence, expected a map",
            "not valid: shape Trees: unknown or incomplete type list of a shape",
            "not valid: shape Text: unknown or incomplete type set of a shape",
            "not valid: shape Text: invalid type: string \"one\", expected f64",
            "not valid: shape Trees: the keys of a map have to be texts",
            "not valid: shape ListRequest names `Country`, which is none of its members",
            "not valid: shape ListRequest: `a: b\r\nc` is not the name of a header",
        ]
    );
}

#[test]
fn a_service_that_only_a_folder_has_gets_the_usual_endpoint() {
    let endpoints = Endpoints::embedded().unwrap();
    let url = |service: &str, prefix: &str, region: &str, fips: bool, dual_stack: bool| {
        let variant = EndpointVariant { fips, dual_stack };
        let endpoint = endpoints.resolve_or_derive(service, prefix, "ListGreetings", region, variant);
        endpoint
            .map_or_else(|error| error.to_string(), |endpoint| format!("{} {}", endpoint.url, endpoint.signing_region))
    };
    assert_eq!(
        [
            url("greetings", "api.greetings", "eu-central-1", false, false),
            url("greetings", "greetings", "us-gov-west-1", true, false),
            url("greetings", "greetings", "cn-north-1", false, true),
            url("greetings", "greetings", "us-iso-east-1", true, true),
            url("iam", "greetings", "eu-central-1", false, false),
            url("greetings", "evil.example/", "eu-central-1", false, false),
            url("greetings", "", "eu-central-1", false, false),
            url("greetings", "greetings", "a.b", false, false),
        ],
        [
            "https://api.greetings.eu-central-1.amazonaws.com eu-central-1",
            "https://greetings-fips.us-gov-west-1.amazonaws.com us-gov-west-1",
            "https://greetings.cn-north-1.api.amazonwebservices.com.cn cn-north-1",
            "https://greetings-fips.us-iso-east-1.api.aws.ic.gov us-iso-east-1",
            "https://iam.amazonaws.com us-east-1",
            "the endpoint prefix \"evil.example/\" of the model of service greetings cannot be part of a host name",
            "the endpoint prefix \"\" of the model of service greetings cannot be part of a host name",
            "\"a.b\" is not the name of a Region: it may have up to 63 letters, digits and hyphens",
        ]
    );
}
