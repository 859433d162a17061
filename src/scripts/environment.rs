//! The environment of a script: nothing of the caller's but what is listed here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::ScriptAccess;
use crate::limits::SCRIPT_MANAGED_HEAP;
use crate::scripts::interpreter::Interpreter;

/// Variables of the caller that lead to proxies.
const PROXIES: &[&str] =
    &["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"];

/// Variables of the caller that name certificates.
const CERTIFICATES: &[&str] =
    &["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Variables that a script has unless the caller's are passed.
const DEFAULTS: [(&str, &str); 5] = [
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
];

/// The variables of a script in this folder. `passed` names further variables of the caller: they replace the defaults, and
/// not what belongs to the execution.
pub(super) fn variables(
    folder: &Path,
    access: &ScriptAccess,
    interpreter: &Interpreter,
    passed: &[String],
    has_limits: bool,
) -> BTreeMap<String, OsString> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: OsString| {
        variables.insert(name.to_owned(), value);
    };
    for (name, value) in DEFAULTS {
        set(name, value.into());
    }
    let proxies = if access.is_confined { &[][..] } else { PROXIES };
    let passed = passed.iter().map(String::as_str).filter(|name| !access.is_confined || is_harmless(name));
    let callers = ["PATH"].into_iter().chain(proxies.iter().chain(CERTIFICATES).copied()).chain(passed);
    for name in callers {
        if let Some(value) = std::env::var_os(name) {
            set(name, value);
        }
    }
    set("HOME", folder.into());
    set("TMPDIR", folder.into());
    if let Some(region) = &access.region {
        set("AWS_REGION", region.into());
        set("AWS_DEFAULT_REGION", region.into());
    }
    for (name, value) in &access.endpoints {
        set(name, value.into());
    }
    if let Some(keys) = &access.keys {
        set("AWS_ACCESS_KEY_ID", keys.key_id.clone().into());
        set("AWS_SECRET_ACCESS_KEY", keys.secret_key.clone().into());
        if let Some(token) = &keys.session_token {
            set("AWS_SESSION_TOKEN", token.into());
        }
    }
    if has_limits && matches!(interpreter, Interpreter::PowerShell { .. }) {
        // .NET reads it as a hexadecimal number.
        set("DOTNET_GCHeapHardLimit", format!("{SCRIPT_MANAGED_HEAP:x}").into());
    }
    variables
}

/// Whether a variable of the caller neither gives access to AWS nor leads to a proxy.
fn is_harmless(name: &str) -> bool {
    !name.starts_with("AWS_") && !PROXIES.contains(&name)
}
