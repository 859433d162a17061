use super::*;

#[test]
fn value_cannot_terminate_its_log_command() {
    let smuggled = "1;x=2]%0A\r\n##vso[task.complete result=Failed;]";
    assert_eq!(
        LogCommand::azure_variable("A;b]", smuggled, true).line(),
        "##vso[task.setvariable variable=A%3Bb%5D;isOutput=true;issecret=true]1;x=2]%AZP250A%0D%0A##vso[task.complete \
         result=Failed;]\n"
    );
    assert_eq!(LogCommand::github_mask("50%\nb").line(), "::add-mask::50%25%0Ab\n");
    assert_eq!(
        LogCommand::github_issue(AnnotationLevel::Error, "a: b, c\n::stop", "50%\n::stop ##[x]").line(),
        "::error title=a%3A b%2C c%0A%3A%3Astop::50%25%0A::stop ## [x]\n"
    );
    assert_eq!(
        LogCommand::azure_issue(AnnotationLevel::Warning, "a", "b\nc ##vso[x]y").line(),
        "##vso[task.logissue type=warning]a: b%0Ac ## vso[x]y\n"
    );
    let range = AnnotationRange { file: "a,b:c::d\u{1b}[2J\n::stop", start: (1, 2), end: (3, 4) };
    assert_eq!(
        LogCommand::annotation(AnnotationLevel::Error, range, "code", "x\u{202e}\r\n%").line(),
        "::error file=a%2Cb%3Ac%3A%3Ad\\u{1b}[2J%0A%3A%3Astop,line=1,col=2,endLine=3,endColumn=4,\
         title=code::x\\u{202e}\\r%0A%25\n"
    );
}

#[test]
fn unsafe_characters_are_escaped_except_in_secret_masks() {
    let issue = LogCommand::azure_issue(AnnotationLevel::Error, "a\u{1b}", "b\u{202e}\u{85}");
    assert_eq!(issue.line(), "##vso[task.logissue type=error]a\\u{1b}: b\\u{202e}\\u{85}\n");
    let variable = |value: &str, is_secret| LogCommand::azure_variable("A", value, is_secret).line().to_owned();
    assert_eq!(variable("a\tb\n", false), "##vso[task.setvariable variable=A;isOutput=true]a\tb%0A\n");
    assert_eq!(variable("\u{1b}\n", false), "##vso[task.setvariable variable=A;isOutput=true]\"\\u001b\\n\"\n");
    assert!(variable("\u{1b}", true).contains('\u{1b}'), "the service searches for the unescaped secret");
}

#[test]
fn log_commands_in_text_are_defused() {
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
        assert_eq!(defuse_commands(wrote), defused, "{wrote:?}");
    }
}

#[test]
fn log_command_split_across_writes_is_detected() {
    for (before, text) in [("a#", "#[x"), ("a##", "[x"), ("##", "vso[x"), ("##vs", "o["), ("  :", ":error")] {
        assert!(continues_command(before, text), "{before:?} {text:?}");
    }
    for (before, text) in [("", "##["), ("a", "[x"), ("## ", "vso["), (":", "x"), ("#", "x")] {
        assert!(!continues_command(before, text), "{before:?} {text:?}");
    }
}
