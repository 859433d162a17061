//! Binds supplied parameters to values (spec 1.3).
//!
//! Owns: reading supplied texts and JSON as the declared types, the constraints on supplied values, and the expansion
//! of defaults of parameters; defaults of variables as their types; which values of Parameter Store the defaults need.
//! Does not own: files, arguments and prompts (`cli`), or the values of system variables and of Parameter Store (the
//! caller passes a [`Scope`]). Reports all problems at once; binds nothing if there are any.

mod constraints;
mod defaults;
mod parameter_store_error;
mod problem;
mod shorthand;
mod stored;
mod supplied;
#[cfg(test)]
mod tests;
mod value_error;

use indexmap::IndexMap;
use serde_json::Value;

use super::{AwsType, Parameter, ParameterType};
use crate::expression::{DataType, Scope};
use crate::name::ParameterName;

pub use parameter_store_error::ParameterStoreError;
pub use problem::{BindingProblem, UndefinedParameter, UnreadableParameters, UnusableDefault, UnusablePattern};
pub use stored::{StoredScope, StoredValues, unread, without_unknown, without_unread};
pub use supplied::{Supplied, from_json, resolve_variable, variable_default};
pub use value_error::{JsonError, ValueError};

impl ParameterType {
    /// The basic type that a value of this type has.
    pub const fn data_type(self) -> DataType {
        match self {
            Self::Data(data_type) => data_type,
            Self::Aws(_) => DataType::String,
            Self::AwsList(_) => DataType::StringList,
        }
    }

    /// The published pattern of an AWS-specific type.
    pub const fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Data(_) => None,
            Self::Aws(aws) | Self::AwsList(aws) => Some(aws.pattern()),
        }
    }
}

impl AwsType {
    /// The published pattern of a value, or of each in a list.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Ec2InstanceId => "^m?i-([a-z0-9]{8}|[a-z0-9]{17})$",
            Self::S3BucketName => r"^[0-9a-z][a-z0-9\-\.]{3,63}$",
            Self::IamRoleArn => "^arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b):iam::[0-9]{12}:role/.*$",
        }
    }
}

/// The value of every declared parameter, in the order declared.
///
/// A supplied value is read as its type and checked against its constraints; references in it stay text. A default is
/// expanded with the values of the others and the `global:`, `automation:` and `ssm:` values of `system`. It is checked
/// against its constraints only if it refers to Parameter Store: then the runbook's author does not know the value.
pub fn bind(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    system: &dyn Scope,
) -> Result<IndexMap<ParameterName, Value>, Vec<BindingProblem>> {
    let mut problems: Vec<BindingProblem> = problem::undefined(declared, supplied.keys()).into_iter().collect();
    let mut values: IndexMap<ParameterName, Value> = IndexMap::with_capacity(declared.len());
    for (name, parameter) in declared {
        match (supplied.get(name.as_str()), &parameter.default) {
            (Some(given), _) => match read(name, parameter, given) {
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(found) => problems.extend(found),
            },
            (None, None) => problems.push(BindingProblem::Missing { name: name.clone() }),
            (None, Some(_)) => {}
        }
    }
    problems.extend(defaults::expand(declared, supplied, &mut values, system));
    if !problems.is_empty() {
        return Err(problems);
    }
    values.sort_by_cached_key(|name, _| declared.get_index_of(name));
    Ok(values)
}

/// One supplied value as its declared type, checked against its constraints; or all its problems.
pub fn read(name: &ParameterName, parameter: &Parameter, given: &Supplied) -> Result<Value, Vec<BindingProblem>> {
    let value = given.read(parameter.parameter_type.data_type()).map_err(|error| {
        let wanted = parameter.parameter_type.data_type();
        vec![BindingProblem::WrongType { name: name.clone(), wanted, source: Some(error) }]
    })?;
    let problems = constraints::violations(name, parameter, &value);
    if problems.is_empty() { Ok(value) } else { Err(problems) }
}
