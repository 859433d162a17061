use super::*;

fn with(variables: &[(&str, &str)]) -> Pipeline {
    Pipeline::from_variables(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn each_service_is_known_by_its_variable() {
    let rows: [(&[(&str, &str)], Pipeline); 5] = [
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/out")], Pipeline::GitHub(Some("/out".into()))),
        (&[("GITHUB_ACTIONS", "true")], Pipeline::GitHub(None)),
        (&[("TF_BUILD", "True")], Pipeline::Azure),
        (&[("GITHUB_OUTPUT", "/out")], Pipeline::Elsewhere),
        (&[("TF_BUILD", "false")], Pipeline::Elsewhere),
    ];
    for (variables, pipeline) in rows {
        assert_eq!(with(variables), pipeline, "{variables:?}");
    }
}

#[test]
fn what_a_value_holds_cannot_end_its_command() {
    assert_eq!(
        azure_variable("A", "1;x=2]%0A\r\n##vso[task.complete result=Failed;]", true),
        "##vso[task.setvariable variable=A;isOutput=true;issecret=true]1;x=2]%AZP250A%0D%0A##vso[task.complete \
         result=Failed;]\n"
    );
    assert_eq!(github_mask("50%\nb"), "::add-mask::50%25%0Ab\n");
    assert_eq!(
        Pipeline::GitHub(None).issue(Level::Error, "a: b, c", "50%\n::stop"),
        Some("::error title=a%3A b%2C c::50%25%0A::stop\n".to_owned())
    );
    assert_eq!(
        Pipeline::Azure.issue(Level::Warning, "a", "b\nc"),
        Some("##vso[task.logissue type=warning]a: b%0Ac\n".to_owned())
    );
    assert_eq!(Pipeline::Elsewhere.issue(Level::Error, "a", "b"), None);
}

#[test]
fn no_line_of_a_function_is_a_command() {
    let wrote = "log  ##vso[task.setvariable variable=PATH]/evil\n   ::set-output name=a::b\n##[group]\na::b\n";
    let harmless = "log  ## vso[task.setvariable variable=PATH]/evil\n   : :set-output name=a::b\n## [group]\na::b\n";
    for pipeline in [Pipeline::Azure, Pipeline::GitHub(None)] {
        assert_eq!(pipeline.harmless(wrote), harmless);
    }
    assert_eq!(Pipeline::Elsewhere.harmless(wrote), wrote);
}
