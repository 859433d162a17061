//! `aws:createImage` (spec aws-actions 9).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::api_parameters::{InputLimit, ParameterInputProblem, api_parameters, check_limits, rename};
use super::aws_api::PHASE;
use super::called_operation::call;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::expression::DataType;

/// The row of the table.
pub(super) static ROW: ActionSpec =
    ActionSpec::new("aws:createImage", "Makes a machine image of an instance and waits until it is available.")
        .inputs(&[
            input("InstanceId", Kind::Text, "The instance.").required(),
            input("ImageName", Kind::Text, "The name of the image.").required(),
            input("ImageDescription", Kind::Text, "Description of the image."),
            input("NoReboot", Kind::Boolean, "Do not stop the instance for it."),
            input("BlockDeviceMappings", Kind::MapList, "The devices of the image."),
        ])
        .outputs(&[
            output("ImageId", DataType::String, "The image."),
            output("ImageState", DataType::String, "Its state.").example(Example::Text("available")),
        ])
        .no_cancel_target()
        .executable()
        .check(check)
        .request::<CreateImageRequest>()
        .reply(ReplyForm::JudgedDocument)
        .polls("ImageState", PHASE)
        .creates(&["ImageId"])
        .outputs_after_failure(&["ImageId", "ImageState"])
        .calls(&[call("ec2", "CreateImage"), call("ec2", "DescribeImages")]);

/// The limits of the name and the description of an image.
pub(super) const LIMITS: &[InputLimit] = &[
    InputLimit::characters("ImageName", 3, 128),
    InputLimit::form("ImageName", "letters, digits, spaces and ()[]./-'@_", is_image_name),
    InputLimit::characters("ImageDescription", 0, 255),
];

/// What is sent to create an image.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateImageRequest {
    /// The parameters of `CreateImage`.
    pub parameters: Map<String, Value>,
}

impl TypedRequest for CreateImageRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        rename_image(&mut parameters);
        Ok(Self { parameters })
    }
}

/// Gives the name and the description of an image the names of the API.
pub(super) fn rename_image(parameters: &mut Map<String, Value>) {
    rename(parameters, "ImageName", "Name");
    rename(parameters, "ImageDescription", "Description");
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
}

fn is_image_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " ()[]./-'@_".contains(c))
}
