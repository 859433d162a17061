//! `allowedPattern`: patterns of Java's `java.util.regex` (spec 1.3).
//!
//! A pattern is parsed by Java's grammar (`translate`) and rewritten for `fancy-regex` in the few constructs on which
//! the two agree: explicit character ranges, groups by number, no flags. So `\w` is ASCII, `$` matches before a last
//! line terminator, `.` excludes U+0085, and `(?i)` folds ASCII letters alone, all as in Java. Unsupported constructs
//! are rejected with a sentence that names them.
//!
//! Known difference: `\b` follows Java up to 18 (letters and digits of any script), as `\w` does not.

mod property;
#[cfg(test)]
mod tests;
mod translate;

use fancy_regex::{Regex, RegexBuilder};

use crate::limits::PATTERN_STEPS;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct JavaPattern {
    text: String,
    /// For texts of one line, in which `$` is simply the end: mostly free of backtracking.
    single_line: Regex,
    /// For texts with a line terminator, when the pattern treats them differently.
    many_lines: Option<Regex>,
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, naming the construct.
    pub message: String,
    /// Its byte offset in the pattern.
    pub offset: usize,
}

/// A match that was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("matching was aborted after {PATTERN_STEPS} backtracking steps; nested repetitions such as (a+)+ are slow")]
pub struct StepLimit;

impl JavaPattern {
    /// Compiles a pattern.
    pub fn compile(pattern: &str) -> Result<Self, PatternError> {
        let single_line = translate::translate(pattern, false)?;
        let many_lines = translate::translate(pattern, true)?;
        Ok(Self {
            many_lines: if many_lines == single_line { None } else { Some(build(&many_lines)?) },
            single_line: build(&single_line)?,
            text: pattern.to_owned(),
        })
    }

    /// Whether a pattern is valid, without building the matcher: that costs a hundred times more, and a validator
    /// matches nothing.
    ///
    /// # Errors
    ///
    /// As [`JavaPattern::compile`], but for a pattern whose automaton would be too large.
    pub fn check(pattern: &str) -> Result<(), PatternError> {
        let translated = translate::translate(pattern, false)?;
        match fancy_regex::Expr::parse_tree(&translated) {
            Ok(_) => Ok(()),
            Err(error) => Err(unsupported(&error)),
        }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern matches the whole text, as `Matcher.matches` does.
    pub fn matches(&self, text: &str) -> Result<bool, StepLimit> {
        let regex = match &self.many_lines {
            Some(many_lines) if text.contains(translate::LINE_TERMINATORS) => many_lines,
            Some(_) | None => &self.single_line,
        };
        regex.is_match(text).map_err(|_| StepLimit)
    }
}

fn build(translated: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(&format!(r"\A(?:{translated})\z"))
        .backtrack_limit(PATTERN_STEPS)
        .build()
        .map_err(|error| unsupported(&error))
}

fn unsupported(error: &fancy_regex::Error) -> PatternError {
    PatternError { message: format!("the pattern is too large or not supported: {error}"), offset: 0 }
}
