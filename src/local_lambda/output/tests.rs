//! The beginning and the end of an output, whatever lies between.

use super::*;
use crate::limits::{LOG_FIRST_BYTES, LOG_LAST_BYTES, LOG_LAST_LINES};

/// Takes in a whole output in pieces of this size; the beginning, the line it ends within, and the end.
fn kept(output: &[u8], piece: usize) -> (Vec<u8>, Vec<u8>, Remainder) {
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
fn an_output_within_both_bounds_is_kept_as_it_is() {
    let output: Vec<u8> = (0..120_000).flat_map(|number| format!("{number:08}\n").into_bytes()).collect();
    assert!(output.len() > LOG_FIRST_BYTES && output.len() <= LOG_FIRST_BYTES + LOG_LAST_BYTES);
    let (first, begun, rest) = kept(&output, 8192);
    assert_eq!((rest.left_out, [first, begun, rest.bytes].concat() == output), (0, true));
}

#[test]
fn lines_stay_whole_where_bytes_are_left_out() {
    let output: Vec<u8> = (0..400_000).flat_map(|number| format!("line {number:06}\n").into_bytes()).collect();
    let (first, begun, rest) = kept(&output, 8192);
    let text = String::from_utf8(rest.bytes.clone()).unwrap();
    let lost = u64::try_from(output.len() - first.len() - text.len()).unwrap();
    assert_eq!(
        (begun, rest.left_out, text.starts_with("line "), text.ends_with("line 399999\n"), first.ends_with(b"\n")),
        (Vec::new(), lost, true, true, true)
    );
    assert!(LOG_FIRST_BYTES - first.len() < 12 && LOG_LAST_BYTES - text.len() < 12);
}

#[test]
fn a_line_without_end_is_cut_between_characters() {
    // Three bytes each, so that neither bound is at the end of one.
    let output = "€".repeat(1_000_000).into_bytes();
    for piece in [1_000, 8192] {
        let (first, begun, rest) = kept(&output, piece);
        let (begun, end) = (String::from_utf8(begun).unwrap(), String::from_utf8(rest.bytes).unwrap());
        assert_eq!((first.as_slice(), begun.trim_matches('€'), end.trim_matches('€')), (&b""[..], "…", "…"));
        let lost = output.len() - (begun.len() - "…".len()) - (end.len() - "…".len());
        assert_eq!(rest.left_out, u64::try_from(lost).unwrap());
    }
}

#[test]
fn of_very_many_short_lines_the_last_are_kept() {
    let output = vec![b'\n'; 1_000_000];
    let (first, _, rest) = kept(&output, 8192);
    // One more goes with the search for the beginning of a line.
    assert_eq!((first.len(), rest.bytes.len()), (LOG_FIRST_BYTES, LOG_LAST_LINES - 1));
}

#[test]
fn the_next_attempt_has_the_whole_bounds_again() {
    let mut output = Output::new();
    let much = vec![b'x'; LOG_FIRST_BYTES + 1];
    let passed = [output.take_in(&much).len(), output.take_in(b"more").len()];
    let rest = output.finish(&mut Vec::new());
    assert_eq!((passed, rest), ([LOG_FIRST_BYTES, 0], Remainder { left_out: 0, bytes: b"xmore".to_vec() }));
    assert_eq!(output.take_in(&much).len(), LOG_FIRST_BYTES);
}

#[test]
fn boundaries_are_not_within_characters() {
    let text = "aé€😀".as_bytes();
    let floors: Vec<usize> = (0..=text.len()).map(|at| floor_boundary(text, at)).collect();
    let starts: Vec<usize> = (0..=text.len()).map(|at| partial_start(&text[at..])).collect();
    assert_eq!(floors, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10]);
    assert_eq!(starts, [0, 0, 1, 0, 2, 1, 0, 3, 2, 1, 0]);
    // What is no UTF-8 is cut anywhere.
    assert_eq!((floor_boundary(&[0x80; 9], 7), partial_start(&[0x80; 9])), (7, 3));
}
