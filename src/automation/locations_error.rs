//! Why a run cannot run in its accounts and Regions.

use super::target_arguments::InvalidTargets;
use crate::aws::DownloadError;
use crate::runbook::inputs::execute_automation::RequestProblem;

/// Why a run cannot run in locations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationsError {
    /// They are not valid.
    #[error("the target locations are not valid: {0}")]
    Invalid(#[from] RequestProblem),
    /// They cannot be downloaded.
    #[error("the target locations cannot be read from {address}: {source}")]
    Download {
        /// The URL without its signature.
        address: String,
        /// Why.
        source: DownloadError,
    },
    /// The document at their URL is not valid.
    #[error("the target locations at {address} are not valid: {source}")]
    Document {
        /// The URL without its signature.
        address: String,
        /// Why.
        source: InvalidTargets,
    },
    /// The runbook waits for an approval.
    #[error("step {step} waits for an approval, and approvals are not supported in runs over accounts and Regions")]
    Approval {
        /// The step.
        step: String,
    },
    /// The targets are sensitive.
    #[error("the targets are sensitive, and sensitive targets are not supported in runs over accounts and Regions")]
    SensitiveTargets,
}
