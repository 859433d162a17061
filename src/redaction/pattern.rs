//! Patterns for sensitive names: `Password`, `lookup.Token`, `*Secret*`, `lookup.*`.

use std::fmt;
use std::sync::Arc;

/// Outputs that describe a call and not its result; a `*` does not match them.
const NO_RESULTS: [&str; 3] = ["StatusCode", "ExecutedVersion", "FunctionError"];

/// The name of a parameter or a variable, or `step.Output`. `*` matches any characters, `?` one; letter case is
/// ignored, since redacting too much is safer than too little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern; `None` when the text is empty.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names exactly one thing, without wildcards.
    pub fn is_exact(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// Whether it matches a parameter, a variable or `step.Output`.
    pub fn matches(&self, name: &str) -> bool {
        matches(self.0.as_bytes(), name.as_bytes())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All patterns.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Arc<[Pattern]>);

impl Patterns {
    /// Each of these.
    pub fn new(patterns: Vec<Pattern>) -> Self {
        Self(patterns.into())
    }

    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn names(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(name))
    }

    /// `Payload` and `OutputPayload` are one result in two forms.
    pub(super) fn names_output(&self, step: &str, output: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let also = match output {
            "Payload" => Some("OutputPayload"),
            "OutputPayload" => Some("Payload"),
            _ => None,
        };
        [Some(output), also].into_iter().flatten().any(|output| {
            let name = format!("{step}.{output}");
            self.0.iter().any(|pattern| {
                pattern.matches(&name)
                    && (!NO_RESULTS.contains(&output)
                        || !pattern.as_str().rsplit('.').next().unwrap_or_default().contains(['*', '?']))
            })
        })
    }
}

/// Linear, except for backtracking to the last `*`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut of, mut back) = (0, 0, None);
    while let Some(letter) = name.get(of) {
        match pattern.get(at) {
            Some(b'*') => {
                back = Some((at, of));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted.eq_ignore_ascii_case(letter) => {
                at += 1;
                of += 1;
            }
            Some(_) | None => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                at = star + 1;
                of = from + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == b'*')
}
