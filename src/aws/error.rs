//! Why an API cannot be called, or its model not be read.

use std::path::PathBuf;
use std::sync::Arc;

use super::invalid_model::UnusableModelFile;
use crate::limits::{AWS_MODEL_BYTES, AWS_MODEL_FILES};

/// Why the models or the endpoints of services cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ModelError {
    /// The file is not of the form that this program reads.
    #[error("the data on AWS services is not of the form that this program reads")]
    Form,
    /// A part cannot be inflated.
    #[error("the data on AWS services is damaged: {0}")]
    Damaged(Arc<std::io::Error>),
    /// A part is not the expected JSON.
    #[error("the data on AWS services is not valid: {0}")]
    Invalid(Arc<serde_json::Error>),
    /// A part is too large.
    #[error("a part of the data on AWS services has more than {AWS_MODEL_BYTES} bytes")]
    TooLarge,
    /// A model refers to a shape that it does not have.
    #[error("a model of an AWS service refers to a shape that it does not have")]
    Reference,
    /// The folder of models that the user named, or a folder in it, cannot be listed.
    #[error("folder {} of AWS service models cannot be listed: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: Arc<std::io::Error>,
    },
    /// The folder of models has too many files and folders.
    #[error("folder {} has more than {AWS_MODEL_FILES} files and folders, so it is no folder of AWS service models", folder.display())]
    FolderTooLarge {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder of models has no model.
    #[error(
        "folder {} has no model of an AWS service: there is no SERVICE/VERSION/service-2.json or service-2.json.gz in it",
        folder.display()
    )]
    NoModels {
        /// The folder.
        folder: PathBuf,
    },
    /// Two folders of models are for the same service: names of services have no letter case.
    #[error("folders {} and {} are for the same AWS service", first.display(), second.display())]
    SameService {
        /// A folder.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// A file of a model cannot be used.
    #[error("{}: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: UnusableModelFile,
    },
}

/// A service or an operation that cannot be called.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UnknownApi {
    /// There is no such service.
    #[error("there is no AWS service {name}")]
    Service {
        /// The name in the runbook.
        name: String,
        /// The name that is probably meant.
        nearest: Option<String>,
    },
    /// The service has no such operation.
    #[error("service {service} has no operation {name}")]
    Operation {
        /// The service.
        service: String,
        /// The name in the runbook.
        name: String,
        /// The name that is probably meant.
        nearest: Option<String>,
    },
    /// The operation sends or receives a stream.
    #[error("operation {operation} of service {service} sends or receives a stream, which no runbook can do")]
    Streaming {
        /// The service.
        service: String,
        /// The operation.
        operation: String,
    },
    /// The service speaks none of the protocols that this program speaks.
    #[error("service {service} speaks only {protocol}, which this program does not")]
    Protocol {
        /// The service.
        service: String,
        /// Its protocol.
        protocol: String,
    },
    /// The requests of the service are signed in a way that this program does not know.
    #[error("requests to service {service} are signed with {signature}, which this program does not support")]
    Signature {
        /// The service.
        service: String,
        /// The way of signing.
        signature: String,
    },
    /// The calls of the service go to addresses that another call has to ask for.
    #[error("service {service} has to be asked for the address of each call, which this program does not do")]
    Discovery {
        /// The service.
        service: String,
    },
    /// The model of the service cannot be read.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl UnknownApi {
    /// The name that is probably meant.
    pub fn nearest(&self) -> Option<&str> {
        match self {
            Self::Service { nearest, .. } | Self::Operation { nearest, .. } => nearest.as_deref(),
            Self::Streaming { .. }
            | Self::Protocol { .. }
            | Self::Signature { .. }
            | Self::Discovery { .. }
            | Self::Model(_) => None,
        }
    }
}
