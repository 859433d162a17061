//! The actions that call AWS APIs, against emulators of AWS and beside the Python SDK.

mod emulator;
mod errors;
mod holding_proxy;
mod images;
mod instances;
mod killed;
mod locations;
mod page;
mod properties;
mod public_runbooks;
mod public_scripts;
mod replies;
mod resumed;
mod samples;
mod stacks;
mod tags;
mod target_lookup;
mod webhook;
