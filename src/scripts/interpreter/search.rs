//! The Python interpreters on PATH, in the order in which they replace a declared version.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::notice::InterpreterNotice;
use super::probe::{Probe, Python};
use super::version::rank;
use crate::files::{ForeignAccess, find_access_by_others};
use crate::limits::PYTHON_MINORS;
use crate::path_search::executables;

/// A Python on PATH.
#[derive(Debug)]
enum Candidate {
    /// Its name says its version.
    Named { path: PathBuf, minor: u16 },
    /// It has answered.
    Identified(Python),
}

impl Candidate {
    const fn minor(&self) -> u16 {
        match self {
            Self::Named { minor, .. } | Self::Identified(Python { minor, .. }) => *minor,
        }
    }
}

/// Goes through the Python interpreters on PATH, and asks no more of them than needed.
#[derive(Debug)]
pub(super) struct Search<'a> {
    probe: &'a Probe,
    declared: u16,
    candidates: VecDeque<Candidate>,
    /// Every `python3`: their versions are not known yet.
    unnamed: Vec<PathBuf>,
    seen: Vec<PathBuf>,
    /// The programs that are left out.
    pub(super) notices: Vec<InterpreterNotice>,
}

impl<'a> Search<'a> {
    pub(super) fn new(probe: &'a Probe, path: &OsStr, declared: u16) -> Self {
        let mut minors: Vec<u16> = PYTHON_MINORS.collect();
        if !PYTHON_MINORS.contains(&declared) {
            minors.push(declared);
        }
        minors.sort_by_key(|minor| rank(declared, *minor));
        let mut candidates = VecDeque::new();
        for minor in minors {
            let name = format!("python3.{minor}");
            candidates.extend(executables(&name, path).map(|path| Candidate::Named { path, minor }));
        }
        let unnamed = executables("python3", path).collect();
        Self { probe, declared, candidates, unnamed, seen: Vec::new(), notices: Vec::new() }
    }

    /// The next best Python.
    pub(super) async fn next(&mut self) -> Option<Python> {
        loop {
            if self.candidates.front().is_none_or(|next| next.minor() != self.declared) {
                self.identify_unnamed().await;
            }
            match self.candidates.pop_front()? {
                Candidate::Identified(python) => return Some(python),
                Candidate::Named { path, minor } => {
                    let found = self.identify(&path).await;
                    if let Some(python) = found.filter(|python| python.minor == minor) {
                        return Some(python);
                    }
                }
            }
        }
    }

    /// The next best Python of the declared version.
    pub(super) async fn next_declared(&mut self) -> Option<Python> {
        let python = self.next().await?;
        if python.minor == self.declared {
            return Some(python);
        }
        self.candidates.push_front(Candidate::Identified(python));
        None
    }

    /// Puts every `python3` among the others.
    async fn identify_unnamed(&mut self) {
        for path in std::mem::take(&mut self.unnamed) {
            if let Some(python) = self.identify(&path).await {
                let own = rank(self.declared, python.minor);
                let is_better = |other: &Candidate| rank(self.declared, other.minor()) <= own;
                let at = self.candidates.partition_point(is_better);
                self.candidates.insert(at, Candidate::Identified(python));
            }
        }
    }

    /// Asks a program that no other user can change, once.
    async fn identify(&mut self, path: &Path) -> Option<Python> {
        if let Some(access) = find_access_by_others(path) {
            self.leave_out(path, access);
            return None;
        }
        let python = self.probe.identify(path).await?;
        if self.seen.contains(&python.program) {
            return None;
        }
        self.seen.push(python.program.clone());
        if let Some(access) = find_access_by_others(&python.program) {
            self.leave_out(&python.program, access);
            return None;
        }
        Some(python)
    }

    fn leave_out(&mut self, program: &Path, access: ForeignAccess) {
        self.notices.push(InterpreterNotice::UnsafeProgram { program: program.to_owned(), access });
    }
}
