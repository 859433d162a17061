use super::*;

#[test]
fn exported_value_stays_on_one_line() {
    let rows = [
        ("plain text", "N=plain text\n"),
        ("{\"a\":1}", "N={\"a\":1}\n"),
        ("", "N=\n"),
        ("a\nPATH=evil", "N=\"a\\nPATH=evil\"\n"),
        ("\"quoted\"", "N=\"\\\"quoted\\\"\"\n"),
        ("a\u{2028}b\u{1b}[2J", "N=\"a\\u2028b\\u001b[2J\"\n"),
    ];
    for (value, expected) in rows {
        assert_eq!((export_line("N", value).as_str(), safe_export_line("N", value).as_str()), (expected, expected));
    }
    // A file has the value unescaped.
    assert_eq!(export_line("N", "a\u{202e}"), "N=a\u{202e}\n");
    assert_eq!(safe_export_line("N", "a\u{202e}"), "N=\"a\\u202e\"\n");
}
