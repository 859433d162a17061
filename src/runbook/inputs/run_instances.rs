//! `aws:runInstances` (spec aws-actions 11).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::api_parameters::{
    InputLimit, ParameterInputProblem, api_parameters, boolean, check_exclusive, check_limits, is_empty,
    members_as_text,
};
use super::called_operation::call;
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{DataType, described, embedded};

/// The row of the table: the inputs of the action, and the other parameters of `RunInstances`.
pub(super) static ROW: ActionSpec = ActionSpec::new("aws:runInstances", "Launches instances and waits until they run.")
    .inputs(&[
        input("ImageId", Kind::Text, "The machine image.").required(),
        input("InstanceType", Kind::Text, "The size."),
        input("MinInstanceCount", Kind::Integer, "Minimum number of instances [default: 1]."),
        input("MaxInstanceCount", Kind::Integer, "Maximum number of instances [default: the minimum]."),
        input("KeyName", Kind::Text, "The key pair."),
        input("IamInstanceProfileArn", Kind::Text, "The instance profile."),
        input("IamInstanceProfileName", Kind::Text, "The instance profile by name."),
        input("SecurityGroupIds", Kind::List, "The security groups."),
        input("SecurityGroups", Kind::List, "The security groups by name."),
        input("SubnetId", Kind::Text, "The subnet."),
        input("TagSpecifications", Kind::MapList, "Tags of the created resources."),
        input("UserData", Kind::Text, "The script of the first start, in base64."),
        input("BlockDeviceMappings", Kind::MapList, "The devices."),
        input("NetworkInterfaces", Kind::MapList, "The network interfaces."),
        input("Placement", Kind::Map, "Where to run."),
        input("PrivateIpAddress", Kind::Text, "The private address."),
        input("ClientToken", Kind::Text, "Makes repeated requests idempotent [default: a token of the attempt]."),
        input("DisableApiTermination", Kind::Boolean, "Protect from termination."),
        input("EbsOptimized", Kind::Boolean, "Optimise for volumes."),
        input("InstanceInitiatedShutdownBehavior", Kind::Text, "Behaviour on shutdown.").one_of(&["stop", "terminate"]),
        input("KernelId", Kind::Text, "The kernel."),
        input("RamdiskId", Kind::Text, "The RAM disk."),
        input("Monitoring", Kind::Any, "Detailed monitoring: `true`, or a map with `Enabled`."),
        input("AdditionalInfo", Kind::Text, "Reserved."),
        input("MetadataOptions", Kind::Map, "Options of the metadata service."),
        input("HibernationOptions", Kind::Map, "Options of hibernation."),
        input("CapacityReservationSpecification", Kind::Map, "The capacity reservation."),
        input("CpuOptions", Kind::Map, "Options of the processor."),
        input("CreditSpecification", Kind::Map, "Processor credits of a burstable instance."),
        input("DisableApiStop", Kind::Boolean, "Protect from being stopped."),
        input("EnablePrimaryIpv6", Kind::Boolean, "Make the first IPv6 address the primary one."),
        input("EnclaveOptions", Kind::Map, "Options of Nitro Enclaves."),
        input("IamInstanceProfile", Kind::Map, "The instance profile, as in the API."),
        input("InstanceMarketOptions", Kind::Map, "Options of Spot Instances."),
        input("Ipv6AddressCount", Kind::Integer, "Number of IPv6 addresses."),
        input("Ipv6Addresses", Kind::MapList, "The IPv6 addresses."),
        input("LaunchTemplate", Kind::Map, "The launch template."),
        input("LicenseSpecifications", Kind::MapList, "The licence configurations."),
        input("MaintenanceOptions", Kind::Map, "Options of recovery."),
        input("NetworkPerformanceOptions", Kind::Map, "Options of the bandwidth."),
        input("PrivateDnsNameOptions", Kind::Map, "Options of the host name."),
    ])
    .outputs(&[
        output("InstanceIds", DataType::StringList, "The instances."),
        output("InstanceStates", DataType::StringList, "Their states.").example(Example::Text("running")),
    ])
    .no_cancel_target()
    .executable()
    .check(check)
    .request::<RunInstancesRequest>()
    .reply(ReplyForm::JudgedDocument)
    .polls("InstanceStates", PHASE)
    .creates(&["InstanceIds"])
    .outputs_after_failure(&["InstanceIds", "InstanceStates"])
    .calls(&[call("ec2", "RunInstances"), call("ec2", "DescribeInstances")])
    .repeatability(Repeatability::ByToken);

/// The phase of its wait (spec aws-actions 1.3).
pub const PHASE: &str = "verifying launched instance(s) are ready to be used";

const LIMITS: &[InputLimit] = &[
    InputLimit::range("MinInstanceCount", 1, i32::MAX as i64),
    InputLimit::range("MaxInstanceCount", 1, i32::MAX as i64),
];

/// What is sent to launch instances.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInstancesRequest {
    /// The parameters of `RunInstances`. `UserData` is not encoded: the client does that, as the Python SDK does.
    pub parameters: Map<String, Value>,
}

impl TypedRequest for RunInstancesRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        if parameters.contains_key(PROFILE_NAME) && parameters.contains_key(PROFILE_ARN) {
            return Err(ParameterInputProblem::Exclusive { one: PROFILE_NAME, other: PROFILE_ARN });
        }
        let minimum = parameters.remove("MinInstanceCount").unwrap_or_else(|| json!(1));
        let maximum = parameters.remove("MaxInstanceCount").unwrap_or_else(|| minimum.clone());
        parameters.insert("MinCount".to_owned(), minimum);
        parameters.insert("MaxCount".to_owned(), maximum);
        for (input, member) in [(PROFILE_NAME, "Name"), (PROFILE_ARN, "Arn")] {
            if let Some(profile) = parameters.remove(input) {
                parameters.insert("IamInstanceProfile".to_owned(), json!({ member: profile }));
            }
        }
        if let Some(monitoring) = parameters.get_mut("Monitoring") {
            *monitoring = monitored(monitoring)?;
        }
        if let Some(data) = parameters.get_mut("UserData") {
            *data = Value::String(decoded(data).ok_or_else(|| not_encoded(data))?);
        }
        if let Some(Value::Array(specifications)) = parameters.get_mut("TagSpecifications") {
            let specifications = specifications.iter_mut().filter_map(Value::as_object_mut);
            specifications.for_each(|specification| members_as_text(specification, "Tags", &["Key", "Value"]));
        }
        Ok(Self { parameters })
    }
}

const PROFILE_NAME: &str = "IamInstanceProfileName";
const PROFILE_ARN: &str = "IamInstanceProfileArn";

/// `Monitoring` of the API.
fn monitored(value: &Value) -> Result<Value, ParameterInputProblem> {
    match value {
        Value::Object(_) => Ok(value.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Ok(json!({ "Enabled": boolean("Monitoring", value)? }))
        }
    }
}

/// The text that is encoded; none if it is not encoded, or not text.
fn decoded(data: &Value) -> Option<String> {
    // Encoders break lines.
    let data: String = embedded(data).split_ascii_whitespace().collect();
    String::from_utf8(BASE64.decode(data).ok()?).ok()
}

fn not_encoded(data: &Value) -> ParameterInputProblem {
    let (input, wanted) = ("UserData".to_owned(), "UTF-8 text in base64".to_owned());
    ParameterInputProblem::Kind { input, wanted, found: described(data) }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
    check_exclusive(inputs, PROFILE_NAME, PROFILE_ARN);
    let data = inputs.template("UserData").as_literal().filter(|data| !is_empty(data));
    if let (Some(data), Some(entry)) = (data, inputs.get("UserData"))
        && decoded(data).is_none()
    {
        inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, not_encoded(data).to_string()));
    }
}
