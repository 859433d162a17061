//! `MaxConcurrency` and `MaxErrors`: a number, or a percentage of the targets (spec 5.4).

use serde_json::Value;

/// A number of targets, or a percentage of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// A number.
    Count(u32),
    /// A percentage.
    Percent(u8),
}

impl Amount {
    /// Parses `10` or `10%`; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_suffix('%').unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let has_zero_before = digits.len() > 1 && digits.starts_with('0');
        if !is_number || has_zero_before {
            return None;
        }
        if text.ends_with('%') {
            digits.parse().ok().filter(|percent| *percent <= 100).map(Self::Percent)
        } else {
            // A number beyond the range means all targets.
            Some(Self::Count(digits.parse().unwrap_or(u32::MAX)))
        }
    }

    /// Likewise for a resolved input: a text, or a number.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::Array(items) => match items.as_slice() {
                [only] => Self::of(only),
                _ => None,
            },
            Value::Null | Value::Bool(_) | Value::Object(_) => None,
        }
    }

    /// Whether it is zero: as a concurrency nothing would ever start.
    pub const fn is_zero(self) -> bool {
        matches!(self, Self::Count(0) | Self::Percent(0))
    }

    /// The number of targets among `total`, rounded down.
    pub fn of_total(self, total: usize) -> usize {
        match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Self::Percent(percent) => {
                // No total is so large that a hundred times it overflows.
                total.saturating_mul(usize::from(percent)) / 100
            }
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}
