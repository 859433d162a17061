//! `aws:copyImage` (spec aws-actions 9).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::api_parameters::{InputLimit, ParameterInputProblem, api_parameters, check_limits, ensure_limits};
use super::aws_api::PHASE;
use super::called_operation::call;
use super::create_image::{LIMITS, rename_image};
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::expression::DataType;

/// The row of the table.
pub(super) static ROW: ActionSpec =
    ActionSpec::new("aws:copyImage", "Copies a machine image into this region and waits until it is available.")
        .inputs(&[
            input("SourceImageId", Kind::Text, "The image to copy.").required(),
            input("SourceRegion", Kind::Text, "The region of the image.").required(),
            input("ImageName", Kind::Text, "The name of the copy.").required(),
            input("ImageDescription", Kind::Text, "Description of the copy."),
            input("Encrypted", Kind::Boolean, "Encrypt the copy."),
            input("KmsKeyId", Kind::Text, "The key to encrypt with."),
            input("ClientToken", Kind::Text, "Makes repeated requests idempotent [default: a token of the attempt]."),
            input("CopyImageTags", Kind::Boolean, "Copy the tags of the image."),
            input("TagSpecifications", Kind::MapList, "Tags of the copy and of its snapshots."),
            input("DestinationOutpostArn", Kind::Text, "The Outpost for the copy."),
            input("DestinationAvailabilityZone", Kind::Text, "The Local Zone for the copy."),
            input("DestinationAvailabilityZoneId", Kind::Text, "The Local Zone for the copy, by id."),
            input("SnapshotCopyCompletionDurationMinutes", Kind::Integer, "Time in which the snapshots are copied."),
        ])
        .outputs(&[
            output("ImageId", DataType::String, "The copy."),
            output("ImageState", DataType::String, "Its state.").example(Example::Text("available")),
        ])
        .no_cancel_target()
        .executable()
        .check(check)
        .request::<CopyImageRequest>()
        .reply(ReplyForm::JudgedDocument)
        .polls("ImageState", PHASE)
        .creates(&["ImageId"])
        .outputs_after_failure(&["ImageId", "ImageState"])
        .calls(&[call("ec2", "CopyImage"), call("ec2", "DescribeImages")])
        .repeatability(Repeatability::ByToken);

const TOKEN_LIMIT: &[InputLimit] = &[InputLimit::characters("ClientToken", 1, 128)];

/// What is sent to copy an image.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyImageRequest {
    /// The parameters of `CopyImage`.
    pub parameters: Map<String, Value>,
}

impl TypedRequest for CopyImageRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        ensure_limits(TOKEN_LIMIT, &parameters)?;
        rename_image(&mut parameters);
        Ok(Self { parameters })
    }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
    check_limits(TOKEN_LIMIT, inputs);
}
