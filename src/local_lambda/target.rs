//! The function that a request means.

use std::sync::Arc;

use super::function::{Function, Version};

/// A function, the version a request means, and the ARN as the request qualified it.
pub(super) struct Target {
    pub(super) function: Arc<Function>,
    pub(super) version: Version,
    pub(super) arn: String,
}
