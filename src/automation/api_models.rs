//! The models of AWS APIs that runbooks are checked against and executions call with.

use std::path::Path;
use std::sync::Arc;

use super::error::AutomationError;
use crate::aws::Models;

/// The models in this program; with a folder also those in it, which win.
pub fn load_models(folder: Option<&str>) -> Result<Arc<Models>, AutomationError> {
    Ok(match folder {
        Some(folder) => Arc::new(Models::with_folder(Path::new(folder))?),
        None => Models::shared(),
    })
}
