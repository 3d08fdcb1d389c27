//! Where the API lies on its host.

use crate::api::ApiRequest;

/// What comes before the paths of this API on its host, such as `/prod` for a stage of API Gateway. Whoever listens puts it into a request's
/// extensions, with the request's own path without it; every path in an answer begins with it then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// This one; a slash at its end makes no difference.
    pub fn new(path: &str) -> Self {
        Self(path.trim_end_matches('/').to_owned())
    }

    /// What `request` was sent below; nothing where nobody says so.
    pub(crate) fn of(request: &ApiRequest) -> &str {
        request.extensions().get::<Self>().map_or("", |base| &base.0)
    }
}
