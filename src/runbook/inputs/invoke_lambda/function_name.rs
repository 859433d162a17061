//! The name of a function in its four forms (spec 7).

use crate::limits::{FUNCTION_NAME_BARE_BYTES, FUNCTION_NAME_BYTES, FUNCTION_NAME_IN_ARN_BYTES, QUALIFIER_BYTES};

/// The name of a function: `my-fn`, `my-fn:alias`, `123456789012:function:my-fn`, or an ARN; checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName {
    text: String,
    name: std::ops::Range<usize>,
    qualified: bool,
}

/// Why a text is not a function name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionNameProblem {
    /// It is empty.
    #[error("the function name is empty; give a name, `name:alias`, or an ARN")]
    Empty,
    /// It does not have one of the four forms.
    #[error(
        "`{0}` is not the name of a function; give a name of letters, digits, `-`, `_` and `.`, `name:alias`, or an ARN"
    )]
    Form(String),
    /// It is too long.
    #[error("the function name has {length} characters, and {most} is the most {of}")]
    Length {
        /// Its length.
        length: usize,
        /// The limit.
        most: usize,
        /// The part that the limit applies to.
        of: &'static str,
    },
    /// An invalid qualifier.
    #[error("`{0}` is not a version or an alias; give a number, `$LATEST`, or the name of an alias")]
    Qualifier(String),
}

impl FunctionName {
    /// Reads a name in any of its forms.
    pub fn parse(text: &str) -> Result<Self, FunctionNameProblem> {
        if text.is_empty() {
            return Err(FunctionNameProblem::Empty);
        }
        let form = || FunctionNameProblem::Form(text.to_owned());
        // The start of the unparsed rest, and whether anything precedes the name.
        let mut rest = text;
        if let Some(after) = rest.strip_prefix("arn:") {
            let (partition, after) = after.split_once(':').ok_or_else(form)?;
            if !is_partition(partition) {
                return Err(form());
            }
            rest = after.strip_prefix("lambda:").ok_or_else(form)?;
        }
        if let Some((region, after)) = rest.split_once(':')
            && is_region(region)
        {
            rest = after;
        }
        if let Some((account, after)) = rest.split_once(':')
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
        {
            rest = after;
        }
        if let Some(after) = rest.strip_prefix("function:") {
            rest = after;
        }
        let is_bare = rest.len() == text.len();
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(form());
        }
        if let Some(qualifier) = qualifier
            && !is_qualifier_of_name(qualifier)
        {
            return Err(FunctionNameProblem::Qualifier(qualifier.to_owned()));
        }
        let too_long = |length: usize, most: usize, of| {
            if length > most { Err(FunctionNameProblem::Length { length, most, of }) } else { Ok(()) }
        };
        if is_bare {
            too_long(name.len(), FUNCTION_NAME_BARE_BYTES, "for a name")?;
        } else {
            too_long(name.len(), FUNCTION_NAME_IN_ARN_BYTES, "for a name within an ARN")?;
        }
        too_long(text.len(), FUNCTION_NAME_BYTES, "in all")?;
        too_long(qualifier.map_or(0, str::len), QUALIFIER_BYTES, "for a qualifier")?;
        let start = text.len() - rest.len();
        Ok(Self { text: text.to_owned(), name: start..start + name.len(), qualified: qualifier.is_some() })
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The function alone: without account, region and qualifier.
    pub fn name(&self) -> &str {
        self.text.get(self.name.clone()).unwrap_or_default()
    }

    /// The region within a full ARN.
    pub fn region(&self) -> Option<&str> {
        self.text.starts_with("arn:").then(|| self.text.split(':').nth(3)).flatten().filter(|region| !region.is_empty())
    }

    /// The version or alias within the text.
    pub fn qualifier(&self) -> Option<&str> {
        if self.qualified { self.text.get(self.name.end + 1..) } else { None }
    }
}

impl std::fmt::Display for FunctionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Checks a version or an alias given beside the name.
pub(super) fn check_qualifier(text: &str) -> Result<(), FunctionNameProblem> {
    if text.len() > QUALIFIER_BYTES {
        return Err(FunctionNameProblem::Length { length: text.len(), most: QUALIFIER_BYTES, of: "for a qualifier" });
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$');
    if matches!(text, "$LATEST" | "$LATEST.PUBLISHED") || (!text.is_empty() && text.bytes().all(is_allowed)) {
        Ok(())
    } else {
        Err(FunctionNameProblem::Qualifier(text.to_owned()))
    }
}

fn is_qualifier_of_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    matches!(text, "$LATEST" | "$LATEST.PUBLISHED") || (!text.is_empty() && text.bytes().all(is_allowed))
}

fn is_partition(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix("aws")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'))
}

/// `us-east-1`, `us-gov-west-1`, `us-isob-east-1`
fn is_region(text: &str) -> bool {
    let is_lower = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let parts: Vec<&str> = text.split('-').collect();
    let (country, middle, direction, number) = match parts.as_slice() {
        [country, direction, number] => (country, None, direction, number),
        [country, middle, direction, number] => (country, Some(*middle), direction, number),
        _ => return false,
    };
    let is_middle = |middle: &str| {
        middle == "gov"
            || middle
                .strip_prefix("iso")
                .is_some_and(|rest| rest.len() <= 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    country.len() == 2
        && is_lower(country)
        && middle.is_none_or(is_middle)
        && is_lower(direction)
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
}
