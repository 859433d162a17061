//! Forms of requests in which only their meaning counts: pairs of a query, and the tree of a body.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

/// A body without what has no meaning: the order of pairs and members, spaces, and how an empty element is written.
#[derive(Debug, PartialEq)]
pub(super) enum BodyForm {
    Empty,
    Json(Value),
    Xml(Element),
    Pairs(Vec<(String, String)>),
}

/// An element of XML.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Self>,
}

pub(super) fn body_form(body: &str) -> BodyForm {
    if body.is_empty() {
        BodyForm::Empty
    } else if let Ok(value) = serde_json::from_str(body) {
        BodyForm::Json(value)
    } else if body.starts_with('<') {
        BodyForm::Xml(tree(body))
    } else {
        BodyForm::Pairs(query_pairs(body))
    }
}

/// The pairs of a query or a form, decoded and in order.
pub(super) fn query_pairs(text: &str) -> Vec<(String, String)> {
    let decode =
        |part: &str| percent_encoding::percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    pairs.sort();
    pairs
}

/// The samples have one moment with a fraction: Python writes it with six digits.
pub(super) fn moments(text: &str) -> String {
    text.replace(".926000Z", ".926Z")
}

fn tree(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(element(&start)),
            Event::Empty(start) => open.last_mut().unwrap().children.push(element(&start)),
            Event::End(_) => {
                let mut ended = open.pop().unwrap();
                // Items of a list have one name, and keep their order.
                ended.children.sort_by(|one, other| one.name.cmp(&other.name));
                open.last_mut().unwrap().children.push(ended);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
            Event::GeneralRef(reference) => {
                let reference = format!("&{};", &*reference);
                open.last_mut().unwrap().text.push_str(&reference);
            }
            Event::Eof => return open.pop().unwrap(),
            Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attribute = |attribute: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
        let attribute = attribute.unwrap();
        (attribute.key.as_ref().to_owned(), attribute.value.to_string())
    };
    Element {
        name: start.name().as_ref().to_owned(),
        attributes: start.attributes().map(attribute).collect(),
        ..Element::default()
    }
}
