//! The properties of `\p{…}`: POSIX classes (ASCII), `java…` methods, categories, scripts, binary properties.

use fancy_regex::Regex;

/// The general categories by their short names in Java.
const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// The class content for `\p{name}`, or why it is unsupported.
pub(super) fn ranges(name: &str, ignore_case: bool) -> Result<String, UnknownProperty> {
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "sc" | "script" => script(value),
            "gc" | "general_category" => category(value, ignore_case).ok_or(UnknownProperty::Name),
            "blk" | "block" => Err(UnknownProperty::Block),
            _ => Err(UnknownProperty::Name),
        };
    }
    if let Some(ranges) = posix(name, ignore_case) {
        return Ok(ranges.to_owned());
    }
    if let Some(ranges) = category(name, ignore_case) {
        return Ok(ranges);
    }
    if let Some(method) = name.strip_prefix("java") {
        return java(method, ignore_case).map(str::to_owned).ok_or(UnknownProperty::Name);
    }
    match name.strip_prefix("Is") {
        Some(name) => match (binary(name, ignore_case), category(name, ignore_case)) {
            (Some(ranges), _) => Ok(ranges.to_owned()),
            (None, Some(ranges)) => Ok(ranges),
            (None, None) => script(name),
        },
        None if name.starts_with("In") => Err(UnknownProperty::Block),
        None => Err(UnknownProperty::Name),
    }
}

/// Why a name after `\p` is unsupported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnknownProperty {
    #[error("Java knows no such class, or it is not supported")]
    Name,
    #[error("blocks are not supported; write the range, as in [\\u0370-\\u03FF]")]
    Block,
}

/// The POSIX classes, which are ASCII in Java. With case ignored, lower and upper case are one.
fn posix(name: &str, ignore_case: bool) -> Option<&'static str> {
    Some(match name {
        "Lower" | "Upper" if ignore_case => "a-zA-Z",
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x{0}-\x{7f}",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"\x{21}-\x{2f}\x{3a}-\x{40}\x{5b}-\x{60}\x{7b}-\x{7e}",
        "Graph" => r"\x{21}-\x{7e}",
        "Print" => r"\x{20}-\x{7e}",
        "Blank" => r"\x{20}\x{9}",
        "Cntrl" => r"\x{0}-\x{1f}\x{7f}",
        "XDigit" => "0-9a-fA-F",
        "Space" => r"\x{20}\x{9}-\x{d}",
        _ => return None,
    })
}

fn category(name: &str, ignore_case: bool) -> Option<String> {
    Some(match name {
        "Lu" | "Ll" | "Lt" if ignore_case => r"\p{LC}".to_owned(),
        "LD" => r"\p{L}\p{Nd}".to_owned(),
        "L1" => r"\x{0}-\x{ff}".to_owned(),
        "all" => r"\x{0}-\x{10ffff}".to_owned(),
        // No character of a text is half of a pair.
        "Cs" => r"[^\x{0}-\x{10ffff}]".to_owned(),
        known if CATEGORIES.contains(&known) => format!(r"\p{{{known}}}"),
        _ => return None,
    })
}

/// The methods of `Character`.
fn java(method: &str, ignore_case: bool) -> Option<&'static str> {
    Some(match method {
        "LowerCase" | "UpperCase" | "TitleCase" if ignore_case => r"\p{Lowercase}\p{Uppercase}\p{Lt}",
        "LowerCase" => r"\p{Lowercase}",
        "UpperCase" => r"\p{Uppercase}",
        "TitleCase" => r"\p{Lt}",
        "Alphabetic" => r"\p{Alphabetic}",
        "Ideographic" => r"\p{Ideographic}",
        "Letter" => r"\p{L}",
        "LetterOrDigit" => r"\p{L}\p{Nd}",
        "Digit" => r"\p{Nd}",
        "Defined" => r"[^\p{Cn}]",
        "SpaceChar" => r"\p{Z}",
        "Whitespace" => r"[\p{Z}&&[^\x{a0}\x{2007}\x{202f}]]\x{9}-\x{d}\x{1c}-\x{1f}",
        "ISOControl" => r"\x{0}-\x{1f}\x{7f}-\x{9f}",
        "JavaIdentifierStart" => r"\p{L}\p{Nl}\p{Sc}\p{Pc}",
        _ => return None,
    })
}

/// The binary properties behind `Is`.
fn binary(name: &str, ignore_case: bool) -> Option<&'static str> {
    let name: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_uppercase()).collect();
    Some(match name.as_str() {
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" if ignore_case => r"\p{Lowercase}\p{Uppercase}\p{Lt}",
        "LOWERCASE" => r"\p{Lowercase}",
        "UPPERCASE" => r"\p{Uppercase}",
        "TITLECASE" => r"\p{Lt}",
        "ALPHABETIC" => r"\p{Alphabetic}",
        "IDEOGRAPHIC" => r"\p{Ideographic}",
        "LETTER" => r"\p{L}",
        "PUNCTUATION" => r"\p{P}",
        "CONTROL" => r"\p{Cc}",
        "WHITESPACE" => r"\p{White_Space}",
        "DIGIT" => r"\p{Nd}",
        "HEXDIGIT" => r"\p{Nd}\x{41}-\x{46}\x{61}-\x{66}\x{ff10}-\x{ff19}\x{ff21}-\x{ff26}\x{ff41}-\x{ff46}",
        "JOINCONTROL" => r"\p{Join_Control}",
        "NONCHARACTERCODEPOINT" => r"\p{Noncharacter_Code_Point}",
        "ASSIGNED" => r"[^\p{Cn}]",
        "ALNUM" => r"\p{Alphabetic}\p{Nd}",
        "WORD" => r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}",
        _ => return None,
    })
}

/// A script by its Unicode name or its code of four letters, in any case.
fn script(name: &str) -> Result<String, UnknownProperty> {
    let ranges = format!(r"\p{{Script={name}}}");
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name && Regex::new(&format!("[{ranges}]")).is_ok() { Ok(ranges) } else { Err(UnknownProperty::Name) }
}
