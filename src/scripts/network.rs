//! The network of a script: that of the caller, or one endpoint at most.

use std::str::FromStr;

use http::Uri;
use serde_json::{Value, json};

use crate::aws::SessionKeys;

/// An HTTP or HTTPS URL: the only place that a confined script reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptEndpoint {
    url: String,
    /// Without brackets.
    host: String,
    port: u16,
}

/// Why a text is no endpoint of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScriptEndpoint {
    /// It is no URL with a host.
    #[error("it is no URL with a host")]
    Form,
    /// It has another scheme, or none.
    #[error("its scheme is not http or https")]
    Scheme,
    /// It has a user or a password.
    #[error("it has a user or a password")]
    UserInfo,
}

impl FromStr for ScriptEndpoint {
    type Err = InvalidScriptEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| InvalidScriptEndpoint::Form)?;
        let standard = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            Some(_) | None => return Err(InvalidScriptEndpoint::Scheme),
        };
        let authority = uri.authority().ok_or(InvalidScriptEndpoint::Form)?;
        if authority.as_str().contains('@') {
            return Err(InvalidScriptEndpoint::UserInfo);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(InvalidScriptEndpoint::Form);
        }
        let port = authority.port_u16().unwrap_or(standard);
        Ok(Self { url: text.trim_end_matches('/').to_owned(), host, port })
    }
}

impl ScriptEndpoint {
    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// What scripts reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum ScriptNetwork {
    /// What the caller reaches.
    #[default]
    Callers,
    /// This endpoint alone, or nothing.
    Confined(Option<ScriptEndpoint>),
}

impl ScriptNetwork {
    /// The part of the request to the program that calls the script; `null` where nothing is refused.
    pub(super) fn request(&self) -> Value {
        match self {
            Self::Callers => Value::Null,
            Self::Confined(None) => json!({ "host": null, "port": null }),
            Self::Confined(Some(ScriptEndpoint { host, port, .. })) => json!({ "host": host, "port": port }),
        }
    }
}

/// Keys that sign requests, and that no account has: emulators accept any.
pub(super) fn placeholder_keys() -> SessionKeys {
    SessionKeys { key_id: "test".to_owned(), secret_key: "test".to_owned(), session_token: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_is_an_http_url_with_a_host() {
        let read = |text: &str| text.parse::<ScriptEndpoint>().map(|it| (it.url, it.host, it.port));
        let is = |url: &str, host: &str, port| Ok((url.to_owned(), host.to_owned(), port));
        for (text, expected) in [
            ("http://localhost:4566", is("http://localhost:4566", "localhost", 4566)),
            ("https://Emulator.example/", is("https://Emulator.example", "emulator.example", 443)),
            ("http://[::1]/base", is("http://[::1]/base", "::1", 80)),
            ("ftp://localhost", Err(InvalidScriptEndpoint::Scheme)),
            ("localhost:4566", Err(InvalidScriptEndpoint::Scheme)),
            ("/path", Err(InvalidScriptEndpoint::Scheme)),
            ("http://", Err(InvalidScriptEndpoint::Form)),
            ("http://a b", Err(InvalidScriptEndpoint::Form)),
            ("http://user:password@localhost", Err(InvalidScriptEndpoint::UserInfo)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
