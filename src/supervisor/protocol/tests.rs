use super::*;

#[test]
fn environment_round_trips() {
    let sent: BTreeMap<String, OsString> = [
        ("EMPTY".to_owned(), OsString::new()),
        ("EQUALS".to_owned(), "a=b\nc".into()),
        ("NOT_UTF8".to_owned(), OsString::from_vec(vec![0xff, b'=', 0xfe])),
    ]
    .into();
    let bytes = environment_bytes(&sent).unwrap();
    let received = environment(&bytes).map(|(name, value)| (name.into_string().unwrap(), value)).collect();
    let length = u32::from_le_bytes(length_bytes(&bytes).unwrap()) as usize;
    assert_eq!((length, sent), (bytes.len(), received));
}

#[test]
fn variable_name_with_separator_is_rejected() {
    for (name, value) in [("A", "one\0B=two"), ("A\0B", ""), ("A=B", ""), ("", "x")] {
        let variables = [(name.to_owned(), OsString::from(value))].into();
        assert_eq!(environment_bytes(&variables).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name:?}");
    }
}

#[test]
fn reports_round_trip() {
    for report in [Report::Started(i32::MAX), Report::Failed(2), Report::Ended(-1), Report::Ended(0x8b)] {
        assert_eq!(Report::from_bytes(report.to_bytes()).unwrap(), report);
    }
    assert_eq!(Report::from_bytes([0; REPORT_BYTES]).unwrap_err().kind(), io::ErrorKind::InvalidData);
}
