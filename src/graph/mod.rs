//! A runbook as a picture: what can lead to what, and what an execution made of it.
//!
//! Owns: the [`Graph`] of a runbook (start, steps, end, and every way between them), the marks that an execution leaves
//! on it, and its three forms (Mermaid, DOT and SVG). Pure functions: the same input gives the same text. Does not own: which jumps are valid (`runbook` refuses the others), finding an execution, or
//! writing files (`cli`). Imports `runbook`, `expression`, `execution`, `event`, `name`, `limits`.

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

/// What can happen in a runbook, as nodes and the ways between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// What to call it: the name of the runbook.
    pub name: String,
    /// How the execution stands, when this is the graph of one: `Failed`, `Failed in 4.2s`.
    pub standing: Option<String>,
    /// The nodes: the start first, the steps in the order written (a loop before its inner steps), the end last.
    pub nodes: Vec<GraphNode>,
    /// The ways, by their first node, the likeliest first.
    pub edges: Vec<Edge>,
}

/// Where a node stands in [`Graph::nodes`].
pub type NodeIndex = usize;

/// The start.
pub(crate) const START: NodeIndex = 0;

/// Something that ways lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// What it is.
    pub kind: GraphNodeKind,
    /// The loop it stands in.
    pub inside: Option<NodeIndex>,
    /// Whether any way leads here from the start.
    pub is_reachable: bool,
    /// What the execution did here.
    pub progress: Progress,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphNodeKind {
    /// Where an execution starts.
    Start,
    /// A step.
    Step(StepNode),
    /// Where an execution ends after its last step. One that is aborted ends where it is.
    End,
}

/// A step, as far as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepNode {
    /// Its name.
    pub name: StepName,
    /// Its action.
    pub action: Action,
    /// What kind of step it is to whoever follows the ways.
    pub role: Role,
    /// What the author says of it.
    pub description: Option<String>,
    /// Whether the execution, or the iteration of the loop, stops after it.
    pub is_end: bool,
    /// Whether a bad end of it makes the execution end badly.
    pub is_critical: bool,
    /// Whether the execution goes on after a failure as after success.
    pub goes_on: bool,
    /// What else steers the execution, in a few labels each: `up to 3 attempts`.
    pub notes: Vec<String>,
}

/// What kind of step it is to whoever follows the ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It does something.
    Work,
    /// It chooses where to go.
    Branch,
    /// It repeats the steps inside; how often, in a few labels: `for each {{ find.Hosts }}`.
    Loop(String),
}

/// What an execution did at a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// This is the graph of a runbook alone.
    None,
    /// Not reached.
    NotReached,
    /// Reached.
    Reached {
        /// How the latest run of it stands.
        status: Status,
        /// In how much time, all runs together, as the caller labels durations. None at the start and the end.
        took: Option<String>,
        /// What is to be known beside: `2 attempts`, `kept`.
        notes: Vec<String>,
    },
}

/// A way from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: NodeIndex,
    /// Where it leads.
    pub to: NodeIndex,
    /// When it is taken.
    pub kind: EdgeKind,
    /// Whether the execution took it.
    pub is_taken: bool,
}

/// When a way is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EdgeKind {
    /// After success, and after a failure where the step says `onFailure: Continue`.
    Success,
    /// When this condition of a branch is true and none before it; in short labels.
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
    /// The ways that begin at a node, with their places in [`Graph::edges`].
    fn ways_from(&self, from: NodeIndex) -> impl Iterator<Item = (usize, &Edge)> {
        let first = self.edges.partition_point(|edge| edge.from < from);
        self.edges.iter().enumerate().skip(first).take_while(move |(_, edge)| edge.from == from)
    }

    /// Whether a way is drawn faintly: nothing leads to it, or the execution did not take it.
    fn is_faint(&self, edge: &Edge) -> bool {
        if self.standing.is_some() {
            return !edge.is_taken;
        }
        self.nodes.get(edge.from).is_some_and(|from| !from.is_reachable)
    }

    /// The steps inside a loop, or outside of all with `None`; start and end are outside.
    fn inside(&self, parent: Option<NodeIndex>) -> impl Iterator<Item = (NodeIndex, &GraphNode)> {
        // Inner steps follow their loop, so that nothing beyond them has to be looked at.
        let first = parent.map_or(0, |parent| parent + 1);
        let from_there = self.nodes.iter().enumerate().skip(first);
        let near = from_there.take_while(move |(_, node)| parent.is_none() || node.inside == parent);
        near.filter(move |(_, node)| node.inside == parent)
    }
}

impl GraphNode {
    /// Whether it is drawn faintly: nothing leads to it, or the execution was not here.
    fn is_faint(&self) -> bool {
        match self.progress {
            Progress::None => !self.is_reachable,
            Progress::NotReached => true,
            Progress::Reached { .. } => false,
        }
    }

    /// How the execution stands here, in one line: `Success in 4.2s, 2 attempts`.
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
    /// What is written below the name, line by line, without the progress.
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
    /// What is written on it; nothing on the ordinary way.
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
