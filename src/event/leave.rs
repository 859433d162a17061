//! Why a process left an execution before its end.

/// Why a process left an execution before its end. A process that crashes records nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// Its user interrupted the process a second time.
    User,
    /// The process was terminated, for example by a reboot.
    Termination,
    /// The process failed on an internal error, and would fail again.
    InternalError,
}

impl LeaveReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::User, Self::Termination, Self::InternalError];

    /// The stored word, also for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Termination => "Termination",
            Self::InternalError => "InternalError",
        }
    }

    /// The reason of a stored word. An unknown word becomes the most careful reason.
    pub fn from_stored(word: &str) -> Self {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word).unwrap_or(Self::InternalError)
    }

    /// Whether `resume` without an id resumes the execution. One that its user left, or that failed on an internal
    /// error, is resumed by its id alone.
    pub const fn is_resumed_automatically(self) -> bool {
        match self {
            Self::Termination => true,
            Self::User | Self::InternalError => false,
        }
    }
}
