//! The next step, and the status of the execution (spec 2.3).

use super::situation::{Reply, Situation};
use crate::event::Status;

/// Every row of the table of spec 2.3, for a failure and for a timeout: `first` fails or times out, the next steps
/// succeed.
#[test]
fn next_step_and_status_for_every_failure_setting() {
    let rows = [
        // (attributes of `first`, path after the failure, status after a failure, status after a timeout)
        ("onFailure: Abort", "", Status::Failed, Status::TimedOut),
        ("onFailure: Abort, isCritical: true", "", Status::Failed, Status::TimedOut),
        ("onFailure: Abort, isCritical: false", "", Status::Failed, Status::TimedOut),
        ("isCritical: false", "", Status::Failed, Status::TimedOut),
        ("onFailure: Continue", ", second Success, third Success", Status::Success, Status::Success),
        ("onFailure: Continue, nextStep: third", ", third Success", Status::Success, Status::Success),
        ("onFailure: Continue, isCritical: false", ", second Success, third Success", Status::Success, Status::Success),
        ("onFailure: Continue, isCritical: true", ", second Success, third Success", Status::Failed, Status::TimedOut),
        ("onFailure: Continue, isCritical: true, nextStep: third", ", third Success", Status::Failed, Status::TimedOut),
        ("onFailure: 'step:third'", ", third Success", Status::Failed, Status::TimedOut),
        ("onFailure: 'step:third', isCritical: true", ", third Success", Status::Failed, Status::TimedOut),
        ("onFailure: 'step:third', isCritical: false", ", third Success", Status::Success, Status::Success),
        ("isEnd: true", "", Status::Failed, Status::TimedOut),
        ("isEnd: true, onFailure: Continue, isCritical: true", "", Status::Failed, Status::TimedOut),
        ("isEnd: true, onFailure: 'step:third'", ", third Success", Status::Failed, Status::TimedOut),
        ("isEnd: true, onFailure: Continue", "", Status::Success, Status::Success),
        (
            "isEnd: true, onFailure: 'step:third', isCritical: false",
            ", third Success",
            Status::Success,
            Status::Success,
        ),
    ];
    for (attributes, path, after_failure, after_timeout) in rows {
        let text = format!(
            "{{mainSteps: [{{name: first, {attributes}}}, {{name: second, isCritical: true}}, {{name: third}}]}}"
        );
        let failed = Situation::new(&text).replies("first", [Reply::Fails]).run();
        assert_eq!(
            (failed.path(), failed.status()),
            (format!("first Failed{path}"), after_failure),
            "{attributes}: after a failure"
        );
        let timed_out = Situation::new(&text).replies("first", [Reply::Silent]).run();
        assert_eq!(
            (timed_out.path(), timed_out.status()),
            (format!("first TimedOut{path}"), after_timeout),
            "{attributes}: after a timeout"
        );
    }
}

#[test]
fn success_follows_order_next_step_or_is_end() {
    let run = Situation::new(
        "{mainSteps: [{name: a, nextStep: c}, {name: b, isEnd: true}, {name: c, nextStep: b}, {name: d}]}",
    )
    .run();
    assert_eq!((run.path(), run.status()), ("a Success, c Success, b Success".to_owned(), Status::Success));
}

#[test]
fn critical_failure_overrides_earlier_critical_timeout() {
    let run = Situation::new(
        "{mainSteps: [{name: a, onFailure: Continue, isCritical: true}, {name: b, onFailure: Continue, isCritical: true}]}",
    )
    .replies("a", [Reply::Silent])
    .replies("b", [Reply::Fails])
    .run();
    assert_eq!((run.path(), run.status()), ("a TimedOut, b Failed".to_owned(), Status::Failed));
}

#[test]
fn failure_in_recovery_path_follows_its_own_on_failure() {
    let run = Situation::new(
        "{mainSteps: [{name: work, onFailure: 'step:recover', isEnd: false}, {name: done, isEnd: true},
          {name: recover, onFailure: Continue}, {name: tell}]}",
    )
    .replies("work", [Reply::Fails])
    .replies("recover", [Reply::Fails])
    .run();
    assert_eq!(
        (run.path(), run.status(), run.execution.ending().unwrap().failure_message.as_deref()),
        (
            "work Failed, recover Failed, tell Success".to_owned(),
            Status::Failed,
            Some("Step work ended Failed. Function.")
        )
    );
}
