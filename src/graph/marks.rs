//! Marks an execution on the graph of its runbook.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{EdgeKind, Graph, GraphNodeKind, NodeIndex, Progress, START};
use crate::event::{Next, Status};
use crate::execution::{CURRENT_ITERATION, Execution, Phase, StepExecution};
use crate::name::StepName;

/// What the caller adds to the execution.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// Its status in one word: that of the service, or `Interrupted` without a live process.
    pub state: &'a str,
    /// The end of the durations of unfinished steps: now, or the last event when no process runs it.
    pub until: Timestamp,
    /// Formats a duration.
    pub duration: fn(Duration) -> String,
}

impl Graph {
    /// Marks the execution on the graph: every node with its status, and the edges that were taken.
    #[must_use]
    pub fn marked(mut self, execution: &Execution, marks: &Marks<'_>) -> Self {
        let ended = match execution.phase() {
            Phase::Ended { at, ending } => Some((*at, ending.status)),
            Phase::Between(_) | Phase::InStep => None,
        };
        let end = ended.map_or(marks.until, |(at, _)| at);
        self.state = Some(format!("{} in {}", marks.state, (marks.duration)(between(execution.started_at(), end))));
        let mut runs: HashMap<&StepName, Vec<&StepExecution>> = HashMap::new();
        for run in execution.runs() {
            runs.entry(&run.step).or_default().push(run);
        }
        let mut places: HashMap<StepName, NodeIndex> = HashMap::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let own = if let GraphNodeKind::Step(step) = &node.kind {
                places.insert(step.name.clone(), at);
                runs.get(&step.name).map_or(&[][..], Vec::as_slice)
            } else {
                &[]
            };
            node.progress = progress(own, marks);
        }
        let mut taken = Vec::new();
        if let Some(first) = execution.runs().first() {
            self.reach(START, Status::Success);
            let to = places.get(&first.step).copied();
            taken.extend(self.edges_from(START).find(|(_, edge)| Some(edge.to) == to).map(|(at, _)| at));
        }
        taken.extend(execution.runs().iter().filter_map(|run| self.way_of(run, &places)));
        for at in taken {
            let Some(edge) = self.edges.get_mut(at) else { continue };
            edge.is_taken = true;
            let to = edge.to;
            let leads_to_end = self.nodes.get(to).is_some_and(|node| node.kind == GraphNodeKind::End);
            if let (true, Some((_, status))) = (leads_to_end, ended) {
                self.reach(to, status);
            }
        }
        // Entering a loop is not an event of its own.
        for edge in &mut self.edges {
            let is_reached = self.nodes.get(edge.to).is_some_and(|to| matches!(to.progress, Progress::Reached { .. }));
            edge.is_taken |= edge.kind == EdgeKind::Enter && is_reached;
        }
        self
    }

    /// The edge that a run of a step took. An execution that was aborted or cancelled ends at its step.
    fn way_of(&self, run: &StepExecution, places: &HashMap<StepName, NodeIndex>) -> Option<usize> {
        let ending = run.ending.as_ref()?;
        let from = *places.get(&run.step)?;
        let to = match (&ending.next, self.nodes.get(from)?.inside) {
            (Next::Step(name), _) => *places.get(name)?,
            // The end of the iteration leads back to the loop.
            (Next::End, Some(looping)) => looping,
            (Next::End, None) => self.nodes.len().checked_sub(1)?,
        };
        let edge_of_kind = |is_kind: fn(&EdgeKind) -> bool| {
            self.edges_from(from).find(|(_, edge)| edge.to == to && is_kind(&edge.kind)).map(|(at, _)| at)
        };
        match ending.status {
            Status::Cancelled | Status::Cancelling => edge_of_kind(|kind| *kind == EdgeKind::Cancel),
            Status::Failed | Status::TimedOut => edge_of_kind(|kind| *kind == EdgeKind::Failure)
                .or_else(|| self.goes_on_after_failure(from).then(|| edge_of_kind(is_ordinary)).flatten()),
            Status::Success | Status::Pending | Status::InProgress | Status::Waiting => edge_of_kind(is_ordinary),
        }
    }

    fn goes_on_after_failure(&self, at: NodeIndex) -> bool {
        self.nodes.get(at).is_some_and(|node| match &node.kind {
            GraphNodeKind::Step(step) => step.is_end || step.goes_on,
            GraphNodeKind::Start | GraphNodeKind::End => true,
        })
    }

    fn reach(&mut self, at: NodeIndex, status: Status) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.progress = Progress::Reached { status, took: None, notes: Vec::new() };
        }
    }
}

/// Whether an edge of this kind is taken after success.
fn is_ordinary(kind: &EdgeKind) -> bool {
    match kind {
        EdgeKind::Success | EdgeKind::Choice(_) | EdgeKind::Default | EdgeKind::Enter | EdgeKind::Repeat => true,
        EdgeKind::Failure | EdgeKind::Cancel => false,
    }
}

fn progress(runs: &[&StepExecution], marks: &Marks<'_>) -> Progress {
    let Some(latest) = runs.last() else { return Progress::NotReached };
    let took = runs.iter().fold(Duration::ZERO, |sum, run| {
        let end = run.ending.as_ref().map_or(marks.until, |ending| ending.at);
        sum.saturating_add(between(run.started_at, end))
    });
    let mut notes = Vec::new();
    let is_loop = latest.iteration.is_some();
    if let (true, Some(count)) = (is_loop, latest.output(CURRENT_ITERATION)) {
        notes.push(if *count == 1 { "1 iteration".to_owned() } else { format!("{count} iterations") });
    } else if runs.len() > 1 {
        notes.push(format!("{} runs", runs.len()));
    } else if latest.attempts.len() > 1 {
        notes.push(format!("{} attempts", latest.attempts.len()));
    }
    if latest.is_kept {
        // A result that was carried over: its time is not part of this execution.
        notes.push("reused".to_owned());
        return Progress::Reached { status: latest.status(), took: None, notes };
    }
    Progress::Reached { status: latest.status(), took: Some((marks.duration)(took)), notes }
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
