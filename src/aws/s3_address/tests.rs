//! Addresses of buckets, as the Python SDK has them.

use super::*;

const REGIONAL: &str = "https://s3.us-west-2.amazonaws.com";

#[test]
fn buckets_are_in_the_host_where_they_can_and_else_in_the_path() {
    let long = "a".repeat(64);
    let buckets = ["logs-1", "a.b", "Upper", "ab", &long, "192.168.1.1", "under_score", "-abc", "abc-", "abc-s3alias"];
    let at = |bucket: &str| s3_address(REGIONAL, false, "ListObjectsV2", bucket).unwrap();
    let in_path = |bucket: &str| format!("{REGIONAL}/{bucket}");
    assert_eq!(
        buckets.map(at),
        [
            "https://logs-1.s3.us-west-2.amazonaws.com".to_owned(),
            in_path("a.b"),
            in_path("Upper"),
            in_path("ab"),
            in_path(&long),
            in_path("192.168.1.1"),
            in_path("under_score"),
            in_path("-abc"),
            in_path("abc-"),
            "https://abc-s3alias.s3.us-west-2.amazonaws.com".to_owned(),
        ]
    );
}

#[test]
fn buckets_are_in_the_path_at_given_endpoints_and_where_their_region_is_asked_for() {
    assert_eq!(
        [
            s3_address("http://127.0.0.1:4566", true, "ListObjectsV2", "logs-1"),
            s3_address("https://s3.example.com/base/", true, "ListObjectsV2", "logs-1"),
            s3_address(REGIONAL, false, "GetBucketLocation", "logs-1"),
            s3_address("https://s3.amazonaws.com", false, "PutBucketTagging", "logs-1"),
        ],
        [
            Ok("http://127.0.0.1:4566/logs-1".to_owned()),
            Ok("https://s3.example.com/base/logs-1".to_owned()),
            Ok("https://s3.us-west-2.amazonaws.com/logs-1".to_owned()),
            Ok("https://logs-1.s3.amazonaws.com".to_owned()),
        ]
    );
}

#[test]
fn buckets_with_other_endpoints_and_names_of_no_bucket_are_refused() {
    let buckets = [
        "arn:aws:s3:us-east-1:111122223333:accesspoint/ap",
        "data--usw2-az1--x-s3",
        "ap--usw2-az1--xa-s3",
        "ap--op-s3",
        "evil.com/",
        "a?b",
        "..",
        "",
    ];
    assert_eq!(
        buckets.map(|bucket| s3_address(REGIONAL, false, "ListObjectsV2", bucket)),
        [
            Err(BucketError::Arn(buckets[0].to_owned())),
            Err(BucketError::Directory(buckets[1].to_owned())),
            Err(BucketError::Directory(buckets[2].to_owned())),
            Err(BucketError::Outpost(buckets[3].to_owned())),
            Err(BucketError::Name(buckets[4].to_owned())),
            Err(BucketError::Name(buckets[5].to_owned())),
            Err(BucketError::Name(buckets[6].to_owned())),
            Err(BucketError::Name(buckets[7].to_owned())),
        ]
    );
}
