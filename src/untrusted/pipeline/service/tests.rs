use super::*;

fn detect(variables: &[(&str, &str)]) -> Pipeline {
    Pipeline::from_variables(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn ci_service_is_detected_by_its_variable() {
    let rows: [(&[(&str, &str)], Pipeline); 7] = [
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/out")], Pipeline::GitHub(Some("/out".into()))),
        (&[("GITHUB_ACTIONS", "true")], Pipeline::GitHub(None)),
        (&[("TF_BUILD", "True")], Pipeline::Azure),
        (&[("GITHUB_OUTPUT", "/out")], Pipeline::Elsewhere),
        (&[("TF_BUILD", "1")], Pipeline::Azure),
        (&[("GITHUB_ACTIONS", ""), ("TF_BUILD", "0")], Pipeline::Elsewhere),
        (&[("TF_BUILD", "false")], Pipeline::Elsewhere),
    ];
    for (variables, pipeline) in rows {
        assert_eq!(detect(variables), pipeline, "{variables:?}");
    }
}

#[test]
fn without_a_ci_service_nothing_is_a_log_command() {
    let elsewhere = Pipeline::Elsewhere;
    assert_eq!(elsewhere.issue(AnnotationLevel::Error, "a", "b"), None);
    assert_eq!(elsewhere.defuse("##[group]"), "##[group]");
    assert!(!elsewhere.is_command("##[group]"));
    assert!(!elsewhere.continues_command("##", "[group]"));
    for pipeline in [Pipeline::Azure, Pipeline::GitHub(None)] {
        assert!(pipeline.issue(AnnotationLevel::Error, "a", "b").is_some());
        assert_eq!(pipeline.defuse("##[group]"), "## [group]");
        assert!(pipeline.is_command("##[group]"));
        assert!(pipeline.continues_command("##", "[group]"));
    }
}
