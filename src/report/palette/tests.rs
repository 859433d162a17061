use super::*;

#[test]
fn only_styles_of_this_program_are_recognized() {
    for known in ["\u{1b}[0m", "\u{1b}[m", "\u{1b}[1m", "\u{1b}[1;31m", "\u{1b}[94m", "\u{1b}[22;39m"] {
        assert_eq!(style_length(&format!("{known}text")), Some(known.len()), "{known:?}");
    }
    // Hidden, reversed, with a background, of 256 colours, cursor moves, titles, unfinished.
    for other in [
        "\u{1b}[8m",
        "\u{1b}[7m",
        "\u{1b}[41m",
        "\u{1b}[38;5;1m",
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}m",
        "\u{1b}[1",
        "\u{9b}1m",
    ] {
        assert_eq!(style_length(&format!("{other}text")), None, "{other:?}");
    }
}
