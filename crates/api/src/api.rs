//! From a request to its answer.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response};
use swarmgate_domain::Wrong;
use swarmgate_service::ports::Ports;

use crate::endpoints::answer;
use crate::guard;
use crate::policy::Policy;
use crate::problem::{Kind, Problem, cut};
use crate::routes::{Found, find};

/// A request with its whole body.
pub type ApiRequest = Request<Bytes>;
/// An answer with its whole body.
pub type ApiResponse = Response<Bytes>;

/// The HTTP API over ports.
pub struct Api {
    pub(crate) ports: Ports,
    pub(crate) policy: Policy,
    pub(crate) dashboard: String,
    closing: AtomicBool,
}

impl Api {
    /// The API over `ports`, as `policy` allows, with `dashboard` as its page.
    pub fn new(ports: Ports, policy: Policy, dashboard: String) -> Self {
        Self { ports, policy, dashboard, closing: AtomicBool::new(false) }
    }

    /// Answers a request. What goes wrong is an answer too: a problem document.
    pub async fn handle(&self, request: ApiRequest) -> ApiResponse {
        let response = self.answered(&request).await.unwrap_or_else(Problem::response);
        if request.method() == Method::HEAD { without_body(response) } else { response }
    }

    /// The largest body that is taken, in bytes. Whoever listens need not read further, and answers [`Api::refuse_large_body`].
    pub fn most_body(&self) -> usize {
        self.policy.most_body
    }

    /// The answer to a request whose body is larger than is taken.
    pub fn refuse_large_body(&self) -> ApiResponse {
        let wrong = Wrong::new("it is too large").allowed(format!("up to {} bytes", self.policy.most_body));
        Problem::about(Kind::TooLarge, "body", None, wrong).response()
    }

    /// The answer to a request whose body did not come in time.
    pub fn refuse_slow_body(&self) -> ApiResponse {
        Problem::new(Kind::TooSlow, "the body did not come in time").response()
    }

    /// The answer to a request whose sender does not show that they may ask.
    pub fn refuse_unknown(&self) -> ApiResponse {
        Problem::new(Kind::Unidentified, "send this API's token, as `Authorization: Bearer TOKEN` or as a password")
            .response()
    }

    /// From now on no test is started.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    async fn answered(&self, request: &ApiRequest) -> Result<ApiResponse, Problem> {
        guard::check(request, self.policy.hosts)?;
        let path = request.uri().path();
        match find(request.method(), path) {
            Found::Endpoint(..) if request.body().len() > self.policy.most_body => Ok(self.refuse_large_body()),
            Found::Endpoint(endpoint, parameters) => answer(self, endpoint, &parameters, request).await,
            Found::OtherMethods(methods) => {
                let wrong = Wrong::new(format!("`{}` is not among the methods of this path", request.method()));
                let problem = Problem::about(
                    Kind::MethodNotAllowed,
                    "method",
                    Some(request.method().as_str()),
                    wrong.allowed(methods.clone()),
                );
                Err(Problem { methods: Some(methods), ..problem })
            }
            Found::Nothing => {
                let detail = format!("`{}`: there is nothing here; /openapi.json says what there is", cut(path));
                Err(Problem::new(Kind::NoSuchPath, detail))
            }
        }
    }
}

/// What `HEAD` gets of the answer to a `GET`.
fn without_body(mut response: ApiResponse) -> ApiResponse {
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    *response.body_mut() = Bytes::new();
    response
}
