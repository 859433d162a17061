//! The bucket in an S3 endpoint: in its host name or in its path.

use std::net::Ipv4Addr;

/// The ends of the names of buckets that have other endpoints.
const DIRECTORY_SUFFIXES: [&str; 2] = ["--x-s3", "--xa-s3"];
const OUTPOST_SUFFIX: &str = "--op-s3";

/// A bucket that cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// It has characters that no bucket has.
    #[error(
        "{0:?} is not the name of a bucket: it may have up to 255 letters, digits, periods, hyphens and underscores"
    )]
    Name(String),
    /// It is the ARN of an access point.
    #[error(
        "bucket {0} is an ARN; access points are not supported: use the name of the bucket, or the alias of the access point"
    )]
    Arn(String),
    /// It is a directory bucket.
    #[error("bucket {0} is a directory bucket, or an access point of one; S3 Express One Zone is not supported")]
    Directory(String),
    /// It is on an Outpost.
    #[error("bucket {0} is the alias of an access point on an Outpost; S3 on Outposts is not supported")]
    Outpost(String),
}

/// The URL of a bucket. The paths of S3 operations in the models begin with `/{Bucket}`, which this URL replaces.
///
/// The bucket is in the host name if it can be one part of it. It is in the path at an endpoint that the user gave
/// (`is_given`), and for `GetBucketLocation`: the Region of that bucket is not known yet.
pub fn s3_address(endpoint: &str, is_given: bool, operation: &str, bucket: &str) -> Result<String, BucketError> {
    if bucket.starts_with("arn:") {
        return Err(BucketError::Arn(bucket.to_owned()));
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if !(1..=255).contains(&bucket.len()) || !bucket.bytes().all(is_allowed) || matches!(bucket, "." | "..") {
        return Err(BucketError::Name(bucket.to_owned()));
    }
    if DIRECTORY_SUFFIXES.iter().any(|suffix| bucket.ends_with(suffix)) {
        return Err(BucketError::Directory(bucket.to_owned()));
    }
    if bucket.ends_with(OUTPOST_SUFFIX) {
        return Err(BucketError::Outpost(bucket.to_owned()));
    }
    let is_in_path = is_given || operation == "GetBucketLocation" || !is_host_name(bucket);
    match endpoint.split_once("://") {
        Some((scheme, rest)) if !is_in_path => Ok(format!("{scheme}://{bucket}.{rest}")),
        _ => Ok(format!("{}/{bucket}", endpoint.trim_end_matches('/'))),
    }
}

/// Whether a certificate for `*.s3.REGION.amazonaws.com` holds for the bucket, and a host name of it is valid.
fn is_host_name(bucket: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(is_allowed)
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
        && bucket.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests;
