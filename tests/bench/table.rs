//! The table: one row for each figure.

use std::fmt;

/// A value with its unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Quantity {
    /// Nanoseconds.
    Time(f64),
    /// Bytes.
    Size(f64),
    /// Calls per second.
    Rate(f64),
    /// A count.
    Count(f64),
}

impl Quantity {
    fn value(self) -> f64 {
        match self {
            Self::Time(value) | Self::Size(value) | Self::Rate(value) | Self::Count(value) => value,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Time(ns) if ns < 1e6 => write!(f, "{:.1} µs", ns / 1e3),
            Self::Time(ns) => write!(f, "{:.2} ms", ns / 1e6),
            Self::Size(bytes) if bytes < 1e6 => write!(f, "{:.1} KB", bytes / 1e3),
            Self::Size(bytes) => write!(f, "{:.1} MB", bytes / 1e6),
            Self::Rate(rate) => write!(f, "{rate:.0}/s"),
            Self::Count(count) => write!(f, "{count:.0}"),
        }
    }
}

/// The target of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// The ratio to the yardstick, at most.
    RatioAtMost(f64),
    /// The ratio to the yardstick, at least.
    RatioAtLeast(f64),
    /// The value of Runwright, at most.
    AtMost(Quantity),
    /// None: the row is a reference for others.
    Control,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RatioAtMost(ratio) => write!(f, "<= {ratio:.2} x"),
            Self::RatioAtLeast(ratio) => write!(f, ">= {ratio:.2} x"),
            Self::AtMost(quantity) => write!(f, "<= {quantity}"),
            Self::Control => f.write_str("(control)"),
        }
    }
}

/// One row.
#[derive(Debug)]
pub(crate) struct Figure {
    /// What is measured.
    pub(crate) name: String,
    /// The value of Runwright.
    pub(crate) ours: Quantity,
    /// The value of the yardstick.
    pub(crate) yardstick: Option<Quantity>,
    /// The target.
    pub(crate) target: Target,
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        Some(self.ours.value() / self.yardstick?.value())
    }

    fn reached(&self) -> &'static str {
        let reached = match self.target {
            Target::RatioAtMost(most) => self.ratio().is_some_and(|ratio| ratio <= most),
            Target::RatioAtLeast(least) => self.ratio().is_some_and(|ratio| ratio >= least),
            Target::AtMost(most) => self.ours.value() <= most.value(),
            Target::Control => return "",
        };
        if reached { "yes" } else { "NO" }
    }
}

/// Prints the heading; each row follows when it is measured.
pub(crate) fn print_heading() {
    println!("{:<52} {:>11} {:>11} {:>7}  {:<12} reached", "figure", "ours", "yardstick", "ratio", "target");
}

/// Prints one row.
pub(crate) fn print(figure: &Figure) {
    let yardstick = figure.yardstick.map_or_else(String::new, |quantity| quantity.to_string());
    let ratio = figure.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"));
    println!(
        "{:<52} {:>11} {:>11} {:>7}  {:<12} {}",
        figure.name,
        figure.ours.to_string(),
        yardstick,
        ratio,
        figure.target.to_string(),
        figure.reached()
    );
}
