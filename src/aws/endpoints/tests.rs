//! Endpoints of the Python SDK; `tests/it/aws/data.rs` compares all of them.

use super::*;

const PLAIN: EndpointVariant = EndpointVariant { fips: false, dual_stack: false };
const FIPS: EndpointVariant = EndpointVariant { fips: true, dual_stack: false };
const DUAL_STACK: EndpointVariant = EndpointVariant { fips: false, dual_stack: true };
const BOTH: EndpointVariant = EndpointVariant { fips: true, dual_stack: true };

fn endpoints() -> Endpoints {
    Endpoints::embedded().unwrap()
}

/// The URL, the Region and the name in signatures of endpoints.
fn resolved(of: &[(&str, &str, &str, EndpointVariant)]) -> Vec<(String, String, Option<String>)> {
    let endpoints = endpoints();
    let resolve = |(service, operation, region, variant): &(&str, &str, &str, EndpointVariant)| {
        let Endpoint { url, signing_region, signing_name } =
            endpoints.resolve(service, operation, region, *variant).unwrap();
        (url, signing_region, signing_name)
    };
    of.iter().map(resolve).collect()
}

fn row(url: &str, region: &str, name: Option<&str>) -> (String, String, Option<String>) {
    (url.to_owned(), region.to_owned(), name.map(ToOwned::to_owned))
}

#[test]
fn endpoints_follow_the_pattern_of_their_partition_in_known_and_new_regions() {
    assert_eq!(
        resolved(&[
            ("ec2", "DescribeInstances", "eu-central-1", PLAIN),
            ("ec2", "DescribeInstances", "eu-central-1", FIPS),
            ("ec2", "DescribeInstances", "eu-central-1", DUAL_STACK),
            ("ec2", "DescribeInstances", "eu-central-1", BOTH),
            ("ec2", "DescribeInstances", "cn-north-1", PLAIN),
            ("ec2", "DescribeInstances", "us-gov-west-1", FIPS),
            ("ec2", "DescribeInstances", "us-iso-east-1", DUAL_STACK),
            ("ec2", "DescribeInstances", "eu-east-7", PLAIN),
            ("ec2", "DescribeInstances", "cn-west-7", PLAIN),
            ("ec2", "DescribeInstances", "moon", PLAIN),
        ]),
        [
            row("https://ec2.eu-central-1.amazonaws.com", "eu-central-1", None),
            row("https://ec2-fips.eu-central-1.amazonaws.com", "eu-central-1", None),
            row("https://ec2.eu-central-1.api.aws", "eu-central-1", None),
            row("https://ec2-fips.eu-central-1.api.aws", "eu-central-1", None),
            row("https://ec2.cn-north-1.amazonaws.com.cn", "cn-north-1", None),
            row("https://ec2.us-gov-west-1.amazonaws.com", "us-gov-west-1", None),
            row("https://ec2.us-iso-east-1.api.aws.ic.gov", "us-iso-east-1", None),
            row("https://ec2.eu-east-7.amazonaws.com", "eu-east-7", None),
            row("https://ec2.cn-west-7.amazonaws.com.cn", "cn-west-7", None),
            row("https://ec2.moon.amazonaws.com", "moon", None),
        ]
    );
}

#[test]
fn services_without_regions_are_signed_for_the_region_of_their_partition() {
    assert_eq!(
        resolved(&[
            ("iam", "GetRole", "eu-central-1", PLAIN),
            ("iam", "GetRole", "eu-east-7", FIPS),
            ("iam", "GetRole", "cn-northwest-1", PLAIN),
            ("iam", "GetRole", "us-gov-east-1", PLAIN),
            ("route53", "ListHostedZones", "ap-south-1", PLAIN),
            ("organizations", "ListAccounts", "eu-central-1", PLAIN),
            ("organizations", "ListAccounts", "us-gov-east-1", PLAIN),
            ("cloudfront", "ListDistributions", "eu-central-1", PLAIN),
            ("sts", "GetCallerIdentity", "us-east-1", PLAIN),
            ("sts", "GetCallerIdentity", "aws-global", PLAIN),
        ]),
        [
            row("https://iam.amazonaws.com", "us-east-1", None),
            row("https://iam-fips.amazonaws.com", "us-east-1", None),
            row("https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1", None),
            row("https://iam.us-gov.amazonaws.com", "us-gov-west-1", None),
            row("https://route53.amazonaws.com", "us-east-1", None),
            row("https://organizations.us-east-1.amazonaws.com", "us-east-1", None),
            row("https://organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1", None),
            row("https://cloudfront.amazonaws.com", "us-east-1", None),
            row("https://sts.us-east-1.amazonaws.com", "us-east-1", None),
            row("https://sts.amazonaws.com", "us-east-1", Some("sts")),
        ]
    );
}

#[test]
fn some_operations_have_endpoints_of_their_own() {
    assert_eq!(
        resolved(&[
            ("s3", "ListBuckets", "us-east-1", PLAIN),
            ("s3", "PutBucketTagging", "us-east-1", DUAL_STACK),
            ("s3", "PutBucketTagging", "eu-central-1", PLAIN),
            ("s3", "ListDirectoryBuckets", "eu-central-1", PLAIN),
            ("s3control", "GetPublicAccessBlock", "eu-central-1", PLAIN),
            ("acm", "DescribeCertificate", "eu-central-1", PLAIN),
            ("acm", "CreateAcmeEndpoint", "eu-central-1", PLAIN),
            ("neptune-graph", "ListGraphs", "eu-central-1", PLAIN),
            ("neptune-graph", "GetGraphSummary", "eu-central-1", PLAIN),
            ("dynamodb", "DescribeTable", "eu-central-1", PLAIN),
            ("dynamodb", "AnOperationOfTheFuture", "eu-central-1", PLAIN),
        ]),
        [
            row("https://s3.amazonaws.com", "us-east-1", Some("s3")),
            row("https://s3.dualstack.us-east-1.amazonaws.com", "us-east-1", Some("s3")),
            row("https://s3.eu-central-1.amazonaws.com", "eu-central-1", Some("s3")),
            row("https://s3express-control.eu-central-1.amazonaws.com", "eu-central-1", Some("s3express")),
            row("https://s3-control.eu-central-1.amazonaws.com", "eu-central-1", Some("s3")),
            row("https://acm.eu-central-1.amazonaws.com", "eu-central-1", None),
            row("https://acm-acme.eu-central-1.api.aws", "eu-central-1", None),
            row("https://neptune-graph.eu-central-1.amazonaws.com", "eu-central-1", None),
            row("https://eu-central-1.neptune-graph.amazonaws.com", "eu-central-1", None),
            row("https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1", None),
            row("https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1", None),
        ]
    );
}

#[test]
fn endpoints_that_a_service_does_not_have_are_refused_with_the_reason() {
    let endpoints = endpoints();
    let refused = |service: &str, operation: &str, region: &str, variant| {
        endpoints.resolve(service, operation, region, variant).unwrap_err().to_string()
    };
    assert_eq!(
        [
            refused("s3", "ListBuckets", "cn-north-1", FIPS),
            refused("s3control", "GetAccessPointScope", "eu-central-1", DUAL_STACK),
            refused("neptune-graph", "GetGraphSummary", "eu-central-1", BOTH),
            refused("cloudfront-keyvaluestore", "GetKey", "us-east-1", PLAIN),
            refused("no-such-service", "GetKey", "us-east-1", PLAIN),
        ],
        [
            "service s3 has no FIPS endpoint in Region cn-north-1: Partition does not support FIPS",
            "service s3control has no dual-stack endpoint in Region eu-central-1: S3Express does not support Dual-stack.",
            "service neptune-graph has no FIPS endpoint with dual-stack in Region eu-central-1: Invalid Configuration: \
             fips endpoint is not supported for this API",
            "service cloudfront-keyvaluestore has no endpoint in Region us-east-1: its host depends on the parameter \
             KvsARN, which is not supported",
            "no endpoints of an AWS service no-such-service are known",
        ]
    );
}

#[test]
fn the_name_of_a_region_cannot_change_the_host() {
    let endpoints = endpoints();
    let long = "a".repeat(64);
    let names =
        ["a.evil.com/", "evil.com#", "a.b", "", "-a", "a-", "a b", "a\n", "a@evil.com", "a:1", "é", "{region}", &long];
    let refused = names.map(|name| endpoints.resolve("ec2", "DescribeInstances", name, PLAIN));
    assert_eq!(refused, names.map(|name| Err(EndpointError::Region(name.to_owned()))));
}

#[test]
fn regions_belong_to_partitions() {
    let endpoints = endpoints();
    let of = |region: &str| endpoints.partition_of(region).name.clone();
    let names =
        ["eu-central-1", "aws-cn-global", "us-gov-east-9", "us-iso-east-1", "us-isob-west-9", "eusc-de-east-1", "x"];
    let partitions: Vec<_> = endpoints.partitions().map(|partition| partition.name.as_str()).collect();
    let standard = endpoints.partition_of("eu-central-1");
    assert_eq!(
        (
            names.map(of),
            partitions,
            [&standard.dns_suffix, &standard.dual_stack_dns_suffix, &standard.global_region],
            endpoints.source()
        ),
        (
            ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc", "aws"].map(ToOwned::to_owned),
            vec!["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"],
            [&"amazonaws.com".to_owned(), &"api.aws".to_owned(), &"us-east-1".to_owned()],
            "botocore 1.44.8"
        )
    );
}

#[test]
fn given_endpoints_are_signed_for_the_region_of_the_caller() {
    let endpoints = endpoints();
    let of = |service| {
        let Endpoint { url, signing_region, signing_name } =
            endpoints.given(service, "eu-central-1", "http://127.0.0.1:4566");
        (url, signing_region, signing_name)
    };
    let url = "http://127.0.0.1:4566";
    assert_eq!(
        [of("iam"), of("s3"), of("pricing-plan-manager")],
        [
            row(url, "eu-central-1", None),
            row(url, "eu-central-1", None),
            row(url, "us-east-1", Some("pricingplanmanager")),
        ]
    );
}
