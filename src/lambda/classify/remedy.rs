//! Remedies for errors of the Invoke API: one or two sentences for the operator.

use crate::event::ErrorClass;

/// The remedy for an error of this name (and throttle reason), else for its class.
pub(super) fn remedy(code: Option<&str>, reason: Option<&str>, class: ErrorClass) -> Option<&'static str> {
    reason.and_then(of_reason).or_else(|| code.and_then(of_code)).or_else(|| of_class(class))
}

/// The `Reason` of a throttle.
fn of_reason(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "ReservedFunctionConcurrentInvocationLimitExceeded" => {
            "The function uses all of its reserved concurrency: wait for running invocations, or raise the function's \
             reserved concurrency (0 lets nothing run)."
        }
        "ConcurrentInvocationLimitExceeded" => {
            "The account's concurrency that is not reserved is used up: wait for other functions, or ask for a higher \
             concurrency quota."
        }
        "ReservedFunctionInvocationRateLimitExceeded" => {
            "The function is called faster than its reserved concurrency allows: call less often, or raise it."
        }
        "FunctionInvocationRateLimitExceeded" => {
            "The function is called faster than the account's concurrency allows: call less often, or ask for a higher \
             concurrency quota."
        }
        "CallerRateLimitExceeded" => "This caller sends too many requests a second: send fewer at once.",
        "ConcurrentSnapshotCreateLimitExceeded" => {
            "Too many SnapStart snapshots are being made in the account: wait until some are done."
        }
        _ => return None,
    })
}

fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredTokenException" | "ExpiredToken" => "The credentials have expired: sign in again.",
        "RequestExpired" | "RequestTimeTooSkewed" => {
            "The request had expired when it arrived: check that this machine's clock is right, or sign in again."
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            "Check the secret key, and that this machine's clock is right."
        }
        "UnrecognizedClientException" | "InvalidClientTokenId" => {
            "The access key is unknown: check the profile, the region and AWS_SESSION_TOKEN."
        }
        "MissingAuthenticationTokenException" | "IncompleteSignatureException" => {
            "The request's signature is incomplete: check --endpoint-url and any proxy between this machine and Lambda."
        }
        "OptInRequired" => {
            "The account is not signed up for this region or service: enable it, or choose another region."
        }
        "KMSAccessDeniedException" => {
            "Lambda may not decrypt the function's environment. Most often the function's role was deleted and \
             recreated, and the grant on the key is for the old one: give the function another role and then its own \
             again, or recreate the function. Otherwise let the role use kms:Decrypt on the key."
        }
        "KMSDisabledException" => "Enable the KMS key of the function, or give the function another one.",
        "KMSInvalidStateException" => {
            "The KMS key of the function cannot be used as it is (it may be pending deletion): cancel its deletion, or \
             give the function another key."
        }
        "KMSNotFoundException" => {
            "The KMS key of the function does not exist: give the function another key and set its environment again."
        }
        "EC2AccessDeniedException" => {
            "Lambda may not attach the function to its VPC: the function's role needs ec2:CreateNetworkInterface, \
             ec2:DescribeNetworkInterfaces and ec2:DeleteNetworkInterface."
        }
        "EC2ThrottledException" => {
            "EC2 throttled Lambda while it set up the function's network interfaces: this is temporary: wait."
        }
        "EC2UnexpectedException" => {
            "EC2 failed while Lambda set up the function's network interfaces: this is temporary: try again, and check the \
             health of EC2 in the region."
        }
        "ENILimitReachedException" => {
            "The VPC has reached its limit of network interfaces: delete unused ones, or ask for a higher quota."
        }
        "SubnetIPAddressLimitReachedException" => {
            "A subnet of the function has no free address: free some, or give the function larger or more subnets."
        }
        "InvalidSecurityGroupIDException" => {
            "A security group in the function's VPC configuration does not exist: correct it."
        }
        "InvalidSubnetIDException" => "A subnet in the function's VPC configuration does not exist: correct it.",
        "InvalidRuntimeException" => "The function's runtime is not supported there: give it a current one.",
        "InvalidZipFileException" => "Lambda cannot unpack the function's code: deploy it again.",
        "EFSMountFailureException" | "EFSMountConnectivityException" | "EFSMountTimeoutException" => {
            "The function's EFS file system could not be mounted: check its mount targets, that the security groups let \
             port 2049 through, and that the role may use elasticfilesystem:ClientMount."
        }
        "EFSIOException" => {
            "The function's EFS file system did not answer in time: check its throughput, burst credits and the number \
             of connections."
        }
        "S3FilesMountFailureException" | "S3FilesMountConnectivityException" | "S3FilesMountTimeoutException" => {
            "The function's S3 file system could not be mounted: check its mount targets, the network between them and \
             the function, and the role's permissions on it."
        }
        "SnapStartException" => {
            "The function failed while it was started for its SnapStart snapshot: read its initialization log and \
             publish a new version."
        }
        "SnapStartNotReadyException" => {
            "SnapStart is still making the snapshot of this version: wait until the version is Active."
        }
        "SnapStartTimeoutException" => {
            "Lambda could not restore the SnapStart snapshot in time: try again; restore hooks have 10 seconds."
        }
        "ResourceNotReadyException" => {
            "The function is idle or being set up; this call activates it: try again in a minute."
        }
        "ResourceConflictException" => "The function is being created or changed: try again when it is Active.",
        "NoPublishedVersionException" => "The function needs a published version: publish one and name it.",
        "RecursiveInvocationException" => {
            "Lambda stopped a loop of functions that call each other: find the loop, or allow it with the function's \
             recursion configuration."
        }
        "DurableExecutionAlreadyStartedException" => {
            "A durable execution of this name is already running with another input: use another name."
        }
        "RequestTooLargeException" | "SerializedRequestEntityTooLargeException" => {
            "The payload is larger than Lambda's limit (6 MB, 1 MB for Event): pass its location instead, such as an \
             object key."
        }
        "UnsupportedMediaTypeException" | "InvalidRequestContentException" => {
            "Lambda rejected the payload: it must be JSON."
        }
        "InvalidParameterValueException" | "ValidationException" => {
            "Lambda rejected an input: correct the step's inputs."
        }
        "ServiceException" | "InternalFailure" | "ServiceUnavailable" => {
            "Lambda had an internal error: try again if the function may run twice."
        }
        _ => return None,
    })
}

fn of_class(class: ErrorClass) -> Option<&'static str> {
    match class {
        ErrorClass::Permission => Some("The caller needs lambda:InvokeFunction on this function."),
        ErrorClass::NotFound => Some("Check the function's name, its qualifier, the region and the account."),
        ErrorClass::Throttled => {
            Some("The function or the account is at its concurrency or rate limit: wait, or raise the limit.")
        }
        ErrorClass::Setup => Some("The endpoint does not answer as Lambda: check --endpoint-url and the region."),
        ErrorClass::Function
        | ErrorClass::Transient
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::Response
        | ErrorClass::Timeout
        | ErrorClass::Interrupted => None,
    }
}
