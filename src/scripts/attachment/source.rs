//! Finds attachments by name.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::Mutex;

use super::error::AttachmentError;
use super::found::Attachment;
use super::location::{AttachmentLocation, object_key};
use crate::aws::ApiClient;
use crate::files::{FileError, read_guarded_regular_file};
use crate::limits::ATTACHMENT_BYTES;
use crate::runbook::{AttachedFile, Sha256Sum};

/// The folder beside a runbook that may hold its attachments.
const FOLDER_BESIDE: &str = "attachments";

/// Finds the attachments of one execution: in the places that the user names, then beside the runbook, then in the
/// folder `attachments` beside it. What was found once is not read again.
#[derive(Debug, Clone)]
pub struct AttachmentSource {
    locations: Vec<AttachmentLocation>,
    api: ApiClient,
    /// The sums at the start of the execution, when it is resumed.
    started: IndexMap<String, Sha256Sum>,
    found: Arc<Mutex<HashMap<String, Attachment>>>,
}

impl AttachmentSource {
    /// Searches in these places, and beside the file of the runbook, where it has one. Objects of S3 are read with `api`.
    pub fn new(locations: Vec<AttachmentLocation>, runbook: Option<&Path>, api: ApiClient) -> Self {
        let beside = runbook
            .and_then(Path::parent)
            .into_iter()
            .flat_map(|folder| [folder.to_owned(), folder.join(FOLDER_BESIDE)].map(AttachmentLocation::Folder));
        let locations = locations.into_iter().chain(beside).collect();
        Self { locations, api, started: IndexMap::new(), found: Arc::default() }
    }

    /// Accepts only the content that an execution was started with: the SHA-256 sums by name.
    #[must_use]
    pub fn started_with(mut self, sums: IndexMap<String, Sha256Sum>) -> Self {
        self.started = sums;
        self
    }

    /// Finds an attachment, and compares it with what the runbook declares.
    pub async fn find(&self, name: &str, declared: Option<&AttachedFile>) -> Result<Attachment, AttachmentError> {
        // A second search for the same attachment waits for the first.
        let mut found = self.found.lock().await;
        if let Some(found) = found.get(name) {
            return Ok(found.clone());
        }
        let attachment = self.read(name).await?;
        let (name_text, address) = (|| name.to_owned(), || attachment.address().to_owned());
        let sum = attachment.sha256();
        if let Some(declared) = declared.and_then(|file| file.sha256.as_ref()).filter(|declared| *declared != sum) {
            let (declared, found) = (declared.clone(), sum.clone());
            return Err(AttachmentError::WrongSum { name: name_text(), address: address(), declared, found });
        }
        if let Some(started) = self.started.get(name).filter(|started| *started != sum) {
            let (started, found) = (started.clone(), sum.clone());
            return Err(AttachmentError::Changed { name: name_text(), address: address(), started, found });
        }
        found.insert(name.to_owned(), attachment.clone());
        Ok(attachment)
    }

    async fn read(&self, name: &str) -> Result<Attachment, AttachmentError> {
        if name.is_empty()
            || matches!(name, "." | "..")
            || name.contains(['/', '\\'])
            || name.contains(char::is_control)
        {
            return Err(AttachmentError::Name { name: name.to_owned() });
        }
        for location in &self.locations {
            let content = match location {
                AttachmentLocation::Folder(folder) => read_file(&folder.join(name), name)?,
                AttachmentLocation::Bucket { bucket, prefix } => {
                    self.read_object(bucket, &object_key(prefix, name), location.address(name), name).await?
                }
            };
            let Some(content) = content else { continue };
            if content.len() > ATTACHMENT_BYTES {
                return Err(AttachmentError::TooLarge { name: name.to_owned(), address: location.address(name) });
            }
            return Attachment::read(name, location.address(name), content);
        }
        let looked = self.locations.iter().map(|location| location.address(name)).collect();
        Err(AttachmentError::Missing { name: name.to_owned(), looked })
    }

    /// Reads an object; `None` when there is none.
    async fn read_object(
        &self,
        bucket: &str,
        key: &str,
        address: String,
        name: &str,
    ) -> Result<Option<Vec<u8>>, AttachmentError> {
        match self.api.read_object(bucket, key, ATTACHMENT_BYTES).await {
            Ok(content) => Ok(Some(content)),
            Err(source) if source.cause.code.as_deref() == Some("NoSuchKey") => Ok(None),
            Err(source) => Err(AttachmentError::Object { name: name.to_owned(), address, source }),
        }
    }
}

/// Reads a file, at most one byte more than an attachment may have; `None` when there is none.
fn read_file(path: &Path, name: &str) -> Result<Option<Vec<u8>>, AttachmentError> {
    match read_guarded_regular_file(path, ATTACHMENT_BYTES) {
        Ok(content) => Ok(Some(content)),
        Err(FileError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AttachmentError::File { name: name.to_owned(), source }),
    }
}
