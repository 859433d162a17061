use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::automation::parameter_store::{StoredParameter, StoredParameterFuture};
use crate::event::Environment;

/// A store with these parameters, which records what is read.
#[derive(Debug, Default)]
struct Scripted {
    parameters: BTreeMap<&'static str, (StoredKind, &'static str)>,
    read: Mutex<Vec<String>>,
}

impl ParameterStore for Scripted {
    fn read<'a>(&'a self, name: &'a str) -> StoredParameterFuture<'a> {
        self.read.lock().unwrap().push(name.to_owned());
        let found =
            self.parameters.get(name).map(|(kind, value)| StoredParameter { value: (*value).to_owned(), kind: *kind });
        Box::pin(std::future::ready(found.ok_or(ParameterStoreError::NotFound)))
    }
}

/// The head of a runbook whose only step uses nothing.
fn runbook(head: &str) -> Runbook {
    let text = format!(
        "schemaVersion: '0.3'\n{head}\nmainSteps: [{{name: wait, action: 'aws:sleep', inputs: {{Duration: PT1S}}}}]\n"
    );
    let document = crate::document::read("book.yaml", text.as_bytes()).unwrap();
    crate::runbook::load(&document).runbook.unwrap()
}

/// The role, what is read, and the parameters or the problems.
type Outcome = (Option<String>, Vec<String>, Result<Value, Vec<String>>);

async fn start(head: &str, supplied: &[(&str, &str)], given: &[(&str, &str)], chosen: Option<&str>) -> Outcome {
    let store = Scripted {
        parameters: BTreeMap::from([
            ("/ami", (StoredKind::String, "ami-1")),
            ("ids", (StoredKind::StringList, "i-1,i-2")),
            ("password", (StoredKind::SecureString, "AQICAH")),
        ]),
        ..Scripted::default()
    };
    let environment = Environment { region: None, account_id: None, partition: "aws".to_owned() };
    let context = StartContext { environment: &environment, execution: "", now: jiff::Timestamp::UNIX_EPOCH };
    let (runbook, secrets) = (runbook(head), Secrets::default());
    let texts = |pairs: &[(&str, &str)]| -> StoredValues {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let supplied = texts(supplied).into_iter().map(|(name, value)| (name, Supplied::Text(value))).collect();
    let given = texts(given);
    let binding = ParameterBinding {
        runbook: &runbook,
        supplied: &supplied,
        context: &context,
        given: &given,
        secrets: &secrets,
    };
    let mut role = None;
    let bound = async {
        match binding.bind()? {
            Bound::Whole(parameters) => Ok(parameters),
            Bound::Partly(unread) => {
                role = unread.role(chosen)?.map(|role| role.as_str().to_owned());
                unread.read(&store).await
            }
        }
    };
    let bound = bound.await.map(|values| json!(values)).map_err(|error| match error {
        AutomationError::Parameters { problems } => problems.iter().map(ToString::to_string).collect(),
        other => vec![other.to_string()],
    });
    let read = store.read.into_inner().unwrap();
    (role, read, bound)
}

const HEAD: &str = "
assumeRole: '{{ AutomationAssumeRole }}'
parameters:
  AutomationAssumeRole: {type: String, default: ''}
  Ami: {type: String, default: '{{ ssm:/ami }}'}
  Same: {type: String, default: 'x-{{ ssm:/ami }}'}
  Ids: {type: StringList, default: '{{ ssm:ids }}'}";

const ROLE: &str = "arn:aws:iam::123456789012:role/run";

#[tokio::test]
async fn values_are_read_once_with_the_role_of_the_execution() {
    let whole = json!({"AutomationAssumeRole": ROLE, "Ami": "ami-1", "Same": "x-ami-1", "Ids": ["i-1", "i-2"]});
    assert_eq!(
        (
            start(HEAD, &[("AutomationAssumeRole", ROLE)], &[], None).await,
            start(HEAD, &[("Ami", "ami-2"), ("Same", "ami-2")], &[("ids", "i-3")], Some(ROLE)).await,
            start(HEAD, &[("Ids", "i-4")], &[], Some("")).await.1,
        ),
        (
            (Some(ROLE.to_owned()), vec!["/ami".to_owned(), "ids".to_owned()], Ok(whole)),
            (None, vec![], Ok(json!({"AutomationAssumeRole": "", "Ami": "ami-2", "Same": "ami-2", "Ids": ["i-3"]}))),
            vec!["/ami".to_owned()],
        )
    );
}

#[tokio::test]
async fn all_values_that_cannot_be_read_are_reported_together() {
    let head = "
parameters:
  Ami: {type: String, default: '{{ ssm:/ami }}'}
  Gone: {type: String, default: '{{ ssm:/gone:2 }}'}
  Password: {type: String, default: '{{ ssm:password }}'}";
    let because = |name: &str, stored: &str, why: &str| {
        format!("The default of parameter \"{name}\" cannot be used: {{{{ ssm:{stored} }}}} has no value: {why}.")
    };
    assert_eq!(
        start(head, &[], &[], None).await,
        (
            None,
            vec!["/ami".to_owned(), "/gone:2".to_owned(), "password".to_owned()],
            Err(vec![
                because("Gone", "/gone:2", "Parameter Store has no parameter of this name"),
                because(
                    "Password",
                    "password",
                    "it is a SecureString, and a default can refer to a String or a StringList only"
                ),
            ])
        )
    );
}

#[tokio::test]
async fn nothing_is_read_for_a_start_that_fails_anyway() {
    let needed = "parameters: {Needed: {type: Integer}, Ami: {type: String, default: '{{ ssm:/ami }}'}}";
    let role = "
assumeRole: '{{ Role }}'
parameters: {Role: {type: String, default: '{{ ssm:role }}'}}";
    assert_eq!(
        (
            start(needed, &[], &[], None).await,
            start(needed, &[("Needed", "many")], &[], None).await.1,
            start(role, &[], &[], None).await,
            start(role, &[], &[("role", ROLE)], None).await,
            start(role, &[], &[], Some("")).await.1,
        ),
        (
            (None, vec![], Err(vec!["Missing required parameter: Needed in user inputs.".to_owned()])),
            vec![],
            (
                None,
                vec![],
                Err(vec![
                    "The default of parameter \"Role\" cannot be used: {{ ssm:role }} has no value: it is read with the \
                     role of assumeRole, which refers to this parameter."
                        .to_owned()
                ])
            ),
            (None, vec![], Ok(json!({"Role": ROLE}))),
            vec!["role".to_owned()],
        )
    );
}
