//! Reports the notices of the application on standard error.

use super::automation_error::notice_advice;
use super::output::tell;
use super::screen::Screen;
use crate::automation::{Notice, Observer};
use crate::report::one_line;

/// Reports notices alone, for what is prepared before a run.
pub(super) struct NoticeObserver {
    /// How the word `warning:` is shown.
    pub(super) screen: Screen,
}

impl Observer for NoticeObserver {
    fn notice(&self, notice: &Notice) {
        let advice = notice_advice(notice).map(|advice| format!("; {advice}")).unwrap_or_default();
        let text = format!("{notice}{advice}");
        let text = match text.strip_prefix("warning: ") {
            Some(rest) => format!("{} {}", self.screen.warning(), one_line(rest)),
            None => one_line(&text).into_owned(),
        };
        tell(&format!("{text}\n"));
    }
}

/// Reports one notice.
pub(super) fn tell_notice(notice: &Notice) {
    tell(&format!("{}\n", one_line(&notice.to_string())));
}

/// Reports notices as lines.
pub(super) struct PlainNotices;

impl Observer for PlainNotices {
    fn notice(&self, notice: &Notice) {
        tell_notice(notice);
    }
}
