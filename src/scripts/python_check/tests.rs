use super::*;

/// The problems of scripts with the handler `main`; none is checked where there is no interpreter.
fn problems(texts: &[&str]) -> Option<Vec<Option<ScriptProblem>>> {
    let Ok(program) = find_checking_interpreter() else {
        eprintln!("SKIPPED: there is no python3");
        return None;
    };
    let scripts: Vec<_> = texts.iter().map(|text| CheckedScript { text, handler: Some("main") }).collect();
    Some(check_scripts(&program, &scripts).unwrap().scripts)
}

#[test]
fn handler_is_any_name_that_the_script_binds() {
    let bound = [
        "def main(events, context): pass",
        "async def main(events, context): pass",
        "class main:\n  def __init__(self, events, context): pass",
        "main = print",
        "main: object = print",
        "other, (main, *rest) = f()",
        "import main",
        "import package.main as main",
        "from package import handler as main",
        "from package import *",
        "if True:\n  def main(a, b): pass",
        "try:\n  import main\nexcept ImportError:\n  main = None",
        "with open('f') as main: pass",
        "for main in []: pass",
        "(main := 1)",
        "exec('def main(a, b): pass')",
        "globals()['main'] = print",
        "def define():\n  global main\n  main = print",
        "import sys\nsetattr(sys.modules[__name__], 'main', print)",
    ];
    if let Some(found) = problems(&bound) {
        assert_eq!(found, vec![None; bound.len()]);
    }
    let unbound = [
        "",
        "def Main(events, context): pass",
        "def other():\n  def main(events, context): pass",
        "class Other:\n  def main(self, events): pass",
        "print(main)",
        "import package.main",
    ];
    if let Some(found) = problems(&unbound) {
        assert_eq!(found, vec![Some(ScriptProblem::Missing); unbound.len()]);
    }
}

#[test]
fn handler_takes_two_positional_arguments() {
    let callable = [
        "def main(events, context): pass",
        "def main(events, context=None): pass",
        "def main(events=None, context=None, more=None): pass",
        "def main(*arguments): pass",
        "def main(events, *rest, **named): pass",
        "def main(events, context, *, debug=False): pass",
        "def main(events, /, context): pass",
        "@decorated\ndef main(): pass",
        "def main(): pass\ndef main(events, context): pass",
        "main = lambda: 1",
    ];
    if let Some(found) = problems(&callable) {
        assert_eq!(found, vec![None; callable.len()]);
    }
    let wrong = [
        "def main(): pass",
        "def main(events): pass",
        "def main(events, context, more): pass",
        "def main(events, context, *, debug): pass",
        "async def main(*, events, context): pass",
    ];
    if let Some(found) = problems(&wrong) {
        assert_eq!(found, vec![Some(ScriptProblem::Arguments { line: 1 }); wrong.len()]);
    }
}

#[test]
fn syntax_errors_have_their_position() {
    let texts = ["x = 1\nreturn x", "def main(events, context)\n  pass", "x = '\0'", "print 'text'"];
    let Some(found) = problems(&texts) else { return };
    let lines: Vec<_> = found
        .into_iter()
        .map(|problem| match problem {
            Some(ScriptProblem::Syntax { line, .. }) => line,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lines, [Some(2), Some(1), None, Some(1)]);
}

#[test]
fn program_that_is_no_interpreter_is_reported() {
    let script = [CheckedScript { text: "x = 1", handler: None }];
    let silent = check_scripts(Path::new("/bin/true"), &script).unwrap_err().to_string();
    assert_eq!(silent, "/bin/true gave no result: EOF while parsing a value at line 1 column 0");
    let missing = check_scripts(Path::new("/nowhere/python3"), &script).unwrap_err().to_string();
    assert_eq!(missing, "/nowhere/python3 cannot be run: No such file or directory (os error 2)");
}
