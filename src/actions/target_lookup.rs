//! Looks targets up in AWS: the resources with a tag, the members of a resource group, all instances (spec aws-actions
//! 15).

use serde_json::{Map, Value, json};

use super::api_outcome::failed_call;
use crate::aws::{ApiClient, ApiRequest, CallError};
use crate::event::{ActionError, ErrorClass, Failure, FailureStage, FailureType};
use crate::limits::{TAG_FILTER_VALUES, TARGET_VALUES};
use crate::runbook::inputs::execute_automation::{TargetSelector, TargetType};

/// The states of instances that are no targets: they are gone, or about to be.
const GONE: [&str; 2] = ["shutting-down", "terminated"];

/// The states of all others.
const THERE: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// Why targets cannot be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// A call failed.
    #[error("{}", .0.message)]
    Call(CallError),
    /// More than a run takes.
    #[error("{found} match {selector}, but at most {TARGET_VALUES} targets are allowed")]
    TooMany {
        /// How they are selected.
        selector: TargetSelector,
        /// How many were found until the lookup ended.
        found: usize,
    },
    /// The tagging API has no known name for the type.
    #[error("the filter of the tagging API for resources of the type {name} is not known{nearest}")]
    UnknownType {
        /// The type.
        name: String,
        /// The type that is probably meant, as the end of the sentence.
        nearest: String,
    },
}

impl From<CallError> for LookupError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// The ids of the resources that a selector finds, each once, in the order of the responses. Each call is sent once; they
/// only read.
pub async fn find_targets(
    api: &ApiClient,
    selector: &TargetSelector,
    target_type: &TargetType,
) -> Result<Vec<String>, LookupError> {
    let mut found = Found { selector, ids: Vec::new(), seen: std::collections::HashSet::new() };
    match selector {
        TargetSelector::Tag { key, values } => {
            let filter = tagging_filter(target_type)?;
            for values in values.chunks(TAG_FILTER_VALUES) {
                let mut parameters =
                    Map::from_iter([("TagFilters".to_owned(), json!([{ "Key": key, "Values": values }]))]);
                parameters.extend(filter.map(|filter| ("ResourceTypeFilters".to_owned(), json!([filter]))));
                let mut pages = Pages::new(api, selector, "PaginationToken", parameters);
                while let Some(page) = pages.next().await? {
                    for resource in list(&page, "ResourceTagMappingList") {
                        found.add(text(resource, "ResourceARN").map(|arn| target_type.id_in(arn)))?;
                    }
                }
            }
        }
        TargetSelector::ResourceGroup { group } => {
            let parameters = Map::from_iter([("Group".to_owned(), json!(group))]);
            let mut pages = Pages::new(api, selector, "NextToken", parameters);
            while let Some(page) = pages.next().await? {
                for member in list(&page, "ResourceIdentifiers") {
                    let is_wanted = text(member, "ResourceType").is_none_or(|name| target_type.matches(name));
                    found.add(text(member, "ResourceArn").filter(|_| is_wanted).map(|arn| target_type.id_in(arn)))?;
                }
            }
        }
        TargetSelector::EveryInstance => {
            let filter = json!([{ "Name": "instance-state-name", "Values": THERE }]);
            let parameters = Map::from_iter([("Filters".to_owned(), filter)]);
            let mut pages = Pages::new(api, selector, "NextToken", parameters);
            while let Some(page) = pages.next().await? {
                for instance in list(&page, "Reservations").iter().flat_map(|it| member_list(it, "Instances")) {
                    let is_gone = instance["State"]["Name"].as_str().is_some_and(|state| GONE.contains(&state));
                    found.add(text(instance, "InstanceId").filter(|_| !is_gone))?;
                }
            }
        }
    }
    Ok(found.ids)
}

/// The failure of an attempt whose targets cannot be looked up.
pub fn lookup_failure(error: LookupError) -> ActionError {
    match error {
        LookupError::Call(error) => failed_call(error),
        LookupError::TooMany { .. } | LookupError::UnknownType { .. } => {
            Failure::new(FailureStage::Invocation, FailureType::Action, format!("The targets cannot be run: {error}."))
                .into()
        }
    }
}

impl LookupError {
    /// Whether the call was refused because there were too many requests.
    pub fn is_throttle(&self) -> bool {
        matches!(self, Self::Call(error) if error.cause.class == ErrorClass::Throttled)
    }
}

/// The failure of an attempt whose lookup finds nothing (spec aws-actions 15).
pub fn no_match(selector: &TargetSelector, resource_type: Option<&str>) -> ActionError {
    let kind = resource_type.map(|name| format!(" of the type {name}")).unwrap_or_default();
    let message = format!("No resources matched: there are no resources{kind} with {selector}.");
    Failure::new(FailureStage::Invocation, FailureType::Action, message).into()
}

/// `ResourceTypeFilters`; `None` for every type.
fn tagging_filter(target_type: &TargetType) -> Result<Option<&'static str>, LookupError> {
    match target_type {
        TargetType::Any => Ok(None),
        TargetType::Known(known) => Ok(Some(known.filter)),
        TargetType::Other(name) => {
            let nearest = TargetType::nearest(name).map(|nearest| format!("; did you mean {nearest}?"));
            Err(LookupError::UnknownType { name: name.clone(), nearest: nearest.unwrap_or_default() })
        }
    }
}

/// The ids so far.
struct Found<'a> {
    selector: &'a TargetSelector,
    ids: Vec<String>,
    seen: std::collections::HashSet<String>,
}

impl Found<'_> {
    fn add(&mut self, id: Option<&str>) -> Result<(), LookupError> {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(()) };
        if self.seen.insert(id.to_owned()) {
            self.ids.push(id.to_owned());
        }
        if self.ids.len() > TARGET_VALUES {
            return Err(LookupError::TooMany { selector: self.selector.clone(), found: self.ids.len() });
        }
        Ok(())
    }
}

/// The pages of an operation that lists.
struct Pages<'a> {
    api: &'a ApiClient,
    selector: &'a TargetSelector,
    /// The name of the token of a page, in requests and in responses.
    token: &'static str,
    /// The parameters of the next page; none after the last one.
    next: Option<Map<String, Value>>,
}

impl<'a> Pages<'a> {
    fn new(
        api: &'a ApiClient,
        selector: &'a TargetSelector,
        token: &'static str,
        parameters: Map<String, Value>,
    ) -> Self {
        Self { api, selector, token, next: Some(parameters) }
    }

    /// The next page; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Map<String, Value>>, CallError> {
        let Some(parameters) = self.next.take() else { return Ok(None) };
        let (service, operation) = self.selector.operation();
        let request = ApiRequest {
            service: service.to_owned(),
            operation: operation.to_owned(),
            parameters: parameters.clone(),
            token: String::new(),
        };
        let page = self.api.call(request).await?.result;
        // A token that repeats would never end.
        let token = page.get(self.token).and_then(Value::as_str).filter(|token| !token.is_empty());
        let token = token.filter(|token| parameters.get(self.token).and_then(Value::as_str) != Some(*token));
        self.next = token.map(|token| {
            let mut parameters = parameters;
            parameters.insert(self.token.to_owned(), json!(token));
            parameters
        });
        Ok(Some(page))
    }
}

fn list<'p>(page: &'p Map<String, Value>, name: &str) -> &'p [Value] {
    page.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn member_list<'p>(value: &'p Value, name: &str) -> &'p [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'p>(value: &'p Value, name: &str) -> Option<&'p str> {
    value.get(name)?.as_str()
}
