//! The protocols of AWS services.

use super::error::UnknownApi;
use super::model::Metadata;

/// A protocol that this program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON in a POST, version 1.0.
    AwsJson10,
    /// JSON in a POST, version 1.1.
    AwsJson11,
    /// JSON, with members in path, query and headers.
    RestJson,
    /// A form in a POST; XML in return.
    Query,
    /// The same for EC2.
    Ec2,
    /// XML, with members in path, query and headers.
    RestXml,
}

impl Protocol {
    /// The first of a service's protocols that this program speaks. Refuses services whose requests are signed in a way
    /// of their own.
    pub(super) fn of(service: &str, metadata: &Metadata) -> Result<Self, UnknownApi> {
        if !matches!(metadata.signature_version.as_str(), "v4" | "s3" | "s3v4") {
            let (service, signature) = (service.to_owned(), metadata.signature_version.clone());
            return Err(UnknownApi::Signature { service, signature });
        }
        let preferred = std::iter::once(&metadata.protocol);
        let spoken = preferred.chain(&metadata.protocols).find_map(|name| Self::named(name, metadata));
        spoken.ok_or_else(|| UnknownApi::Protocol { service: service.to_owned(), protocol: metadata.protocol.clone() })
    }

    fn named(name: &str, metadata: &Metadata) -> Option<Self> {
        Some(match name {
            "json" if metadata.json_version.as_deref() == Some("1.0") => Self::AwsJson10,
            "json" => Self::AwsJson11,
            "rest-json" => Self::RestJson,
            "query" => Self::Query,
            "ec2" => Self::Ec2,
            "rest-xml" => Self::RestXml,
            _ => return None,
        })
    }

    /// Whether members can be in path, query and headers.
    pub(super) const fn is_rest(self) -> bool {
        match self {
            Self::RestJson | Self::RestXml => true,
            Self::AwsJson10 | Self::AwsJson11 | Self::Query | Self::Ec2 => false,
        }
    }
}
