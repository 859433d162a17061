//! Timeouts for calls to services that respond quickly.

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;

use crate::limits;

/// The same configuration with a timeout of seconds: for services that respond quickly, unlike a function.
pub(crate) fn with_short_timeouts(shared: &SdkConfig) -> SdkConfig {
    let limited =
        TimeoutConfig::builder().connect_timeout(limits::AWS_CONNECT).operation_timeout(limits::AWS_SIGN_IN).build();
    shared.clone().into_builder().timeout_config(limited).build()
}
