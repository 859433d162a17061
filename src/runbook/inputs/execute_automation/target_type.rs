//! The types of resources that can be targets: the names that CloudFormation, the tagging API and parameters give them.

use crate::diagnostic::suggestion;
use crate::runbook::{AwsType, Parameter, ParameterType};

/// The type of the resources that are targets (spec aws-actions 15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetType {
    /// Every type.
    Any,
    /// A type that the tagging API can be asked for.
    Known(&'static ResourceType),
    /// Another type, by the name that CloudFormation gives it.
    Other(String),
}

/// A row of the table of resource types.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// The name that CloudFormation and resource groups give it.
    pub name: &'static str,
    /// The filter of the tagging API: `service:type`, or `service` where that has no types.
    pub filter: &'static str,
    /// Which part of the ARN is the id that parameters take.
    pub id: IdPart,
    /// The names of parameters that take such an id, in lower case and without a plural `s`.
    parameters: &'static [&'static str],
}

/// Which part of an ARN is the id that parameters take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdPart {
    /// What follows the last `/` or `:`.
    Last,
    /// Everything after the type, because ids have `/` in them; with this text before it.
    AfterType(&'static str),
    /// All of it.
    Arn,
}

impl IdPart {
    /// The id in an ARN.
    pub fn of(self, arn: &str) -> &str {
        match self {
            Self::Arn => arn,
            Self::Last => arn.rsplit(['/', ':']).next().unwrap_or(arn),
            Self::AfterType(before) => match arn.splitn(6, ':').nth(5).and_then(|own| own.strip_prefix(before)) {
                Some(id) => id,
                None => Self::Last.of(arn),
            },
        }
    }
}

const fn row(
    name: &'static str,
    filter: &'static str,
    id: IdPart,
    parameters: &'static [&'static str],
) -> ResourceType {
    ResourceType { name, filter, id, parameters }
}

/// The row of instances.
static INSTANCES: ResourceType = row("AWS::EC2::Instance", "ec2:instance", IdPart::Last, &["instanceid"]);

/// The types by the names that CloudFormation gives them.
static RESOURCE_TYPES: [ResourceType; 42] = [
    row("AWS::ApiGateway::RestApi", "apigateway:restapis", IdPart::Last, &["restapiid"]),
    row("AWS::AutoScaling::AutoScalingGroup", "autoscaling:autoScalingGroup", IdPart::Last, &["autoscalinggroupname"]),
    row("AWS::Backup::BackupVault", "backup:backup-vault", IdPart::Last, &["backupvaultname"]),
    row("AWS::CloudFormation::Stack", "cloudformation:stack", IdPart::Arn, &["stackid", "stackarn"]),
    row("AWS::CloudTrail::Trail", "cloudtrail:trail", IdPart::Last, &["trailname"]),
    row("AWS::CloudWatch::Alarm", "cloudwatch:alarm", IdPart::AfterType("alarm:"), &["alarmname"]),
    row("AWS::CodeBuild::Project", "codebuild:project", IdPart::Last, &["projectname"]),
    row("AWS::DynamoDB::Table", "dynamodb:table", IdPart::Last, &["tablename"]),
    row("AWS::EC2::CustomerGateway", "ec2:customer-gateway", IdPart::Last, &["customergatewayid"]),
    row("AWS::EC2::EIP", "ec2:elastic-ip", IdPart::Last, &["allocationid"]),
    row("AWS::EC2::Image", "ec2:image", IdPart::Last, &["imageid", "amiid"]),
    row("AWS::EC2::InternetGateway", "ec2:internet-gateway", IdPart::Last, &["internetgatewayid"]),
    row("AWS::EC2::KeyPair", "ec2:key-pair", IdPart::Last, &["keypairid"]),
    row("AWS::EC2::LaunchTemplate", "ec2:launch-template", IdPart::Last, &["launchtemplateid"]),
    row("AWS::EC2::NatGateway", "ec2:natgateway", IdPart::Last, &["natgatewayid"]),
    row("AWS::EC2::NetworkAcl", "ec2:network-acl", IdPart::Last, &["networkaclid"]),
    row("AWS::EC2::NetworkInterface", "ec2:network-interface", IdPart::Last, &["networkinterfaceid", "eniid"]),
    row("AWS::EC2::RouteTable", "ec2:route-table", IdPart::Last, &["routetableid"]),
    row("AWS::EC2::SecurityGroup", "ec2:security-group", IdPart::Last, &["securitygroupid"]),
    row("AWS::EC2::Snapshot", "ec2:snapshot", IdPart::Last, &["snapshotid"]),
    row("AWS::EC2::Subnet", "ec2:subnet", IdPart::Last, &["subnetid"]),
    row("AWS::EC2::TransitGateway", "ec2:transit-gateway", IdPart::Last, &["transitgatewayid"]),
    row("AWS::EC2::VPC", "ec2:vpc", IdPart::Last, &["vpcid"]),
    row("AWS::EC2::VPCEndpoint", "ec2:vpc-endpoint", IdPart::Last, &["vpcendpointid"]),
    row("AWS::EC2::Volume", "ec2:volume", IdPart::Last, &["volumeid"]),
    row("AWS::ECR::Repository", "ecr:repository", IdPart::AfterType("repository/"), &["repositoryname"]),
    row("AWS::ECS::Cluster", "ecs:cluster", IdPart::Last, &["ecsclustername"]),
    row("AWS::EFS::FileSystem", "elasticfilesystem:file-system", IdPart::Last, &["filesystemid"]),
    row("AWS::EKS::Cluster", "eks:cluster", IdPart::Last, &["eksclustername"]),
    row("AWS::ElastiCache::CacheCluster", "elasticache:cluster", IdPart::Last, &["cacheclusterid"]),
    row(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "elasticloadbalancing:loadbalancer",
        IdPart::Arn,
        &["loadbalancerarn"],
    ),
    row(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "elasticloadbalancing:targetgroup",
        IdPart::Arn,
        &["targetgrouparn"],
    ),
    row("AWS::KMS::Key", "kms:key", IdPart::Last, &["keyid", "kmskeyid"]),
    row("AWS::Lambda::Function", "lambda:function", IdPart::Last, &["functionname"]),
    row("AWS::Logs::LogGroup", "logs:log-group", IdPart::AfterType("log-group:"), &["loggroupname"]),
    row("AWS::RDS::DBCluster", "rds:cluster", IdPart::Last, &["dbclusteridentifier", "dbclusterid"]),
    row("AWS::RDS::DBInstance", "rds:db", IdPart::Last, &["dbinstanceidentifier", "dbinstanceid"]),
    row("AWS::RDS::DBSnapshot", "rds:snapshot", IdPart::Last, &["dbsnapshotidentifier"]),
    row("AWS::Redshift::Cluster", "redshift:cluster", IdPart::Last, &["redshiftclusteridentifier"]),
    row("AWS::S3::Bucket", "s3", IdPart::Last, &["bucketname", "s3bucketname"]),
    row("AWS::SNS::Topic", "sns", IdPart::Arn, &["topicarn", "snstopicarn"]),
    row("AWS::SecretsManager::Secret", "secretsmanager:secret", IdPart::Arn, &["secretid", "secretarn"]),
];

/// Why a text is not the type of targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a type of resources such as /AWS::EC2::Instance")]
pub struct InvalidTargetType;

impl TargetType {
    /// The type of instances.
    pub const INSTANCE: Self = Self::Known(&INSTANCES);

    /// Reads `/AWS::EC2::Instance`, as a document has it: `/` is every type, and the slash before a type may be missing.
    pub fn parse(text: &str) -> Result<Self, InvalidTargetType> {
        let text = text.trim();
        if text == "/" {
            return Ok(Self::Any);
        }
        let name = text.strip_prefix('/').unwrap_or(text);
        if let Some(known) = rows().find(|known| known.name.eq_ignore_ascii_case(name)) {
            return Ok(Self::Known(known));
        }
        let is_part = |part: &str| !part.is_empty() && part.chars().all(|it| it.is_ascii_alphanumeric());
        let parts: Vec<&str> = name.split("::").collect();
        if parts.len() == 3 && parts.iter().all(|part| is_part(part)) {
            return Ok(Self::Other(name.to_owned()));
        }
        Err(InvalidTargetType)
    }

    /// The type that the parameter for the targets takes, by its own type and its name; `None` when they do not say it.
    pub fn of_parameter(name: &str, parameter: &Parameter) -> Option<Self> {
        let named = |wanted: &str| rows().find(|known| known.name == wanted).map(Self::Known);
        match parameter.parameter_type {
            ParameterType::Aws(AwsType::Ec2InstanceId) | ParameterType::AwsList(AwsType::Ec2InstanceId) => {
                return Some(Self::INSTANCE);
            }
            ParameterType::Aws(AwsType::S3BucketName) | ParameterType::AwsList(AwsType::S3BucketName) => {
                return named("AWS::S3::Bucket");
            }
            ParameterType::Aws(AwsType::IamRoleArn) | ParameterType::AwsList(AwsType::IamRoleArn) => return None,
            ParameterType::Data(_) => {}
        }
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let singular = name.strip_suffix('s').unwrap_or(&name);
        let takes = |known: &&ResourceType| known.parameters.iter().any(|it| *it == name || *it == singular);
        rows().find(takes).map(Self::Known)
    }

    /// The name that CloudFormation gives it; `None` for every type.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Known(known) => Some(known.name),
            Self::Other(name) => Some(name),
        }
    }

    /// The known type whose name is nearest.
    pub fn nearest(name: &str) -> Option<&'static str> {
        suggestion(name, rows().map(|known| known.name))
    }

    /// Whether a resource group names the type of a member so.
    pub fn matches(&self, name: &str) -> bool {
        self.name().is_none_or(|own| own == name)
    }

    /// The id in the ARN of a resource of this type.
    pub fn id_in<'a>(&self, arn: &'a str) -> &'a str {
        match self {
            Self::Known(known) => known.id.of(arn),
            Self::Any | Self::Other(_) => IdPart::Last.of(arn),
        }
    }
}

fn rows() -> impl Iterator<Item = &'static ResourceType> {
    std::iter::once(&INSTANCES).chain(&RESOURCE_TYPES)
}
