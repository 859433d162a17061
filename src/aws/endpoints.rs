//! The endpoints of all services: one file of data in the program.
//!
//! `data/generate.py` makes the file from the endpoint rules of the Python SDK: a line that names its form, and JSON,
//! deflated. A service has rows of endpoints: a row for a Region that is an exception, else one for its partition, else
//! the row with the empty name. A row has four endpoints, without and with FIPS and dual-stack. An endpoint is a pattern of
//! a host, or a list of such a pattern, the Region and the name that requests are signed with, or the reason why there is
//! none. Patterns have the variables `{region}`, `{dnsSuffix}`, `{dualStackDnsSuffix}` and `{globalRegion}`.

use std::collections::BTreeMap;
use std::fmt;

use fancy_regex::Regex;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::error::ModelError;
use super::models::inflate_json;

/// The file.
static DATA: &[u8] = include_bytes!("data/endpoints.bin");

/// Its first line.
const MAGIC: &[u8] = b"runwright aws endpoints 1\n";

/// The endpoints of all services.
#[derive(Debug)]
pub struct Endpoints {
    source: String,
    standard: Partition,
    partitions: Vec<Partition>,
    services: BTreeMap<String, ServiceEndpoints>,
}

/// A group of Regions with accounts of its own: `aws`, `aws-cn`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// Its name, as in ARNs.
    pub name: String,
    /// The end of the host names of its services.
    pub dns_suffix: String,
    /// The end of the host names of its services that have addresses of IPv4 and IPv6.
    pub dual_stack_dns_suffix: String,
    /// The Region that requests to services without Regions are signed for.
    pub global_region: String,
    /// Its Regions; there may be more in future.
    pub regions: Vec<String>,
    /// The names of its Regions.
    #[serde(deserialize_with = "pattern")]
    region_regex: Regex,
}

/// Which endpoint of a service in a Region.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct EndpointVariant {
    /// Its cryptography conforms to FIPS 140.
    pub fips: bool,
    /// It has addresses of IPv4 and IPv6.
    pub dual_stack: bool,
}

/// Where requests go, and how they are signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its URL, without a path.
    pub url: String,
    /// The Region that requests are signed for.
    pub signing_region: String,
    /// The name of the service in signatures, if it is not that of the service's model.
    pub signing_name: Option<String>,
}

/// Why there is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The name of the Region cannot be part of a host name.
    #[error("{0:?} is not the name of a Region: it may have up to 63 letters, digits and hyphens")]
    Region(String),
    /// The name of a service in host names, from a model of the user, is none.
    #[error("the endpoint prefix {prefix:?} of the model of service {service} cannot be part of a host name")]
    Prefix {
        /// The service.
        service: String,
        /// The prefix.
        prefix: String,
    },
    /// No such service.
    #[error("no endpoints of an AWS service {0} are known")]
    Service(String),
    /// The service has no such endpoint.
    #[error("service {service} has no {variant} in Region {region}: {reason}")]
    Unavailable {
        /// The service.
        service: String,
        /// The Region.
        region: String,
        /// The endpoint.
        variant: EndpointVariant,
        /// The reason that the SDK gives.
        reason: String,
    },
}

/// The file.
#[derive(Deserialize)]
struct Table {
    source: String,
    partitions: Vec<Partition>,
    services: BTreeMap<String, ServiceEndpoints>,
}

/// The endpoints of a service.
#[derive(Debug, Deserialize)]
struct ServiceEndpoints {
    endpoints: Rows,
    /// The Region and the name in signatures for an endpoint that the user gives, if they are not the usual ones.
    #[serde(default)]
    given: Option<(Option<String>, Option<String>)>,
    #[serde(default)]
    operations: Vec<OperationEndpoints>,
}

/// The endpoints of some operations of a service, which differ from those of the others.
#[derive(Debug, Deserialize)]
struct OperationEndpoints {
    names: Vec<String>,
    endpoints: Rows,
}

/// Endpoints without and with FIPS and dual-stack, by the name of a Region or a partition.
type Rows = BTreeMap<String, [StoredEndpoint; 4]>;

/// An endpoint as it is stored.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum StoredEndpoint {
    Host(String),
    Signed(String, Option<String>, Option<String>),
    Unavailable { unavailable: String },
}

impl Endpoints {
    /// The endpoints in this program.
    pub fn embedded() -> Result<Self, ModelError> {
        let Table { source, partitions, services } = inflate_json(DATA.strip_prefix(MAGIC).ok_or(ModelError::Form)?)?;
        let mut partitions = partitions.into_iter();
        let standard = partitions.next().ok_or(ModelError::Form)?;
        Ok(Self { source, standard, partitions: partitions.collect(), services })
    }

    /// The release of botocore that the endpoints are from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The partitions, the standard one first.
    pub fn partitions(&self) -> impl Iterator<Item = &Partition> {
        std::iter::once(&self.standard).chain(&self.partitions)
    }

    /// The partition of a Region: the one that lists it, else the one whose pattern its name matches, else the standard
    /// one.
    pub fn partition_of(&self, region: &str) -> &Partition {
        let listed = self.partitions().find(|partition| partition.regions.iter().any(|name| name == region));
        // A match that fails on its own limits is none.
        let matches = |partition: &&Partition| partition.region_regex.is_match(region).unwrap_or(false);
        listed.or_else(|| self.partitions().find(matches)).unwrap_or(&self.standard)
    }

    /// The endpoint of an operation, without the host prefix of the operation and without the bucket of S3. The name of
    /// the service is that of its model; `operation` is the name in the model.
    pub fn resolve(
        &self,
        service: &str,
        operation: &str,
        region: &str,
        variant: EndpointVariant,
    ) -> Result<Endpoint, EndpointError> {
        if !is_host_label(region) {
            return Err(EndpointError::Region(region.to_owned()));
        }
        let of_service = self.services.get(service).ok_or_else(|| EndpointError::Service(service.to_owned()))?;
        let own = of_service.operations.iter().find(|group| group.names.iter().any(|name| name == operation));
        let rows = own.map_or(&of_service.endpoints, |group| &group.endpoints);
        let partition = self.partition_of(region);
        let unavailable = |reason: &str| EndpointError::Unavailable {
            service: service.to_owned(),
            region: region.to_owned(),
            variant,
            reason: reason.to_owned(),
        };
        let names = [region, partition.name.as_str(), ""];
        let row = names.iter().find_map(|name| rows.get(*name)).ok_or_else(|| unavailable("none is known"))?;
        let [plain, fips, dual_stack, both] = row;
        let stored = match (variant.fips, variant.dual_stack) {
            (false, false) => plain,
            (true, false) => fips,
            (false, true) => dual_stack,
            (true, true) => both,
        };
        let (host, signing_region, signing_name) = match stored {
            StoredEndpoint::Host(host) => (host, None, None),
            StoredEndpoint::Signed(host, region, name) => (host, region.as_deref(), name.clone()),
            StoredEndpoint::Unavailable { unavailable: reason } => return Err(unavailable(reason)),
        };
        Ok(Endpoint {
            url: format!("https://{}", partition.expand(host, region)),
            signing_region: partition.expand(signing_region.unwrap_or("{region}"), region),
            signing_name,
        })
    }

    /// Likewise, also for a service that this program has no endpoints of, because its model is from a folder of the user:
    /// the usual ones of the partition, `PREFIX.REGION.SUFFIX`. The prefix is that of the model.
    pub fn resolve_or_derive(
        &self,
        service: &str,
        endpoint_prefix: &str,
        operation: &str,
        region: &str,
        variant: EndpointVariant,
    ) -> Result<Endpoint, EndpointError> {
        if self.services.contains_key(service) {
            return self.resolve(service, operation, region, variant);
        }
        if !is_host_label(region) {
            return Err(EndpointError::Region(region.to_owned()));
        }
        if !endpoint_prefix.split('.').all(is_host_label) {
            let (service, prefix) = (service.to_owned(), endpoint_prefix.to_owned());
            return Err(EndpointError::Prefix { service, prefix });
        }
        let host = match (variant.fips, variant.dual_stack) {
            (false, false) => ".{region}.{dnsSuffix}",
            (true, false) => "-fips.{region}.{dnsSuffix}",
            (false, true) => ".{region}.{dualStackDnsSuffix}",
            (true, true) => "-fips.{region}.{dualStackDnsSuffix}",
        };
        let host = self.partition_of(region).expand(host, region);
        Ok(Endpoint {
            url: format!("https://{endpoint_prefix}{host}"),
            signing_region: region.to_owned(),
            signing_name: None,
        })
    }

    /// The endpoint that the user gave for a service: its URL, and how requests to it are signed.
    pub fn given(&self, service: &str, region: &str, url: &str) -> Endpoint {
        let given = self.services.get(service).and_then(|service| service.given.as_ref());
        let (signing_region, signing_name) = given.cloned().unwrap_or_default();
        let signing_region = signing_region.unwrap_or_else(|| region.to_owned());
        Endpoint { url: url.to_owned(), signing_region, signing_name }
    }
}

impl Partition {
    /// A pattern of a host or of a Region, for a Region of this partition.
    fn expand(&self, pattern: &str, region: &str) -> String {
        let variables = [
            ("{region}", region),
            ("{dnsSuffix}", &self.dns_suffix),
            ("{dualStackDnsSuffix}", &self.dual_stack_dns_suffix),
            ("{globalRegion}", &self.global_region),
        ];
        variables.iter().fold(pattern.to_owned(), |text, (variable, value)| text.replace(variable, value))
    }
}

impl fmt::Display for EndpointVariant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match (self.fips, self.dual_stack) {
            (false, false) => "endpoint",
            (true, false) => "FIPS endpoint",
            (false, true) => "dual-stack endpoint",
            (true, true) => "FIPS endpoint with dual-stack",
        })
    }
}

/// Whether a name can be one part of a host name.
fn is_host_label(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(is_allowed) && !name.starts_with('-') && !name.ends_with('-')
}

fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Regex, D::Error> {
    Regex::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests;
