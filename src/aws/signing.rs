//! Signs requests (AWS Signature Version 4), in their headers or in a URL.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningError,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// What a signature is for.
#[derive(Debug, Clone)]
pub(super) struct SigningScope {
    /// The Region.
    pub(super) region: String,
    /// The name of the service in signatures.
    pub(super) name: String,
    /// Whether the signature covers the body.
    pub(super) covers_body: bool,
}

/// Why a request cannot be signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnsignableRequest {
    /// The signer refuses it.
    #[error("the request cannot be signed: {0}")]
    Signer(#[from] SigningError),
    /// A header of the signature has no valid value.
    #[error("the signature has a header that cannot be sent")]
    Header,
}

/// Signs a request. Its URL is complete.
pub(super) fn sign_request(
    request: &mut HttpRequest,
    scope: &SigningScope,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<(), UnsignableRequest> {
    let mut settings = settings(scope);
    settings.signature_location = SignatureLocation::Headers;
    let (headers, _) = signature(request, scope, credentials, now, settings)?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name, value).map_err(|_| UnsignableRequest::Header)?;
    }
    Ok(())
}

/// The parameters of a signed URL that is valid for `valid`.
pub(super) fn sign_url(
    request: &HttpRequest,
    scope: &SigningScope,
    credentials: &Credentials,
    now: SystemTime,
    valid: Duration,
) -> Result<Vec<(String, String)>, UnsignableRequest> {
    let mut settings = settings(scope);
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(valid);
    let (_, parameters) = signature(request, scope, credentials, now, settings)?;
    Ok(parameters)
}

/// S3 encodes a path once, and does not normalize it.
fn settings(scope: &SigningScope) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if scope.name.starts_with("s3") {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

type Signature = (Vec<(&'static str, String)>, Vec<(String, String)>);

fn signature(
    request: &HttpRequest,
    scope: &SigningScope,
    credentials: &Credentials,
    now: SystemTime,
    settings: SigningSettings,
) -> Result<Signature, UnsignableRequest> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(&scope.name)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| UnsignableRequest::Header)?
        .into();
    let body = match request.body().bytes() {
        Some(body) if scope.covers_body => SignableBody::Bytes(body),
        Some(_) | None => SignableBody::UnsignedPayload,
    };
    let signable = SignableRequest::new(request.method(), request.uri(), request.headers().iter(), body)?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let (headers, query) = instructions.into_parts();
    let headers = headers.into_iter().map(|header| (header.name(), header.value().to_owned())).collect();
    let query = query.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    Ok((headers, query))
}
