use std::io::Cursor;

use super::*;
use crate::cli::screen::Color;
use crate::report::Palette;
use crate::runbook::load;

fn parameters() -> IndexMap<ParameterName, Parameter> {
    let text = "schemaVersion: '0.3'\n\
        parameters:\n  \
          Service: {type: String, description: \"The service\\u0007 to restart.\", allowedValues: [web, db]}\n  \
          Count: {type: Integer}\n  \
          Given: {type: String}\n  \
          Optional: {type: String, default: x}\n\
        mainSteps:\n- {name: a, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}}\n";
    let document = crate::document::read("test.yaml", text.as_bytes()).unwrap();
    load(&document).runbook.unwrap().parameters().clone()
}

fn run_prompts(typed: &str) -> (Result<(), CliError>, IndexMap<String, Supplied>, String) {
    let mut screen = Screen::new(Color::Never);
    screen.errors = Palette::PLAIN;
    let mut supplied = IndexMap::from([("Given".to_owned(), Supplied::Text("y".to_owned()))]);
    let mut shown = String::new();
    let mut tell = |text: &str| shown.push_str(text);
    let done = ask(&parameters(), &mut supplied, &Secrets::default(), screen, &mut Cursor::new(typed), &mut tell);
    (done, supplied, shown)
}

#[test]
fn prompts_for_missing_parameters_until_valid() {
    let (done, supplied, shown) = run_prompts("mail\nweb\r\nthree\n3\n");
    let text = |text: &str| Supplied::Text(text.to_owned());
    assert!(done.is_ok());
    assert_eq!(
        supplied,
        IndexMap::from([
            ("Given".to_owned(), text("y")),
            ("Service".to_owned(), text("web")),
            ("Count".to_owned(), text("3")),
        ])
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn end_of_input_cancels_the_prompt() {
    let (done, _, _) = run_prompts("web\n");
    let error = done.expect_err("the input ended");
    assert_eq!((error.exit, error.message.as_str()), (Exit::Cancelled, "no value for parameter Count"));
}
