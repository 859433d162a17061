//! Patterns, compared with those of the database.

use super::matches;

#[test]
fn patterns_match_as_in_the_database() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let patterns = [
        "", "*", "?", "a*", "*a", "*a*b", "a?c", "a**c", "[ab]*", "[^ab]*", "[a-c]x", "[]]", "[^]]", "[a-", "[-a]",
        "[a-]", "[a", "[", "a[b]c", "*[0-9]", "é*", "ab", "[z-a]", "*?", "?*?", "[a-cx-z]",
    ];
    let names = ["", "a", "b", "c", "ab", "abc", "aXc", "axb", "]", "-", "[", "x7", "éa", "bx", "cab", "z", "aab"];
    for pattern in patterns {
        for name in names {
            let in_database: bool =
                connection.query_row("SELECT ?1 GLOB ?2", (name, pattern), |row| row.get(0)).unwrap();
            assert_eq!(matches(pattern, name), in_database, "{name} GLOB {pattern}");
        }
    }
}
