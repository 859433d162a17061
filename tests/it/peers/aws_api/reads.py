# Sets up an emulator, and prints what the Python SDK gives for read operations: the calls that a runbook repeats.
import state
from botocore.exceptions import ClientError
from sdk import answer, call


def reads(ids):
    bucket = {"Bucket": "ops-data"}
    filters = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    topic, queue, role = {"TopicArn": ids["topic"]}, {"QueueUrl": ids["queue"]}, {"RoleName": "runner"}
    return [
        ("sts", "GetCallerIdentity", {}),
        ("s3", "ListBuckets", {}),
        ("s3", "GetBucketLocation", bucket),
        ("s3", "GetBucketVersioning", bucket),
        ("s3", "GetBucketTagging", bucket),
        ("s3", "GetBucketPolicy", bucket),
        ("s3", "GetBucketEncryption", bucket),
        ("s3", "GetBucketLifecycleConfiguration", bucket),
        ("s3", "GetBucketCors", bucket),
        ("s3", "GetBucketAcl", bucket),
        ("s3", "GetBucketLogging", bucket),
        ("s3", "HeadBucket", bucket),
        ("s3", "HeadObject", bucket | {"Key": "logs/a b+c&d.txt"}),
        ("s3", "ListObjects", bucket | {"Delimiter": "/"}),
        ("s3", "ListObjectsV2", bucket | {"Prefix": "logs/", "MaxKeys": 1}),
        ("s3", "ListObjectsV2", bucket | {"Prefix": "none/"}),
        ("s3", "ListObjectVersions", bucket),
        ("ec2", "DescribeInstances", {"Filters": filters}),
        ("ec2", "DescribeInstances", {"InstanceIds": [ids["instance"]]}),
        ("ec2", "DescribeInstances", {"Filters": [{"Name": "tag:team", "Values": ["nobody"]}]}),
        ("ec2", "DescribeInstanceStatus", {"InstanceIds": [ids["instance"]]}),
        ("ec2", "DescribeInstanceAttribute", {"InstanceId": ids["instance"], "Attribute": "disableApiTermination"}),
        ("ec2", "DescribeVolumes", {"VolumeIds": [ids["volume"]]}),
        ("ec2", "DescribeSnapshots", {"SnapshotIds": [ids["snapshot"]]}),
        ("ec2", "DescribeSecurityGroups", {"GroupIds": [ids["group"]]}),
        ("ec2", "DescribeKeyPairs", {}),
        ("ec2", "DescribeVpcs", {}),
        ("ec2", "DescribeSubnets", {"SubnetIds": ids["subnets"]}),
        ("ec2", "DescribeAddresses", {}),
        ("ec2", "DescribeRegions", {"RegionNames": ["us-east-1", "eu-central-1"]}),
        ("ec2", "DescribeAvailabilityZones", {}),
        ("ec2", "DescribeTags", {"Filters": [{"Name": "resource-id", "Values": [ids["instance"]]}]}),
        ("ec2", "DescribeInternetGateways", {}),
        ("ec2", "DescribeNetworkAcls", {}),
        ("ec2", "DescribeRouteTables", {}),
        ("iam", "GetRole", role),
        ("iam", "ListRoles", {}),
        ("iam", "GetRolePolicy", role | {"PolicyName": "read"}),
        ("iam", "ListRolePolicies", role),
        ("iam", "ListAttachedRolePolicies", role),
        ("iam", "GetPolicy", {"PolicyArn": ids["policy"]}),
        ("iam", "GetPolicyVersion", {"PolicyArn": ids["policy"], "VersionId": "v1"}),
        ("iam", "GetUser", {"UserName": "ada"}),
        ("iam", "ListUsers", {"PathPrefix": "/people/"}),
        ("iam", "ListGroupsForUser", {"UserName": "ada"}),
        ("iam", "GetInstanceProfile", {"InstanceProfileName": "web"}),
        ("iam", "ListAccountAliases", {}),
        ("sqs", "ListQueues", {}),
        ("sqs", "GetQueueUrl", {"QueueName": "jobs"}),
        ("sqs", "GetQueueAttributes", queue | {"AttributeNames": ["All"]}),
        ("sqs", "ListQueueTags", queue),
        ("sns", "ListTopics", {}),
        ("sns", "GetTopicAttributes", topic),
        ("sns", "ListSubscriptionsByTopic", topic),
        ("dynamodb", "ListTables", {}),
        ("dynamodb", "DescribeTable", {"TableName": "orders"}),
        ("dynamodb", "GetItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}}),
        ("dynamodb", "Scan", {"TableName": "orders"}),
        ("dynamodb", "DescribeContinuousBackups", {"TableName": "orders"}),
        ("lambda", "ListFunctions", {}),
        ("lambda", "GetFunctionConfiguration", {"FunctionName": "fn"}),
        ("lambda", "GetFunction", {"FunctionName": "fn", "Qualifier": "live"}),
        ("lambda", "ListAliases", {"FunctionName": "fn"}),
        ("lambda", "ListVersionsByFunction", {"FunctionName": "fn"}),
        ("ssm", "GetParameter", {"Name": "/app/size"}),
        ("ssm", "GetParameter", {"Name": "/app/password", "WithDecryption": True}),
        ("ssm", "GetParameters", {"Names": ["/app/size", "/app/none"]}),
        ("ssm", "GetParametersByPath", {"Path": "/app", "Recursive": True, "WithDecryption": True}),
        ("ssm", "DescribeParameters", {}),
        ("ssm", "GetParameterHistory", {"Name": "/app/hosts"}),
        ("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/ops"}),
        ("logs", "DescribeLogStreams", {"logGroupName": "/ops/app"}),
        ("logs", "FilterLogEvents", {"logGroupName": "/ops/app"}),
        ("cloudformation", "DescribeStacks", {"StackName": "topic"}),
        ("cloudformation", "DescribeStackResources", {"StackName": "topic"}),
        ("cloudformation", "DescribeStackEvents", {"StackName": "topic"}),
        ("cloudformation", "GetTemplate", {"StackName": "topic"}),
        ("cloudformation", "ListStacks", {}),
        ("cloudwatch", "DescribeAlarms", {}),
        ("cloudwatch", "ListMetrics", {"Namespace": "Ops"}),
        ("route53", "ListHostedZones", {}),
        ("route53", "GetHostedZone", {"Id": ids["zone"]}),
        ("route53", "ListResourceRecordSets", {"HostedZoneId": ids["zone"]}),
        ("rds", "DescribeDBInstances", {}),
        ("rds", "DescribeDBSnapshots", {"DBSnapshotIdentifier": "snap1"}),
        ("rds", "DescribeDBParameterGroups", {}),
        ("kms", "DescribeKey", {"KeyId": ids["key"]}),
        ("kms", "ListAliases", {}),
        ("kms", "GetKeyPolicy", {"KeyId": ids["key"], "PolicyName": "default"}),
        ("kms", "GetKeyRotationStatus", {"KeyId": ids["key"]}),
        ("secretsmanager", "DescribeSecret", {"SecretId": "db"}),
        ("secretsmanager", "GetSecretValue", {"SecretId": "db"}),
        ("secretsmanager", "GetSecretValue", {"SecretId": "binary"}),
        ("secretsmanager", "ListSecrets", {}),
        ("events", "ListRules", {}),
        ("events", "DescribeRule", {"Name": "nightly"}),
        ("events", "ListTargetsByRule", {"Rule": "nightly"}),
        ("stepfunctions", "ListStateMachines", {}),
        ("stepfunctions", "DescribeStateMachine", {"stateMachineArn": ids["machine"]}),
        ("kinesis", "DescribeStreamSummary", {"StreamName": "clicks"}),
        ("kinesis", "DescribeStream", {"StreamName": "clicks"}),
        ("ecs", "DescribeClusters", {"clusters": ["main"]}),
        ("ecs", "ListClusters", {}),
        ("ecr", "DescribeRepositories", {}),
        ("efs", "DescribeFileSystems", {}),
        ("apigateway", "GetRestApis", {}),
        # MiniStack sends a whole number where the model has a fraction.
        ("apigateway", "GetAccount", {}),
        # Seconds with seven digits of a fraction.
        ("scheduler", "ListScheduleGroups", {}),
        ("autoscaling", "DescribeAutoScalingGroups", {}),
        ("autoscaling", "DescribeLaunchConfigurations", {}),
        ("elbv2", "DescribeLoadBalancers", {}),
        ("elbv2", "DescribeLoadBalancerAttributes", {"LoadBalancerArn": ids["balancer"]}),
        ("elbv2", "DescribeTargetGroups", {}),
        ("acm", "DescribeCertificate", {"CertificateArn": ids["certificate"]}),
        ("acm", "ListCertificates", {}),
    ]


def results():
    made = reads(state.create())
    # The first round lets resources reach their last state.
    for service, operation, parameters in made:
        call(service, operation, **parameters)
    answer([
        {"service": service, "api": operation, "parameters": parameters, "reply": call(service, operation, **parameters)}
        for service, operation, parameters in made
    ])



def failing_calls(ids):
    instance = "i-0123456789abcdef0"
    machine = ids["machine"].replace(":machine", ":none")
    return [
        ("s3", "ListObjectsV2", {"Bucket": "no-such-bucket"}),
        # A response to HEAD has no body: the status is the code.
        ("s3", "HeadBucket", {"Bucket": "no-such-bucket"}),
        ("s3", "HeadObject", {"Bucket": "ops-data", "Key": "none"}),
        ("s3", "GetBucketReplication", {"Bucket": "ops-data"}),
        ("dynamodb", "DescribeTable", {"TableName": "none"}),
        ("ec2", "DescribeInstances", {"InstanceIds": [instance]}),
        ("iam", "GetRole", {"RoleName": "none"}),
        ("sqs", "GetQueueUrl", {"QueueName": "none"}),
        ("sns", "GetTopicAttributes", {"TopicArn": ids["topic"] + "-none"}),
        ("lambda", "GetFunction", {"FunctionName": "none"}),
        ("ssm", "GetParameter", {"Name": "/none"}),
        ("logs", "DescribeLogStreams", {"logGroupName": "/none"}),
        ("cloudformation", "DescribeStacks", {"StackName": "none"}),
        ("rds", "DescribeDBInstances", {"DBInstanceIdentifier": "none"}),
        ("route53", "GetHostedZone", {"Id": "Z00000000000000000000"}),
        ("kms", "DescribeKey", {"KeyId": "00000000-0000-4000-8000-000000000000"}),
        ("secretsmanager", "GetSecretValue", {"SecretId": "none"}),
        ("stepfunctions", "DescribeStateMachine", {"stateMachineArn": machine}),
        ("kinesis", "DescribeStream", {"StreamName": "none"}),
        ("elbv2", "DescribeLoadBalancers", {"Names": ["none"]}),
        ("ecs", "DescribeServices", {"cluster": "none", "services": ["none"]}),
        ("apigateway", "GetRestApi", {"restApiId": "none"}),
        ("efs", "DescribeFileSystems", {"FileSystemId": "fs-00000000"}),
    ]


def failures():
    failed = []
    for service, operation, parameters in failing_calls(state.create()):
        try:
            call(service, operation, **parameters)
            text = None
        except ClientError as error:
            text = str(error)
        failed.append({"service": service, "api": operation, "parameters": parameters, "text": text})
    answer(failed)
