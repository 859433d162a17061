//! The source files of the program, for tests of rules for the whole repository.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file.
pub(crate) struct SourceFile {
    /// The first part of its path.
    pub(crate) room: String,
    /// Its path below `src`.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
}

/// Every file below `src` but `main.rs` and tests.
pub(crate) fn sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for file in files_below(&root, "rs") {
        let path = file.strip_prefix(&root).unwrap().to_path_buf();
        let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let room = first.trim_end_matches(".rs").to_owned();
        // The rules are for shipped code, not for tests.
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        if room != "main" && !is_test {
            files.push(SourceFile { room, path, text: fs::read_to_string(&file).unwrap() });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// Every file below a folder with this name ending.
pub(crate) fn files_below(root: &Path, ending: &str) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The identifiers and punctuation of Rust code, `::` as one token, without comments, strings and lifetimes.
pub(crate) fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = string_length(rest) {
            length
        } else if first == '\'' {
            quote_length(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(&rest[..length]);
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(&rest[..length]);
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the string literal at the beginning of the code.
fn string_length(code: &str) -> Option<usize> {
    let raw = code.strip_prefix("br").or_else(|| code.strip_prefix('r'));
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let begin = code.len() - raw.len() + hashes + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            return Some(code[begin..].find(&end).map_or(code.len(), |at| begin + at + end.len()));
        }
    }
    let content = code.strip_prefix("b\"").or_else(|| code.strip_prefix('"'))?;
    let begin = code.len() - content.len();
    let mut is_escaped = false;
    for (at, c) in content.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(begin + at + 1),
            _ => {}
        }
    }
    Some(code.len())
}

/// The length of the character literal or lifetime at the beginning of the code.
fn quote_length(code: &str) -> usize {
    let mut characters = code.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), Some((escaped, c))) => {
            let after = escaped + c.len_utf8();
            code[after..].find('\'').map_or(code.len(), |end| after + end + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1 + code[1..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len() - 1),
    }
}

#[test]
fn tokens_exclude_comments_strings_characters_and_lifetimes() {
    let code = r##"
        use a::b; // use c::d;
        /* use e; */ fn f<'l>(text: &'l str) -> char { let _ = (r#"use "g";"#, "\"h", b"i", '"', '\'', '\u{22}'); 'j' }
    "##;
    let expected = "use a :: b ; fn f < > ( text : & str ) - > char { let _ = ( , , , , , ) ; }";
    assert_eq!(tokens(code).join(" "), expected);
}
