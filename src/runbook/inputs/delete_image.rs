//! `aws:deleteImage` (spec aws-actions 9).

use indexmap::IndexMap;
use serde_json::Value;

use super::acted_on::ActedOn;
use super::api_parameters::{ParameterInputProblem, api_parameters};
use super::called_operation::call;
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, Kind, ReplyForm, input};

/// The row of the table. The snapshots are recorded before the image is gone, from which alone they can be found.
pub(super) static ROW: ActionSpec = ActionSpec::new("aws:deleteImage", "Deletes a machine image and its snapshots.")
    .inputs(&[input("ImageId", Kind::Text, "The image.").required()])
    .executable()
    .request::<DeleteImageRequest>()
    .reply(ReplyForm::JudgedDocument)
    .creates(&["SnapshotIds"])
    .calls(&[call("ec2", "DescribeImages"), call("ec2", "DeregisterImage"), call("ec2", "DeleteSnapshot")])
    .acted_on(ActedOn::Inputs(&["ImageId"]))
    .repeatability(Repeatability::Idempotent);

/// The image to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteImageRequest {
    /// `ImageId`
    pub image_id: String,
}

impl TypedRequest for DeleteImageRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let parameters = api_parameters(&ROW, &[], inputs)?;
        let image_id = parameters.get("ImageId").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { image_id })
    }
}
