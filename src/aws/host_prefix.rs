//! The part of a host name that an operation puts before the host of its endpoint.

use std::net::Ipv4Addr;

/// A parameter that cannot be part of a host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostPrefixError {
    /// It has other characters, or none.
    #[error(
        "Invalid value for parameter(s): {}. Must contain only alphanumeric characters, hyphen, or period.",
        .0.join(", ")
    )]
    Characters(Vec<String>),
    /// It is absent, or not text.
    #[error("parameter {0} is part of the host name of the endpoint, and has no text")]
    Absent(String),
    /// The pattern in the model has a variable without an end.
    #[error("the host prefix {0} of the model has no closing brace")]
    Pattern(String),
}

/// The host prefix of an operation: the pattern in its model (`data-`, `{AccountId}.`) with the values of parameters.
pub fn host_prefix<'v>(pattern: &str, parameter: impl Fn(&str) -> Option<&'v str>) -> Result<String, HostPrefixError> {
    let mut prefix = String::new();
    let mut invalid = Vec::new();
    let mut rest = pattern;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| HostPrefixError::Pattern(pattern.to_owned()))?;
        let value = parameter(name).ok_or_else(|| HostPrefixError::Absent(name.to_owned()))?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if value.is_empty() || !value.bytes().all(is_allowed) {
            invalid.push(name.to_owned());
        }
        prefix = prefix + literal + value;
        rest = after;
    }
    if invalid.is_empty() { Ok(prefix + rest) } else { Err(HostPrefixError::Characters(invalid)) }
}

/// The URL of an endpoint with a host prefix. An address, or a name without a period such as `localhost`, stays as it is:
/// an emulator has no name for the prefix.
pub fn with_host_prefix(url: &str, prefix: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_address = host.parse::<Ipv4Addr>().is_ok() || host.starts_with('[');
    if is_address || !host.contains('.') {
        return url.to_owned();
    }
    format!("{scheme}://{prefix}{rest}")
}

#[cfg(test)]
mod tests;
