//! No response, however broken, is more than an error: random changes of valid responses of each protocol.

use proptest::prelude::*;
use runwright::aws::{ApiClient, ApiRequest, ReceivedResponse};
use serde_json::Map;

/// An operation of each protocol, and a response to it.
const SAMPLES: [(&str, &str, &str); 6] = [
    (
        "dynamodb",
        "Query",
        r#"{"Items":[{"id":{"S":"a"},"n":{"N":"1"},"m":{"M":{"x":{"L":[{"BOOL":true}]}}}}],"Count":1,"ScannedCount":1}"#,
    ),
    (
        "eks",
        "DescribeCluster",
        r#"{"cluster":{"name":"c","createdAt":1.7959165e9,"logging":{"clusterLogging":[{"types":["api"],"enabled":true}]}}}"#,
    ),
    (
        "ec2",
        "DescribeInstances",
        "<DescribeInstancesResponse><requestId>r</requestId><reservationSet><item><instancesSet><item><instanceId>i-1\
         </instanceId><launchTime>2026-11-29T01:41:43.000Z</launchTime><ebsOptimized>false</ebsOptimized></item>\
         </instancesSet></item></reservationSet></DescribeInstancesResponse>",
    ),
    (
        "iam",
        "GetRole",
        "<GetRoleResponse><GetRoleResult><Role><RoleName>r</RoleName><AssumeRolePolicyDocument>%7B%22a%22%3A1%7D\
         </AssumeRolePolicyDocument></Role></GetRoleResult><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata>\
         </GetRoleResponse>",
    ),
    (
        "s3",
        "ListObjectsV2",
        "<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><Contents><Key>a%2Fb</Key><Size>3</Size>\
         </Contents></ListBucketResult>",
    ),
    ("cloudformation", "GetTemplate", "<A><GetTemplateResult><TemplateBody>{}</TemplateBody></GetTemplateResult></A>"),
];

/// Texts that break one protocol or another.
const INSERTIONS: [&str; 14] = [
    "<",
    ">",
    "</item>",
    "&amp;",
    "&#0;",
    "<![CDATA[",
    "\"",
    "{",
    "]",
    ",",
    "null",
    "1e999",
    "\u{0}",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
];

proptest! {
    #[test]
    fn changed_response_is_a_result_or_an_error(
        sample in 0..SAMPLES.len(),
        status in prop_oneof![Just(200_u16), Just(400), Just(503), 100..600_u16],
        changes in proptest::collection::vec((0..1_000_usize, 0..INSERTIONS.len(), any::<bool>()), 0..6),
    ) {
        let (service, operation, body) = SAMPLES[sample];
        let mut body = body.to_owned();
        for (place, insertion, cuts) in changes {
            let place = place * body.len() / 1_000;
            let at = (0..=place).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
            if cuts {
                body.truncate(at);
            }
            body.insert_str(at, INSERTIONS[insertion]);
        }
        let request = ApiRequest {
            service: service.to_owned(),
            operation: operation.to_owned(),
            parameters: Map::new(),
            token: String::new(),
        };
        let received = ReceivedResponse { status, headers: Vec::new(), body: body.into_bytes() };
        match ApiClient::nowhere(None).read(&request, &received) {
            Ok(reply) => prop_assert!(reply.result["ResponseMetadata"]["HTTPStatusCode"].is_u64()),
            Err(error) => prop_assert!(!error.message.is_empty()),
        }
    }
}
