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

/// What has to be met for the comparison to say something; each is met a dozen times and more in as many cases.
const SITUATIONS: &[&str] = &[
    "And",
    "Or",
    "Not",
    "BooleanEquals is unset",
    "Contains is unset",
    "EqualsIgnoreCase is true",
    "NumericLesserOrEquals is true",
    "StartsWith is true",
    "StringEquals is true",
    "StringEquals is unset",
    "a branch that chooses",
    "a branch that takes its Default",
    "a branch without a match that ends",
    "a branch without a match that falls through",
    "a branch without a match that takes nextStep",
    "a do-while that ends",
    "a do-while that goes on",
    "a loop over all its items",
    "a loop over nothing",
    "a loop that MaxIterations ends, its condition true",
    "a loop that MaxIterations ends, with items left",
    "a loop that an Abort fails",
    "a loop that is left",
    "a new value of a Boolean",
    "a new value of a Integer",
    "a new value of a MapList",
    "a new value of a String",
    "a new value of a StringList",
    "a new value of a StringMap",
    "a rejection",
    "a request to complete",
    "a signal that a pause does not want",
    "a signal that an approval does not want",
    "a sleep for a time",
    "a sleep until a moment",
    "a sleep until a moment that has passed",
    "a stop between two attempts",
    "a stop of a step that waits",
    "a throttle that uses the attempt up",
    "a throttle within the window",
    "a wait for somebody that a request to complete ends",
    "an approval by 1",
    "an approval by a stranger",
    "an approval that nobody can give",
    "an attempt that failed",
    "an attempt that timed out",
    "an attempt that timed out, the last",
    "an execution that ends Cancelled",
    "an execution that ends Failed",
    "an execution that ends Success",
    "an execution that ends TimedOut",
    "an iteration that ends",
    "an iteration that isEnd ends",
    "an output that stays unset",
    "aws:approve TimedOut at Invocation",
    "aws:executeAutomation Success",
    "aws:executeAwsApi Failed at Invocation",
    "aws:executeScript Failed at Invocation",
    "aws:invokeLambdaFunction Failed at InputValidation",
    "aws:invokeLambdaFunction Failed at PostVerification",
    "aws:loop Cancelled at Invocation",
    "aws:loop Failed at InputValidation",
    "aws:pause Success",
    "aws:sleep Failed at InputValidation",
    "aws:updateVariable Failed at InputValidation",
    "onCancel step:",
    "onFailure Abort, not critical",
    "onFailure Continue, critical",
    "onFailure Continue, not critical",
    "onFailure step:, critical",
    "onFailure step:, critical, isEnd",
    "onFailure step:, not critical",
];

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
    // Fewer cases than the usual ones promise nothing.
    assert!(unmet.is_empty() || cases < CASES, "never met: {unmet:?}");
}
