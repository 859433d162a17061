//! Runs the scripts of one execution: as whom, with which context, in which folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::attachment::{Attachment, AttachmentError, AttachmentSource};
use super::bootstrap::{POWERSHELL, PYTHON_LOADER, python_input};
use super::channel::ScriptReply;
use super::environment::variables;
use super::folder::ScriptFolder;
use super::interpreter::{FoundInterpreter, Interpreter, InterpreterError, ScriptText, needs_boto3};
use super::network::{ScriptEndpoint, ScriptNetwork, placeholder_keys};
use super::process::Launch;
use super::{ScriptAccess, Scripts};
use crate::aws::{Access, ApiClient, ConnectError};
use crate::clock::{self, Clock, SystemClock};
use crate::limits::{SCRIPT_ADDRESS_SPACE, SCRIPT_CREDENTIALS, SCRIPT_FILE_BYTES, SCRIPT_OPEN_FILES};
use crate::runbook::AttachedFiles;
use crate::runbook::inputs::execute_script::ScriptRequest;
use crate::supervisor::ResourceLimits;

/// Where an execution runs, as its scripts see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptPlace {
    /// The region.
    pub region: Option<String>,
    /// The account, where it is known without a question to AWS.
    pub account_id: Option<String>,
    /// The partition.
    pub partition: String,
}

/// The attachments of an execution.
#[derive(Debug, Clone)]
pub struct ScriptAttachments {
    /// Where they are.
    pub source: AttachmentSource,
    /// What the runbook declares of them.
    pub files: AttachedFiles,
}

impl ScriptAttachments {
    async fn find(&self, name: &str) -> Result<Attachment, AttachmentError> {
        self.source.find(name, self.files.get(name)).await
    }
}

/// Runs the scripts of one execution.
#[derive(Debug, Clone)]
pub struct ScriptRunner {
    scripts: Scripts,
    api: ApiClient,
    place: ScriptPlace,
    attachments: Option<ScriptAttachments>,
    account: Arc<OnceCell<String>>,
    network: ScriptNetwork,
    /// The time that the context of a script has.
    clock: Arc<dyn Clock>,
}

/// One run of a script.
#[derive(Debug, Clone)]
pub struct ScriptCall {
    /// What to run.
    pub request: ScriptRequest,
    /// The execution.
    pub execution: String,
    /// The step.
    pub step: String,
    /// The run of the step: its scripts do not overlap.
    pub step_run: String,
}

/// Why a script was not run.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// There is no interpreter.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// The attachment cannot be used.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// The credentials of the execution could not be obtained.
    #[error("the credentials of the script could not be obtained: {0}")]
    Credentials(#[from] ConnectError),
    /// The folder could not be made.
    #[error("the folder of the script could not be made in {}: {source}", parent.display())]
    Folder {
        /// The folder in which it would be.
        parent: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process could not be started.
    #[error("{} could not be started: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process was lost.
    #[error("the process of the script was lost: {0}")]
    Lost(io::Error),
}

impl ScriptRunner {
    /// Runs scripts with the credentials and the endpoints of this client.
    pub fn new(scripts: Scripts, api: ApiClient, place: ScriptPlace) -> Self {
        let clock = Arc::new(SystemClock);
        Self { scripts, api, place, attachments: None, account: Arc::default(), network: ScriptNetwork::Callers, clock }
    }

    /// Runs scripts without credentials, which reach this endpoint at most. Only Python is kept from the network, and not
    /// the processes that a script starts.
    pub fn confined(scripts: Scripts, place: ScriptPlace, endpoint: Option<ScriptEndpoint>) -> Self {
        let network = ScriptNetwork::Confined(endpoint);
        Self { network, ..Self::new(scripts, ApiClient::nowhere(None), place) }
    }

    /// The context of scripts has the time of this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Places these attachments where a script names one.
    #[must_use]
    pub fn with_attachments(self, attachments: ScriptAttachments) -> Self {
        Self { attachments: Some(attachments), ..self }
    }

    /// Runs a script to its end. Dropping the future ends the script.
    pub async fn run(&self, call: ScriptCall) -> Result<ScriptReply, ScriptError> {
        let ScriptCall { request, execution, step, step_run } = call;
        self.scripts.settle(&step_run).await;
        let options = self.scripts.options();
        let attachment = match (&request.attachment, &self.attachments) {
            (Some(name), Some(attachments)) => Some(attachments.find(name).await?),
            (Some(name), None) => {
                return Err(AttachmentError::Missing { name: name.clone(), looked: Vec::new() }.into());
            }
            (None, _) => None,
        };
        let FoundInterpreter { interpreter, variables: packages, notices, source: _, bootstrap } =
            self.interpreter(&request, attachment.as_ref()).await?;
        self.scripts.notice(&notices);
        let access = self.access().await?;
        let account = self.account(&request, access.as_deref()).await;
        let now = SystemClock.time_of_day();
        // A script has another current folder.
        let parent = std::env::temp_dir();
        let parent = std::path::absolute(&parent).unwrap_or(parent);
        let script = request.script.as_deref().unwrap_or_default();
        self.scripts.remove_abandoned_folders(&parent, now);
        let folder = ScriptFolder::create(&parent, &clock::random_id(), now, options.keep_files).and_then(|folder| {
            let name = match interpreter {
                Interpreter::Python { .. } => "customer_script.py",
                Interpreter::PowerShell { .. } => "customer_script.ps1",
            };
            if request.script.is_some() {
                folder.write(name, script)?;
            }
            Ok(folder)
        });
        let folder = folder.map_err(|source| ScriptError::Folder { parent, source })?;
        if let Some(attachment) = &attachment {
            attachment.place(folder.path())?;
        }
        let given = self.given(access.as_deref()).await?;
        let mut variables =
            variables(folder.path(), &given, &interpreter, &options.pass_environment, options.with_limits);
        variables.extend(packages);
        let input = match &interpreter {
            Interpreter::Python { .. } => {
                let request = json!({
                    "handler": request.handler,
                    "has_script": request.script.is_some(),
                    "module": attachment.as_ref().map(Attachment::module),
                    "events": request.payload,
                    "context": self.context(&execution, account),
                    "user_base": user_base(),
                    "network": self.network.request(),
                });
                python_input(&bootstrap, &request)
            }
            // In PowerShell the payload is a text.
            Interpreter::PowerShell { .. } => {
                json!({ "payload": request.payload.to_string() }).to_string().into_bytes()
            }
        };
        let (program, arguments) = command(&options.command, &interpreter);
        let launch = Launch {
            program: program.clone(),
            arguments,
            variables,
            limits: if options.with_limits { limits(&interpreter) } else { ResourceLimits::default() },
            folder,
            input,
            step,
            log: options.log.clone(),
        };
        let running = self.scripts.start(step_run, launch);
        let running = running.map_err(|source| ScriptError::Start { program, source })?;
        running.reply().await.map_err(ScriptError::Lost)
    }

    /// The program that runs the script.
    async fn interpreter(
        &self,
        request: &ScriptRequest,
        attachment: Option<&Attachment>,
    ) -> Result<FoundInterpreter, InterpreterError> {
        let script = request.script.as_deref().map(ScriptText::Known);
        let needs_boto3 = needs_boto3(&request.runtime, script, attachment.is_some_and(Attachment::needs_boto3));
        self.scripts.options().interpreters.find(&request.runtime, needs_boto3).await
    }

    /// Where the script reaches AWS; `None` where there is no region, or nobody to act as.
    async fn access(&self) -> Result<Option<Arc<Access>>, ScriptError> {
        match self.api.find_access().await {
            Ok(access) => Ok(access),
            Err(error @ (ConnectError::NoRegion | ConnectError::Credentials(_))) => {
                tracing::debug!(%error, "the script runs without credentials");
                Ok(None)
            }
            Err(error @ (ConnectError::Role(_) | ConnectError::Account(_) | ConnectError::Endpoint(_))) => {
                Err(error.into())
            }
        }
    }

    async fn given(&self, access: Option<&Access>) -> Result<ScriptAccess, ScriptError> {
        if let ScriptNetwork::Confined(endpoint) = &self.network {
            let is_signing = endpoint.is_some() && self.scripts.options().with_credentials;
            let url = endpoint.iter().map(|endpoint| ("AWS_ENDPOINT_URL".to_owned(), endpoint.url().to_owned()));
            return Ok(ScriptAccess {
                region: self.place.region.clone(),
                keys: is_signing.then(placeholder_keys),
                endpoints: url.collect(),
                is_confined: true,
            });
        }
        let region = access.and_then(Access::region).map(str::to_owned).or_else(|| self.place.region.clone());
        match access {
            Some(access) if self.scripts.options().with_credentials => Ok(ScriptAccess {
                region,
                keys: Some(access.session_keys(SCRIPT_CREDENTIALS).await?),
                endpoints: access.endpoint_variables(),
                is_confined: false,
            }),
            Some(_) | None => Ok(ScriptAccess { region, ..ScriptAccess::default() }),
        }
    }

    /// The account. AWS is asked once, and only where the script names the variable.
    async fn account(&self, request: &ScriptRequest, access: Option<&Access>) -> Option<String> {
        if let Some(account) = &self.place.account_id {
            return Some(account.clone());
        }
        let is_wanted = request.script.as_ref().is_none_or(|script| script.contains("ACCOUNT_ID"));
        let access = access.filter(|_| is_wanted)?;
        let found = self.account.get_or_try_init(|| async {
            let identity = access.identity().await.map_err(|error| error.to_string())?;
            // arn:aws:sts::123456789012:assumed-role/…
            let account = identity.split(':').nth(4).filter(|account| !account.is_empty());
            account.map(str::to_owned).ok_or_else(|| format!("{identity} has no account"))
        });
        match found.await {
            Ok(account) => Some(account.clone()),
            Err(error) => {
                tracing::debug!(error, "the context of the script has no account");
                None
            }
        }
    }

    /// The context of a handler (spec aws-actions 4.2).
    fn context(&self, execution: &str, account: Option<String>) -> BTreeMap<&'static str, Value> {
        let now = self.clock.time_of_day().to_zoned(jiff::tz::TimeZone::UTC);
        let known = [
            ("automation:EXECUTION_ID", Some(execution.to_owned())),
            ("global:REGION", self.place.region.clone()),
            ("global:ACCOUNT_ID", account),
            ("global:AWS_PARTITION", Some(self.place.partition.clone())),
            ("global:DATE", Some(now.strftime("%Y-%m-%d").to_string())),
            ("global:DATE_TIME", Some(now.strftime("%Y-%m-%d_%H.%M.%S").to_string())),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name, Value::String(value?)))).collect()
    }
}

fn limits(interpreter: &Interpreter) -> ResourceLimits {
    ResourceLimits {
        address_space: match interpreter {
            Interpreter::Python { .. } => Some(SCRIPT_ADDRESS_SPACE),
            // Its heap is limited by a variable.
            Interpreter::PowerShell { .. } => None,
        },
        file_size: Some(SCRIPT_FILE_BYTES),
        open_files: Some(SCRIPT_OPEN_FILES),
    }
}

/// The program and its arguments: those of the interpreter, after the words of the user's command.
fn command(words: &[String], interpreter: &Interpreter) -> (PathBuf, Vec<PathBuf>) {
    let (program, options, bootstrap) = match interpreter {
        Interpreter::Python { program, .. } => (program, &["-u", "-B", "-X", "utf8", "-c"][..], PYTHON_LOADER),
        Interpreter::PowerShell { program } => {
            (program, &["-NoProfile", "-NonInteractive", "-Command"][..], POWERSHELL)
        }
    };
    let words = words.iter().map(OsStr::new).chain([program.as_os_str()]);
    let mut all = words.chain(options.iter().chain([&bootstrap]).map(OsStr::new)).map(PathBuf::from);
    (all.next().unwrap_or_default(), all.collect())
}

/// The folder of the packages that the caller installed for this user alone: `HOME` of a script is another one.
fn user_base() -> Option<String> {
    let named = std::env::var("PYTHONUSERBASE").ok().filter(|base| !base.is_empty());
    named.or_else(|| Some(format!("{}/.local", std::env::var("HOME").ok()?)))
}
