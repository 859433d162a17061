use super::text_range;

#[test]
fn columns_are_characters_of_a_line() {
    let text = "x = 1\n  é = (\n\nlast";
    let shown = |line, column, end| &text[text_range(text, line, column, end)];
    assert_eq!(shown(1, Some(1), None), "x");
    assert_eq!(shown(1, Some(3), Some(6)), "= 1");
    assert_eq!(shown(2, Some(3), None), "é");
    assert_eq!(shown(2, Some(3), Some(8)), "é = (");
    assert_eq!(shown(2, None, None), "é = (");
    assert_eq!(shown(2, Some(40), Some(50)), "(", "the last character of the line");
    assert_eq!(shown(3, Some(1), None), "", "an empty line");
    assert_eq!(shown(9, Some(1), None), "l", "behind the end");
}
