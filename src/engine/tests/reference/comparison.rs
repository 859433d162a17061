//! The engine does what a second reading of the specification does.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::author::Author;
use super::{facts, interpreter};
use crate::engine::tests::situation::Play;

/// How many runbooks are tried; more with `RUNWRIGHT_CASES`.
const CASES: u32 = 4_000;

/// What has to be met for the comparison to say something.
const SITUATIONS: &[&str] = &[];

#[test]
fn the_engine_does_what_a_second_reading_of_the_specification_does() {
    let cases = std::env::var("RUNWRIGHT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 40_000, ..Config::default() };
    let counts = RefCell::new((0_usize, 0_usize, BTreeMap::<String, usize>::new()));
    let numbers = prop::collection::vec(any::<u16>(), 20..500);
    TestRunner::new(config)
        .run(&numbers, |numbers| {
            let Some(situation) = Author::new(numbers, true).situation() else {
                counts.borrow_mut().1 += 1;
                return Ok(());
            };
            let read = interpreter::interpret(&situation);
            let (outcomes, _) = situation.play(&[], Play::goes_on);
            let engine = facts::of_events(&outcomes.events);
            let mut counts = counts.borrow_mut();
            counts.0 += 1;
            for (what, times) in read.seen {
                *counts.2.entry(what).or_default() += times;
            }
            if engine == read.facts {
                return Ok(());
            }
            let differs = engine.iter().zip(&read.facts).take_while(|(one, other)| one == other).count();
            let rest = |facts: &[String]| facts.iter().skip(differs).cloned().collect::<Vec<_>>().join("\n");
            Err(TestCaseError::fail(format!(
                "\n{}\n\nreplies: {:?}\nparameters: {:?}\nsame:\n{}\nengine:\n{}\nsecond reading:\n{}\n",
                situation.text,
                situation.replies,
                situation.parameters,
                engine[..differs].join("\n"),
                rest(&engine),
                rest(&read.facts)
            )))
        })
        .unwrap_or_else(|failure| match failure {
            proptest::test_runner::TestError::Fail(reason, _) => panic!("{reason}"),
            other @ proptest::test_runner::TestError::Abort(_) => panic!("{other}"),
        });
    let (compared, refused, seen) = counts.into_inner();
    eprintln!("{compared} executions compared, {refused} runbooks that are refused");
    for (what, times) in &seen {
        eprintln!("{times:>8} {what}");
    }
    let unmet: Vec<_> = SITUATIONS.iter().filter(|what| !seen.contains_key(**what)).collect();
    assert!(unmet.is_empty(), "never met: {unmet:?}");
}
