//! Patterns for names, with the rules of the journal's database: `*`, `?` and `[a-z]`.

/// Whether the whole name matches.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut pattern_rest, mut name_rest) = (pattern.as_slice(), name.as_slice());
    // Where to continue when the pattern after the last `*` does not match: `*` then takes one more character.
    let mut retry: Option<(&[char], &[char])> = None;
    loop {
        match (pattern_rest, name_rest) {
            (['*', after @ ..], _) => {
                pattern_rest = after;
                retry = Some((pattern_rest, name_rest));
                continue;
            }
            ([], []) => return true,
            (_, [first, after @ ..]) => {
                if let Some(rest) = after_character(pattern_rest, *first) {
                    (pattern_rest, name_rest) = (rest, after);
                    continue;
                }
            }
            (_, []) => return false,
        }
        match retry {
            Some((pattern_after, [_, after @ ..])) => {
                (pattern_rest, name_rest) = (pattern_after, after);
                retry = Some((pattern_after, after));
            }
            Some((_, [])) | None => return false,
        }
    }
}

/// The pattern after the part that matches this character; `None` when it does not match.
fn after_character(pattern: &[char], character: char) -> Option<&[char]> {
    match pattern {
        ['?', rest @ ..] => Some(rest),
        ['[', rest @ ..] => after_set(rest, character),
        [first, rest @ ..] if *first == character => Some(rest),
        [..] => None,
    }
}

/// Likewise for a set of characters, after its bracket.
fn after_set(set: &[char], character: char) -> Option<&[char]> {
    let (is_inverted, mut rest) = match set {
        ['^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut is_found = false;
    if let [']', after @ ..] = rest {
        is_found = character == ']';
        rest = after;
    }
    let mut before = None;
    loop {
        rest = match (rest, before) {
            ([], _) => return None,
            ([']', after @ ..], _) => return (is_found != is_inverted).then_some(after),
            (['-', last, after @ ..], Some(first)) if *last != ']' => {
                is_found |= (first..=*last).contains(&character);
                before = None;
                after
            }
            ([one, after @ ..], _) => {
                is_found |= *one == character;
                before = Some(*one);
                after
            }
        };
    }
}

#[cfg(test)]
mod tests;
