//! Errors before a response: of the endpoint's address and of the connection.

use std::error::Error;

use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::error_chain::error_chain;

/// Why the SDK could not apply the endpoint's address to the request, if that is the error; the error above it shows
/// the whole request. It has no public type, so it is recognized by its message.
pub(crate) fn unusable_address(error: &(dyn Error + 'static)) -> Option<String> {
    let mut below = Some(error);
    while let Some(error) = below {
        let source = error.source();
        if error.to_string().starts_with("failed to apply endpoint") {
            return Some(source.map_or_else(|| "it is not an address".to_owned(), error_chain));
        }
        below = source;
    }
    None
}

/// Whether there was no connection, so that nothing can have been sent. hyper reports errors of a connection; before
/// there is one, the DNS lookup, the socket or the handshake fails.
pub(crate) fn never_connected(error: &ConnectorError) -> bool {
    if error.is_timeout() {
        // Only connecting has a timeout.
        return true;
    }
    let mut below: Option<&(dyn Error + 'static)> = Some(error);
    let mut before_the_call = false;
    while let Some(error) = below {
        if error.is::<hyper::Error>() {
            return false;
        }
        before_the_call |= error.is::<std::io::Error>() || error.is::<ResolveDnsError>();
        below = error.source();
    }
    before_the_call
}
