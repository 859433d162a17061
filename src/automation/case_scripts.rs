//! Runs the scripts of cases: confined, with their output kept for a case that fails.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::attachments::script_attachments;
use super::connection::{absolute_path, script_options};
use super::error::AutomationError;
use super::interpreters::InterpreterOptions;
use super::observer::{Notice, Observer};
use super::secrets::execution_secrets;
use super::tested_runbook::TestedRunbook;
use crate::actions::ScriptConnection;
use crate::aws::ApiClient;
use crate::event::{Environment, Launch, ScriptSettings};
use crate::limits::CASE_OUTPUT_LINES;
use crate::redaction::Secrets;
use crate::scripts::{
    AttachmentLocation, InterpreterNoticeSink, Interpreters, ScriptAttachments, ScriptEndpoint, ScriptLogSink,
    ScriptPlace, ScriptRunner, Scripts,
};
use crate::testing::{Case, ScriptMode};

/// How the scripts of cases are run.
#[derive(Clone)]
pub struct CaseScriptOptions {
    /// The settings of scripts.
    pub settings: ScriptSettings,
    /// Which programs run them.
    pub interpreters: InterpreterOptions,
    /// Where their attachments are, as a launch records it.
    pub attachments: Vec<String>,
    /// The names of parameters whose values their output must not show.
    pub sensitive: Vec<String>,
    /// Gets the notices about interpreters.
    pub observer: Arc<dyn Observer>,
}

impl std::fmt::Debug for CaseScriptOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseScriptOptions").finish_non_exhaustive()
    }
}

/// The scripts of the cases of a file.
pub(super) struct FileScripts<'a> {
    options: &'a CaseScriptOptions,
    interpreters: Arc<Interpreters>,
    attachments: ScriptAttachments,
}

/// The scripts of one case.
pub(super) struct RunningCase {
    scripts: Scripts,
    pub(super) connection: ScriptConnection,
    output: Arc<Mutex<VecDeque<String>>>,
}

impl<'a> FileScripts<'a> {
    pub(super) fn new(options: &'a CaseScriptOptions, tested: &TestedRunbook) -> Result<Self, AutomationError> {
        let file = Some(absolute_path(&tested.file).display().to_string());
        // A test asks nothing of S3: what is not in a folder is beside the runbook, or missing.
        let is_in_s3 = |location: &String| matches!(location.parse(), Ok(AttachmentLocation::Bucket { .. }));
        let attachments = options.attachments.iter().filter(|location| !is_in_s3(location)).cloned().collect();
        let launch = Launch { file, attachments, ..Launch::default() };
        let attachments = script_attachments(&tested.runbook, &launch, ApiClient::nowhere(None))?;
        let interpreters = Arc::new(options.interpreters.interpreters(Arc::clone(&options.observer)));
        Ok(Self { options, interpreters, attachments })
    }

    /// The scripts of a case; `None` where it mocks them all.
    pub(super) fn begin(&self, case: &Case) -> Option<RunningCase> {
        let ScriptMode::Real { endpoint } = &case.scripts else { return None };
        let output = Arc::new(Mutex::new(VecDeque::new()));
        let (kept, secrets) = (Arc::clone(&output), self.secrets(case));
        let log = ScriptLogSink::new(move |step, text| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == CASE_OUTPUT_LINES {
                kept.pop_front();
            }
            kept.push_back(format!("{step}: {}", secrets.text(text)));
        });
        let observer = Arc::clone(&self.options.observer);
        let notices = InterpreterNoticeSink::new(move |notice| observer.notice(&Notice::Interpreter(notice.clone())));
        let mut options = script_options(&self.options.settings, Arc::clone(&self.interpreters), Some(log));
        options.notices = Some(notices);
        let scripts = Scripts::new(options);
        let runner = self.runner(scripts.clone(), case, endpoint.clone());
        let limits_payload = !self.options.settings.without_payload_limits;
        Some(RunningCase { scripts, connection: ScriptConnection { runner, limits_payload }, output })
    }

    fn runner(&self, scripts: Scripts, case: &Case, endpoint: Option<ScriptEndpoint>) -> ScriptRunner {
        let Environment { region, account_id, partition } = case.environment.clone();
        let place = ScriptPlace { region, account_id, partition };
        ScriptRunner::confined(scripts, place, endpoint).with_attachments(self.attachments.clone())
    }

    /// The values that the output of a case must not show.
    fn secrets(&self, case: &Case) -> Secrets {
        let secrets = execution_secrets(&self.options.sensitive);
        for (_, value) in case.parameters.iter().filter(|(name, _)| secrets.hides(name.as_str())) {
            secrets.register(value);
        }
        secrets
    }
}

impl RunningCase {
    /// Ends the scripts, and returns the last lines that they wrote.
    pub(super) async fn end(self) -> Vec<String> {
        self.scripts.shutdown().await;
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *output).into()
    }
}
