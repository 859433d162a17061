//! `TargetLocations`: the accounts and Regions that a runbook runs in (spec aws-actions 17).
//!
//! Reads the locations of a step, and lists the account–Region pairs of each. Organizational units are not looked up
//! here: their accounts come from outside ([`Locations::pairs`]).

use serde_json::{Map, Value};

use super::Amount;
use super::location_problem::{LocationProblem, LocationsProblem};
use crate::diagnostic::suggestion;
use crate::expression::{described, embedded};
use crate::limits::{
    EXCLUDED_ACCOUNTS, EXECUTION_ROLE_CHARS, LOCATION_ACCOUNTS, LOCATION_ALARMS, LOCATION_PAIRS, LOCATION_REGIONS,
    REGION_CHARS, TARGET_LOCATIONS,
};

/// The default of `ExecutionRoleName`.
pub const EXECUTION_ROLE: &str = "AWS-SystemsManager-AutomationExecutionRole";

/// The default of `TargetLocationMaxConcurrency`.
const CONCURRENCY: Amount = Amount::Count(1);

/// The default of `TargetLocationMaxErrors`.
const ERRORS: Amount = Amount::Count(0);

/// The members of a location.
pub(super) const MEMBERS: [&str; 11] = [
    "Accounts",
    "ExcludeAccounts",
    "ExecutionRoleName",
    "IncludeChildOrganizationUnits",
    "Regions",
    "TargetLocationAlarmConfiguration",
    "TargetLocationMaxConcurrency",
    "TargetLocationMaxErrors",
    "Targets",
    "TargetsMaxConcurrency",
    "TargetsMaxErrors",
];

/// The locations of a step. They run at the same time, each under its own rate control.
#[derive(Debug, Clone, PartialEq)]
pub struct Locations {
    /// At least one, in the order given.
    pub list: Vec<TargetLocation>,
}

/// An entry of `TargetLocations`.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetLocation {
    /// At least one, without duplicates.
    pub accounts: Vec<AccountSource>,
    /// `ExcludeAccounts`: accounts, and organizational units whose accounts are left out.
    pub excluded: Vec<AccountSource>,
    /// `IncludeChildOrganizationUnits`
    pub includes_child_units: bool,
    /// At least one, without duplicates.
    pub regions: Vec<String>,
    /// `ExecutionRoleName`
    pub role: String,
    /// `TargetLocationMaxConcurrency`, of its pairs; never zero.
    pub concurrency: Amount,
    /// `TargetLocationMaxErrors`, of its pairs.
    pub errors: Amount,
    /// The targets within each pair.
    pub targets: Option<LocationTargets>,
    /// Whether it has an alarm, which nothing watches.
    pub has_alarm: bool,
}

/// The source of accounts: an entry of `Accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccountSource {
    /// An account.
    Account(String),
    /// An organizational unit or a root, whose accounts Organizations lists.
    Unit(String),
}

/// The targets within each pair of a location, as inputs of `aws:executeAutomation`: those of the location take
/// precedence over those of the step.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationTargets {
    /// `TargetParameterName`
    pub parameter: Option<String>,
    /// `Targets`
    pub targets: Option<Value>,
    /// `TargetMaps`
    pub maps: Option<Value>,
    /// `MaxConcurrency`
    pub max_concurrency: Option<Value>,
    /// `MaxErrors`
    pub max_errors: Option<Value>,
}

/// Checks the targets within each pair as those of a step are checked: whether there are any.
pub(super) type CheckTargets<'a> = &'a dyn Fn(&LocationTargets) -> Result<bool, LocationProblem>;

/// One account in one Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationPair {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
}

impl std::fmt::Display for LocationPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

impl Locations {
    /// Reads the entries of `TargetLocations`. `input` has the other inputs of the step, and `check` checks the targets
    /// within each pair.
    pub(super) fn read<'v>(
        entries: &[Value],
        input: &dyn Fn(&str) -> Option<&'v Value>,
        check: CheckTargets<'_>,
    ) -> Result<Self, LocationsProblem> {
        if entries.len() > TARGET_LOCATIONS {
            return Err(LocationsProblem::TooMany { found: entries.len(), most: TARGET_LOCATIONS });
        }
        let read = |(number, entry): (usize, &Value)| {
            let location = TargetLocation::read(entry, input, check);
            location.map_err(|problem| LocationsProblem::Location { number, problem })
        };
        Ok(Self { list: (1..).zip(entries).map(read).collect::<Result<_, _>>()? })
    }

    /// Whether Organizations has to list the accounts of a unit.
    pub fn need_lookup(&self) -> bool {
        self.list.iter().any(TargetLocation::needs_lookup)
    }

    /// The accounts of each location; `None` when they have to be looked up.
    pub fn accounts(&self) -> Option<Vec<Vec<String>>> {
        self.list.iter().map(TargetLocation::listed_accounts).collect()
    }

    /// The pairs of each location, account by account, for the accounts of each location.
    pub fn pairs(&self, accounts: &[Vec<String>]) -> Result<Vec<Vec<LocationPair>>, LocationsProblem> {
        let pairs: Vec<_> =
            self.list.iter().zip(accounts).map(|(location, accounts)| location.pairs(accounts)).collect();
        match pairs.iter().map(Vec::len).sum() {
            0 => Err(LocationsProblem::NoAccounts),
            found if found > LOCATION_PAIRS => Err(LocationsProblem::TooManyPairs { found, most: LOCATION_PAIRS }),
            _ => Ok(pairs),
        }
    }
}

impl TargetLocation {
    pub(super) fn read<'v>(
        entry: &Value,
        input: &dyn Fn(&str) -> Option<&'v Value>,
        check: CheckTargets<'_>,
    ) -> Result<Self, LocationProblem> {
        let members = entry.as_object().ok_or_else(|| LocationProblem::Form(described(entry)))?;
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let nearest = suggestion(name, MEMBERS);
            return Err(LocationProblem::Unknown { name: name.clone(), nearest });
        }
        let accounts = required(members, "Accounts", LOCATION_ACCOUNTS)?;
        let accounts = accounts.into_iter().map(|text| account("Accounts", text)).collect::<Result<_, _>>()?;
        let excluded = texts(members, "ExcludeAccounts", EXCLUDED_ACCOUNTS)?;
        let excluded = excluded.into_iter().map(|text| account("ExcludeAccounts", text)).collect::<Result<_, _>>()?;
        let regions = required(members, "Regions", LOCATION_REGIONS)?;
        if let Some(region) = regions.iter().find(|region| !is_region(region)) {
            return Err(LocationProblem::Region(quoted(region)));
        }
        let concurrency = amount(members, "TargetLocationMaxConcurrency", CONCURRENCY)?;
        if concurrency.is_zero() {
            let found = concurrency.to_string();
            return Err(LocationProblem::Amount { member: "TargetLocationMaxConcurrency", found });
        }
        Ok(Self {
            accounts: distinct(accounts),
            excluded,
            includes_child_units: boolean(members, "IncludeChildOrganizationUnits")?,
            regions: distinct(regions),
            role: role(members)?,
            concurrency,
            errors: amount(members, "TargetLocationMaxErrors", ERRORS)?,
            targets: LocationTargets::read(members, input, check)?,
            has_alarm: has_alarm(members)?,
        })
    }

    /// Whether Organizations has to list the accounts of a unit.
    pub fn needs_lookup(&self) -> bool {
        let mut sources = self.accounts.iter().chain(&self.excluded);
        sources.any(|source| matches!(source, AccountSource::Unit(_)))
    }

    /// Its accounts, when none has to be looked up.
    fn listed_accounts(&self) -> Option<Vec<String>> {
        (!self.needs_lookup()).then(|| self.accounts_without_excluded(self.accounts.iter().filter_map(account_id), &[]))
    }

    /// Accounts in their order, without duplicates and without those that are excluded: by their ids, or because they
    /// belong to units that are.
    pub fn accounts_without_excluded<'a>(
        &'a self,
        accounts: impl IntoIterator<Item = &'a str>,
        of_excluded_units: &[String],
    ) -> Vec<String> {
        let excluded: std::collections::HashSet<&str> =
            self.excluded.iter().filter_map(account_id).chain(of_excluded_units.iter().map(String::as_str)).collect();
        let accounts = accounts.into_iter().filter(|account| !excluded.contains(account));
        distinct(accounts.map(str::to_owned).collect())
    }

    fn pairs(&self, accounts: &[String]) -> Vec<LocationPair> {
        let pair =
            |account: &String, region: &String| LocationPair { account: account.clone(), region: region.clone() };
        accounts.iter().flat_map(|account| self.regions.iter().map(move |region| pair(account, region))).collect()
    }
}

impl LocationTargets {
    /// Reads the targets within each pair; none when there are none.
    fn read<'v>(
        members: &Map<String, Value>,
        input: &dyn Fn(&str) -> Option<&'v Value>,
        check: CheckTargets<'_>,
    ) -> Result<Option<Self>, LocationProblem> {
        let own = |name: &str| members.get(name).filter(|value| !is_empty(value));
        let own_targets = own("Targets");
        let found = Self {
            parameter: input("TargetParameterName").map(embedded).filter(|name| !name.is_empty()),
            targets: own_targets.or_else(|| input("Targets")).cloned(),
            maps: input("TargetMaps").filter(|_| own_targets.is_none()).cloned(),
            max_concurrency: own("TargetsMaxConcurrency").or_else(|| input("MaxConcurrency")).cloned(),
            max_errors: own("TargetsMaxErrors").or_else(|| input("MaxErrors")).cloned(),
        };
        Ok(check(&found)?.then_some(found))
    }
}

/// The id of a source that is an account.
fn account_id(source: &AccountSource) -> Option<&str> {
    match source {
        AccountSource::Account(id) => Some(id),
        AccountSource::Unit(_) => None,
    }
}

fn account(member: &'static str, text: String) -> Result<AccountSource, LocationProblem> {
    let is_lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_between = |text: &str, least: usize| is_lower(text) && (least..=32).contains(&text.len());
    let is_unit = |text: &str| {
        let parts = text.strip_prefix("ou-").and_then(|rest| rest.split_once('-'));
        parts.is_some_and(|(root, unit)| is_between(root, 4) && is_between(unit, 8))
    };
    let is_root = |text: &str| text.strip_prefix("r-").is_some_and(|root| is_between(root, 4));
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(AccountSource::Account(text))
    } else if is_unit(&text) || (member == "Accounts" && is_root(&text)) {
        Ok(AccountSource::Unit(text))
    } else {
        Err(LocationProblem::Account { member, found: quoted(&text) })
    }
}

fn is_region(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= REGION_CHARS && text.bytes().all(is_name)
}

fn role(members: &Map<String, Value>) -> Result<String, LocationProblem> {
    let Some(value) = members.get("ExecutionRoleName").filter(|value| !value.is_null()) else {
        return Ok(EXECUTION_ROLE.to_owned());
    };
    let name = embedded(value);
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/-".contains(c);
    let is_name = !name.is_empty() && name.len() <= EXECUTION_ROLE_CHARS && name.chars().all(is_allowed);
    if is_name { Ok(name) } else { Err(LocationProblem::Role(quoted(&name))) }
}

fn amount(members: &Map<String, Value>, member: &'static str, default: Amount) -> Result<Amount, LocationProblem> {
    match members.get(member).filter(|value| !value.is_null()) {
        None => Ok(default),
        Some(value) => {
            Amount::of(value).ok_or_else(|| LocationProblem::Amount { member, found: quoted(&embedded(value)) })
        }
    }
}

fn boolean(members: &Map<String, Value>, member: &'static str) -> Result<bool, LocationProblem> {
    match members.get(member) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        // A reference within a text leaves a text.
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(other) => Err(LocationProblem::Kind { member, wanted: "true or false", found: described(other) }),
    }
}

fn has_alarm(members: &Map<String, Value>) -> Result<bool, LocationProblem> {
    let member = "TargetLocationAlarmConfiguration";
    let Some(value) = members.get(member).filter(|value| !is_empty(value)) else { return Ok(false) };
    let Value::Object(configuration) = value else {
        return Err(LocationProblem::Kind { member, wanted: "a map with `Alarms`", found: described(value) });
    };
    let alarms = configuration.get("Alarms").and_then(Value::as_array).map_or(0, Vec::len);
    if alarms > LOCATION_ALARMS {
        return Err(LocationProblem::TooMany { member, found: alarms, most: LOCATION_ALARMS });
    }
    Ok(alarms > 0)
}

/// A list that must not be empty.
fn required(members: &Map<String, Value>, member: &'static str, most: usize) -> Result<Vec<String>, LocationProblem> {
    let texts = texts(members, member, most)?;
    if texts.is_empty() { Err(LocationProblem::Missing(member)) } else { Ok(texts) }
}

/// A list of texts, one text, or the JSON text of a list. A list within it is spliced: a reference to a StringList is one.
fn texts(members: &Map<String, Value>, member: &'static str, most: usize) -> Result<Vec<String>, LocationProblem> {
    let wrong = |value: &Value| LocationProblem::Kind { member, wanted: "a list of texts", found: described(value) };
    let items = match members.get(member) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => items,
            Ok(_) | Err(_) => vec![Value::from(text.trim())],
        },
        Some(other @ Value::Number(_)) => vec![other.clone()],
        Some(other @ (Value::Bool(_) | Value::Object(_))) => return Err(wrong(other)),
    };
    let mut texts = Vec::new();
    for item in items {
        match item {
            Value::Array(nested) => texts.extend(nested.iter().map(embedded)),
            Value::String(_) | Value::Number(_) => texts.push(embedded(&item)),
            Value::Null | Value::Bool(_) | Value::Object(_) => return Err(wrong(&item)),
        }
    }
    if texts.len() > most {
        return Err(LocationProblem::TooMany { member, found: texts.len(), most });
    }
    Ok(texts)
}

fn distinct<T: Clone + Eq + std::hash::Hash>(mut items: Vec<T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.clone()));
    items
}

/// Whether an input is as good as absent.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.trim().is_empty() || text.trim() == "[]",
        Value::Object(members) => members.is_empty(),
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "an empty text".to_owned() } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests;
