//! The critical path of a runbook: the longest path through its steps, and the steps that no path reaches.

use std::collections::HashMap;

use serde::Serialize;

/// The longest path through a runbook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriticalPath {
    /// How long it takes; none when a step on it has no timeout.
    pub seconds: Option<f64>,
    /// Its steps.
    pub path: Vec<String>,
}

/// A step as a node of the graph of steps.
pub(super) struct StepNode<'a> {
    pub(super) name: &'a str,
    /// Its loop.
    pub(super) inside: Option<&'a str>,
    /// Its worst case; none when it is unbounded.
    pub(super) millis: Option<u64>,
    /// The steps that can follow it.
    pub(super) next: Vec<&'a str>,
}

/// Finds the longest path from the first node, and the nodes that no path reaches.
///
/// Runbooks have no cycles (spec 1.2), so every node is finished once, after all that can follow it.
pub(super) fn find_critical_path<'a>(nodes: &[StepNode<'a>]) -> (CriticalPath, Vec<&'a str>) {
    let index: HashMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.name, at)).collect();
    let following = |at: usize| -> Vec<usize> {
        nodes
            .get(at)
            .map(|node| node.next.iter().filter_map(|name| index.get(name).copied()).collect())
            .unwrap_or_default()
    };
    // The cost of the path from each finished node to an end, and the next node on it.
    let mut finished: HashMap<usize, (Cost, Option<usize>)> = HashMap::new();
    let mut entered = vec![false; nodes.len()];
    let mut stack = if nodes.is_empty() { vec![] } else { vec![0] };
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
        let own = nodes.get(at).map_or(Cost::Millis(0), |node| node.millis.map_or(Cost::Unbounded, Cost::Millis));
        let (cost, next) = match onwards {
            Some((cost, next)) => (own.plus(cost), Some(next)),
            None => (own, None),
        };
        finished.insert(at, (cost, next));
    }
    let mut path = Vec::new();
    let mut here = finished.contains_key(&0).then_some(0);
    while let Some(at) = here {
        path.extend(nodes.get(at).map(|node| node.name.to_owned()));
        here = finished.get(&at).and_then(|(_, next)| *next);
    }
    let seconds = match finished.get(&0) {
        Some((Cost::Millis(millis), _)) => Some(to_seconds(*millis)),
        Some((Cost::Unbounded, _)) | None => None,
    };
    let unreachable =
        nodes.iter().enumerate().filter(|(at, _)| !finished.contains_key(at)).map(|(_, node)| node.name).collect();
    (CriticalPath { seconds, path }, unreachable)
}

/// Makes one node of a loop: it takes the time of all iterations, and is followed by every step that its steps lead to.
/// Returns how long it takes and the steps inside that no path reaches.
pub(super) fn collapse_loop(
    nodes: &mut [StepNode<'_>],
    name: &str,
    iterations: u32,
    most: Option<u64>,
) -> (Option<u64>, Vec<String>) {
    let inner: Vec<StepNode<'_>> = nodes
        .iter()
        .filter(|node| node.inside == Some(name))
        .map(|node| StepNode { name: node.name, inside: None, millis: node.millis, next: node.next.clone() })
        .collect();
    let (cost, unreachable) = critical_cost(&inner);
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
    let is_inside = |step: &str| inner.iter().any(|node| node.name == step);
    let leaving: Vec<&str> =
        inner.iter().flat_map(|node| node.next.iter().copied()).filter(|step| !is_inside(step)).collect();
    if let Some(node) = nodes.iter_mut().find(|node| node.name == name) {
        node.millis = millis;
        node.next.extend(leaving);
    }
    (millis, unreachable)
}

/// The cost of the longest path, and the nodes that no path reaches.
fn critical_cost<'a>(nodes: &[StepNode<'a>]) -> (Cost, Vec<&'a str>) {
    let (longest, unreachable) = find_critical_path(nodes);
    let on_it = nodes.iter().filter(|node| longest.path.iter().any(|step| step == node.name));
    let cost = on_it.fold(Cost::Millis(0), |sum, node| sum.plus(node.millis.map_or(Cost::Unbounded, Cost::Millis)));
    (cost, unreachable)
}

/// Converts milliseconds to seconds.
#[expect(clippy::cast_precision_loss, reason = "a plan of 285,000 years may be a millisecond off")]
pub(super) fn to_seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

/// Ordered so that an unbounded cost is the highest.
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
