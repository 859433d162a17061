//! `aws:invokeWebhook` (spec aws-actions 13).

use indexmap::IndexMap;
use serde_json::Value;

use super::api_parameters::{InputLimit, ParameterInputProblem, api_parameters, check_limits};
use super::called_operation::call;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::expression::DataType;

/// The row of the table.
pub(super) static ROW: ActionSpec = ActionSpec::new("aws:invokeWebhook", "Calls a webhook of an integration.")
    .inputs(&[
        input("IntegrationName", Kind::Text, "The integration.").required(),
        input("Body", Kind::Text, "Body of the request; overrides that of the integration."),
    ])
    .outputs(&[
        output("Response", DataType::String, "Body of the response."),
        output("ResponseCode", DataType::Integer, "The HTTP status.").example(Example::Integer(200)),
    ])
    .executable()
    .check(check)
    .request::<WebhookStepRequest>()
    .reply(ReplyForm::JudgedDocument)
    .calls(&[call("ssm", "GetParameter")])
    .outputs_after_failure(&["Response", "ResponseCode"]);

const LIMITS: &[InputLimit] = &[InputLimit::form("IntegrationName", "letters, digits and _.-", |text| {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
})];

/// The folder of integrations in Parameter Store.
const FOLDER: &str = "/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/";

/// The webhook of an integration, and what is posted to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookStepRequest {
    /// `IntegrationName`
    pub integration: String,
    /// `Body`
    pub body: Option<String>,
}

impl WebhookStepRequest {
    /// The parameter of Parameter Store that holds the integration.
    pub fn parameter_name(&self) -> String {
        format!("{FOLDER}{}", self.integration)
    }
}

impl TypedRequest for WebhookStepRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        let mut text = |name: &str| match parameters.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(_) | None => None,
        };
        let integration = text("IntegrationName").ok_or(ParameterInputProblem::Missing("IntegrationName"))?;
        Ok(Self { integration, body: text("Body") })
    }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
}
