//! A folder of models like `data` of botocore, the Python SDK: `SERVICE/VERSION/service-2.json`, or `.json.gz`, and
//! beside it what the SDK adds to the model, `service-2.sdk-extras.json`. Other files are ignored.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::botocore_model::{convert_model, merge_extras};
use super::error::ModelError;
use super::invalid_model::UnusableModelFile;
use super::json_tree::read_tree;
use super::model::ServiceModel;
use crate::files::{read_bounded, read_regular_file};
use crate::limits::{AWS_MODEL_BYTES, AWS_MODEL_FILES};

/// The files of the model of a service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModelFiles {
    model: PathBuf,
    extras: Option<PathBuf>,
}

/// The newest model of each service in a folder, by the name of the service in lower case.
pub(super) fn list_models(folder: &Path) -> Result<BTreeMap<String, ModelFiles>, ModelError> {
    let mut listing = Listing { root: folder, seen: 0 };
    let mut models: BTreeMap<String, (PathBuf, ModelFiles)> = BTreeMap::new();
    for (name, service) in listing.folders(folder)? {
        let mut versions = listing.folders(&service)?;
        versions.sort();
        let Some(files) = versions.iter().rev().find_map(|(_, version)| ModelFiles::find(version)) else { continue };
        if let Some((first, _)) = models.insert(name.to_lowercase(), (service.clone(), files)) {
            return Err(ModelError::SameService { first, second: service });
        }
    }
    if models.is_empty() {
        return Err(ModelError::NoModels { folder: folder.to_owned() });
    }
    Ok(models.into_iter().map(|(name, (_, files))| (name, files)).collect())
}

/// Lists folders, up to a bound in total.
struct Listing<'f> {
    root: &'f Path,
    seen: usize,
}

impl Listing<'_> {
    /// The names and paths of the folders in a folder. No runbook can name a service whose name is not Unicode.
    fn folders(&mut self, folder: &Path) -> Result<Vec<(String, PathBuf)>, ModelError> {
        let failed = |source: io::Error| ModelError::Folder { folder: folder.to_owned(), source: Arc::new(source) };
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            self.seen += 1;
            if self.seen > AWS_MODEL_FILES {
                return Err(ModelError::FolderTooLarge { folder: self.root.to_owned() });
            }
            let path = entry.path();
            if let (Ok(name), true) = (entry.file_name().into_string(), path.is_dir()) {
                folders.push((name, path));
            }
        }
        folders.sort();
        Ok(folders)
    }
}

impl ModelFiles {
    /// The files in the folder of a version; none without a model. A link counts whatever it leads to: what is wrong with
    /// it is reported when the model is used.
    fn find(version: &Path) -> Option<Self> {
        let existing = |kind: &str| {
            let names = [format!("{kind}.json"), format!("{kind}.json.gz")];
            names.map(|name| version.join(name)).into_iter().find(|file| file.symlink_metadata().is_ok())
        };
        Some(Self { model: existing("service-2")?, extras: existing("service-2.sdk-extras") })
    }

    /// Reads the model.
    pub(super) fn read(&self) -> Result<ServiceModel, ModelError> {
        let mut model = read_file(&self.model)?;
        if let Some(extras) = &self.extras {
            merge_extras(&mut model, &mut read_file(extras)?);
        }
        convert_model(model).map_err(|problem| unusable(&self.model, problem.into()))
    }
}

fn unusable(file: &Path, problem: UnusableModelFile) -> ModelError {
    ModelError::File { file: file.to_owned(), problem }
}

fn read_file(file: &Path) -> Result<Value, ModelError> {
    read_json(file).map_err(|problem| unusable(file, problem))
}

fn read_json(file: &Path) -> Result<Value, UnusableModelFile> {
    let mut text =
        read_regular_file(file, AWS_MODEL_BYTES).map_err(|source| UnusableModelFile::Unreadable(Arc::new(source)))?;
    let is_compressed = file.extension().is_some_and(|ending| ending == "gz");
    if is_compressed && text.len() <= AWS_MODEL_BYTES {
        let mut inflated = MultiGzDecoder::new(text.as_slice());
        text = read_bounded(&mut inflated as &mut dyn Read, AWS_MODEL_BYTES)
            .map_err(|source| UnusableModelFile::Damaged(Arc::new(source)))?;
    }
    if text.len() > AWS_MODEL_BYTES {
        return Err(UnusableModelFile::TooLarge);
    }
    read_tree(&text).map_err(|source| UnusableModelFile::Json(Arc::new(source)))
}
