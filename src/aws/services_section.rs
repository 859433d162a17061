//! The `services` sections of the user's configuration file: which services they have settings of.
//!
//! The SDK reads their values, and only those of a service that it is asked for by name.

use std::path::PathBuf;

use crate::files::read_regular_file;
use crate::limits::AWS_CONFIG_BYTES;

/// The identifiers of the services that have settings of their own, in any section. None where the file cannot be read: the
/// SDK reports that.
pub(super) fn services_with_settings() -> Vec<String> {
    let text = config_file().and_then(|file| read_regular_file(&file, AWS_CONFIG_BYTES).ok()).unwrap_or_default();
    find_services(&String::from_utf8_lossy(&text))
}

/// Where the SDK reads it too.
fn config_file() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    match std::env::var_os("AWS_CONFIG_FILE").filter(|named| !named.is_empty()).map(PathBuf::from) {
        Some(named) => match named.strip_prefix("~") {
            Ok(below) => Some(home()?.join(below)),
            Err(_) => Some(named),
        },
        None => Some(home()?.join(".aws/config")),
    }
}

/// The keys without a value in `services` sections: `s3 =`, with its settings below it.
fn find_services(config: &str) -> Vec<String> {
    let mut services = Vec::new();
    let mut is_within = false;
    for line in config.lines() {
        if let Some(section) = line.trim_start().strip_prefix('[') {
            is_within = section.trim_start().starts_with("services");
            continue;
        }
        if let Some((key, value)) = line.split_once('=')
            && is_within
            && !line.starts_with([' ', '\t', '#', ';'])
            && value.trim().is_empty()
        {
            services.push(key.trim().to_lowercase());
        }
    }
    services
}

#[cfg(test)]
mod tests {
    use super::find_services;

    #[test]
    fn keys_of_services_sections_that_have_settings_are_services() {
        let config = "[profile dev]\nservices = local\ns3 =\n  max_concurrent_requests = 3\n\n[services local]\nec2 =\n  \
                      endpoint_url = http://localhost\nElastic_Load_Balancing_v2=\n\tendpoint_url =\n# lambda =\n\n\
                      [ services other ]\niam =\r\n";
        assert_eq!(find_services(config), ["ec2", "elastic_load_balancing_v2", "iam"]);
    }
}
