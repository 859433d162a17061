//! The flags of retries and limits, as the settings of an execution.

use std::time::Duration;

use clap::Args;

use crate::automation::{
    SizeLimit, parse_multiplier, parse_poll_interval, parse_share, parse_size_limit, parse_throttle_window,
};
use crate::duration::read_duration;
use crate::event::Settings;
use crate::runner::delays::DelayPolicy;

use super::error::CliError;

/// Delays before a throttled call is sent again. They do not follow the flags: retrying failed steps at once must not
/// flood a service that throttles.
const THROTTLED: DelayPolicy =
    DelayPolicy { initial: Duration::from_secs(1), multiplier: 2.0, longest: Duration::from_secs(30) };

/// How attempts are repeated and bounded.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Retries and limits")]
pub(super) struct SettingsArgs {
    /// Delay before the second attempt of a step
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = read_duration)]
    pub(super) retry_delay: Duration,
    /// Longest delay between two attempts
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = read_duration)]
    pub(super) retry_max_delay: Duration,
    /// Backoff multiplier: factor between two delays
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = parse_multiplier)]
    pub(super) retry_multiplier: f64,
    /// Random share of each delay, from 0 to 1
    #[arg(long, value_name = "NUMBER", default_value = "0.5", value_parser = parse_share)]
    pub(super) retry_jitter: f64,
    /// Time to retry throttled calls before the attempt fails (at most 1h)
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_throttle_window)]
    pub(super) throttle_window: Duration,
    /// Allow timeouts of up to 900 s (Lambda's own limit) instead of the action's 300 s
    #[arg(long)]
    pub(super) allow_long_invocations: bool,
    /// Largest accepted result of a function (such as 6MB), or `none`
    #[arg(long, value_name = "SIZE", default_value = "200KB", value_parser = parse_size_limit)]
    pub(super) max_result_size: SizeLimit,
    /// Delay between the polls of a step that waits for a resource [default: 5s, growing to 15s]
    #[arg(long, value_name = "DURATION", value_parser = parse_poll_interval)]
    pub(super) poll_interval: Option<Duration>,
    /// Send functions an idempotency token of execution, step and attempt, in ClientContext.custom unless it is set
    #[arg(long)]
    pub(super) idempotency_token: bool,
}

impl SettingsArgs {
    /// The settings of an execution.
    pub(super) fn settings(&self) -> Result<Settings, CliError> {
        let policy =
            DelayPolicy { initial: self.retry_delay, multiplier: self.retry_multiplier, longest: self.retry_max_delay };
        let refused = |error: crate::runner::delays::DelayPolicyError| {
            CliError::usage(error.to_string()).help("--retry-delay is the first delay, --retry-max-delay the longest")
        };
        Ok(Settings {
            attempt_delays: policy.delays(None).map_err(refused)?,
            throttle_delays: THROTTLED.delays(None).map_err(refused)?,
            throttle_window: u64::try_from(self.throttle_window.as_millis()).unwrap_or(u64::MAX),
            jitter: self.retry_jitter,
            long_invocations: self.allow_long_invocations,
            result_limit: self.max_result_size.0,
            poll_interval: self.poll_interval.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
            idempotency_token: self.idempotency_token,
        })
    }
}
