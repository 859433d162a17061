//! The accounts of organizational units, as Organizations lists them (spec aws-actions 17).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::aws::{ApiClient, ApiRequest, CallError};
use crate::clock::{Clock, SystemClock, after};
use crate::event::{CallReach, Cause, ErrorClass};
use crate::limits::ORGANIZATION_CALLS;
use crate::runbook::inputs::execute_automation::{AccountSource, Locations, TargetLocation};

/// The delays before a throttled call is repeated. A list changes nothing.
const THROTTLE_DELAYS: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Why the accounts of locations are not known.
#[derive(Debug, thiserror::Error)]
#[error("the accounts of {unit} cannot be listed: {}", source.message.trim_end_matches('.'))]
pub struct UnlistedAccounts {
    /// The organizational unit or the root.
    pub unit: String,
    /// The error of Organizations.
    pub source: CallError,
}

/// The accounts of each location: of units those that are active, without those that are excluded.
pub(super) async fn list_accounts(
    api: &ApiClient,
    locations: &Locations,
) -> Result<Vec<Vec<String>>, UnlistedAccounts> {
    let mut organization = Organization { api, accounts: HashMap::new(), units: HashMap::new(), calls: 0 };
    let mut all = Vec::with_capacity(locations.list.len());
    for location in &locations.list {
        all.push(organization.accounts_of_location(location).await?);
    }
    Ok(all)
}

/// An organization, as far as it was listed: each list is asked for once.
struct Organization<'a> {
    api: &'a ApiClient,
    /// The active accounts directly in a unit.
    accounts: HashMap<String, Vec<String>>,
    /// The units directly in a unit.
    units: HashMap<String, Vec<String>>,
    calls: usize,
}

impl Organization<'_> {
    async fn accounts_of_location(&mut self, location: &TargetLocation) -> Result<Vec<String>, UnlistedAccounts> {
        let includes_children = location.includes_child_units;
        let accounts = self.accounts_of_sources(&location.accounts, includes_children).await?;
        let units: Vec<_> =
            location.excluded.iter().filter(|it| matches!(it, AccountSource::Unit(_))).cloned().collect();
        let excluded = self.accounts_of_sources(&units, includes_children).await?;
        Ok(location.accounts_without_excluded(accounts.iter().map(String::as_str), &excluded))
    }

    async fn accounts_of_sources(
        &mut self,
        sources: &[AccountSource],
        includes_children: bool,
    ) -> Result<Vec<String>, UnlistedAccounts> {
        let mut accounts = Vec::new();
        for source in sources {
            match source {
                AccountSource::Account(id) => accounts.push(id.clone()),
                AccountSource::Unit(unit) => accounts.extend(self.accounts_of_unit(unit, includes_children).await?),
            }
        }
        Ok(accounts)
    }

    /// The accounts of a unit, and after them those of the units in it.
    async fn accounts_of_unit(&mut self, unit: &str, includes_children: bool) -> Result<Vec<String>, UnlistedAccounts> {
        let mut accounts = Vec::new();
        let mut ahead = vec![unit.to_owned()];
        let mut seen = HashSet::new();
        while let Some(unit) = ahead.pop() {
            if !seen.insert(unit.clone()) {
                continue;
            }
            accounts.extend(self.direct_accounts(&unit).await?);
            if includes_children {
                let units = self.direct_units(&unit).await?;
                // The first one is the next.
                ahead.extend(units.into_iter().rev());
            }
        }
        Ok(accounts)
    }

    async fn direct_accounts(&mut self, unit: &str) -> Result<Vec<String>, UnlistedAccounts> {
        if let Some(known) = self.accounts.get(unit) {
            return Ok(known.clone());
        }
        let listed = self.list("ListAccountsForParent", "Accounts", unit).await?;
        let is_active = |account: &&Value| {
            // The newer name wins; an account that is suspended or about to be closed refuses its role.
            let state = account["State"].as_str().or_else(|| account["Status"].as_str());
            state.is_none_or(|state| state == "ACTIVE")
        };
        let ids: Vec<String> =
            listed.iter().filter(is_active).filter_map(|account| account["Id"].as_str()).map(str::to_owned).collect();
        self.accounts.insert(unit.to_owned(), ids.clone());
        Ok(ids)
    }

    async fn direct_units(&mut self, unit: &str) -> Result<Vec<String>, UnlistedAccounts> {
        if let Some(known) = self.units.get(unit) {
            return Ok(known.clone());
        }
        let listed = self.list("ListOrganizationalUnitsForParent", "OrganizationalUnits", unit).await?;
        let ids: Vec<String> = listed.iter().filter_map(|unit| unit["Id"].as_str()).map(str::to_owned).collect();
        self.units.insert(unit.to_owned(), ids.clone());
        Ok(ids)
    }

    /// All pages of a list.
    async fn list(&mut self, operation: &str, member: &str, unit: &str) -> Result<Vec<Value>, UnlistedAccounts> {
        let failed = |source| UnlistedAccounts { unit: unit.to_owned(), source };
        let mut items = Vec::new();
        let mut token: Option<Value> = None;
        loop {
            self.calls += 1;
            if self.calls > ORGANIZATION_CALLS {
                let message = format!("Organizations was asked {ORGANIZATION_CALLS} times, and there is no end.");
                return Err(failed(CallError::new(message, Cause::new(ErrorClass::Response, CallReach::Ran))));
            }
            let mut parameters = Map::from_iter([("ParentId".to_owned(), json!(unit))]);
            parameters.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            let mut result = self.call(operation, parameters).await.map_err(failed)?;
            if let Some(Value::Array(page)) = result.remove(member) {
                items.extend(page);
            }
            // A page may be empty and yet not be the last one.
            match result.remove("NextToken") {
                Some(next @ Value::String(_)) => token = Some(next),
                Some(_) | None => return Ok(items),
            }
        }
    }

    async fn call(&self, operation: &str, parameters: Map<String, Value>) -> Result<Map<String, Value>, CallError> {
        let mut delays = THROTTLE_DELAYS.into_iter();
        loop {
            let request = ApiRequest {
                service: "organizations".to_owned(),
                operation: operation.to_owned(),
                parameters: parameters.clone(),
                token: String::new(),
            };
            let error = match self.api.call(request).await {
                Ok(reply) => return Ok(reply.result),
                Err(error) => error,
            };
            match delays.next().filter(|_| error.cause.class == ErrorClass::Throttled) {
                Some(delay) => SystemClock.sleep_until(after(SystemClock.now(), delay)).await,
                None => return Err(error),
            }
        }
    }
}
