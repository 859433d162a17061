use super::*;

fn problem(start: usize, end: usize) -> Diagnostic {
    Diagnostic::new(Code::DuplicateKey, Span::new(start, end), "duplicate key `a`").label("again here")
}

fn render_problem(text: &str, problem: &Diagnostic) -> String {
    render(std::slice::from_ref(problem), &Source::new("book.yaml", text), false, 100)
}

#[test]
fn diagnostic_shows_source_line_related_lines_and_help() {
    let text = "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\na: 3\n";
    let problem = problem(35, 36).related(Span::new(0, 1), "first here").help("remove one").help("or rename it");
    let expected = "\
error[duplicate-key]: duplicate key `a`
 --> book.yaml:8:1
  |
1 | a: 1
  | - first here
...
8 | a: 3
  | ^ again here
  |
  = help: remove one
  = help: or rename it

";
    assert_eq!(render_problem(text, &problem), expected);
}

#[test]
fn carets_align_after_tabs_and_wide_characters() {
    let text = "a: 1\r\n\tb: 漢字 bad\r\n";
    let start = text.find("bad").unwrap();
    let expected = "\
error[duplicate-key]: duplicate key `a`
 --> book.yaml:2:8
  |
2 |     b: 漢字 bad
  |             ^^^ again here

";
    assert_eq!(render_problem(text, &problem(start, start + 3)), expected);
}

#[test]
fn multi_line_span_is_marked_on_its_first_line() {
    let expected = "\
error[duplicate-key]: duplicate key `a`
 --> book.yaml:1:4
  |
1 | a: {
  |    ^ again here

";
    assert_eq!(render_problem("a: {\n  b: 1\n}\n", &problem(3, 13)), expected);
}

#[test]
fn long_line_is_truncated_around_the_problem() {
    let text = format!("{{\"a\":1,{}\"a\":2{}}}", " ".repeat(30_000), " ".repeat(30_000));
    let start = text.rfind("\"a\"").unwrap();
    let problem = problem(start, start + 3).related(Span::new(1, 4), "first here");
    let shown = render_problem(&text, &problem);
    assert_eq!(shown.lines().nth(1), Some(" --> book.yaml:1:30008"));
    assert_eq!(shown.lines().map(|line| line.chars().count()).max().map(|longest| longest <= 100), Some(true));
    let (source, carets) = (shown.lines().nth(3).unwrap(), shown.lines().nth(4).unwrap());
    let column = |line: &str, wanted| line.split_once(wanted).map(|(before, _)| before.chars().count());
    assert_eq!(column(carets, "^^^ again here"), Some(column(source, "\"a\":2").unwrap()));
    assert!(shown.contains("= note: book.yaml:1:2: first here"), "{shown}");
}

#[test]
fn control_characters_in_source_are_escaped() {
    let hostile: String = (0..0x300_u32)
        .chain(0x2000..0x2100)
        .chain([0xFEFF, 0xFFF9, 0xE0001])
        .filter(|code| *code != 10)
        .filter_map(char::from_u32)
        .collect();
    let problem = Diagnostic::new(Code::Syntax, Span::new(0, hostile.len()), hostile.clone())
        .label(hostile.clone())
        .related(Span::new(0, 1), hostile.clone())
        .help(hostile.clone());
    let source = Source::new(hostile.clone(), hostile.clone());
    let text = render(std::slice::from_ref(&problem), &source, false, 100) + &one_line(&problem, &source);
    let dangerous: Vec<char> = text
        .chars()
        .filter(|c| {
            c.is_control() && !matches!(c, '\n' | '\t')
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        })
        .collect();
    assert_eq!(dangerous, Vec::<char>::new());
}

#[test]
fn diagnostic_without_source_text_shows_the_file_name() {
    let expected = "\
error[duplicate-key]: duplicate key `a`
--> book.yaml:1:1
 = help: remove one

";
    assert_eq!(render_problem("", &problem(0, 0).help("remove one")), expected);
}

#[test]
fn problems_are_sorted_by_position_and_counted() {
    let source = Source::new("a.yaml", "one\ntwo\n");
    let problems = [
        Diagnostic::new(Code::UnknownKey, Span::new(4, 7), "second"),
        Diagnostic::new(Code::Syntax, Span::new(0, 3), "first"),
        Diagnostic::new(Code::Syntax, Span::new(4, 7), "also second"),
    ];
    let json: Vec<String> = to_json(&problems, &source).into_iter().map(|problem| problem.message).collect();
    assert_eq!((json.join(" "), summary(&problems)), ("first also second second".into(), "2 errors, 1 warning".into()));
    assert_eq!(summary(&[]), "");
}

#[test]
fn short_format_is_one_line() {
    let source = Source::new("dir/a.yaml", "x: 1\nä: 2\n");
    let problem = Diagnostic::new(Code::UnknownKey, Span::new(7, 8), "what\nis this");
    assert_eq!(one_line(&problem, &source), "dir/a.yaml:2:2: warning[unknown-key]: what␊is this");
}

#[test]
fn json_format_has_stable_keys() {
    let source = Source::new("a.yaml", "ä: 1\nb: 2\n");
    let problem = problem(6, 7).related(Span::new(0, 2), "first here").help("remove one");
    let expected = serde_json::json!([{
        "code": "duplicate-key",
        "severity": "error",
        "message": "duplicate key `a`",
        "file": "a.yaml",
        "start": {"line": 2, "column": 1},
        "end": {"line": 2, "column": 2},
        "label": "again here",
        "related": [{
            "message": "first here",
            "file": "a.yaml",
            "start": {"line": 1, "column": 1},
            "end": {"line": 1, "column": 2},
        }],
        "help": ["remove one"],
    }]);
    assert_eq!(serde_json::to_value(to_json(&[problem], &source)).unwrap(), expected);
}

#[test]
fn diagnostic_codes_are_unique() {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    let total = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), total);
    let odd = codes
        .iter()
        .find(|code| !code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
    assert_eq!(odd, None);
}

#[test]
fn suggestion_is_the_nearest_name_or_none() {
    let keys = ["onFailure", "onCancel", "isEnd", "isCritical", "nextStep", "name", "action", "inputs"];
    for (given, expected) in [
        ("onfailure", Some("onFailure")),
        ("on_failure", Some("onFailure")),
        ("onFaliure", Some("onFailure")),
        ("OnCancle", Some("onCancel")),
        ("IsEnd", Some("isEnd")),
        ("critical", Some("isCritical")),
        ("acton", Some("action")),
        ("input", Some("inputs")),
        ("nmae", Some("name")),
        ("nam", Some("name")),
        ("x", None),
        ("", None),
        ("timeoutSeconds", None),
        ("name", None),
    ] {
        assert_eq!(suggestion(given, keys), expected, "{given}");
    }
}
