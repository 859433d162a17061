//! The models of all services: one file of data in the program, and a folder that the user names. Both are read service
//! by service when it is needed.
//!
//! `data/generate.py` makes the file: a line that names its form, the length of the index as four bytes with the least
//! significant first, the index, and a block for each service. The index and the blocks are JSON, deflated. Offsets of
//! blocks count from the end of the index.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use flate2::read::DeflateDecoder;
use serde::Deserialize;

use super::error::{ModelError, UnknownApi};
use super::model::ServiceModel;
use super::model_folder::{ModelFiles, list_models};
use super::protocol_name::Protocol;
use super::schema::ServiceSchemas;
use crate::diagnostic::suggestion;
use crate::limits::AWS_MODEL_BYTES;

/// The file.
static DATA: &[u8] = include_bytes!("data/models.bin");

/// Its first line.
const MAGIC: &[u8] = b"runwright aws models 1\n";

/// The models of services. Each is read once, when it is first asked for, and the list of those in this program too: most
/// runbooks call no API.
#[derive(Debug)]
pub struct Models {
    program: OnceLock<Result<ProgramModels, ModelError>>,
    /// Those of the user, which win.
    folder: BTreeMap<String, StoredModel>,
}

/// The models in this program.
#[derive(Debug)]
struct ProgramModels {
    source: String,
    services: BTreeMap<String, StoredModel>,
}

/// A model that is read when it is needed.
#[derive(Debug)]
struct StoredModel {
    place: Place,
    read: OnceLock<Result<Arc<ServiceModel>, ModelError>>,
    schemas: OnceLock<Result<Arc<ServiceSchemas>, UnknownApi>>,
}

/// Where a model is.
#[derive(Debug)]
enum Place {
    /// In the file in the program.
    Embedded(Range<usize>),
    /// In files of the user.
    Folder(ModelFiles),
}

/// The index of the file.
#[derive(Deserialize)]
struct Index {
    source: String,
    services: Vec<(String, usize, usize)>,
}

impl ProgramModels {
    fn read() -> Result<Self, ModelError> {
        let rest = DATA.strip_prefix(MAGIC).ok_or(ModelError::Form)?;
        let (length, rest) = rest.split_first_chunk().ok_or(ModelError::Form)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| ModelError::Form)?;
        let index: Index = inflate_json(rest.get(..length).ok_or(ModelError::Form)?)?;
        let blocks = DATA.len() - rest.len() + length;
        let services = index.services.into_iter().map(|(name, offset, length)| {
            let first = blocks + offset;
            (name, StoredModel::at(Place::Embedded(first..first + length)))
        });
        Ok(Self { source: index.source, services: services.collect() })
    }
}

impl Models {
    const fn of_folder(folder: BTreeMap<String, StoredModel>) -> Self {
        Self { program: OnceLock::new(), folder }
    }

    /// The models in this program: one value for the whole process.
    pub fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Models>> = LazyLock::new(|| Arc::new(Models::of_folder(BTreeMap::new())));
        Arc::clone(&SHARED)
    }

    /// The models in this program and those in a folder like `data` of botocore, which win: the newest version of each
    /// service. The folder is listed now; a model in it is read when it is needed.
    pub fn with_folder(folder: &Path) -> Result<Self, ModelError> {
        let found = list_models(folder)?.into_iter();
        Ok(Self::of_folder(found.map(|(name, files)| (name, StoredModel::at(Place::Folder(files)))).collect()))
    }

    fn program(&self) -> Result<&ProgramModels, ModelError> {
        self.program.get_or_init(ProgramModels::read).as_ref().map_err(ModelError::clone)
    }

    /// The release of botocore that the models in this program are from.
    pub fn source(&self) -> Result<&str, ModelError> {
        Ok(&self.program()?.source)
    }

    /// The names of all services, in alphabetical order.
    pub fn names(&self) -> Result<impl Iterator<Item = &str>, ModelError> {
        let names: BTreeSet<&str> =
            self.program()?.services.keys().chain(self.folder.keys()).map(String::as_str).collect();
        Ok(names.into_iter())
    }

    fn stored(&self, name: &str) -> Result<(&str, &StoredModel), UnknownApi> {
        let lower = name.to_lowercase();
        let found = match self.folder.get_key_value(lower.as_str()) {
            Some(found) => Some(found),
            None => self.program()?.services.get_key_value(lower.as_str()),
        };
        let Some((name, stored)) = found else {
            let nearest = suggestion(&lower, self.names()?).map(ToOwned::to_owned);
            return Err(UnknownApi::Service { name: name.to_owned(), nearest });
        };
        Ok((name, stored))
    }

    /// The name and the model of a service, named in any letter case (spec aws-actions 2.1).
    pub fn service(&self, name: &str) -> Result<(&str, Arc<ServiceModel>), UnknownApi> {
        let (name, stored) = self.stored(name)?;
        let model = stored.read.get_or_init(|| stored.place.read().map(Arc::new));
        Ok((name, model.clone()?))
    }

    /// The schemas of a service.
    pub(super) fn schemas(&self, name: &str) -> Result<Arc<ServiceSchemas>, UnknownApi> {
        let (name, stored) = self.stored(name)?;
        let schemas = stored.schemas.get_or_init(|| {
            let (_, model) = self.service(name)?;
            let protocol = Protocol::of(name, &model.metadata)?;
            Ok(Arc::new(ServiceSchemas::new(model, protocol)))
        });
        schemas.clone()
    }
}

impl StoredModel {
    const fn at(place: Place) -> Self {
        Self { place, read: OnceLock::new(), schemas: OnceLock::new() }
    }
}

impl Place {
    fn read(&self) -> Result<ServiceModel, ModelError> {
        match self {
            Self::Embedded(block) => inflate_json(DATA.get(block.clone()).ok_or(ModelError::Form)?),
            Self::Folder(files) => files.read(),
        }
    }
}

/// Inflates and reads a part of a file of data.
pub(super) fn inflate_json<T: for<'de> Deserialize<'de>>(block: &[u8]) -> Result<T, ModelError> {
    let mut text = Vec::new();
    let bound = u64::try_from(AWS_MODEL_BYTES).unwrap_or(u64::MAX);
    let inflated = DeflateDecoder::new(block).take(bound + 1).read_to_end(&mut text);
    inflated.map_err(|error| ModelError::Damaged(Arc::new(error)))?;
    if text.len() > AWS_MODEL_BYTES {
        return Err(ModelError::TooLarge);
    }
    serde_json::from_slice(&text).map_err(|error| ModelError::Invalid(Arc::new(error)))
}
