use super::*;

/// One of each kind of character that controls a terminal or is invisible.
const UNSAFE: [char; 33] = [
    '\0',
    '\u{7}',
    '\u{8}',
    '\u{b}',
    '\r',
    '\u{1b}',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{9b}',
    '\u{9d}',
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{180e}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{2028}',
    '\u{2029}',
    '\u{202e}',
    '\u{2060}',
    '\u{2066}',
    '\u{2069}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{fff9}',
    '\u{fffb}',
    '\u{e0001}',
    '\u{e007f}',
];

#[test]
fn every_unsafe_character_is_escaped_in_every_form() {
    for character in UNSAFE {
        let text = format!("a{character}b");
        assert!(has_unsafe(&text), "{text:?}");
        let json = serde_json::to_string(&text).unwrap();
        let xml = format!("<a>{text}</a>");
        let shown = [one_line(&text), safe_text(&text), escape_json(&json)];
        for shown in &shown {
            assert!(!shown.contains(character), "{text:?} is shown as {shown}");
            assert!(!has_unsafe(shown));
        }
        assert_eq!(serde_json::from_str::<String>(&shown[2]).unwrap(), text);
        let pictured: String = pictures(&text).map(|(_, shown)| shown).collect();
        assert_eq!((has_unsafe(&pictured), pictured.chars().count()), (false, 3), "{text:?}");
        // A carriage return is white space in XML.
        assert_eq!(escape_xml(&xml).contains(character), character == '\r', "{text:?}");
    }
}

#[test]
fn scripts_and_emoji_are_unchanged() {
    let texts = [
        "größe",
        "日本語",
        "می\u{200c}خواهم",
        "👩\u{200d}👩\u{200d}👧",
        "❤\u{fe0f}\u{200d}🔥",
        "1\u{fe0f}\u{20e3}",
        "a\u{a0}b",
        "e\u{301}",
        "✓ · │",
    ];
    for text in texts {
        assert_eq!((one_line(text).as_ref(), has_unsafe(text)), (text, false));
        assert_eq!(safe_text(text), text);
    }
    // A joiner without neighbours and a selector without a base only hide text.
    for text in
        ["a\u{200d}b", "ж\u{200d}b", "ж\u{200d}", "\u{200d}ж", "ж\u{200d}\u{200d}ж", "a\u{fe0f}", "ж\u{fe0f}\u{fe0f}"]
    {
        assert!(has_unsafe(text), "{text:?}");
    }
}

#[test]
fn one_line_escapes_line_breaks_and_text_keeps_them() {
    let text = "one\ttwo\nthree\u{1b}[2J\r\n";
    assert_eq!(one_line(text), "one    two\\nthree\\u{1b}[2J\\r\\n");
    assert_eq!(safe_text(text), "one\ttwo\nthree\\u{1b}[2J\\r\n");
    assert_eq!(safe_lines(text), ["one    two", "three\\u{1b}[2J"]);
    assert_eq!(
        safe_text_with("\u{1b}[1mA\u{1b}[2J", |rest| rest.starts_with("\u{1b}[1m").then_some(4)),
        "\u{1b}[1mA\\u{1b}[2J"
    );
}

#[test]
fn json_is_escaped_only_within_strings() {
    let json = "{\r\n\t\"a\\\"\\\\\u{7f}\": \"\u{e0001}##[x\",\r\n \"##\": []}";
    let escaped = escape_json_with(json, |rest| rest.starts_with("##["));
    assert_eq!(escaped, "{\r\n\t\"a\\\"\\\\\\u007f\": \"\\udb40\\udc01\\u0023#[x\",\r\n \"##\": []}");
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(&escaped), value(json));
    // Invalid JSON is escaped too.
    assert_eq!(escape_json("\u{1b}[2J"), "\\u001b[2J");
}

#[test]
fn escaped_xml_is_equivalent() {
    assert_eq!(escape_xml("<a b=\"\u{202e}\">\n\u{9b}</a>"), "<a b=\"&#x202e;\">\n&#x9b;</a>");
}

#[test]
fn truncated_text_reports_the_omitted_length() {
    let long = "ä".repeat(REPORT_LINE_CHARS + 3);
    assert!(one_line(&long).ends_with("ä … (3 more characters)"));
    assert_eq!(safe_lines(&"a\n".repeat(REPORT_LINES + 2)).last().map(String::as_str), Some("… (2 more lines)"));
}
