//! Versions of Python: the order in which they replace a declared one.

/// The oldest minor version of Python that boto3 runs on.
pub(super) const BOTO3_MINOR: u16 = 10;

/// How well a version replaces the declared one: the declared one itself, then the nearest newer one, then the nearest older
/// one. Smaller is better.
pub(super) const fn rank(declared: u16, minor: u16) -> (bool, u16) {
    (minor < declared, minor.abs_diff(declared))
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn declared_version_comes_first_then_newer_ones_then_older_ones() {
        let mut minors = [6, 9, 10, 11, 12, 14];
        minors.sort_by_key(|minor| rank(11, *minor));
        assert_eq!(minors, [11, 12, 14, 10, 9, 6]);
    }
}
