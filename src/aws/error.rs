//! Why an API cannot be called, or its model not be read.

use std::sync::Arc;

use crate::limits::AWS_MODEL_BYTES;

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
