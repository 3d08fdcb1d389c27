//! Requests to an API: signed where it is API Gateway's, with a bearer token where one is given.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response, StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::credentials::Credentials;
use super::sign::{Region, Service, sign};
use crate::exit::Failure;

/// How long an answer may take: longer than API Gateway waits.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The largest answer that is taken: a file of a report.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;

/// A client of one API.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    access: Access,
}

/// How requests show who sends them.
enum Access {
    /// Not at all: `swarmgate serve`.
    Open,
    /// By a token in `SWARMGATE_API_TOKEN`.
    Bearer(String),
    /// By a signature.
    Signed(Region, Credentials),
}

/// An answer whose status says that it went well.
pub struct Answer {
    /// What it holds.
    pub body: Vec<u8>,
}

/// What speaks HTTP. Statuses are answers, and redirects are followed by who knows what may be told to whom.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false);
    config.max_redirects(0).user_agent(concat!("swarmgate/", env!("CARGO_PKG_VERSION"))).build().into()
}

/// The bearer token, where there is one.
fn token() -> Option<String> {
    std::env::var("SWARMGATE_API_TOKEN").ok().filter(|token| !token.is_empty())
}

impl Client {
    /// A client of the API at `url`.
    ///
    /// # Errors
    /// [`Failure`]: the URL is none, or there are no credentials to sign with.
    pub fn new(url: &str) -> Result<Self, Failure> {
        let access = match (Self::region_of(url)?, token()) {
            (_, Some(token)) => Access::Bearer(token),
            (Some(region), None) => Access::Signed(region, Credentials::find()?),
            (None, None) => Access::Open,
        };
        Ok(Self { agent: agent(), base: url.trim_end_matches('/').to_owned(), access })
    }

    /// For which region requests to the API at `url` are signed; `None`: they are not.
    ///
    /// # Errors
    /// [`Failure`]: the URL is none.
    pub fn region_of(url: &str) -> Result<Option<Region>, Failure> {
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(host) = parsed.as_ref().and_then(|url| url.host_str()) else {
            return Err(Failure::input(format!("--api `{url}`: is no URL, allowed are such as https://api.example/")));
        };
        if token().is_some() {
            return Ok(None);
        }
        Region::of_host(host)
    }

    /// What is answered at `path`, whatever it is.
    ///
    /// # Errors
    /// [`Failure`]: it can't be reached.
    pub fn ask(&self, path: &str) -> Result<Response<Vec<u8>>, Failure> {
        self.exchange(self.request(Method::GET, path, None, None)?)
    }

    /// The whole address of a path of this API.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What lies at `path`, as JSON.
    ///
    /// # Errors
    /// [`Failure`]: it can't be reached, or refuses.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.read(path, &self.send(Method::GET, path, None, None)?)
    }

    /// What lies at `path`, as it is; where it lies elsewhere, from there.
    ///
    /// # Errors
    /// [`Failure`]: it can't be reached, or refuses.
    pub fn fetch(&self, path: &str) -> Result<Vec<u8>, Failure> {
        Ok(self.send(Method::GET, path, None, None)?.body)
    }

    /// Sends `body`, and gives what is answered, as JSON.
    ///
    /// # Errors
    /// [`Failure`]: it can't be reached, or refuses.
    pub fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<T, Failure> {
        self.read(path, &self.send(method, path, body, key)?)
    }

    fn read<T: DeserializeOwned>(&self, path: &str, answer: &Answer) -> Result<T, Failure> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let reason =
                format!("{}: the answer is not what this version of swarmgate knows: {error}", self.address(path));
            Failure::could_not_run(reason).with_hint(Some("see that --api is the URL of a Swarmgate API".to_owned()))
        })
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Result<Answer, Failure> {
        let response = self.exchange(self.request(method, path, body, key)?)?;
        let status = response.status();
        match response.headers().get(LOCATION).and_then(|to| to.to_str().ok()) {
            Some(to) if status.is_redirection() => self.follow(path, to),
            _ if status.is_success() => Ok(Answer { body: response.into_body() }),
            _ => Err(self.refused(path, status, &response.into_body())),
        }
    }

    /// A request that shows who sends it.
    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Request<Vec<u8>>, Failure> {
        let mut request = Request::builder().method(method).uri(self.address(path)).header(ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let bytes = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let mut request =
            request.body(bytes).map_err(|error| Failure::input(format!("{}: {error}", self.address(path))))?;
        match &self.access {
            Access::Open => {}
            Access::Bearer(token) => {
                let value = format!("Bearer {token}").parse();
                let value = value.map_err(|_| {
                    Failure::input("SWARMGATE_API_TOKEN: it is no token, it holds characters that no header may")
                })?;
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            Access::Signed(region, credentials) => sign(&mut request, region, Service::Api, credentials)?,
        }
        Ok(request)
    }

    /// Follows a redirect. One to another place carries its permission in its URL, and is told none of ours.
    fn follow(&self, path: &str, to: &str) -> Result<Answer, Failure> {
        if to.starts_with('/') {
            let own_path = url::Url::parse(&self.base).map(|url| url.path().trim_end_matches('/').to_owned());
            let inside = own_path.ok().and_then(|own| to.strip_prefix(&own).map(str::to_owned));
            return self.send(Method::GET, inside.as_deref().unwrap_or(to), None, None);
        }
        let uri: Uri =
            to.parse().map_err(|_| Failure::could_not_run(format!("{}: it leads to no URL", self.address(path))))?;
        let request = Request::builder().uri(uri).body(Vec::new()).map_err(|error| Failure::run(&error))?;
        let response = self.exchange(request)?;
        let status = response.status();
        if status.is_success() {
            return Ok(Answer { body: response.into_body() });
        }
        let reason = format!("{}: what it leads to answers {status}", self.address(path));
        Err(Failure::could_not_run(reason).with_hint(Some("links are good for a while only: try again".to_owned())))
    }

    fn exchange(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let uri = request.uri().clone();
        let sent = if request.body().is_empty() { self.agent.run(request.map(drop)) } else { self.agent.run(request) };
        let unreachable = |error: ureq::Error| {
            let reason = format!("{} {}: {error}", uri.host().unwrap_or_default(), uri.path());
            let hint = "see that the API runs, and that --api or SWARMGATE_API is its URL";
            Failure::could_not_run(reason).with_hint(Some(hint.to_owned()))
        };
        let (head, mut body) = sent.map_err(unreachable)?.into_parts();
        let bytes = body.with_config().limit(LARGEST_ANSWER).read_to_vec().map_err(unreachable)?;
        Ok(Response::from_parts(head, bytes))
    }

    /// A refusal, in the words of its problem document where it has one.
    fn refused(&self, path: &str, status: StatusCode, body: &[u8]) -> Failure {
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        let of_errors = problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["detail"].as_str());
        let mut messages: Vec<_> = of_errors.map(str::to_owned).collect();
        if messages.is_empty() {
            // API Gateway's own refusals say `message`.
            let words = problem["detail"].as_str().or(problem["message"].as_str());
            messages.push(format!("{}: {status}: {}", self.address(path), words.unwrap_or("no reason is given")));
        }
        let help: Vec<_> =
            problem["errors"].as_array().into_iter().flatten().filter_map(|e| e["help"].as_str()).collect();
        let hint = match (status, &self.access) {
            (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, Access::Signed(..)) => {
                let hint = "your AWS identity needs execute-api:Invoke on this API; keys that have ended, and a clock that is off by more than 5 \
                    minutes, are refused too";
                Some(hint.to_owned())
            }
            (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, Access::Open) => {
                let hint = "the request was sent unsigned: set SWARMGATE_API_AUTH=iam and AWS_REGION where the API wants AWS's signatures, or \
                    SWARMGATE_API_TOKEN to a token";
                Some(hint.to_owned())
            }
            (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, Access::Bearer(_)) => {
                Some("see that SWARMGATE_API_TOKEN is a token for this API that has not ended".to_owned())
            }
            _ => (!help.is_empty()).then(|| help.join("; ")),
        };
        match status {
            StatusCode::BAD_REQUEST
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::NOT_FOUND
            | StatusCode::CONFLICT => Failure::inputs(messages).with_hint(hint),
            _ => Failure::could_not_run(messages.join("; ")).with_hint(hint),
        }
    }
}
