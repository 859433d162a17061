//! Selectors: the service's dialect of JSONPath (spec 2.5).
//!
//! `parse` reads the dialect. A selector for one place (`$.a.b[0]`) is evaluated here, since nearly all are such; any
//! other is translated to RFC 9535 for `serde_json_path`.

mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;
use serde_json_path::JsonPath;

/// A parsed selector.
#[derive(Debug, Clone)]
pub struct Selector {
    text: String,
    path: Path,
}

/// An invalid selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// What is wrong.
    pub message: String,
    /// What to write instead, if known.
    pub help: Option<String>,
    /// The byte of the selector's text where parsing stopped.
    pub offset: usize,
}

/// What a selector can match.
#[derive(Debug, Clone)]
enum Path {
    /// At most one place.
    Place(Vec<Place>),
    /// Any number of places; the result is a list.
    Search {
        /// The selector in RFC 9535 syntax.
        text: String,
        /// The selector, parsed by the library.
        query: JsonPath,
        /// The selector without a leading `Payload`.
        beyond_payload: Option<JsonPath>,
    },
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    /// The entry of a map.
    Child(String),
    /// The element of a list; from the end when negative.
    Index(i64),
}

/// One segment of a selector as written.
#[derive(Debug, Clone, PartialEq)]
enum Segment {
    /// `.name`, `['name']`, `[0]`
    Place(Place),
    /// `[*]`, `[0,2]`, `[1:3]`, `[?(…)]` in RFC 9535 syntax, brackets included.
    Many(String),
    /// `..` and its target.
    Deep(Box<Segment>),
}

/// The name that some authors write before the fields of a function's result (spec section 9, choice 5).
const PAYLOAD: &str = "Payload";

impl Selector {
    /// Parses a selector.
    ///
    /// Besides `$`, `.name`, `['name']`, `[n]`, `[*]`, `..name` and `[?(@.k == 'v')]` this accepts what the service
    /// accepts: no `$.` at the start, `$.k.[0].k`, `$.a.'b.c'[0]`, names with dashes.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let segments = parse::segments(text)?;
        let places: Option<Vec<Place>> = segments
            .iter()
            .map(|segment| match segment {
                Segment::Place(place) => Some(place.clone()),
                Segment::Many(_) | Segment::Deep(_) => None,
            })
            .collect();
        let path = match places {
            Some(places) => Path::Place(places),
            None => Path::Search {
                text: format!("${}", written(&segments)),
                query: query(text, &segments)?,
                beyond_payload: match segments.split_first() {
                    Some((Segment::Place(Place::Child(name)), rest)) if name == PAYLOAD => Some(query(text, rest)?),
                    Some(_) | None => None,
                },
            },
        };
        Ok(Self { text: text.to_owned(), path })
    }

    /// The selector as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The selector as it was parsed, for messages: `$.a['b.c'][0]`.
    pub fn path(&self) -> String {
        match &self.path {
            Path::Place(places) => {
                let mut path = "$".to_owned();
                for place in places {
                    place.push_to(&mut path);
                }
                path
            }
            Path::Search { text, .. } => text.clone(),
        }
    }

    /// Whether the result is always a list: the selector has a `..`, a filter, a wildcard or a range.
    pub fn is_search(&self) -> bool {
        match self.path {
            Path::Place(_) => false,
            Path::Search { .. } => true,
        }
    }

    /// Evaluates the selector. `None` means that there is no match, and the output stays unset (spec 2.5); a search
    /// always returns a list, possibly empty.
    pub fn select<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        match &self.path {
            Path::Place(places) => walk(places, value).map(Cow::Borrowed),
            Path::Search { query, .. } => Some(Cow::Owned(search(query, value))),
        }
    }

    /// Like [`Selector::select`]; a selector that begins with `$.Payload` and has no match is evaluated on `{"Payload":
    /// value}` (spec section 9, choice 5).
    pub fn select_with_payload_fallback<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        match &self.path {
            Path::Place(places) => match (walk(places, value), places.split_first()) {
                (None, Some((Place::Child(name), rest))) if name == PAYLOAD => walk(rest, value),
                (found, _) => found,
            }
            .map(Cow::Borrowed),
            Path::Search { query, beyond_payload, .. } => {
                Some(Cow::Owned(match (search(query, value), beyond_payload) {
                    (Value::Array(found), Some(beyond)) if found.is_empty() => search(beyond, value),
                    (found, _) => found,
                }))
            }
        }
    }
}

impl Place {
    /// Appends this segment in RFC 9535 syntax.
    fn push_to(&self, path: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = match self {
            Self::Child(name) if is_plain(name) => write!(path, ".{name}"),
            Self::Child(name) => write!(path, "[{}]", quoted(name)),
            Self::Index(index) => write!(path, "[{index}]"),
        };
    }
}

/// Whether RFC 9535 allows a name after a dot.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Quotes a text for RFC 9535.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            control if control < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Segments in RFC 9535 syntax, to be appended to `$` or `@`.
fn written(segments: &[Segment]) -> String {
    let mut path = String::new();
    for segment in segments {
        match segment {
            Segment::Place(place) => place.push_to(&mut path),
            Segment::Many(many) => path.push_str(many),
            Segment::Deep(inner) => {
                path.push_str("..");
                match &**inner {
                    Segment::Place(Place::Child(name)) => {
                        let _ = write!(path, "[{}]", quoted(name));
                    }
                    other => path.push_str(&written(std::slice::from_ref(other))),
                }
            }
        }
    }
    path
}

fn query(text: &str, segments: &[Segment]) -> Result<JsonPath, SelectorError> {
    JsonPath::parse(&format!("${}", written(segments))).map_err(|error| SelectorError {
        message: format!("the selector cannot be read: {error}"),
        help: None,
        offset: text.len() - text.trim_start().len(),
    })
}

fn search(query: &JsonPath, value: &Value) -> Value {
    Value::Array(query.query(value).all().into_iter().cloned().collect())
}

fn walk<'v>(places: &[Place], value: &'v Value) -> Option<&'v Value> {
    places.iter().try_fold(value, |value, place| match place {
        Place::Child(name) => value.as_object()?.get(name),
        Place::Index(index) => {
            let items = value.as_array()?;
            let at = if *index < 0 {
                items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(*index).ok()?
            };
            items.get(at)
        }
    })
}
