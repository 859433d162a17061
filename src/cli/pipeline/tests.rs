use super::*;

fn with(variables: &[(&str, &str)]) -> Pipeline {
    Pipeline::from_variables(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn each_service_is_known_by_its_variable() {
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
        assert_eq!(with(variables), pipeline, "{variables:?}");
    }
}

fn line(command: Option<LogCommand>) -> String {
    command.map(|command| command.line().to_owned()).unwrap_or_default()
}

#[test]
fn what_a_value_holds_cannot_end_its_command() {
    let smuggled = "1;x=2]%0A\r\n##vso[task.complete result=Failed;]";
    assert_eq!(
        LogCommand::azure_variable("A;b]", smuggled, true).line(),
        "##vso[task.setvariable variable=A%3Bb%5D;isOutput=true;issecret=true]1;x=2]%AZP250A%0D%0A##vso[task.complete \
         result=Failed;]\n"
    );
    assert_eq!(LogCommand::github_mask("50%\nb").line(), "::add-mask::50%25%0Ab\n");
    let issue = |pipeline: Pipeline, level, title, message| line(pipeline.issue(level, title, message));
    assert_eq!(
        issue(Pipeline::GitHub(None), Level::Error, "a: b, c\n::stop", "50%\n::stop ##[x]"),
        "::error title=a%3A b%2C c%0A%3A%3Astop::50%25%0A::stop ## [x]\n"
    );
    assert_eq!(
        issue(Pipeline::Azure, Level::Warning, "a", "b\nc ##vso[x]y"),
        "##vso[task.logissue type=warning]a: b%0Ac ## vso[x]y\n"
    );
    assert_eq!(issue(Pipeline::Elsewhere, Level::Error, "a", "b"), "");
    let place = Place { file: "a,b:c::d\u{1b}[2J\n::stop", start: (1, 2), end: (3, 4) };
    assert_eq!(
        LogCommand::annotation(Level::Error, place, "code", "x\u{202e}\r\n%").line(),
        "::error file=a%2Cb%3Ac%3A%3Ad\\u{1b}[2J%0A%3A%3Astop,line=1,col=2,endLine=3,endColumn=4,\
         title=code::x\\u{202e}\\r%0A%25\n"
    );
}

#[test]
fn unsafe_characters_get_into_no_command_but_a_secret() {
    let issue = line(Pipeline::Azure.issue(Level::Error, "a\u{1b}", "b\u{202e}\u{85}"));
    assert_eq!(issue, "##vso[task.logissue type=error]a\\u{1b}: b\\u{202e}\\u{85}\n");
    let variable = |value: &str, is_secret| LogCommand::azure_variable("A", value, is_secret).line().to_owned();
    assert_eq!(variable("a\tb\n", false), "##vso[task.setvariable variable=A;isOutput=true]a\tb%0A\n");
    assert_eq!(variable("\u{1b}\n", false), "##vso[task.setvariable variable=A;isOutput=true]\"\\u001b\\n\"\n");
    assert!(variable("\u{1b}", true).contains('\u{1b}'), "the service looks for a secret as it is");
}

#[test]
fn no_line_of_a_text_is_a_command() {
    let rows = [
        ("log  ##vso[task.setvariable variable=PATH]/evil\n", "log  ## vso[task.setvariable variable=PATH]/evil\n"),
        ("   ::set-output name=a::b\n", "   : :set-output name=a::b\n"),
        ("\u{3000}\t::stop", "\u{3000}\t: :stop"),
        ("##[group]\n####[x]", "## [group]\n#### [x]"),
        (":::error::x", ": ::error::x"),
        ("\u{1b}[1m\u{1b}[31m ::error::x", "\u{1b}[1m\u{1b}[31m : :error::x"),
        ("\n\n::a\nb\n::c", "\n\n: :a\nb\n: :c"),
        ("a::b\nstd::fmt\n## heading\n# [x]\n", "a::b\nstd::fmt\n## heading\n# [x]\n"),
    ];
    for (wrote, defused) in rows {
        for pipeline in [Pipeline::Azure, Pipeline::GitHub(None)] {
            assert_eq!(pipeline.defuse(wrote), defused, "{wrote:?}");
        }
        assert_eq!(Pipeline::Elsewhere.defuse(wrote), wrote);
    }
}

#[test]
fn a_command_in_two_pieces_is_known() {
    let azure = Pipeline::Azure;
    for (before, text) in [("a#", "#[x"), ("a##", "[x"), ("##", "vso[x"), ("##vs", "o["), ("  :", ":error")] {
        assert!(azure.continues_command(before, text), "{before:?} {text:?}");
        assert!(!Pipeline::Elsewhere.continues_command(before, text));
    }
    for (before, text) in [("", "##["), ("a", "[x"), ("## ", "vso["), (":", "x"), ("#", "x")] {
        assert!(!azure.continues_command(before, text), "{before:?} {text:?}");
    }
}
