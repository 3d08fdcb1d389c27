//! Sends what a locustfile asks for as it is loaded, before the test, and keeps what came of it for the workers.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use swarmgate_domain::ScriptAnswer;
use swarmgate_locust::{Answer, AnswerError, Ask, Exchange, recorded};
use ureq::http::{self, Request, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

/// How many requests may be sent before the test, and how many bytes may come of them: the plan holds all answers.
const MOST_REQUESTS: usize = 1_000;
const MOST_BYTES: u64 = 1 << 20;

/// How long an answer may take where the script sets no limit.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What was asked so far.
pub type Asked = Rc<RefCell<Vec<ScriptAnswer>>>;

/// Asks for real, and keeps what comes of it.
pub fn recorder() -> (Ask, Asked) {
    let asked = Asked::default();
    let (kept, left) = (Rc::clone(&asked), RefCell::new(MOST_BYTES));
    let ask = move |exchange: &Exchange| {
        if kept.borrow().len() == MOST_REQUESTS {
            return Err(format!("more than {MOST_REQUESTS} requests before the test: move them into test_start"));
        }
        let outcome = send(exchange, *left.borrow());
        if let Ok(answer) = &outcome {
            let mut left = left.borrow_mut();
            *left = left.checked_sub(answer.body.len() as u64).ok_or_else(|| {
                format!("more than {MOST_BYTES} bytes of answers before the test: ask for them in test_start")
            })?;
        }
        kept.borrow_mut().push(recorded(exchange, &outcome));
        Ok(outcome)
    };
    (Rc::new(ask), asked)
}

fn send(exchange: &Exchange, most: u64) -> Result<Answer, AnswerError> {
    let seconds = |seconds: Option<f64>| seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // Redirects and cookies are the script's own, and so is what a status means.
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .allow_non_standard_methods(true)
        .timeout_global(Some(seconds(exchange.timeout).unwrap_or(LONGEST_WAIT)))
        .timeout_connect(seconds(exchange.connect_timeout))
        .tls_config(TlsConfig::builder().disable_verification(!exchange.verify).build())
        .build();
    let agent = Agent::new_with_config(config);
    let bad = |error: http::Error| AnswerError::Connection(error.to_string());
    let mut request = Request::builder().method(&*exchange.method).uri(exchange.url.as_str());
    for (name, value) in exchange.headers.iter() {
        request = request.header(name, value);
    }
    let answered = match &exchange.body {
        Some(body) => agent.run(request.body(body.as_slice()).map_err(bad)?),
        None => agent.run(request.body(()).map_err(bad)?),
    };
    answer(answered.map_err(|error| of(&error))?, most)
}

fn answer(response: Response<Body>, most: u64) -> Result<Answer, AnswerError> {
    let (head, mut body) = response.into_parts();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    // One more than may come, so that whoever counts sees it.
    let body = body.with_config().limit(most + 1).read_to_vec().map_err(|error| of(&error))?;
    let reason = head.status.canonical_reason().unwrap_or_default().to_owned();
    Ok(Answer::new(head.status.as_u16(), reason, headers, body))
}

fn of(error: &ureq::Error) -> AnswerError {
    let text = error.to_string();
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => AnswerError::ConnectTimeout(text),
        ureq::Error::Timeout(_) => AnswerError::Timeout(text),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => AnswerError::Tls(text),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => AnswerError::Refused(text),
        _ => AnswerError::Connection(text),
    }
}
