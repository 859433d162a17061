//! Reruns an execution: a new execution from the start, with the same parameters.

use super::Automation;
use super::documents::read_execution;
use super::error::AutomationError;
use super::observer::Observer;
use super::restart::{RestartRequest, RunbookChoice, choose_runbook, start_request};
use super::start::StartRequest;
use crate::event::Origin;

impl Automation {
    /// Plans a new execution like an old one.
    pub async fn plan_rerun(
        &self,
        mut request: RestartRequest,
        observer: &dyn Observer,
    ) -> Result<StartRequest, AutomationError> {
        let journal = self.journal("rerun")?;
        let old = read_execution(journal, &request.execution).await?;
        let choice = std::mem::replace(&mut request.runbook, RunbookChoice::Original);
        let chosen = choose_runbook(choice, journal, &old, observer).await?;
        let origin = Origin::Rerun { of: old.id().clone() };
        start_request(request, old, chosen, origin, None, observer)
    }
}
