use super::*;

#[test]
fn exports_are_named_like_variables() {
    let read = export("A_b.c-1=step.Output");
    assert_eq!(read, Ok(Export { name: "A_b.c-1".to_owned(), source: "step.Output".to_owned() }));
    for wrong in ["", "A", "=s.O", "1=s.O", "A B=s.O", "A;isSecret=s.O", "A\nB=s.O"] {
        assert!(export(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_value_never_makes_a_second_line() {
    let rows = [
        ("plain text", "N=plain text\n"),
        ("{\"a\":1}", "N={\"a\":1}\n"),
        ("", "N=\n"),
        ("a\nPATH=evil", "N=\"a\\nPATH=evil\"\n"),
        ("\"quoted\"", "N=\"\\\"quoted\\\"\"\n"),
        ("a\u{2028}b\u{1b}[2J", "N=\"a\\u2028b\\u001b[2J\"\n"),
    ];
    for (value, expected) in rows {
        assert_eq!((line("N", value).as_str(), safe_line("N", value).as_str()), (expected, expected));
    }
    // A file has it as it is.
    assert_eq!(line("N", "a\u{202e}"), "N=a\u{202e}\n");
    assert_eq!(safe_line("N", "a\u{202e}"), "N=\"a\\u202e\"\n");
}
