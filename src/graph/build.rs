//! Builds the graph of a runbook.

use std::collections::HashMap;

use super::{Edge, EdgeKind, Graph, GraphNode, GraphNodeKind, NodeIndex, Progress, Role, START, StepNode, labels};
use crate::name::StepName;
use crate::runbook::{Inputs, OnCancel, OnFailure, Runbook, Step};

impl Graph {
    /// Builds the graph of a runbook with the name `name`.
    pub fn of_runbook(name: &str, runbook: &Runbook) -> Self {
        let mut nodes = vec![node(GraphNodeKind::Start, None)];
        for step in runbook.steps().values() {
            let parent = nodes.len();
            nodes.push(node(GraphNodeKind::Step(step_node(step)), None));
            if let Inputs::Loop(looping) = &step.inputs {
                nodes.extend(
                    looping.steps.values().map(|inner| node(GraphNodeKind::Step(step_node(inner)), Some(parent))),
                );
            }
        }
        let end = nodes.len();
        nodes.push(node(GraphNodeKind::End, None));
        let by_name = nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
            GraphNodeKind::Step(step) => Some((step.name.clone(), index)),
            GraphNodeKind::Start | GraphNodeKind::End => None,
        });
        let mut builder = EdgeBuilder { by_name: by_name.collect(), edges: Vec::new() };
        let first = runbook.steps().first().and_then(|(name, _)| builder.step(name)).unwrap_or(end);
        builder.add(START, first, EdgeKind::Success);
        let steps: Vec<&Step> = runbook.steps().values().collect();
        builder.add_steps(&steps, end, &EdgeKind::Success);
        let mut graph = Self { name: name.to_owned(), state: None, nodes, edges: builder.edges };
        graph.mark_reachable();
        graph
    }

    fn mark_reachable(&mut self) {
        let mut onwards: Vec<Vec<NodeIndex>> = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            if let Some(onwards) = onwards.get_mut(edge.from) {
                onwards.push(edge.to);
            }
        }
        let mut waiting = vec![START];
        while let Some(at) = waiting.pop() {
            if let Some(node) = self.nodes.get_mut(at).filter(|node| !node.is_reachable) {
                node.is_reachable = true;
                waiting.extend(onwards.get(at).into_iter().flatten());
            }
        }
    }
}

/// The edges found so far.
struct EdgeBuilder {
    by_name: HashMap<StepName, NodeIndex>,
    edges: Vec<Edge>,
}

impl EdgeBuilder {
    fn step(&self, name: &StepName) -> Option<NodeIndex> {
        self.by_name.get(name).copied()
    }

    fn add(&mut self, from: NodeIndex, to: NodeIndex, kind: EdgeKind) {
        self.edges.push(Edge { from, to, kind, is_taken: false });
    }

    /// Adds the edges between the steps of one list. The end of the list leads to `end`, by an edge of this kind.
    fn add_steps(&mut self, steps: &[&Step], end: NodeIndex, ending: &EdgeKind) {
        for (place, step) in steps.iter().enumerate() {
            let Some(from) = self.step(&step.name) else { continue };
            let following = steps.get(place + 1).map(|following| &following.name);
            let target = if step.is_end { None } else { step.next_step.as_ref().or(following) };
            let onwards = target.and_then(|target| self.step(target));
            let success = match onwards {
                Some(to) => (to, EdgeKind::Success),
                None => (end, ending.clone()),
            };
            if let Inputs::Branch(branch) = &step.inputs {
                for choice in &branch.choices {
                    if let Some(to) = self.step(&choice.next_step) {
                        self.add(from, to, EdgeKind::Choice(labels::condition(&choice.condition)));
                    }
                }
                let default = branch.default.as_ref().and_then(|default| self.step(default));
                self.add(from, default.unwrap_or(success.0), EdgeKind::Default);
                // A branch that fails continues like any step, by another edge than its default.
                if default.is_some_and(|default| default != success.0) && step.on_failure == OnFailure::Continue {
                    self.add(from, success.0, EdgeKind::Failure);
                }
                self.jumps(step, from);
            } else if let Inputs::Loop(looping) = &step.inputs {
                let inner: Vec<&Step> = looping.steps.values().collect();
                if let Some(first) = inner.first().and_then(|first| self.step(&first.name)) {
                    self.add(from, first, EdgeKind::Enter);
                }
                self.add(from, success.0, success.1);
                self.jumps(step, from);
                self.add_steps(&inner, from, &EdgeKind::Repeat);
            } else {
                self.add(from, success.0, success.1);
                self.jumps(step, from);
            }
        }
    }

    /// The target of `onFailure` or `onCancel`: a named step, regardless of `isEnd` (spec 2.3).
    fn jumps(&mut self, step: &Step, from: NodeIndex) {
        if let OnFailure::Step(target) = &step.on_failure
            && let Some(to) = self.step(target)
        {
            self.add(from, to, EdgeKind::Failure);
        }
        if let OnCancel::Step(target) = &step.on_cancel
            && let Some(to) = self.step(target)
        {
            self.add(from, to, EdgeKind::Cancel);
        }
    }
}

fn node(kind: GraphNodeKind, inside: Option<NodeIndex>) -> GraphNode {
    GraphNode { kind, inside, is_reachable: false, progress: Progress::None }
}

fn step_node(step: &Step) -> StepNode {
    let mut notes = Vec::new();
    if step.max_attempts.get() > 1 {
        notes.push(format!("up to {} attempts", step.max_attempts));
    }
    if step.on_failure == OnFailure::Continue {
        notes.push("continues after a failure".to_owned());
    }
    match (step.is_critical(), &step.on_failure) {
        (true, OnFailure::Continue) => notes.push("critical".to_owned()),
        (false, OnFailure::Abort | OnFailure::Step(_)) => notes.push("not critical".to_owned()),
        (true, OnFailure::Abort | OnFailure::Step(_)) | (false, OnFailure::Continue) => {}
    }
    let role = if let Inputs::Loop(looping) = &step.inputs {
        Role::Loop(labels::repeat(looping))
    } else if matches!(step.inputs, Inputs::Branch(_)) {
        Role::Branch
    } else {
        Role::Work
    };
    StepNode {
        name: step.name.clone(),
        action: step.inputs.action(),
        role,
        description: step.description.clone(),
        is_end: step.is_end,
        is_critical: step.is_critical(),
        goes_on: step.on_failure == OnFailure::Continue,
        notes,
    }
}
