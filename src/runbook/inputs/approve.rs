//! `aws:approve`: checks its constants (spec 4.5).

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::document::NodeKind;
use crate::limits::{APPROVAL_MESSAGE_CHARACTERS, APPROVERS};
use crate::runbook::inputs::ConstantInputs;
use crate::runbook::load::Constant;

/// The most different people that these can be: the same approver never counts twice, and a name and an ARN that ends
/// with it are the same approver (spec 4.5).
pub(crate) fn people<'a>(approvers: impl Iterator<Item = &'a str>) -> usize {
    let different: HashSet<&str> = approvers.collect();
    different.iter().filter(|one| !different.iter().any(|other| name(other) == Some(**one))).count()
}

/// The name at the end of an ARN.
pub(crate) fn name(text: &str) -> Option<&str> {
    text.starts_with("arn:").then(|| text.rsplit('/').next().unwrap_or(text))
}

/// Reports constants with which the step can only fail.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    // A change template names its approvers in `EnhancedApprovals`.
    if inputs.get("Approvers").is_none() && inputs.get("EnhancedApprovals").is_none() {
        inputs.report(
            Diagnostic::new(Code::MissingInput, inputs.span(), "`aws:approve` needs the input `Approvers`")
                .help("list who may approve: user names, or ARNs of users or roles"),
        );
    }
    let mut approvers = None;
    if let Some(entry) = inputs.get("Approvers")
        && let NodeKind::Sequence(items) = &entry.value.kind
    {
        // A reference may resolve to several approvers.
        let template = inputs.template("Approvers");
        let templates: Vec<_> = (0..items.len()).filter_map(|position| template.item(position)).collect();
        let texts: Option<Vec<&str>> = templates.iter().map(|item| Constant::text(item).value()).collect();
        approvers = texts.map(|texts| people(texts.into_iter().filter(|text| !text.trim().is_empty())));
        if approvers == Some(0) {
            inputs.report(
                Diagnostic::new(Code::InvalidInput, entry.value.span, "`Approvers` is empty")
                    .help("list who may approve: user names, or ARNs of users or roles"),
            );
        }
        if items.len() > APPROVERS {
            inputs.report(
                Diagnostic::new(Code::InvalidInput, entry.value.span, format!("there are {} approvers", items.len()))
                    .label(format!("at most {APPROVERS}"))
                    .help("use a role that several people can assume"),
            );
        }
    }
    if let Some(entry) = inputs.get("MinRequiredApprovals")
        && let Constant::Value(required) = Constant::integer(inputs.template("MinRequiredApprovals"))
    {
        let most = approvers.unwrap_or(APPROVERS);
        if required < 1 {
            inputs.report(
                Diagnostic::new(Code::InvalidInput, entry.value.span, format!("`MinRequiredApprovals` is {required}"))
                    .label("at least 1"),
            );
        } else if approvers != Some(0) && usize::try_from(required).map_or(true, |required| required > most) {
            inputs.report(
                Diagnostic::new(
                    Code::InvalidInput,
                    entry.value.span,
                    format!("{required} approvals are required, but there are at most {most} different approvers"),
                )
                .label("can never be reached"),
            );
        }
    }
    if let Some(entry) = inputs.get("NotificationArn")
        && let Constant::Value(arn) = Constant::text(inputs.template("NotificationArn"))
        && let Some(topic) = arn.rsplit(':').next()
        && arn.starts_with("arn:")
        && !topic.starts_with("Automation")
    {
        inputs.report(
            Diagnostic::new(
                Code::InvalidInput,
                entry.value.span,
                format!("the name of the topic is `{topic}`, and must begin with `Automation`"),
            )
            .help("AWS may publish only to such topics"),
        );
    }
    if let Some(entry) = inputs.get("Message")
        && let Constant::Value(message) = Constant::text(inputs.template("Message"))
        && message.chars().count() > APPROVAL_MESSAGE_CHARACTERS
    {
        inputs.report(
            Diagnostic::new(
                Code::InvalidInput,
                entry.value.span,
                format!("the message has {} characters", message.chars().count()),
            )
            .label(format!("at most {APPROVAL_MESSAGE_CHARACTERS}")),
        );
    }
}
