//! Endpoints that the user gives instead of those of AWS.

use std::fmt;

use http::Uri;

/// A place where an endpoint, or the switch that ignores configured ones, can be given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EndpointSetting {
    /// The option of this program.
    Option,
    /// An environment variable.
    Variable(String),
    /// `endpoint_url` of a service, in the `services` section that the profile names.
    ServicesSection(String),
    /// A key of the profile.
    Profile(&'static str),
}

/// An endpoint that the user gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredEndpoint {
    /// Its URL.
    pub url: String,
    /// Where it was given.
    pub setting: EndpointSetting,
}

/// A given endpoint that is none. Its text can have a password, and is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not the URL of an endpoint: it has http:// or https://, a host, and at most a port and a path; user names, \
     queries and fragments are not supported"
)]
pub struct InvalidEndpoint(pub EndpointSetting);

/// The endpoint that the user gave for a service; `None` for the one of AWS.
///
/// `service_id` is that of the model (`Elastic Load Balancing v2`). `look_up` has the values of settings; an empty value
/// is none. The order is that of the SDKs: the option, the variable of the service, the variable for all services, the
/// profile for the service, the profile for all services. A switch leaves out all but the option.
pub fn configured_endpoint(
    service_id: &str,
    look_up: impl Fn(&EndpointSetting) -> Option<String>,
) -> Result<Option<ConfiguredEndpoint>, InvalidEndpoint> {
    let value = |setting: &EndpointSetting| look_up(setting).filter(|value| !value.is_empty());
    let switches = [
        EndpointSetting::Variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".to_owned()),
        EndpointSetting::Profile("ignore_configured_endpoint_urls"),
    ];
    let are_ignored = switches.iter().find_map(value).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let service = settings_id(service_id);
    let configured = [
        EndpointSetting::Variable(format!("AWS_ENDPOINT_URL_{}", service.to_uppercase())),
        EndpointSetting::Variable("AWS_ENDPOINT_URL".to_owned()),
        EndpointSetting::ServicesSection(service.to_lowercase()),
        EndpointSetting::Profile("endpoint_url"),
    ];
    let configured = configured.into_iter().filter(|_| !are_ignored);
    let found = std::iter::once(EndpointSetting::Option)
        .chain(configured)
        .find_map(|setting| value(&setting).map(|url| (url, setting)));
    match found {
        None => Ok(None),
        Some((url, setting)) if is_endpoint(&url) => Ok(Some(ConfiguredEndpoint { url, setting })),
        Some((_, setting)) => Err(InvalidEndpoint(setting)),
    }
}

/// The identifier of a service in settings: `Elastic_Load_Balancing_v2`, in capitals or small letters.
///
/// The AWS SDK for Rust looks for a key with hyphens in the `services` section; with this identifier it looks for the
/// documented one.
pub fn settings_id(service_id: &str) -> String {
    service_id.replace(' ', "_")
}

fn is_endpoint(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let is_host = |host: &str| !host.is_empty();
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(is_host)
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && uri.query().is_none()
        && !url.contains('#')
}

impl fmt::Display for EndpointSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => formatter.write_str("--endpoint-url"),
            Self::Variable(name) => write!(formatter, "the variable {name}"),
            Self::ServicesSection(service) => {
                write!(formatter, "endpoint_url of {service} in the services section of the profile")
            }
            Self::Profile(key) => write!(formatter, "{key} of the profile"),
        }
    }
}

#[cfg(test)]
mod tests;
