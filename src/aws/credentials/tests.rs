//! Messages about missing credentials.

use super::*;

#[test]
fn missing_credentials_error_names_the_requested_profile() {
    let error = CredentialsError::not_loaded("nothing");
    assert_eq!(
        [explain(&error, None), explain(&error, Some("prod"))].map(|text| text.split(':').next().unwrap().to_owned()),
        ["no AWS credentials were found", "no AWS credentials were found for the profile `prod`"]
    );
}
