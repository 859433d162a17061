//! References, templates and selectors, and their evaluation.
//!
//! Owns: the grammar of `{{ … }}` (spec 3), templates over texts and trees, the selector dialect and the conversions of
//! outputs (spec 2.5), values as texts (spec 5.5). Does not own: which names exist (`runbook` checks that), or where
//! values are stored (the caller passes a [`Scope`]). Imports only `name` and `limits`.

mod convert;
mod reference;
mod rendering;
mod resolve;
mod selector;
mod template;

pub use convert::{ConversionError, DataType, accepts, convert, described};
pub(crate) use convert::{integer, scalar_text};
pub use reference::{Global, Reference};
pub use rendering::{embedded, input_text, output_texts};
pub(crate) use resolve::size;
pub use resolve::{Lookup, Scope, Unresolved, UnsetReference};
pub use selector::{Selector, SelectorError};
pub use template::{Part, Template, ValueTemplate};
