//! Suggestions for misspelled names: "did you mean …?"

/// The candidate that `given` was most likely meant to be; `None` when none is near enough to be worth a guess.
///
/// A name that differs only in case always is; otherwise about one character in three may be wrong, where two
/// neighbours in the wrong order count as one.
pub fn suggestion<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A text of many kilobytes is not a misspelled name, and measuring it would take long.
    if given.is_empty() || given.len() > LONGEST {
        return None;
    }
    let wanted = given.to_lowercase();
    let length = wanted.chars().count();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != given && candidate.len() <= LONGEST)
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            if lower == wanted {
                return Some((0, candidate));
            }
            let longer = lower.chars().count().max(length);
            let distance = strsim::damerau_levenshtein(&wanted, &lower);
            (distance <= longer / 3 && distance < length.max(2)).then_some((distance, candidate))
        })
        // Of equally near ones the first is kept, so the caller's order decides.
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The longest name, in bytes, that is compared.
const LONGEST: usize = 100;
