//! Whether a Python script imports boto3 or one of the packages that come with it.

use crate::runbook::inputs::execute_script::ScriptRuntime;

/// The packages that come with boto3, as scripts import them.
const PACKAGES: [&str; 7] = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"];

/// Functions that import a module by its name.
const IMPORTERS: [&str; 2] = ["import_module(", "__import__("];

/// The text of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptText<'a> {
    /// This text.
    Known(&'a str),
    /// Known only when its step runs.
    Computed,
}

/// Whether a step needs an interpreter with boto3: a Python script that imports it or may do so, or whose attachment does.
pub fn needs_boto3(runtime: &ScriptRuntime, script: Option<ScriptText<'_>>, attachment_imports: bool) -> bool {
    let script_imports = match script {
        None => false,
        Some(ScriptText::Known(text)) => imports_boto3(text),
        Some(ScriptText::Computed) => true,
    };
    match runtime {
        ScriptRuntime::Python { .. } => script_imports || attachment_imports,
        ScriptRuntime::PowerShell { .. } => false,
    }
}

/// Whether a script has a statement that imports boto3, botocore or another package that comes with boto3, in a function or
/// a condition too. Comments and texts are no statements. A module whose name is computed is not seen.
pub(in crate::scripts) fn imports_boto3(script: &str) -> bool {
    let Code { text, calls_importer } = Code::of(script);
    // The statement behind `try:` or `if …:` may be on the same line.
    calls_importer || text.split(['\n', ';', ':']).any(|statement| imports_package(statement.trim()))
}

/// Whether a statement imports one of the packages.
fn imports_package(statement: &str) -> bool {
    if let Some(module) = keyword(statement, "from") {
        return is_package(module);
    }
    keyword(statement, "import").is_some_and(|modules| modules.split(',').any(is_package))
}

/// The rest of a statement behind its keyword.
fn keyword<'a>(statement: &'a str, keyword: &str) -> Option<&'a str> {
    statement.strip_prefix(keyword).filter(|rest| rest.starts_with([' ', '\t']))
}

/// Whether a module, with what follows it, is one of the packages or in one.
fn is_package(module: &str) -> bool {
    let module = module.trim_start();
    let end = module.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(module.len());
    PACKAGES.contains(&&module[..end])
}

/// A script without its comments and texts.
struct Code {
    text: String,
    /// Whether a package is imported by a function that takes its name.
    calls_importer: bool,
}

impl Code {
    fn of(script: &str) -> Self {
        let mut code = Self { text: String::with_capacity(script.len()), calls_importer: false };
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            match first {
                '#' => rest = &rest[rest.find('\n').unwrap_or(rest.len())..],
                // The next line continues the statement.
                '\\' => {
                    let after = &rest[1..];
                    rest = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after);
                    code.text.push(' ');
                }
                '"' | '\'' => {
                    let (text, after) = literal(rest, first);
                    let is_importer = IMPORTERS.iter().any(|name| code.text.trim_end().ends_with(name));
                    code.calls_importer |= is_importer && is_package(text);
                    code.text.push_str("''");
                    rest = after;
                }
                _ => {
                    code.text.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        code
    }
}

/// The content of the text literal at the start, and what follows it. A literal in single quotes ends with its line.
fn literal(code: &str, quote: char) -> (&str, &str) {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let delimiter = if code.starts_with(&triple) { triple.as_str() } else { &triple[..1] };
    let content = &code[delimiter.len()..];
    let mut is_escaped = false;
    for (at, c) in content.char_indices() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        is_escaped = c == '\\';
        if content[at..].starts_with(delimiter) {
            return (&content[..at], &content[at + delimiter.len()..]);
        }
        if c == '\n' && delimiter.len() == 1 {
            return (&content[..at], &content[at..]);
        }
    }
    (content, "")
}

#[cfg(test)]
mod tests {
    use super::imports_boto3;

    #[test]
    fn statements_that_import_boto3_or_its_packages_are_found() {
        let scripts = [
            "import boto3",
            "import json, boto3 as aws\n",
            "import json, \\\n  boto3",
            "def handler(events, context):\n    import boto3.session\n",
            "from botocore.exceptions import ClientError",
            "from\tdateutil import parser",
            "try: import urllib3\nexcept ImportError: pass",
            "x = 'it''s'; import boto3",
            "\"\"\"Text.\"\"\"\nimport six",
            "s = 'not closed\nimport boto3",
            "import importlib\naws = importlib.import_module('boto3')",
            "__import__( \"botocore.session\")",
        ];
        let unseen: Vec<_> = scripts.into_iter().filter(|script| !imports_boto3(script)).collect();
        assert_eq!(unseen, Vec::<&str>::new());
    }

    #[test]
    fn other_statements_comments_and_texts_import_nothing() {
        let scripts = [
            "",
            "import json\nprint('import boto3')",
            "# import boto3",
            "import json  # import boto3",
            "\"\"\"\nimport boto3\n\"\"\"",
            "'''a \\''' import boto3\nimport boto3'''",
            "import boto3_stubs, myboto3",
            "from .boto3 import client",
            "from json import boto3",
            "boto3 = 1\nimporter = boto3",
            "print(\"boto3\")",
            "text = 'a \\\nimport boto3'",
        ];
        let seen: Vec<_> = scripts.into_iter().filter(|script| imports_boto3(script)).collect();
        assert_eq!(seen, Vec::<&str>::new());
    }
}
