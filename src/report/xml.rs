//! Indented XML writer on `quick-xml`.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};

use crate::untrusted::escape_xml;

/// A document that is being written, in memory.
pub(crate) type Xml = Writer<Vec<u8>>;

/// A whole document.
pub(crate) fn document(write: impl FnOnce(&mut Xml) -> io::Result<()>) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory cannot fail.
    let _ =
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).and_then(|()| write(&mut writer));
    let xml = String::from_utf8_lossy(&writer.into_inner()).into_owned() + "\n";
    // The viewer of a report is unknown: remove unsafe characters.
    escape_xml(&xml).into_owned().into_bytes()
}

fn start<'a>(name: &'a str, attributes: &[(&str, String)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, allowed(value).as_str()));
    }
    start
}

/// An element and what is in it.
pub(crate) fn element(
    writer: &mut Xml,
    name: &str,
    attributes: &[(&str, String)],
    content: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let start = start(name, attributes);
    writer.write_event(Event::Start(start.borrow()))?;
    content(writer)?;
    writer.write_event(Event::End(start.to_end()))
}

/// An element without content.
pub(crate) fn empty(writer: &mut Xml, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
    writer.write_event(Event::Empty(start(name, attributes)))
}

/// A `property` of JUnit.
pub(crate) fn property(writer: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    empty(writer, "property", &[("name", name.to_owned()), ("value", value.to_owned())])
}

/// Text, escaped.
pub(crate) fn text(writer: &mut Xml, text: &str) -> io::Result<()> {
    writer.write_event(Event::Text(BytesText::new(&allowed(text))))
}

/// The text without what XML 1.0 cannot hold, not even escaped.
fn allowed(text: &str) -> String {
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|character| if is_allowed(character) { character } else { '\u{fffd}' }).collect()
}
