//! Checks the document's `outputs`: entries that name no step, or can never have a value (spec 1.5).

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::load::{OutputEntry, Reader};

use super::graph::Graph;
use super::reach::Reach;

pub(super) fn check(reader: &mut Reader<'_>, entries: &[OutputEntry], graph: &Graph, reach: &Reach) {
    for entry in entries {
        let (step, output) = (entry.output.step.as_str(), entry.output.output.as_str());
        let Some(index) = graph.step(step) else {
            let mut diagnostic = Diagnostic::new(
                Code::UnknownOutputStep,
                entry.step_at,
                format!("`outputs` names the step `{step}`, which does not exist"),
            );
            if let Some(nearest) = reader.suggest.nearest(step, graph.names()) {
                diagnostic = diagnostic.help(format!("did you mean `{nearest}.{output}`?"));
            }
            reader.report(diagnostic);
            continue;
        };
        let Some(outline) = reader.outlines.get(index) else { continue };
        let Some(action) = outline.action else { continue };
        let is_declared = outline.outputs.iter().any(|declared| declared.as_str() == output);
        if !is_declared && !action.spec().has_output(output) {
            let candidates = || {
                let fixed = action.spec().outputs.iter().map(|output| output.name);
                outline.outputs.iter().map(crate::name::OutputName::as_str).chain(fixed)
            };
            let mut diagnostic = Diagnostic::new(
                Code::OutputNeverSet,
                entry.at,
                format!("`{step}` has no output `{output}`, so this never has a value"),
            )
            .related(outline.name_at, "the step");
            diagnostic = match reader.suggest.nearest(output, candidates()) {
                Some(nearest) => diagnostic.help(format!("did you mean `{step}.{nearest}`?")),
                None => diagnostic.help("declare it among the `outputs` of the step, with a `Selector`"),
            };
            reader.report(diagnostic);
        } else if !reach.can_run(index) {
            let diagnostic = Diagnostic::new(
                Code::OutputNeverSet,
                entry.at,
                format!("no path leads to `{step}`, so this never has a value"),
            )
            .related(outline.name_at, "never runs");
            reader.report(diagnostic);
        }
    }
}
