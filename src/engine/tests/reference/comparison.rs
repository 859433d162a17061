//! Compares the engine with the reference interpreter.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::generator::RunbookGenerator;
use super::{event_lines, interpreter};
use crate::engine::tests::situation::ScriptedRun;

/// The number of tested runbooks; set with `RUNWRIGHT_CASES`.
const CASES: u32 = 4_000;

/// The situations that must occur for a meaningful comparison; each occurs a dozen times and more in that many cases.
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
    "a do-while that continues",
    "a loop over all its items",
    "a loop over no items",
    "a loop that MaxIterations ends, its condition true",
    "a loop that MaxIterations ends, with items left",
    "a loop that fails by Abort",
    "a loop that an inner step exits",
    "a new value of a Boolean",
    "a new value of a Integer",
    "a new value of a MapList",
    "a new value of a String",
    "a new value of a StringList",
    "a new value of a StringMap",
    "a rejection",
    "a complete request",
    "a rejected signal to a pause",
    "a rejected signal to an approval",
    "a sleep for a duration",
    "a sleep until a timestamp",
    "a sleep until a past timestamp",
    "a cancel between two attempts",
    "a cancel of a waiting step",
    "a throttle that fails the attempt",
    "a throttle within the window",
    "a wait for a person that a complete request ends",
    "an approval by 1",
    "a signal of a person who is not an approver",
    "an approval with too few approvers",
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
fn engine_matches_the_reference_interpreter() {
    let cases = std::env::var("RUNWRIGHT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 40_000, ..Config::default() };
    let counts = RefCell::new((0_usize, 0_usize, BTreeMap::<String, usize>::new()));
    let numbers = prop::collection::vec(any::<u16>(), 20..500);
    TestRunner::new(config)
        .run(&numbers, |numbers| {
            let Some(situation) = RunbookGenerator::new(numbers, true).situation() else {
                counts.borrow_mut().1 += 1;
                return Ok(());
            };
            let interpreted = interpreter::interpret(&situation);
            let (outcomes, _) = situation.run_with_cuts(&[], ScriptedRun::do_nothing);
            let engine = event_lines::event_lines(&outcomes.events);
            let mut counts = counts.borrow_mut();
            counts.0 += 1;
            for (what, times) in interpreted.situations {
                *counts.2.entry(what).or_default() += times;
            }
            if engine == interpreted.lines {
                return Ok(());
            }
            let differs = engine.iter().zip(&interpreted.lines).take_while(|(one, other)| one == other).count();
            let rest = |lines: &[String]| lines.iter().skip(differs).cloned().collect::<Vec<_>>().join("\n");
            Err(TestCaseError::fail(format!(
                "\n{}\n\nreplies: {:?}\nparameters: {:?}\nsame:\n{}\nengine:\n{}\nsecond interpreter:\n{}\n",
                situation.text,
                situation.replies,
                situation.parameters,
                engine[..differs].join("\n"),
                rest(&engine),
                rest(&interpreted.lines)
            )))
        })
        .unwrap_or_else(|failure| match failure {
            proptest::test_runner::TestError::Fail(reason, _) => panic!("{reason}"),
            other @ proptest::test_runner::TestError::Abort(_) => panic!("{other}"),
        });
    let (compared, refused, seen) = counts.into_inner();
    eprintln!("{compared} executions compared, {refused} runbooks rejected");
    for (what, times) in &seen {
        eprintln!("{times:>8} {what}");
    }
    let unmet: Vec<_> = SITUATIONS.iter().filter(|what| !seen.contains_key(**what)).collect();
    // Fewer cases than the default guarantee nothing.
    assert!(unmet.is_empty() || cases < CASES, "never met: {unmet:?}");
}
