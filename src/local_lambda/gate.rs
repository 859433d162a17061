//! The secret path that requests to a Runtime API must begin with.
//!
//! A port can be guessed; a path of 122 random bits cannot. It is in the environment of the function's process, which
//! other users cannot read.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which requests must have the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathRule {
    /// Every request: the runtime client is ours.
    Required,
    /// Every request after the first that had it. Some runtime clients accept only `host:port` (AWS's own for Python
    /// and Node.js among them), and it is unknown which one a `bootstrap` uses; our own bootstrap client sends the path
    /// from its first request on.
    RequiredOnceUsed,
}

/// Distinguishes requests with the path from those without.
pub(super) struct Gate {
    secret: String,
    required: AtomicBool,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("required", &self.required).finish_non_exhaustive()
    }
}

impl Gate {
    pub(super) fn new(rule: PathRule) -> Self {
        let required = match rule {
            PathRule::Required => true,
            PathRule::RequiredOnceUsed => false,
        };
        // From the system's random numbers; the identifiers of requests are made from a seed, and are not secret.
        let secret = crate::clock::random_id();
        Self { secret, required: AtomicBool::new(required) }
    }

    /// The path, without a slash.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// The path of a request below the secret one; none if the request is to be refused.
    pub(super) fn admit<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix('/').and_then(|path| path.split_at_checked(self.secret.len()));
        match below {
            Some((given, below)) if is_same(given.as_bytes(), self.secret.as_bytes()) && below.starts_with('/') => {
                self.required.store(true, Ordering::Release);
                Some(below)
            }
            _ if self.required.load(Ordering::Acquire) => None,
            _ => Some(path),
        }
    }
}

/// Compares in a time that does not depend on where two texts of one length differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::{Gate, PathRule};

    const NEXT: &str = "/2018-06-01/runtime/invocation/next";

    #[test]
    fn a_gate_admits_the_path_and_once_it_was_used_nothing_else() {
        let strict = Gate::new(PathRule::Required);
        let lenient = Gate::new(PathRule::RequiredOnceUsed);
        let [in_strict, in_lenient] = [&strict, &lenient].map(|gate| format!("/{}{NEXT}", gate.secret()));
        let is_admitted = |gate: &Gate, path: &str| gate.admit(path).map(ToOwned::to_owned);
        let next = Some(NEXT.to_owned());
        let alone = format!("/{}", strict.secret());
        let longer = format!("/{}x{NEXT}", strict.secret());
        assert_eq!(
            [NEXT, &in_lenient, &alone, &longer, "", &in_strict, NEXT].map(|path| is_admitted(&strict, path)),
            [None, None, None, None, None, next.clone(), None]
        );
        // A wrong path gets the API's own response for an unknown path.
        assert_eq!(
            [NEXT, &in_strict, &in_lenient, NEXT, &in_lenient].map(|path| is_admitted(&lenient, path)),
            [next.clone(), Some(in_strict.clone()), next.clone(), None, next]
        );
        assert!(!format!("{strict:?}").contains(strict.secret()));
    }
}
