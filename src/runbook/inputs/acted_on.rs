//! Inputs that name the resources which a step deletes, stops, starts or waits for: the text of an unset reference does
//! harm there (spec 3.4).

/// Verbs that operations of AWS APIs begin with, in the spelling of `PascalCase` and `snake_case` alike.
const VERBS: &[&str] = &[
    "batchdelete",
    "bulkdelete",
    "delete",
    "deregister",
    "forcestop",
    "purge",
    "reboot",
    "restart",
    "start",
    "stop",
    "terminate",
];

/// The suffixes of members that hold an identifier, in lower case.
const IDENTIFIERS: &[&str] = &["arn", "arns", "id", "identifier", "identifiers", "ids", "name", "names"];

/// The inputs of a step that name the resources it acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActedOn {
    /// No input.
    Nothing,
    /// These inputs, from the table.
    Inputs(&'static [&'static str]),
    /// Every member whose name suggests an identifier: only the name of the operation is known.
    Identifiers,
    /// Likewise, where the operation deletes, stops or starts something.
    IdentifiersOfChanges,
}

impl ActedOn {
    /// For a step that calls this operation, as written; `None` for an action that calls none.
    pub(crate) fn of_operation(self, api: Option<&str>) -> Self {
        match self {
            Self::IdentifiersOfChanges if api.is_some_and(acts) => Self::Identifiers,
            Self::IdentifiersOfChanges => Self::Nothing,
            column @ (Self::Nothing | Self::Inputs(_) | Self::Identifiers) => column,
        }
    }

    /// Whether a value under this key names a resource that is acted on: the key of the input, or of the map around the
    /// value.
    pub(crate) fn names(self, key: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Inputs(inputs) => inputs.contains(&key),
            Self::Identifiers | Self::IdentifiersOfChanges => {
                let key = key.to_ascii_lowercase();
                IDENTIFIERS.iter().any(|identifier| key.ends_with(identifier))
            }
        }
    }
}

/// Whether an operation deletes, stops or starts something.
fn acts(api: &str) -> bool {
    let api: String = api.chars().filter(|character| *character != '_').collect::<String>().to_ascii_lowercase();
    VERBS.iter().any(|verb| api.starts_with(verb))
}
