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
    /// Pieces.
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

/// What a figure has to reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// Ours over the yardstick, at most.
    RatioAtMost(f64),
    /// Ours over the yardstick, at least.
    RatioAtLeast(f64),
    /// Ours, at most.
    AtMost(Quantity),
    /// Nothing: the row is there to be compared with.
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
    /// What it took us.
    pub(crate) ours: Quantity,
    /// What it is held against.
    pub(crate) yardstick: Option<Quantity>,
    /// What it has to reach.
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

/// Prints the heading; rows follow as they are measured.
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
