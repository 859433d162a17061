//! A runbook, or an execution of it, as a graph and a picture.
//!
//! Owns: the [`Graph`] of a runbook (start, steps, end, and all edges), the marks of an execution on it, and its three
//! formats (Mermaid, DOT and SVG). Pure functions: the same input gives the same text. Does not own: which jumps are
//! valid (`runbook` refuses the others), finding an execution, or writing files (`cli`). Imports `runbook`,
//! `expression`, `execution`, `event`, `name`, `limits`.

mod build;
mod dot;
mod labels;
mod layered;
mod marks;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;

use crate::event::Status;
use crate::name::StepName;
use crate::runbook::Action;

pub use dot::dot;
pub use labels::repeat;
pub use marks::Marks;
pub use mermaid::mermaid;
pub use svg::svg;

/// The steps of a runbook as nodes, and the edges between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The title: the name of the runbook.
    pub name: String,
    /// The status of the execution, for a graph of one: `Failed`, `Failed in 4.2s`.
    pub state: Option<String>,
    /// The nodes: the start first, the steps in the order written (a loop before its inner steps), the end last.
    pub nodes: Vec<GraphNode>,
    /// The edges, by their first node, the likeliest first.
    pub edges: Vec<Edge>,
}

/// The index of a node in [`Graph::nodes`].
pub type NodeIndex = usize;

/// The start.
pub(crate) const START: NodeIndex = 0;

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// Its kind.
    pub kind: GraphNodeKind,
    /// Its loop.
    pub inside: Option<NodeIndex>,
    /// Whether a path leads here from the start.
    pub is_reachable: bool,
    /// The state in the execution.
    pub progress: Progress,
}

/// The kinds of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphNodeKind {
    /// Where an execution starts.
    Start,
    /// A step.
    Step(StepNode),
    /// The end of an execution after its last step. An aborted execution ends at its step.
    End,
}

/// A step, as far as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepNode {
    /// Its name.
    pub name: StepName,
    /// Its action.
    pub action: Action,
    /// Its role in the control flow.
    pub role: Role,
    /// Its description in the runbook.
    pub description: Option<String>,
    /// Whether the execution, or the iteration of the loop, stops after it.
    pub is_end: bool,
    /// Whether its failure makes the execution fail.
    pub is_critical: bool,
    /// Whether the execution continues after a failure as after success.
    pub goes_on: bool,
    /// Other settings that affect the control flow, in a few labels each: `up to 3 attempts`.
    pub notes: Vec<String>,
}

/// The role of a step in the control flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It runs an action.
    Work,
    /// It chooses the next step.
    Branch,
    /// It repeats its inner steps; how often, in a few labels: `for each {{ find.Hosts }}`.
    Loop(String),
}

/// The state of a node in an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// None: this is the graph of a runbook alone.
    None,
    /// Not reached.
    NotReached,
    /// Reached.
    Reached {
        /// The status of its latest run.
        status: Status,
        /// The total time of all runs, as formatted by the caller. `None` at the start and the end.
        took: Option<String>,
        /// Additional labels: `2 attempts`, `kept`.
        notes: Vec<String>,
    },
}

/// An edge from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Its source.
    pub from: NodeIndex,
    /// Its target.
    pub to: NodeIndex,
    /// When it is taken.
    pub kind: EdgeKind,
    /// Whether the execution took it.
    pub is_taken: bool,
}

/// When an edge is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EdgeKind {
    /// After success, and after a failure where the step says `onFailure: Continue`.
    Success,
    /// When this condition of a branch is the first true one; in short labels.
    Choice(String),
    /// When no condition of a branch is true.
    Default,
    /// After a failure or a timeout.
    Failure,
    /// When the user cancels while the step runs.
    Cancel,
    /// From a loop to the first of its steps.
    Enter,
    /// From a step back to its loop: the iteration is over.
    Repeat,
}

impl Graph {
    /// The edges that begin at a node, with their indices in [`Graph::edges`].
    fn edges_from(&self, from: NodeIndex) -> impl Iterator<Item = (usize, &Edge)> {
        let first = self.edges.partition_point(|edge| edge.from < from);
        self.edges.iter().enumerate().skip(first).take_while(move |(_, edge)| edge.from == from)
    }

    /// Whether an edge is drawn faintly: no path leads to it, or the execution did not take it.
    fn is_faint(&self, edge: &Edge) -> bool {
        if self.state.is_some() {
            return !edge.is_taken;
        }
        self.nodes.get(edge.from).is_some_and(|from| !from.is_reachable)
    }

    /// The steps inside a loop, or outside of all with `None`; start and end are outside.
    fn inside(&self, parent: Option<NodeIndex>) -> impl Iterator<Item = (NodeIndex, &GraphNode)> {
        // Inner steps follow their loop, so nothing beyond them has to be examined.
        let first = parent.map_or(0, |parent| parent + 1);
        let from_there = self.nodes.iter().enumerate().skip(first);
        let near = from_there.take_while(move |(_, node)| parent.is_none() || node.inside == parent);
        near.filter(move |(_, node)| node.inside == parent)
    }
}

impl GraphNode {
    /// Whether it is drawn faintly: no path leads to it, or the execution did not reach it.
    fn is_faint(&self) -> bool {
        match self.progress {
            Progress::None => !self.is_reachable,
            Progress::NotReached => true,
            Progress::Reached { .. } => false,
        }
    }

    /// The state of the node in one line: `Success in 4.2s, 2 attempts`.
    fn progress_text(&self) -> Option<String> {
        match &self.progress {
            Progress::None => (!self.is_reachable).then(|| "nothing leads here".to_owned()),
            Progress::NotReached => Some("not reached".to_owned()),
            Progress::Reached { status, took, notes } => {
                let took = took.as_ref().map(|took| format!(" in {took}")).unwrap_or_default();
                let parts: Vec<String> =
                    std::iter::once(format!("{status}{took}")).chain(notes.iter().cloned()).collect();
                Some(parts.join(", "))
            }
        }
    }
}

impl StepNode {
    /// The lines below the name, without the progress.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.action.to_string()];
        if let Role::Loop(repeats) = &self.role {
            lines.push(repeats.clone());
        }
        if !self.notes.is_empty() {
            lines.push(self.notes.join(", "));
        }
        lines
    }
}

impl EdgeKind {
    /// Its label; normal edges have none.
    fn label(&self) -> Option<&str> {
        match self {
            Self::Success | Self::Enter => None,
            Self::Choice(condition) => Some(condition),
            Self::Default => Some("otherwise"),
            Self::Failure => Some("on failure"),
            Self::Cancel => Some("on cancel"),
            Self::Repeat => Some("next iteration"),
        }
    }
}
