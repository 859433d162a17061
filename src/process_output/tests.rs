//! The first and last bytes of an output, whatever its length.

use super::*;
use crate::limits::{LOG_FIRST_BYTES, LOG_LAST_BYTES, LOG_LAST_LINES};

/// Captures an output in pieces of this size; returns the first bytes, the line they end within, and the last bytes.
fn capture(output: &[u8], piece: usize) -> (Vec<u8>, Vec<u8>, Remainder) {
    let mut kept = Output::new();
    let mut first = Vec::new();
    for piece in output.chunks(piece) {
        first.extend_from_slice(kept.take_in(piece));
        assert!(kept.last.len() <= 2 * LOG_LAST_BYTES, "{} bytes wait", kept.last.len());
    }
    let whole = first.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut begun = first.split_off(whole);
    let rest = kept.finish(&mut begun);
    (first, begun, rest)
}

#[test]
fn output_within_limits_is_unchanged() {
    let output: Vec<u8> = (0..120_000).flat_map(|number| format!("{number:08}\n").into_bytes()).collect();
    assert!(output.len() > LOG_FIRST_BYTES && output.len() <= LOG_FIRST_BYTES + LOG_LAST_BYTES);
    let (first, begun, rest) = capture(&output, 8192);
    assert_eq!((rest.left_out, [first, begun, rest.bytes].concat() == output), (0, true));
}

#[test]
fn truncation_keeps_whole_lines() {
    let output: Vec<u8> = (0..400_000).flat_map(|number| format!("line {number:06}\n").into_bytes()).collect();
    let (first, begun, rest) = capture(&output, 8192);
    let text = String::from_utf8(rest.bytes.clone()).unwrap();
    let lost = u64::try_from(output.len() - first.len() - text.len()).unwrap();
    assert_eq!(
        (begun, rest.left_out, text.starts_with("line "), text.ends_with("line 399999\n"), first.ends_with(b"\n")),
        (Vec::new(), lost, true, true, true)
    );
    assert!(LOG_FIRST_BYTES - first.len() < 12 && LOG_LAST_BYTES - text.len() < 12);
}

#[test]
fn endless_line_is_truncated_between_characters() {
    // Three bytes each, so that no limit is at a character boundary.
    let output = "€".repeat(1_000_000).into_bytes();
    for piece in [1_000, 8192] {
        let (first, begun, rest) = capture(&output, piece);
        let (begun, end) = (String::from_utf8(begun).unwrap(), String::from_utf8(rest.bytes).unwrap());
        assert_eq!((first.as_slice(), begun.trim_matches('€'), end.trim_matches('€')), (&b""[..], "…", "…"));
        let lost = output.len() - (begun.len() - "…".len()) - (end.len() - "…".len());
        assert_eq!(rest.left_out, u64::try_from(lost).unwrap());
    }
}

#[test]
fn last_of_many_short_lines_are_kept() {
    let output = vec![b'\n'; 1_000_000];
    let (first, _, rest) = capture(&output, 8192);
    // The search for the beginning of a line drops one more.
    assert_eq!((first.len(), rest.bytes.len()), (LOG_FIRST_BYTES, LOG_LAST_LINES - 1));
}

#[test]
fn each_attempt_has_its_own_output_limits() {
    let mut output = Output::new();
    let much = vec![b'x'; LOG_FIRST_BYTES + 1];
    let passed = [output.take_in(&much).len(), output.take_in(b"more").len()];
    let rest = output.finish(&mut Vec::new());
    assert_eq!((passed, rest), ([LOG_FIRST_BYTES, 0], Remainder { left_out: 0, bytes: b"xmore".to_vec() }));
    assert_eq!(output.take_in(&much).len(), LOG_FIRST_BYTES);
}

#[test]
fn truncation_boundaries_do_not_split_characters() {
    let text = "aé€😀".as_bytes();
    let floors: Vec<usize> = (0..=text.len()).map(|at| floor_boundary(text, at)).collect();
    let starts: Vec<usize> = (0..=text.len()).map(|at| partial_start(&text[at..])).collect();
    assert_eq!(floors, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10]);
    assert_eq!(starts, [0, 0, 1, 0, 2, 1, 0, 3, 2, 1, 0]);
    // Invalid UTF-8 is truncated anywhere.
    assert_eq!((floor_boundary(&[0x80; 9], 7), partial_start(&[0x80; 9])), (7, 3));
}
