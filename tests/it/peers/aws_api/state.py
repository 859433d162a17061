# Creates resources in an emulator; what later calls need of them is in `ids`.
import io
import json
import os
import zipfile

from sdk import call

MOTO = os.environ["KIND"] == "moto"
ACCOUNT = "123456789012" if MOTO else "000000000000"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "arn:aws:s3:::ops-data/*"}],
    }
)
TEMPLATE = json.dumps(
    {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "A topic.",
        "Parameters": {"Name": {"Type": "String", "Default": "stack-topic"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}},
        "Outputs": {"Arn": {"Value": {"Ref": "Topic"}, "Description": "The topic."}},
    }
)
# MiniStack writes these characters into XML as they are.
TAGS = [{"Key": "team", "Value": "ops & <on-call>" if MOTO else "ops"}, {"Key": "größe", "Value": ""}]
ids = {}


def package():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return data.getvalue()


def storage():
    call("s3", "CreateBucket", Bucket="ops-data")
    call("s3", "PutBucketVersioning", Bucket="ops-data", VersioningConfiguration={"Status": "Enabled"})
    call("s3", "PutBucketTagging", Bucket="ops-data", Tagging={"TagSet": TAGS})
    call("s3", "PutBucketPolicy", Bucket="ops-data", Policy=POLICY)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    call("s3", "PutBucketEncryption", Bucket="ops-data", ServerSideEncryptionConfiguration={"Rules": [rule]})
    old = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    call("s3", "PutBucketLifecycleConfiguration", Bucket="ops-data", LifecycleConfiguration={"Rules": [old]})
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 60}
    call("s3", "PutBucketCors", Bucket="ops-data", CORSConfiguration={"CORSRules": [cors]})
    for key in ["logs/a b+c&d.txt", "logs/größe.txt", "top.txt", "logs/a b+c&d.txt"]:
        call("s3", "PutObject", Bucket="ops-data", Key=key, Body=b"text", Metadata={"Owner": "ops"})
    call("efs", "CreateFileSystem", CreationToken="one", Tags=TAGS[:1])
    call("dynamodb", "CreateTable", **{
        "TableName": "orders",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    })
    call("dynamodb", "PutItem", TableName="orders", Item={
        "id": {"S": "1"}, "count": {"N": "12.50"}, "raw": {"B": b"\x00\xff\x10"}, "text": {"B": b"plain"},
        "on": {"BOOL": False}, "none": {"NULL": True}, "set": {"SS": ["a", "b"]}, "list": {"L": [{"N": "1"}]},
    })


def compute():
    image = call("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"] if MOTO else "ami-12345678"
    tags = [{"ResourceType": "instance", "Tags": TAGS}]
    made = call("ec2", "RunInstances", ImageId=image, MinCount=2, MaxCount=2, TagSpecifications=tags)
    ids["instance"] = made["Instances"][0]["InstanceId"]
    ids["volume"] = call("ec2", "CreateVolume", AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    ids["snapshot"] = call("ec2", "CreateSnapshot", VolumeId=ids["volume"], Description="daily")["SnapshotId"]
    call("ec2", "CreateKeyPair", KeyName="ops")
    group = call("ec2", "CreateSecurityGroup", GroupName="web", Description="Web servers.")["GroupId"]
    ids["group"] = group
    call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[{
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
        "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "inside"}],
    }])
    call("ec2", "AllocateAddress", Domain="vpc")
    subnets = [subnet["SubnetId"] for subnet in call("ec2", "DescribeSubnets")["Subnets"]][:2]
    ids["subnets"] = subnets
    call("lambda", "CreateFunction", FunctionName="fn", Runtime="python3.12", Handler="app.handler", Timeout=5,
         Role=ids["role"], Code={"ZipFile": package()}, Environment={"Variables": {"COLOUR": "green"}})
    call("lambda", "PublishVersion", FunctionName="fn")
    call("lambda", "CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    call("ecs", "CreateCluster", clusterName="main", tags=[{"key": "team", "value": "ops"}])
    call("ecr", "CreateRepository", repositoryName="app")
    call("autoscaling", "CreateLaunchConfiguration", LaunchConfigurationName="lc", ImageId=image,
         InstanceType="t3.micro", UserData="#!/bin/sh\necho größe\n")
    call("autoscaling", "CreateAutoScalingGroup", AutoScalingGroupName="asg", LaunchConfigurationName="lc",
         MinSize=0, MaxSize=1, AvailabilityZones=["us-east-1a"])
    made = call("elbv2", "CreateLoadBalancer", Name="front", Subnets=subnets)
    ids["balancer"] = made["LoadBalancers"][0]["LoadBalancerArn"]
    call("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=made["LoadBalancers"][0]["VpcId"])


def access():
    role = call("iam", "CreateRole", RoleName="runner", AssumeRolePolicyDocument=TRUST, Tags=TAGS[:1])
    ids["role"] = role["Role"]["Arn"]
    call("iam", "PutRolePolicy", RoleName="runner", PolicyName="read", PolicyDocument=POLICY)
    made = call("iam", "CreatePolicy", PolicyName="read-all", PolicyDocument=POLICY, Description="Reads.")
    ids["policy"] = made["Policy"]["Arn"]
    call("iam", "AttachRolePolicy", RoleName="runner", PolicyArn=ids["policy"])
    call("iam", "CreateUser", UserName="ada", Path="/people/")
    call("iam", "CreateGroup", GroupName="admins")
    call("iam", "AddUserToGroup", GroupName="admins", UserName="ada")
    call("iam", "CreateInstanceProfile", InstanceProfileName="web")
    call("iam", "AddRoleToInstanceProfile", InstanceProfileName="web", RoleName="runner")
    ids["key"] = call("kms", "CreateKey", Description="data")["KeyMetadata"]["KeyId"]
    call("kms", "CreateAlias", AliasName="alias/data", TargetKeyId=ids["key"])
    ids["secret"] = call("secretsmanager", "CreateSecret", Name="db", SecretString='{"user": "a=b&c"}')["ARN"]
    call("secretsmanager", "CreateSecret", Name="binary", SecretBinary=b"\x00\x01\xfe")
    made = call("acm", "RequestCertificate", DomainName="example.com", ValidationMethod="DNS")
    ids["certificate"] = made["CertificateArn"]


def messages():
    ids["queue"] = call("sqs", "CreateQueue", QueueName="jobs", tags={"team": "ops"})["QueueUrl"]
    ids["topic"] = call("sns", "CreateTopic", Name="alerts")["TopicArn"]
    queue = call("sqs", "GetQueueAttributes", QueueUrl=ids["queue"], AttributeNames=["QueueArn"])
    call("sns", "Subscribe", TopicArn=ids["topic"], Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
    call("events", "PutRule", Name="nightly", ScheduleExpression="rate(1 day)", Description="Nightly jobs.")
    call("events", "PutTargets", Rule="nightly", Targets=[{"Id": "1", "Arn": ids["topic"]}])
    call("kinesis", "CreateStream", StreamName="clicks", ShardCount=2)
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}})
    made = call("stepfunctions", "CreateStateMachine", name="machine", definition=definition, roleArn=ids["role"])
    ids["machine"] = made["stateMachineArn"]


def operations():
    call("ssm", "PutParameter", Name="/app/size", Value="größe", Type="String", Description="The size.")
    call("ssm", "PutParameter", Name="/app/hosts", Value="a,b", Type="StringList", Tags=TAGS[:1])
    call("ssm", "PutParameter", Name="/app/password", Value="hidden", Type="SecureString")
    call("logs", "CreateLogGroup", logGroupName="/ops/app", tags={"team": "ops"})
    call("logs", "PutRetentionPolicy", logGroupName="/ops/app", retentionInDays=7)
    call("logs", "CreateLogStream", logGroupName="/ops/app", logStreamName="one")
    event = {"timestamp": 1_700_000_000_123, "message": "größe <&> \u2603"}
    call("logs", "PutLogEvents", logGroupName="/ops/app", logStreamName="one", logEvents=[event])
    made = call("cloudformation", "CreateStack", StackName="topic", TemplateBody=TEMPLATE, Tags=TAGS[:1])
    ids["stack"] = made["StackId"]
    call("cloudwatch", "PutMetricAlarm", **{
        "AlarmName": "cpu", "MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Statistic": "Average",
        "Period": 60, "EvaluationPeriods": 2, "Threshold": 80.5, "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{"Name": "InstanceId", "Value": ids["instance"]}], "AlarmActions": [ids["topic"]],
    })
    call("cloudwatch", "PutMetricData", Namespace="Ops", MetricData=[{"MetricName": "Jobs", "Value": 1.0}])
    zone = call("route53", "CreateHostedZone", Name="example.com", CallerReference="one")
    ids["zone"] = zone["HostedZone"]["Id"]
    record = {"Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]}
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    call("route53", "ChangeResourceRecordSets", HostedZoneId=ids["zone"], ChangeBatch=change)
    call("rds", "CreateDBInstance", DBInstanceIdentifier="db1", DBInstanceClass="db.t3.micro", Engine="mysql",
         AllocatedStorage=20, MasterUsername="admin", MasterUserPassword="not-a-secret", Tags=TAGS[:1],
         PubliclyAccessible=True)
    call("rds", "CreateDBSnapshot", DBInstanceIdentifier="db1", DBSnapshotIdentifier="snap1")
    call("apigateway", "CreateRestApi", name="api", description="An API.")


def create():
    for part in [access, storage, messages, compute, operations]:
        part()
    return ids
