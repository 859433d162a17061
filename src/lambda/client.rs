//! The Lambda client on the AWS SDK: each call is sent once, without retries.

use std::future::Future;

use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as sdk;

use super::classify;
use crate::aws::{CallError, HoldRequest, SendPermit};
use crate::runbook::inputs::invoke_lambda::{FunctionName, Invocation, InvokeRequest};

/// Invokes functions through the AWS SDK.
#[derive(Debug, Clone)]
pub struct LambdaClient {
    sdk: aws_sdk_lambda::Client,
    region: Option<String>,
}

/// The response to a call that the service accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvokeReply {
    /// 200, 202 or 204.
    pub status_code: i32,
    /// `Handled` or `Unhandled` when the function failed.
    pub function_error: Option<String>,
    /// The last 4 KB of the log, base64.
    pub log_result: Option<String>,
    /// The version that ran.
    pub executed_version: Option<String>,
    /// The result of the function; empty without a body.
    pub payload: Vec<u8>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// The configuration of a function that matters to its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfiguration {
    /// Its ARN.
    pub arn: Option<String>,
    /// Its timeout.
    pub timeout_seconds: Option<u64>,
    /// `Active`, `Pending`, `Inactive`, `Failed`, or a newer state.
    pub state: Option<String>,
    /// Why it is in that state.
    pub reason: Option<String>,
}

impl LambdaClient {
    pub(super) fn new(config: aws_sdk_lambda::Config, region: Option<String>) -> Self {
        Self { sdk: aws_sdk_lambda::Client::from_conf(config), region }
    }

    /// The region that calls go to.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The override for a function whose ARN names another region than the client's: calls go there.
    fn elsewhere(&self, function: &FunctionName) -> Option<aws_sdk_lambda::config::Builder> {
        let region = function.region().filter(|region| Some(*region) != self.region())?;
        Some(aws_sdk_lambda::Config::builder().region(aws_sdk_lambda::config::Region::new(region.to_owned())))
    }

    /// Prepares one call: while its future is polled it is built, signed and held, and nothing of it is sent until the
    /// permit is granted. Then the future waits for the response, without a timeout. Dropping it stops the waiting; the
    /// function may continue.
    pub fn prepare(
        &self,
        request: InvokeRequest,
    ) -> (impl Future<Output = Result<InvokeReply, CallError>> + Send + use<>, SendPermit) {
        let call = self
            .sdk
            .invoke()
            .function_name(request.function.as_str())
            .set_qualifier(request.qualifier)
            .payload(Blob::new(request.payload));
        let call = match request.invocation {
            Invocation::RequestResponse { log_tail, client_context } => {
                call.set_log_type(log_tail.then_some(sdk::LogType::Tail)).set_client_context(client_context)
            }
            Invocation::Event => call.invocation_type(sdk::InvocationType::Event),
            Invocation::DryRun => call.invocation_type(sdk::InvocationType::DryRun),
        };
        let (held, permit) = HoldRequest::new();
        let mut call = call.customize().interceptor(held);
        if let Some(there) = self.elsewhere(&request.function) {
            call = call.config_override(there);
        }
        let answered = async move {
            match call.send().await {
                Ok(output) => Ok(InvokeReply {
                    status_code: output.status_code,
                    function_error: output.function_error.clone(),
                    log_result: output.log_result.clone(),
                    executed_version: output.executed_version.clone(),
                    request_id: output.request_id().map(str::to_owned),
                    payload: output.payload.map(Blob::into_inner).unwrap_or_default(),
                }),
                Err(error) => Err(classify::call_error(&error)),
            }
        };
        (answered, permit)
    }

    /// Sends a request without a gate. For calls that no event records.
    pub async fn invoke(&self, request: InvokeRequest) -> Result<InvokeReply, CallError> {
        let (call, permit) = self.prepare(request);
        permit.grant();
        call.await
    }

    /// `GetFunctionConfiguration`: reads, runs nothing.
    pub async fn configuration(
        &self,
        function: &FunctionName,
        qualifier: Option<&str>,
    ) -> Result<FunctionConfiguration, CallError> {
        let call = self.sdk.get_function_configuration().function_name(function.as_str());
        let call = call.set_qualifier(qualifier.map(str::to_owned));
        let mut call = call.customize().interceptor(HoldRequest::permitted());
        if let Some(there) = self.elsewhere(function) {
            call = call.config_override(there);
        }
        let sent = call.send().await;
        match sent {
            Ok(found) => Ok(FunctionConfiguration {
                arn: found.function_arn,
                timeout_seconds: found.timeout.and_then(|seconds| u64::try_from(seconds).ok()),
                state: found.state.map(|state| state.as_str().to_owned()),
                reason: found.state_reason,
            }),
            Err(error) => Err(classify::call_error(&error)),
        }
    }
}

#[cfg(test)]
mod tests;
