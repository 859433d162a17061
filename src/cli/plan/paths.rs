//! Ways through a runbook: what can be reached, and the longest way.

use std::collections::HashMap;

use serde::Serialize;

/// The longest way through a runbook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct WorstCase {
    /// How long it takes; none when a step on the way has no timeout.
    pub(super) seconds: Option<f64>,
    /// The steps on it.
    pub(super) path: Vec<String>,
}

/// A step as a place on ways: its name, its worst case in milliseconds (none: unbounded), and what can follow it.
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    /// The loop it stands in.
    pub(super) inside: Option<&'a str>,
    pub(super) millis: Option<u64>,
    pub(super) next: Vec<&'a str>,
}

/// The longest way from the first place, and the places that no way reaches.
///
/// Runbooks have no cycles (spec 1.2), so every place is finished once, after all that can follow it.
pub(super) fn longest<'a>(places: &[Place<'a>]) -> (WorstCase, Vec<&'a str>) {
    let index: HashMap<&str, usize> = places.iter().enumerate().map(|(at, place)| (place.name, at)).collect();
    let following = |at: usize| -> Vec<usize> {
        places
            .get(at)
            .map(|place| place.next.iter().filter_map(|name| index.get(name).copied()).collect())
            .unwrap_or_default()
    };
    // The cost of the way from each finished place to an end, and the place it goes to next.
    let mut finished: HashMap<usize, (Cost, Option<usize>)> = HashMap::new();
    let mut entered = vec![false; places.len()];
    let mut stack = if places.is_empty() { vec![] } else { vec![0] };
    while let Some(&at) = stack.last() {
        let first_visit = entered.get(at).is_some_and(|entered| !entered);
        if first_visit {
            if let Some(entered) = entered.get_mut(at) {
                *entered = true;
            }
            stack.extend(following(at).into_iter().filter(|next| entered.get(*next).is_some_and(|entered| !entered)));
            continue;
        }
        stack.pop();
        if finished.contains_key(&at) {
            continue;
        }
        let onwards = following(at)
            .into_iter()
            .filter_map(|next| finished.get(&next).map(|(cost, _)| (*cost, next)))
            .max_by_key(|(cost, _)| *cost);
        let own = places.get(at).map_or(Cost::Millis(0), |place| place.millis.map_or(Cost::Unbounded, Cost::Millis));
        let (cost, next) = match onwards {
            Some((cost, next)) => (own.plus(cost), Some(next)),
            None => (own, None),
        };
        finished.insert(at, (cost, next));
    }
    let mut path = Vec::new();
    let mut here = finished.contains_key(&0).then_some(0);
    while let Some(at) = here {
        path.extend(places.get(at).map(|place| place.name.to_owned()));
        here = finished.get(&at).and_then(|(_, next)| *next);
    }
    let seconds = match finished.get(&0) {
        Some((Cost::Millis(millis), _)) => Some(seconds(*millis)),
        Some((Cost::Unbounded, _)) | None => None,
    };
    let unreachable =
        places.iter().enumerate().filter(|(at, _)| !finished.contains_key(at)).map(|(_, place)| place.name).collect();
    (WorstCase { seconds, path }, unreachable)
}

/// Makes a place of a loop that takes all its iterations, and from which every way out of it goes on. Gives how long it
/// takes and the steps inside that no way reaches.
pub(super) fn repeated(
    places: &mut [Place<'_>],
    name: &str,
    iterations: u32,
    most: Option<u64>,
) -> (Option<u64>, Vec<String>) {
    let inner: Vec<Place<'_>> = places
        .iter()
        .filter(|place| place.inside == Some(name))
        .map(|place| Place { name: place.name, inside: None, millis: place.millis, next: place.next.clone() })
        .collect();
    let (cost, unreachable) = longest_from(&inner);
    let millis = match cost {
        Cost::Millis(millis) => Some(millis.saturating_mul(u64::from(iterations))),
        Cost::Unbounded => None,
    };
    let millis = match (millis, most) {
        (Some(millis), Some(most)) => Some(millis.min(most)),
        (None, most) => most,
        (millis, None) => millis,
    };
    let unreachable = unreachable.into_iter().map(str::to_owned).collect();
    let is_inside = |step: &str| inner.iter().any(|place| place.name == step);
    let leaving: Vec<&str> =
        inner.iter().flat_map(|place| place.next.iter().copied()).filter(|step| !is_inside(step)).collect();
    if let Some(place) = places.iter_mut().find(|place| place.name == name) {
        place.millis = millis;
        place.next.extend(leaving);
    }
    (millis, unreachable)
}

/// What the longest way costs, and the places that no way reaches.
fn longest_from<'a>(places: &[Place<'a>]) -> (Cost, Vec<&'a str>) {
    let (worst, unreachable) = longest(places);
    let on_it = places.iter().filter(|place| worst.path.iter().any(|step| step == place.name));
    let cost = on_it.fold(Cost::Millis(0), |sum, place| sum.plus(place.millis.map_or(Cost::Unbounded, Cost::Millis)));
    (cost, unreachable)
}

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "a plan of 285,000 years may be a millisecond off")]
pub(super) fn seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

/// The order makes what has no bound the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cost {
    Millis(u64),
    Unbounded,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Millis(a), Self::Millis(b)) => Self::Millis(a.saturating_add(b)),
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
        }
    }
}

#[cfg(test)]
mod tests;
