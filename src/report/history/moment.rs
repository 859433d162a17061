//! Moments as people read them: the time of a day in a zone, and how long ago it was.

use jiff::Timestamp;

use super::View;

/// `2026-11-20 03:00:05Z`, `2026-11-20 04:00:05+01:00`: it can be sorted, and taken as a value of `--since`.
pub fn moment(at: Timestamp, view: &View) -> String {
    let zoned = at.to_zoned(view.zone.clone());
    let format = if zoned.offset().is_zero() { "%Y-%m-%d %H:%M:%SZ" } else { "%Y-%m-%d %H:%M:%S%:z" };
    zoned.strftime(format).to_string()
}

/// `just now`, `48s ago`, `5m ago`, `7h ago`, `12d ago`; `in 5m` for what lies ahead, as after a clock was set back.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let size = seconds.unsigned_abs();
    let amount = match size {
        0 => return "just now".to_owned(),
        1..60 => format!("{size}s"),
        60..3_600 => format!("{}m", size / 60),
        3_600..172_800 => format!("{}h", size / 3_600),
        _ => format!("{}d", size / 86_400),
    };
    if seconds < 0 { format!("in {amount}") } else { format!("{amount} ago") }
}
