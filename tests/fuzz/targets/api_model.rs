//! Any model of a service is refused, or its operations can be looked at.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runwright::aws::{Models, find_operation, validate_parameters};

fuzz_target!(|model: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let version = folder.path().join("mine/2026-01-01");
    std::fs::create_dir_all(&version).expect("a folder");
    std::fs::write(version.join("service-2.json"), model).expect("a file");
    let models = Models::with_folder(folder.path()).expect("a folder with a model");
    let Ok((name, model)) = models.service("mine") else { return };
    for operation in model.operations.keys() {
        if let Ok(found) = find_operation(name, &model, operation) {
            let _ = validate_parameters(&found, &[]);
        }
    }
});
