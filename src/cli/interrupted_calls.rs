//! Asks how to handle calls that were in flight when a process ended, and may have run.

use super::error::CliError;
use super::runtime::runtime;
use super::screen::Screen;
use super::{Exit, prompt};
use crate::automation::{AutomationError, ResumeRequest};
use crate::engine::Interrupted;

/// Repeats an operation with the decisions about calls in flight that it requires, asked at the terminal.
pub(super) fn decide<T>(
    request: &mut ResumeRequest,
    can_ask: bool,
    screen: Screen,
    operation: &impl AsyncFn(&ResumeRequest) -> Result<T, AutomationError>,
) -> Result<T, CliError> {
    loop {
        let error = match runtime()?.block_on(operation(request)) {
            Err(error @ AutomationError::DecisionRequired { .. }) => error,
            done => return Ok(done?),
        };
        let AutomationError::DecisionRequired { execution, .. } = &error else { return Err(error.into()) };
        if !can_ask {
            let mut refused = CliError::from(error);
            refused.message.push_str(", and there is no terminal to ask on");
            return Err(refused);
        }
        let answers = [("r", "send it again"), ("f", "fail the step"), ("l", "do not resume")];
        let decision = match prompt::choose(&error.to_string(), &answers, screen)? {
            0 => Interrupted::Retry,
            1 => Interrupted::Fail,
            _ => {
                let id = execution.short();
                return Err(CliError::new(Exit::Unfinished, format!("execution {id} was not resumed")));
            }
        };
        request.interrupted_calls.of.insert(execution.clone(), decision);
    }
}
