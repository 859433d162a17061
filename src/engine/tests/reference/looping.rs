//! `aws:loop` (spec 4.6).

use super::interpreter::{How, Produced, Reading};
use crate::runbook::Step;
use crate::runbook::inputs::Loop;

impl<'a> Reading<'a> {
    pub(super) fn repeat(&mut self, _step: &'a Step, _looping: &'a Loop) -> (How, Produced) {
        unimplemented!()
    }
}
