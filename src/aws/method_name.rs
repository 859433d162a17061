//! The names of operations as methods of the Python SDK: `DescribeDBInstances` is `describe_db_instances`.
//!
//! A word begins at a capital that follows a lower-case letter or a digit, and at one that a lower-case letter follows.
//! Two or more capitals and an `s` at the end of the name are one word: the plural of an abbreviation, as in
//! `ListWebACLs`. For the names that this splits at a wrong place the SDK has a list of exceptions; they all have one of
//! a few words.

/// The words that the rule would split, and how they would have to be written for it.
const WORDS: [(&str, &str); 6] = [
    ("HITs", "Hits"),
    ("OAuth2", "Oauth2"),
    ("OTel", "Otel"),
    ("PartiQL", "Partiql"),
    ("WhatsApp", "Whatsapp"),
    ("iSCSI", "Iscsi"),
];

/// Operations with such a word that the SDK does not have among its exceptions.
const REGULAR: [&str; 1] = ["CreateOAuth2TokenWithTokenExchange"];

/// The name of the method of an operation. A name with an underscore is one already.
pub(super) fn method_name(operation: &str) -> String {
    if operation.contains('_') {
        return operation.to_owned();
    }
    let words = if REGULAR.contains(&operation) { &[] } else { WORDS.as_slice() };
    let name = words.iter().fold(operation.to_owned(), |name, (word, regular)| name.replace(word, regular));
    let (head, plural) = split_plural(&name);
    let mut method = String::with_capacity(name.len() + 8);
    let mut letters = head.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before: char| {
                let after = letters.peek();
                before.is_ascii_lowercase() || before.is_ascii_digit() || after.is_some_and(char::is_ascii_lowercase)
            });
        if begins_word {
            method.push('_');
        }
        method.extend(letter.to_lowercase());
        before = Some(letter);
    }
    if !plural.is_empty() {
        method.push('_');
        method.push_str(&plural.to_lowercase());
    }
    method
}

/// Splits two or more capitals and an `s` off the end of a name.
fn split_plural(name: &str) -> (&str, &str) {
    let Some(singular) = name.strip_suffix('s') else { return (name, "") };
    let head = singular.trim_end_matches(|letter: char| letter.is_ascii_uppercase());
    if singular.len() - head.len() < 2 { (name, "") } else { name.split_at(head.len()) }
}
