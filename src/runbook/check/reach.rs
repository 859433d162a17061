//! Which steps can run at all, and whether one can have run before another.

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::PATHS_SEARCHED;
use crate::runbook::load::{Reader, Success};

use super::graph::Graph;

/// Answers queries about paths. A loop counts as one node: a step that runs in one iteration has run in the next.
pub(super) struct Reach {
    reachable: Vec<bool>,
    /// The node of each step: its loop, or the step itself.
    owner: Vec<usize>,
    /// For each node, by a depth-first search from the first step: when it was entered and left.
    entered: Vec<usize>,
    left: Vec<usize>,
    /// The predecessors of each node.
    before: Vec<Vec<usize>>,
    /// Whether conclusions can be drawn: no cycle, and every jump known.
    is_sound: bool,
    searched: std::cell::Cell<usize>,
}

impl Reach {
    pub(super) fn new(reader: &Reader<'_>, graph: &Graph, has_cycle: bool) -> Self {
        let count = graph.len();
        let owner: Vec<usize> =
            reader.outlines.iter().enumerate().map(|(index, outline)| outline.parent.unwrap_or(index)).collect();
        let owner_of = |step: usize| owner.get(step).copied().unwrap_or(step);
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
        for from in 0..count {
            for edge in graph.from(from) {
                let (from, to) = (owner_of(from), owner_of(edge.to));
                if from != to {
                    if let Some(after) = after.get_mut(from) {
                        after.push(to);
                    }
                    if let Some(before) = before.get_mut(to) {
                        before.push(from);
                    }
                }
            }
        }
        let mut reach = Self {
            reachable: vec![false; count],
            owner,
            entered: vec![0; count],
            left: vec![0; count],
            before,
            is_sound: graph.is_complete && !has_cycle,
            searched: std::cell::Cell::new(0),
        };
        reach.mark_reachable(graph);
        reach.number(&after);
        reach
    }

    /// Whether conclusions can be drawn.
    pub(super) fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// Whether some path leads to the step. True when a jump is broken, since then it is unknown.
    pub(super) fn can_run(&self, step: usize) -> bool {
        !self.is_sound || self.reachable.get(step).copied().unwrap_or(true)
    }

    /// Whether `earlier` can have run when `later` starts. True also when that is unknown.
    pub(super) fn can_have_run(&self, earlier: usize, later: usize) -> bool {
        if !self.is_sound || !self.reachable.get(later).copied().unwrap_or(false) {
            return true;
        }
        if !self.reachable.get(earlier).copied().unwrap_or(false) {
            return false;
        }
        let (Some(&from), Some(&to)) = (self.owner.get(earlier), self.owner.get(later)) else { return true };
        if from == to {
            // Steps of one loop can refer to the previous iteration and the loop's own outputs; a step cannot refer to
            // itself.
            return earlier != later;
        }
        self.leads_to(from, to)
    }

    fn leads_to(&self, from: usize, to: usize) -> bool {
        let number = |numbers: &[usize], step: usize| numbers.get(step).copied().unwrap_or_default();
        let left_from = number(&self.left, from);
        // Without cycles, a node is left only after all its successors.
        if left_from < number(&self.left, to) {
            return false;
        }
        let is_below = |step: usize| {
            number(&self.entered, from) <= number(&self.entered, step) && number(&self.left, step) <= left_from
        };
        if is_below(to) {
            return true;
        }
        let mut seen = std::collections::HashSet::from([to]);
        let mut open = vec![to];
        while let Some(step) = open.pop() {
            for &earlier in self.before.get(step).map_or(&[][..], Vec::as_slice) {
                if self.searched.get() >= PATHS_SEARCHED {
                    return true;
                }
                self.searched.set(self.searched.get() + 1);
                let is_reachable = self.reachable.get(earlier).copied().unwrap_or(false);
                if !is_reachable || number(&self.left, earlier) > left_from {
                    continue;
                }
                if is_below(earlier) {
                    return true;
                }
                if seen.insert(earlier) {
                    open.push(earlier);
                }
            }
        }
        false
    }

    fn mark_reachable(&mut self, graph: &Graph) {
        let mut open = Vec::new();
        if let Some(first) = self.reachable.first_mut() {
            *first = true;
            open.push(0);
        }
        while let Some(step) = open.pop() {
            for edge in graph.from(step) {
                if let Some(reachable) = self.reachable.get_mut(edge.to)
                    && !*reachable
                {
                    *reachable = true;
                    open.push(edge.to);
                }
            }
        }
    }

    fn number(&mut self, after: &[Vec<usize>]) {
        let mut clock = 0_usize;
        let mut seen = vec![false; after.len()];
        let mut path: Vec<(usize, usize)> = Vec::new();
        let mut enter = |step: usize, path: &mut Vec<(usize, usize)>, entered: &mut Vec<usize>, clock: usize| {
            if let (Some(seen), Some(entered)) = (seen.get_mut(step), entered.get_mut(step))
                && !*seen
            {
                *seen = true;
                *entered = clock;
                path.push((step, 0));
                return true;
            }
            false
        };
        clock += usize::from(enter(0, &mut path, &mut self.entered, clock));
        while let Some((step, looked_at)) = path.last_mut() {
            let step = *step;
            if let Some(&to) = after.get(step).and_then(|ways| ways.get(*looked_at)) {
                *looked_at += 1;
                clock += usize::from(enter(to, &mut path, &mut self.entered, clock));
            } else {
                if let Some(left) = self.left.get_mut(step) {
                    *left = clock;
                }
                clock += 1;
                path.pop();
            }
        }
    }

    /// Warns of steps that no path reaches: the first of each group, and how many follow only from it.
    pub(super) fn report_unreachable(&self, reader: &mut Reader<'_>, graph: &Graph) {
        if !self.is_sound {
            return;
        }
        let mut covered = self.reachable.clone();
        let mut problems = Vec::new();
        for (index, outline) in reader.outlines.iter().enumerate() {
            if covered.get(index).copied().unwrap_or(true) {
                continue;
            }
            let mut group = 0_usize;
            let mut open = vec![index];
            while let Some(step) = open.pop() {
                if let Some(covered) = covered.get_mut(step)
                    && !*covered
                {
                    *covered = true;
                    group += 1;
                    open.extend(graph.from(step).iter().map(|edge| edge.to));
                }
            }
            let mut diagnostic = Diagnostic::new(
                Code::UnreachableStep,
                outline.name_at,
                format!("no path leads to the step `{}`", outline.name),
            )
            .label("never runs");
            let previous = reader.outlines.iter().take(index).rev().find(|previous| previous.following == Some(index));
            if let Some(previous) = previous {
                let why = match &previous.success {
                    Success::End => format!("`{}` has `isEnd: true`", previous.name),
                    Success::Step(target) => format!("`{}` goes to `{}`", previous.name, target.name),
                    Success::Following => format!("`{}` always chooses another step", previous.name),
                };
                diagnostic = diagnostic.related(previous.name_at, why);
            }
            match group - 1 {
                0 => {}
                1 => diagnostic = diagnostic.help("another step follows only from it"),
                more => diagnostic = diagnostic.help(format!("{more} other steps follow only from it")),
            }
            problems.push(diagnostic);
        }
        reader.diagnostics.extend(problems);
    }
}
