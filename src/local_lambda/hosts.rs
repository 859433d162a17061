//! Checks the `Host` header of requests.
//!
//! A page in a browser can let its own name point to this machine (DNS rebinding). To the browser its requests then stay
//! within one origin, so they have none of the headers that `browser` looks for, and the page can read the responses.
//! But their `Host` is always the name of the page.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::{HeaderMap, Uri};

/// A DNS name or an IP address, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(Name);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Address(IpAddr),
    /// In lower case, without a dot at its end.
    Dns(String),
}

/// A text that is not a [`HostName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a host name nor an IP address; write it without scheme and port, such as `build.example`")]
pub struct InvalidHostName;

impl HostName {
    /// Whether it resolves to this machine everywhere: `localhost`, a name below it, 127.0.0.0/8 or `::1`.
    fn is_loopback(&self) -> bool {
        match &self.0 {
            Name::Address(address) => address.is_loopback(),
            Name::Dns(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }
}

impl From<IpAddr> for HostName {
    fn from(address: IpAddr) -> Self {
        Self(Name::Address(address.to_canonical()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Address(address) => write!(f, "{address}"),
            Name::Dns(name) => f.write_str(name),
        }
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        if let Ok(address) = bracketed.unwrap_or(text).parse::<IpAddr>() {
            return Ok(Self::from(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_right = (1..=253).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if is_right { Ok(Self(Name::Dns(name))) } else { Err(InvalidHostName) }
    }
}

/// Why a request is refused for its host.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HostRefusal {
    /// The request does not have exactly one valid host.
    #[error("the request must have exactly one `Host` header")]
    Unclear,
    /// A name that is not allowed.
    #[error(
        "requests for the host `{0}` are refused; to allow them, start the server with \
         `--allow-host {0}`"
    )]
    NotAllowed(HostName),
}

/// Refuses a request whose host is neither a loopback name nor one of `allowed`.
pub(super) fn check(uri: &Uri, headers: &HeaderMap, allowed: &[HostName]) -> Result<(), HostRefusal> {
    let mut given = headers.get_all(http::header::HOST).iter();
    let (Some(header), None) = (given.next(), given.next()) else { return Err(HostRefusal::Unclear) };
    let header = header.to_str().ok().and_then(without_port).ok_or(HostRefusal::Unclear)?;
    // A proxy request has its host in the target as well.
    let target = uri.host().map(|host| host.parse().map_err(|_| HostRefusal::Unclear)).transpose()?;
    for name in std::iter::once(header).chain(target) {
        if !name.is_loopback() && !allowed.contains(&name) {
            return Err(HostRefusal::NotAllowed(name));
        }
    }
    Ok(())
}

/// Whether a request names a host that is not a loopback one. A browser always names a host.
pub(super) fn is_foreign(uri: &Uri, headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::HOST) && check(uri, headers, &[]).is_err()
}

/// The name in `name`, `name:port`, `[address]` or `[address]:port`.
fn without_port(text: &str) -> Option<HostName> {
    let (name, rest) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        Some((address, rest)) => (address, rest),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_port =
        |rest: &str| rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if rest.is_empty() || is_port(rest) { name.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Uri};

    use super::{HostName, HostRefusal, check};

    fn refusal(target: &'static str, hosts: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append("host", HeaderValue::from_static(host));
        }
        let allowed: Vec<HostName> = ["192.0.2.7", "Build.Example."].map(|name| name.parse().unwrap()).to_vec();
        check(&Uri::from_static(target), &headers, &allowed).err().map(|refusal| match refusal {
            HostRefusal::Unclear => "unclear".to_owned(),
            HostRefusal::NotAllowed(name) => name.to_string(),
        })
    }

    #[test]
    fn loopback_names_and_those_allowed_are_answered_with_any_port() {
        for host in [
            "localhost",
            "LOCALHOST:9001",
            "localhost.",
            "lambda.localhost:1",
            "127.0.0.1",
            "127.0.0.1:9001",
            "127.9.9.9",
            "[::1]",
            "[::1]:9001",
            "[::ffff:127.0.0.1]:80",
            "192.0.2.7:80",
            "build.example",
            "BUILD.example.:443",
        ] {
            assert_eq!(refusal("/", &[host]), None, "{host}");
        }
        assert_eq!(refusal("http://localhost:9001/", &["localhost:9001"]), None);
    }

    #[test]
    fn other_hosts_and_unclear_ones_are_refused() {
        let refused = |target, hosts: &[&'static str]| refusal(target, hosts).unwrap();
        assert_eq!(
            [
                refused("/", &["evil.example:9001"]),
                refused("/", &["localhost.evil.example"]),
                refused("/", &["notlocalhost"]),
                refused("/", &["192.0.2.8"]),
                refused("/", &["[2001:db8::1]:80"]),
                refused("http://evil.example/", &["localhost"]),
                refused("/", &[]),
                refused("/", &[""]),
                refused("/", &["localhost", "evil.example"]),
                refused("/", &["user@localhost"]),
                refused("/", &["localhost/x"]),
                refused("/", &["::1"]),
                refused("/", &["localhost:80:80"]),
            ],
            [
                "evil.example",
                "localhost.evil.example",
                "notlocalhost",
                "192.0.2.8",
                "2001:db8::1",
                "evil.example",
                "unclear",
                "unclear",
                "unclear",
                "unclear",
                "unclear",
                "unclear",
                "unclear",
            ]
        );
    }
}
