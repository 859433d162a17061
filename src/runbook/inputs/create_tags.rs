//! `aws:createTags` (spec aws-actions 10).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::api_parameters::{ParameterInputProblem, api_parameters, members_as_text, rename, text_items};
use super::called_operation::{InputValues, call};
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Kind, ReplyForm, input};
use crate::diagnostic::{Code, Diagnostic};

/// The row of the table.
pub(super) static ROW: ActionSpec = ActionSpec::new("aws:createTags", "Tags resources.")
    .inputs(&[
        input("ResourceIds", Kind::List, "The resources; exactly one unless their type is `EC2`.").required(),
        input("Tags", Kind::MapList, "The tags: `Key` and `Value` each.").required(),
        input("ResourceType", Kind::Text, "Type of the resources [default: `EC2`].").one_of(&[
            "EC2",
            "ManagedInstance",
            "MaintenanceWindow",
            "Parameter",
        ]),
    ])
    .no_cancel_target()
    .executable()
    .check(check)
    .request::<CreateTagsRequest>()
    .reply(ReplyForm::JudgedDocument)
    .calls(&[
        call("ec2", "CreateTags").when(&[InputValues::of("ResourceType", &["", EC2])]),
        call("ssm", "AddTagsToResource")
            .when(&[InputValues::of("ResourceType", &["ManagedInstance", "MaintenanceWindow", "Parameter"])]),
    ])
    .repeatability(Repeatability::Idempotent);

const EC2: &str = "EC2";

/// What is sent to tag resources.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateTagsRequest {
    /// The parameters of `CreateTags` of EC2.
    Ec2(Map<String, Value>),
    /// The parameters of `AddTagsToResource` of Systems Manager.
    SystemsManager(Map<String, Value>),
}

impl TypedRequest for CreateTagsRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, &[], inputs)?;
        members_as_text(&mut parameters, "Tags", &["Key", "Value"]);
        let resource_type = parameters.get("ResourceType").and_then(Value::as_str).unwrap_or(EC2);
        if resource_type == EC2 {
            parameters.remove("ResourceType");
            rename(&mut parameters, "ResourceIds", "Resources");
            return Ok(Self::Ec2(parameters));
        }
        let resources = parameters.get("ResourceIds").map(text_items).unwrap_or_default();
        let [resource] = resources.as_slice() else {
            let problem = several(resources.len(), resource_type);
            return Err(ParameterInputProblem::Limit { input: "ResourceIds", problem });
        };
        parameters.insert("ResourceId".to_owned(), Value::from(resource.as_str()));
        parameters.remove("ResourceIds");
        Ok(Self::SystemsManager(parameters))
    }
}

fn several(count: usize, resource_type: &str) -> String {
    format!("has {count} items, and resources of the type {resource_type} are tagged one at a time")
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    let constant = |name: &str| inputs.template(name).as_literal();
    if let (Some(Value::String(resource_type)), Some(Value::Array(resources))) =
        (constant("ResourceType"), constant("ResourceIds"))
        && resource_type != EC2
        && resources.len() > 1
        && let Some(entry) = inputs.get("ResourceIds")
    {
        let message = format!("`ResourceIds` {}", several(resources.len(), resource_type));
        inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, message));
    }
}
