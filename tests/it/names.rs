//! No two rooms have a public type of the same name.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{sources, tokens};

#[test]
fn no_two_rooms_have_a_public_type_of_one_name() {
    let files: Vec<_> = sources().into_iter().map(|file| (file.room, file.text)).collect();
    let found = public_types(&files);
    assert!(found.len() > 300, "only {} types were found: does the scan still work?", found.len());
    assert_eq!(in_several_rooms(found), BTreeMap::new());
}

#[test]
fn types_of_one_name_are_found_in_two_rooms() {
    let files = [
        ("one", "pub struct Same; pub(crate) struct Own; // pub enum Comment"),
        ("two", "pub mod deep { pub enum Same {} } pub(crate) struct Own; pub trait Other {}"),
        ("two", "pub type Other = u8; const TEXT: &str = \"pub enum Comment\";"),
    ];
    let files: Vec<_> = files.iter().map(|(room, text)| ((*room).to_owned(), (*text).to_owned())).collect();
    let expected = BTreeMap::from([("Same", BTreeSet::from(["one", "two"]))]);
    assert_eq!(in_several_rooms(public_types(&files)), expected);
}

/// The names of public types, and the rooms that have one.
fn public_types(files: &[(String, String)]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (room, text) in files {
        for window in tokens(text).windows(3) {
            if let ["pub", "struct" | "enum" | "trait" | "type" | "union", name] = window
                && *name != "$"
            {
                found.entry(*name).or_default().insert(room);
            }
        }
    }
    found
}

fn in_several_rooms<'f>(found: BTreeMap<&'f str, BTreeSet<&'f str>>) -> BTreeMap<&'f str, BTreeSet<&'f str>> {
    found.into_iter().filter(|(_, rooms)| rooms.len() > 1).collect()
}
