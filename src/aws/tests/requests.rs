//! temporary
use super::super::request::build_request;
use super::super::*;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

fn pairs(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<_> = text
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| {
            let (a, b) = p.split_once('=').unwrap_or((p, ""));
            let d = |t: &str| {
                let t = t.replace('+', " ");
                let mut out = Vec::new();
                let b = t.as_bytes();
                let mut i = 0;
                while i < b.len() {
                    if b[i] == b'%' && i + 2 < b.len() {
                        out.push(u8::from_str_radix(&t[i + 1..i + 3], 16).unwrap());
                        i += 3
                    } else {
                        out.push(b[i]);
                        i += 1
                    }
                }
                String::from_utf8_lossy(&out).into_owned()
            };
            (d(a), d(b))
        })
        .collect();
    all.sort();
    all
}

fn canon(text: &str) -> String {
    text.replace("43.926000Z", "43.926Z").replace("43.926000%3A", "43.926%3A").replace("43.926000Z", "43.926Z")
}

#[derive(Debug, PartialEq, Clone, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Element>,
}

fn tree(text: &str) -> Element {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut stack = vec![Element::default()];
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Start(s) => stack.push(element(&s)),
            Event::Empty(s) => {
                let e = element(&s);
                stack.last_mut().unwrap().children.push(e)
            }
            Event::End(_) => {
                let mut e = stack.pop().unwrap();
                e.children.sort_by(|a, b| a.name.cmp(&b.name));
                stack.last_mut().unwrap().children.push(e)
            }
            Event::Text(t) => {
                let x = t.to_string();
                stack.last_mut().unwrap().text.push_str(&x)
            }
            Event::GeneralRef(t) => {
                let x = t.to_string();
                stack.last_mut().unwrap().text.push_str(&format!("&{x};"))
            }
            Event::Eof => return stack.pop().unwrap(),
            _ => {}
        }
    }
}
fn element(s: &quick_xml::events::BytesStart<'_>) -> Element {
    Element {
        name: s.name().as_ref().to_string(),
        attributes: s
            .attributes()
            .map(|a| {
                let a = a.unwrap();
                (a.key.as_ref().to_string(), a.value.to_string())
            })
            .collect(),
        text: String::new(),
        children: vec![],
    }
}

#[test]
fn compare() {
    let text = std::fs::read_to_string("/work/bc/requests.jsonl").unwrap();
    let models = Models::embedded().unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    let mut report = |service: &str, what: &str, line: String| {
        *counts.entry(format!("{what}")).or_default() += 1;
        let n = shown.entry(format!("{what} {service}")).or_default();
        *n += 1;
        if *n <= 2 {
            println!("{what}: {}", line.chars().take(1800).collect::<String>());
        }
    };
    let mut total = 0;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (service, operation) = (line["service"].as_str().unwrap(), line["operation"].as_str().unwrap());
        let parameters: &Map<String, Value> = line["parameters"].as_object().unwrap();
        let id = format!("{service}.{operation} {}", Value::Object(parameters.clone()));
        total += 1;
        let Some(url) = line["url"].as_str() else {
            report(service, "botocore refuses", format!("{id} {}", line["error"]));
            continue;
        };
        let schemas = match models.schemas(service) {
            Ok(s) => s,
            Err(e) => {
                report(service, "unknown", e.to_string());
                continue;
            }
        };
        let (name, model) = models.service(service).unwrap();
        let op = match find_operation(name, &model, operation) {
            Ok(o) => o,
            Err(e) => {
                report(service, "no operation", format!("{id} {e}"));
                continue;
            }
        };
        let given: Vec<_> = parameters.iter().map(|(n, v)| (n.as_str(), ParameterValue::Value(v))).collect();
        let problems = validate_parameters(&op, &given);
        if !problems.is_empty() {
            report(service, "invalid", format!("{id} {problems:?}"));
        }
        let request = match build_request(&schemas, &op, parameters.clone(), "00000000-0000-4000-8000-000000000000") {
            Ok(r) => r,
            Err(e) => {
                report(service, "unwritable", format!("{id} {e}"));
                continue;
            }
        };
        if request.method() != line["method"].as_str().unwrap() {
            report(service, "method", id.clone());
        }
        let rest = url.split_once("://").unwrap().1;
        let theirs = rest.find('/').map_or("/", |at| &rest[at..]);
        let ours = request.uri();
        let theirs = &canon(theirs);
        let (tp, tq) = theirs.split_once('?').unwrap_or((theirs.as_str(), ""));
        let (op_, oq) = ours.split_once('?').unwrap_or((ours, ""));
        if tp != op_ {
            report(service, "path", format!("{id}\n  {tp}\n  {op_}"));
        }
        if pairs(tq) != pairs(oq) {
            report(service, "query", format!("{id}\n  {tq}\n  {oq}"));
        }
        let body_differs = request.body().bytes().unwrap() != line["body"].as_str().unwrap().as_bytes();
        let skip = [
            "user-agent",
            "x-amz-date",
            "authorization",
            "amz-sdk-invocation-id",
            "amz-sdk-request",
            "content-length",
            "host",
            "x-amz-content-sha256",
            "content-type",
        ];
        let h1: BTreeMap<String, String> = line["headers"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(k, _)| !skip.contains(&k.as_str()))
            .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
            .filter(|(k, _)| !(k.starts_with("x-amz-checksum-crc") && body_differs))
            .collect();
        let h2: BTreeMap<String, String> = request
            .headers()
            .iter()
            .map(|(k, v)| (k.to_lowercase(), v.replace(", ", ",")))
            .filter(|(k, _)| !(k.starts_with("x-amz-checksum-crc") && body_differs))
            .filter(|(k, _)| !skip.contains(&k.as_str()))
            .collect();
        if h1 != h2 {
            report(service, "headers", format!("{id}\n  {h1:?}\n  {h2:?}"));
        }
        let body = String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned();
        let theirs = &canon(line["body"].as_str().unwrap());
        let theirs = theirs.as_str();
        let same = body == theirs
            || match schemas.protocol() {
                protocol_name::Protocol::Query | protocol_name::Protocol::Ec2 => pairs(&body) == pairs(theirs),
                protocol_name::Protocol::RestXml => {
                    !theirs.is_empty() && !body.is_empty() && theirs.starts_with('<') && tree(theirs) == tree(&body)
                }
                _ => match (serde_json::from_str::<Value>(theirs), serde_json::from_str::<Value>(&body)) {
                    (Ok(a), Ok(b)) => a == b,
                    _ => false,
                },
            };
        if !same {
            report(service, "body", format!("{id}\n  {theirs}\n  {body}"));
        }
    }
    println!("{total} {counts:?}");
}
