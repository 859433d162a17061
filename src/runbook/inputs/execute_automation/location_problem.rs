//! Why `TargetLocations` is not valid (spec aws-actions 17).

use crate::limits::EXECUTION_ROLE_CHARS;

/// Why locations are not valid, or have no pairs to run in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationsProblem {
    /// There are more than the service accepts.
    #[error("`TargetLocations` has {found}, but at most {most} are allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// A location is not valid.
    #[error("location {number} of `TargetLocations` {problem}")]
    Location {
        /// Its number, from 1.
        number: usize,
        /// Why.
        problem: LocationProblem,
    },
    /// They have no account.
    #[error("`TargetLocations` has no account: the organizational units have no active account that is not excluded")]
    NoAccounts,
    /// There are more account–Region pairs than one execution runs in.
    #[error("`TargetLocations` has {found} pairs of an account and a Region, but at most {most} are allowed")]
    TooManyPairs {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

/// Why a location is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationProblem {
    /// It is not a map.
    #[error("must be a map, and is {0}")]
    Form(String),
    /// The service has no such member.
    #[error("has no member `{name}`{}", nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default())]
    Unknown {
        /// The member.
        name: String,
        /// A member with a similar name.
        nearest: Option<&'static str>,
    },
    /// A required list is missing or empty.
    #[error("needs `{0}`")]
    Missing(&'static str),
    /// A member has the wrong kind.
    #[error("`{member}` must be {wanted}, and is {found}")]
    Kind {
        /// The member.
        member: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// More than the service accepts.
    #[error("`{member}` has {found}, but at most {most} are allowed")]
    TooMany {
        /// The member.
        member: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// An entry of `Accounts` or `ExcludeAccounts` is not valid.
    #[error(
        "`{member}` has {found}, which is neither an account (12 digits), nor an organizational unit (ou-…){}",
        if *member == "Accounts" { " or a root (r-…)" } else { "" }
    )]
    Account {
        /// The member.
        member: &'static str,
        /// The entry.
        found: String,
    },
    /// An entry of `Regions` is not valid.
    #[error("`Regions` has {0}, which is not the name of a Region such as eu-west-1")]
    Region(String),
    /// The role is not valid.
    #[error(
        "`ExecutionRoleName` must be the name of a role, of at most {EXECUTION_ROLE_CHARS} letters, digits and \
         _+=,.@/-, and is {0}"
    )]
    Role(String),
    /// An amount is not valid.
    #[error("`{member}` must be a number such as 10 or a percentage such as 10%, and is {found}")]
    Amount {
        /// The member.
        member: &'static str,
        /// What it is.
        found: String,
    },
    /// The targets are not valid.
    #[error("{why}")]
    Targets {
        /// Why.
        why: String,
    },
}

impl LocationProblem {
    /// The member that is not valid, where it is one that is there.
    pub(super) const fn member(&self) -> Option<&'static str> {
        match self {
            Self::Kind { member, .. }
            | Self::TooMany { member, .. }
            | Self::Account { member, .. }
            | Self::Amount { member, .. } => Some(member),
            Self::Region(_) => Some("Regions"),
            Self::Role(_) => Some("ExecutionRoleName"),
            Self::Targets { .. } => Some("Targets"),
            Self::Form(_) | Self::Unknown { .. } | Self::Missing(_) => None,
        }
    }
}
