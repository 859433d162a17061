//! Why a process left an execution that has not ended.

/// Why a process left an execution before its end. A process that crashes records nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// Its user interrupted the process a second time.
    User,
    /// The process was terminated, such as by a reboot.
    Termination,
    /// The process failed on a fault of this program: it would fail again.
    InternalError,
}

impl LeaveReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::User, Self::Termination, Self::InternalError];

    /// The word that is stored, and that programs get.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Termination => "Termination",
            Self::InternalError => "InternalError",
        }
    }

    /// The reason of a stored word. One that is not known is the careful one.
    pub fn from_stored(word: &str) -> Self {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word).unwrap_or(Self::InternalError)
    }

    /// Whether the execution is resumed where nobody names it. What its user left, or what failed on a fault of this
    /// program, is resumed by its id alone.
    pub const fn is_resumed_unasked(self) -> bool {
        match self {
            Self::Termination => true,
            Self::User | Self::InternalError => false,
        }
    }
}
