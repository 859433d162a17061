//! Why a value of Parameter Store cannot be used for a default.

/// Why a value of Parameter Store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterStoreError {
    /// There is no parameter of this name.
    #[error("Parameter Store has no parameter of this name")]
    NotFound,
    /// The parameter has no such version or label.
    #[error("the parameter has no such version or label in Parameter Store")]
    VersionNotFound,
    /// It is encrypted.
    #[error("it is a SecureString, and a default can refer to a String or a StringList only")]
    SecureString,
    /// `assumeRole` refers to the runbook's parameter, and the role is needed to read its value.
    #[error("it is read with the role of assumeRole, which refers to this parameter")]
    NeededForRole,
    /// The call failed: no permission, no connection, an error of the service.
    #[error("{message}")]
    Call {
        /// What happened, without a full stop.
        message: String,
        /// What to do about it, where that is known.
        remedy: Option<String>,
    },
}

impl ParameterStoreError {
    /// What to do about it, besides supplying the value in another way.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::NotFound => Some("create it in the account and the region of the execution".to_owned()),
            Self::VersionNotFound => Some("correct the version or the label, or leave it out".to_owned()),
            Self::SecureString => Some("store the value as a String if it is no secret".to_owned()),
            Self::NeededForRole => None,
            Self::Call { remedy, .. } => remedy.clone(),
        }
    }
}
