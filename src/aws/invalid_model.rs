//! Why a model of a service that the user gives cannot be used.

use std::fmt;
use std::sync::Arc;

use crate::limits::AWS_MODEL_BYTES;

/// Why a file of a model that the user named cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UnusableModelFile {
    /// It cannot be read.
    #[error("the model of an AWS service cannot be read: {0}")]
    Unreadable(Arc<std::io::Error>),
    /// It is compressed and damaged.
    #[error("the model of an AWS service is not valid gzip: {0}")]
    Damaged(Arc<std::io::Error>),
    /// It is too large.
    #[error("the model of an AWS service has more than {AWS_MODEL_BYTES} bytes")]
    TooLarge,
    /// It is not JSON, or JSON that is refused.
    #[error("the model of an AWS service is not valid JSON: {0}")]
    Json(Arc<serde_json::Error>),
    /// It is not a model.
    #[error("the model of an AWS service is not valid: {0}")]
    Model(#[from] InvalidModel),
}

/// Why JSON is no model of a service.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InvalidModel {
    /// A part is missing, or not of its form.
    #[error("{part}: {source}")]
    Form {
        /// The part.
        part: ModelPart,
        /// What is wrong with it.
        source: Arc<serde_json::Error>,
    },
    /// A part is not a map.
    #[error("{0} has to be a map")]
    NoMap(ModelPart),
    /// A part refers to a shape that the model does not have.
    #[error("{part} refers to shape {shape}, which the model does not have")]
    NoShape {
        /// The part.
        part: ModelPart,
        /// The name of the shape.
        shape: String,
    },
    /// A part refers to nothing where it has to refer to a shape.
    #[error("{part}: `{name}` has no `shape`, the name of a shape")]
    NoReference {
        /// The part.
        part: ModelPart,
        /// The member.
        name: String,
    },
    /// The request or the response of an operation is no structure.
    #[error("operation {operation}: `{direction}` has to be a structure")]
    NoStructure {
        /// The operation.
        operation: String,
        /// `input` or `output`.
        direction: &'static str,
    },
    /// A structure names a member that it does not have.
    #[error("shape {shape} names `{member}`, which is none of its members")]
    NoMember {
        /// The structure.
        shape: String,
        /// The member.
        member: String,
    },
    /// The keys of a map are no texts.
    #[error("shape {shape}: the keys of a map have to be texts")]
    KeyType {
        /// The map.
        shape: String,
    },
    /// A member is in a header whose name is none.
    #[error("shape {shape}: `{header}` is not the name of a header")]
    Header {
        /// The structure.
        shape: String,
        /// The name.
        header: String,
    },
    /// The method or path of an operation is none.
    #[error("operation {operation}: `http` has to have a method of HTTP and a path that begins with `/`")]
    Http {
        /// The operation.
        operation: String,
    },
    /// Two operations have names that differ only in letter case and underscores.
    #[error("operations {first} and {second} have the same name for runbooks")]
    SameName {
        /// An operation.
        first: String,
        /// The other one.
        second: String,
    },
}

/// A part of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelPart {
    /// All of it.
    Model,
    /// `metadata`
    Metadata,
    /// `operations`
    Operations,
    /// One operation.
    Operation(String),
    /// `shapes`
    Shapes,
    /// One shape.
    Shape(String),
}

impl fmt::Display for ModelPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => formatter.write_str("the model"),
            Self::Metadata => formatter.write_str("`metadata`"),
            Self::Operations => formatter.write_str("`operations`"),
            Self::Operation(name) => write!(formatter, "operation {name}"),
            Self::Shapes => formatter.write_str("`shapes`"),
            Self::Shape(name) => write!(formatter, "shape {name}"),
        }
    }
}
