//! The default retry and timeout settings of an execution.

use std::time::Duration;

use super::error::AutomationError;
use crate::event::Settings;
use crate::runner::delays::DelayPolicy;

/// Delays before the next attempt of a step.
pub const ATTEMPT_DELAYS: DelayPolicy =
    DelayPolicy { initial: Duration::from_secs(1), multiplier: 2.0, longest: Duration::from_secs(30) };

/// Delays before a throttled call is sent again. They do not follow the setting for attempts: a user who retries a
/// failed step at once does not want to flood a service that throttles.
pub const THROTTLE_DELAYS: DelayPolicy =
    DelayPolicy { initial: Duration::from_secs(1), multiplier: 2.0, longest: Duration::from_secs(30) };

/// How long a throttled call is sent again before the attempt fails.
pub const THROTTLE_WINDOW: Duration = Duration::from_mins(5);

/// Jitter: the random share of each delay.
pub const JITTER: f64 = 0.5;

/// The largest result of a function, in bytes.
pub const RESULT_LIMIT: u64 = 200 * 1024;

/// The default settings of an execution.
pub fn default_settings() -> Result<Settings, AutomationError> {
    Ok(Settings {
        attempt_delays: ATTEMPT_DELAYS.delays(None)?,
        throttle_delays: THROTTLE_DELAYS.delays(None)?,
        throttle_window: u64::try_from(THROTTLE_WINDOW.as_millis()).unwrap_or(u64::MAX),
        jitter: JITTER,
        long_invocations: false,
        result_limit: Some(RESULT_LIMIT),
        idempotency_token: false,
    })
}
