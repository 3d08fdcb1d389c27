//! What a call's failure means: for the use cases, which read again, try again or give up.

use std::fmt::Debug;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use swarmgate_service::ports::StoreError;

/// What to do where it is denied: to a function, a worker, or whoever runs one by hand.
pub(super) const DENIED: &str = "see that the credentials are right and have not ended, and that their role has s3:ListBucket on the bucket, \
    s3:GetObject and s3:PutObject on what is in it";

/// What to do where there is no room: only stores that are not S3 say that.
const FULL: &str = "make room in the store, or raise the bucket's quota";

/// What the store's answer says. What it means depends on what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is no such object.
    NoObject,
    /// The condition does not hold.
    ConditionFails,
    /// Not now.
    Busy,
    /// No room.
    Full,
    /// Not allowed.
    Denied,
    /// Anything else.
    Other,
}

/// What an answer of this status and error code says.
///
/// A conditional write gets 412 when it lost, but 409 when it merely met another one at work: then who wins is open, and it is to be
/// tried again (S3 User Guide, "Conditional writes").
fn answer(status: u16, code: Option<&str>) -> Answer {
    match (status, code) {
        (404, Some("NoSuchKey" | "NotFound")) => Answer::NoObject,
        (412, _) => Answer::ConditionFails,
        (507, _) | (_, Some("QuotaExceeded" | "XMinioStorageFull")) => Answer::Full,
        // It failed to read the request in time, which is no fault of the request.
        (409 | 429 | 500 | 502..=504, _) | (400, Some("RequestTimeout")) => Answer::Busy,
        (401 | 403, _) | (400, Some("ExpiredToken" | "InvalidToken")) => Answer::Denied,
        _ => Answer::Other,
    }
}

/// What a failure says.
pub(super) fn answer_of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Answer {
    match error {
        SdkError::ServiceError(service) => answer(service.raw().status().as_u16(), service.err().code()),
        SdkError::DispatchFailure(failure) if failure.is_user() => Answer::Other,
        SdkError::DispatchFailure(failure) if lacks_credentials(failure.as_connector_error()) => Answer::Denied,
        // There was no connection, it was lost, or what came can't be read.
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => Answer::Busy,
        _ => Answer::Other,
    }
}

/// Whether there are no credentials, or what should give them is set up wrong. That those who give them do not answer may pass.
fn lacks_credentials(error: Option<&ConnectorError>) -> bool {
    let mut error = error.map(|error| error as &(dyn std::error::Error + 'static));
    while let Some(cause) = error {
        if let Some(found) = cause.downcast_ref::<CredentialsError>() {
            return matches!(
                found,
                CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_)
            );
        }
        error = cause.source();
    }
    false
}

/// The failure of a call, as the port has it; a condition that does not hold is the caller's to tell.
pub(super) fn store_error<E>(attempted: &str, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Debug + Send + Sync + 'static,
{
    let (attempted, answer) = (attempted.to_owned(), answer_of(&error));
    let source = Arc::new(error);
    match answer {
        Answer::Busy => StoreError::Busy { attempted, source },
        Answer::Full => StoreError::Full { attempted, source, hint: FULL },
        Answer::Denied => StoreError::Denied { attempted, source, hint: DENIED },
        Answer::NoObject | Answer::ConditionFails | Answer::Other => StoreError::Broken { attempted, source },
    }
}

/// It took too long, or the connection was lost.
pub(super) fn too_slow(attempted: &str, why: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Busy { attempted: attempted.to_owned(), source: Arc::new(why) }
}

/// The store does not do what S3 does.
pub(super) fn broken(attempted: &str, reason: String) -> StoreError {
    StoreError::Broken { attempted: attempted.to_owned(), source: Arc::new(std::io::Error::other(reason)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn what_answers_mean() {
        let check = |status, code, expected| assert_eq!(answer(status, Some(code)), expected, "{status} {code}");
        check(404, "NoSuchKey",                  Answer::NoObject);
        check(404, "NoSuchBucket",               Answer::Other);
        check(412, "PreconditionFailed",         Answer::ConditionFails);
        check(409, "ConditionalRequestConflict", Answer::Busy);
        check(409, "OperationAborted",           Answer::Busy);
        check(503, "SlowDown",                   Answer::Busy);
        check(500, "InternalError",              Answer::Busy);
        check(400, "RequestTimeout",             Answer::Busy);
        check(429, "TooManyRequests",            Answer::Busy);
        check(403, "AccessDenied",               Answer::Denied);
        check(403, "RequestTimeTooSkewed",       Answer::Denied);
        check(400, "ExpiredToken",               Answer::Denied);
        check(507, "XMinioStorageFull",          Answer::Full);
        check(501, "NotImplemented",             Answer::Other);
        check(301, "PermanentRedirect",          Answer::Other);
    }
}
