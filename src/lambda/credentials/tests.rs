//! What is said when credentials cannot be had.

use super::*;

#[test]
fn missing_credentials_name_the_profile_that_was_asked_for() {
    let error = CredentialsError::not_loaded("nothing");
    assert_eq!(
        [explain(&error, None), explain(&error, Some("prod"))].map(|text| text.split(':').next().unwrap().to_owned()),
        ["no AWS credentials were found", "no AWS credentials were found for the profile `prod`"]
    );
}
