//! Which request gets which answer: a pure function from a request to a plan, which the connection carries out.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use crate::latency::{Latency, MAX_LATENCY};
use crate::query::{Parameters, whole};
use crate::request::{Method, Request};
use crate::response::{HTML, JSON, Rendered, Response, TEXT, reason};
use crate::{burn, echo, shop};

/// The longest body that `/bytes` sends, in bytes.
const MAX_PATTERN_BYTES: u64 = 1 << 30;
/// The longest body that `/chunked` sends, in bytes.
const MAX_CHUNKED_BYTES: u64 = 16 << 20;
/// The most redirects that `/redirect/N` starts.
const MAX_HOPS: u64 = 100;

static WELCOME: LazyLock<Rendered> = LazyLock::new(|| Rendered::new(200, HTML, include_str!("welcome.html")));
static HEALTHY: LazyLock<Rendered> = LazyLock::new(|| Rendered::new(200, JSON, r#"{"status":"ok"}"#));

/// What the answers depend on besides the request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// What every answer waits for, except those of the statistics and of `/health`.
    pub(crate) latency: Option<Latency>,
    /// Seeds the draws and the tokens of `/login`.
    pub(crate) seed: u64,
}

/// What becomes of a request: first the wait, then the act.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) class: Class,
    /// Waited for before the act.
    pub(crate) delay: Duration,
    /// Drawn from and waited for on top of the delay.
    pub(crate) latency: Option<Latency>,
    pub(crate) act: Act,
}

/// How far a request takes part in the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Counted, and held back by `/stall-all`.
    Load,
    /// Not counted, but held back by `/stall-all`: a stalled server is not healthy.
    Probe,
    /// Neither: the statistics.
    Control,
}

/// What is done when the wait is over.
#[derive(Debug)]
pub(crate) enum Act {
    Answer(Response),
    /// Burns CPU for so many loops, then answers.
    Burn {
        count: u64,
        range: u64,
    },
    /// Stalls the whole server from now on for that long; is answered at once.
    StallAll(Duration),
    /// Never answers.
    Silence,
    /// Resets the connection.
    Reset,
    /// Sends bytes that are no HTTP, then closes.
    Garbage,
    Stats,
    ResetStats,
}

/// Which methods a path takes.
#[derive(Clone, Copy)]
enum Takes {
    Get,
    Post,
    Any,
}

/// The plan for a request.
pub(crate) fn plan(request: &Request<'_>, settings: &Settings) -> Plan {
    let (class, planned) = match request.path {
        "/stats" => (Class::Control, require(request, Takes::Get).map(|()| at_once(Act::Stats))),
        "/stats/reset" => (Class::Control, require(request, Takes::Post).map(|()| at_once(Act::ResetStats))),
        "/health" => (Class::Probe, require(request, Takes::Get).map(|()| answer(HEALTHY.response()))),
        _ => (Class::Load, load(request, settings)),
    };
    let mut plan = planned.unwrap_or_else(answer);
    plan.class = class;
    let waits = class == Class::Load && !matches!(plan.act, Act::StallAll(_));
    if waits && plan.latency.is_none() {
        plan.latency = settings.latency;
    }
    plan
}

pub(crate) fn at_once(act: Act) -> Plan {
    Plan { class: Class::Load, delay: Duration::ZERO, latency: None, act }
}

fn answer(response: Response) -> Plan {
    at_once(Act::Answer(response))
}

/// The error is an answer too, to a request that asks for what the path does not offer.
fn load(request: &Request<'_>, settings: &Settings) -> Result<Plan, Response> {
    let parameters = Parameters::new(request.query.as_bytes());
    let takes = |takes| require(request, takes);
    match request.path {
        "/" => takes(Takes::Get).map(|()| answer(WELCOME.response())),
        "/load-gen/loop" => takes(Takes::Get).and_then(|()| burn::plan(&parameters)),
        "/delay" => takes(Takes::Any).and_then(|()| delay(&parameters)),
        "/latency" => takes(Takes::Any).and_then(|()| latency(&parameters)),
        "/stall" => takes(Takes::Any).and_then(|()| stall(&parameters)),
        "/stall-all" => takes(Takes::Any).and_then(|()| stall_all(&parameters)),
        "/redirect" => takes(Takes::Any).and_then(|()| redirect(&parameters)),
        "/close" => takes(Takes::Any).map(|()| answer(Response::new(200, TEXT, "closing\n").closing())),
        "/reset" => takes(Takes::Any).map(|()| at_once(Act::Reset)),
        "/garbage" => takes(Takes::Any).map(|()| at_once(Act::Garbage)),
        "/bytes" => takes(Takes::Any).and_then(|()| bytes(&parameters)),
        "/chunked" => takes(Takes::Any).and_then(|()| chunked(&parameters)),
        "/echo" => takes(Takes::Any).map(|()| answer(echo::response(request))),
        "/login" => takes(Takes::Post).map(|()| answer(shop::login(request, settings.seed))),
        "/items" => takes(Takes::Get).map(|()| answer(shop::items())),
        "/cart" => takes(Takes::Post).map(|()| answer(shop::cart(request, settings.seed))),
        "/checkout" => takes(Takes::Post).map(|()| answer(shop::checkout(request, settings.seed))),
        path => match path.strip_prefix('/').and_then(|path| path.split_once('/')) {
            Some(("status", code)) => takes(Takes::Any).and_then(|()| status(code)),
            Some(("redirect", hops)) => takes(Takes::Any).and_then(|()| redirect_hops(hops)),
            Some(("items", id)) => takes(Takes::Get).map(|()| answer(shop::item(id))),
            _ => Err(Response::error(404, &format!("{path}: there is no such path"))),
        },
    }
}

fn require(request: &Request<'_>, takes: Takes) -> Result<(), Response> {
    let allow = match (takes, request.method) {
        (_, Method::Other) => return Err(Response::error(501, "the method is not known here")),
        (Takes::Any, _) | (Takes::Get, Method::Get | Method::Head) | (Takes::Post, Method::Post) => return Ok(()),
        (Takes::Get, _) => "GET, HEAD",
        (Takes::Post, _) => "POST",
    };
    let message = format!("{}: the method {} is not allowed, allowed are {allow}", request.path, request.method.name());
    Err(Response::error(405, &message).with_header("Allow", allow))
}

fn bad(message: String) -> Response {
    Response::error(400, &message)
}

/// A parameter `ms` that must be given.
fn required_ms(parameters: &Parameters<'_>) -> Result<Duration, Response> {
    let given = parameters.millis("ms", MAX_LATENCY).map_err(bad)?;
    given.ok_or_else(|| bad(format!("ms: missing, allowed are 0 to {} ms, fractions too", MAX_LATENCY.as_millis())))
}

fn delay(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    let delay = required_ms(parameters)?;
    Ok(Plan { delay, ..answer(Response::new(200, TEXT, format!("{} ms\n", delay.as_secs_f64() * 1_000.0))) })
}

fn latency(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    let profile = parameters.text("profile").unwrap_or(Cow::Borrowed(""));
    let latency: Latency = profile.parse().map_err(|error: crate::LatencyError| bad(error.to_string()))?;
    Ok(Plan { latency: Some(latency), ..answer(Response::new(200, TEXT, "drawn\n")) })
}

fn stall(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    match parameters.millis("ms", MAX_LATENCY).map_err(bad)? {
        Some(delay) => Ok(Plan { delay, ..answer(Response::new(200, TEXT, "stalled\n")) }),
        None => Ok(at_once(Act::Silence)),
    }
}

fn stall_all(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    required_ms(parameters).map(|stall| at_once(Act::StallAll(stall)))
}

fn status(code: &str) -> Result<Plan, Response> {
    let not_allowed = || bad(format!("status: {code:?} is not allowed, allowed are 100, 102, 103 and 200 to 599"));
    match whole("status", code, 100..=599).ok().and_then(|status| u16::try_from(status).ok()) {
        Some(interim @ (100 | 102 | 103)) => Ok(answer(Response::new(200, TEXT, "200 OK\n").after_interim(interim))),
        Some(status @ 200..) => Ok(answer(Response::new(status, TEXT, format!("{status} {}\n", reason(status))))),
        _ => Err(not_allowed()),
    }
}

fn redirect(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    let code = parameters.text("code").unwrap_or(Cow::Borrowed("302"));
    let status = match code.as_ref() {
        "301" => 301,
        "302" => 302,
        "303" => 303,
        "307" => 307,
        "308" => 308,
        _ => return Err(bad(format!("code: {code:?} is not allowed, allowed are 301, 302, 303, 307 and 308"))),
    };
    match parameters.text("to") {
        Some(to) if !to.is_empty() && !to.contains(char::is_control) => Ok(answer(redirection(status, &to))),
        to => Err(bad(format!(
            "to: {:?} is not allowed, allowed are paths and URLs without control characters",
            to.unwrap_or_default()
        ))),
    }
}

fn redirect_hops(hops: &str) -> Result<Plan, Response> {
    let hops = whole("redirect", hops, 1..=MAX_HOPS).map_err(bad)?;
    let to = if hops == 1 { "/".to_owned() } else { format!("/redirect/{}", hops - 1) };
    Ok(answer(redirection(302, &to)))
}

fn redirection(status: u16, to: &str) -> Response {
    Response::new(status, TEXT, format!("see {to}\n")).with_header("Location", to)
}

fn bytes(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    let length = parameters.whole("n", 1_024, 0..=MAX_PATTERN_BYTES).map_err(bad)?;
    Ok(answer(Response::pattern(length)))
}

fn chunked(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    let in_memory = |name, default, least| {
        let size = parameters.whole(name, default, least..=MAX_CHUNKED_BYTES).map_err(bad)?;
        usize::try_from(size).map_err(|_| bad(format!("{name}: {size} does not fit into memory")))
    };
    Ok(answer(Response::chunked(in_memory("n", 4_096, 0)?, in_memory("chunk", 1_024, 1)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Parsed, parse};

    fn planned(target: &str, method: &str, settings: Settings) -> Plan {
        let text = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        let Parsed::Complete { request, .. } = parse(text.as_bytes()) else { panic!("{text}") };
        plan(&request, &settings)
    }

    #[track_caller]
    fn check_status(target: &str, method: &str, status: u16) {
        match planned(target, method, Settings::default()).act {
            Act::Answer(response) => assert_eq!(response.status, status, "{method} {target}"),
            other => panic!("{method} {target}: {other:?}"),
        }
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn answers_have_the_status_of_their_path() {
        check_status("/",                                 "GET",    200);
        check_status("/?x=y",                             "HEAD",   200);
        check_status("/",                                 "POST",   405);
        check_status("/login",                            "GET",    405);
        check_status("/echo",                             "DELETE", 200);
        check_status("/echo",                             "BREW",   501);
        check_status("/status/503",                       "GET",    503);
        check_status("/status/599",                       "POST",   599);
        check_status("/status/103",                       "GET",    200);
        for bad in ["/status/99", "/status/101", "/status/600", "/status/", "/status/abc",
                    "/delay", "/delay?ms=-1", "/delay?ms=600001", "/stall?ms=x", "/stall-all",
                    "/redirect", "/redirect?to=%0d%0aA:b", "/redirect?to=/&code=200", "/redirect/0", "/redirect/101",
                    "/bytes?n=1073741825", "/chunked?n=1&chunk=0", "/latency", "/latency?profile=x"] {
            check_status(bad, "GET", 400);
        }
        check_status("/redirect?to=/a",                   "GET",    302);
        check_status("/redirect?to=/a&code=308",          "POST",   308);
        check_status("/redirect/3",                       "GET",    302);
        check_status("/items/1",                          "GET",    200);
        check_status("/items/0",                          "GET",    404);
        check_status("/nowhere",                          "GET",    404);
        check_status("/stats",                            "POST",   405);
        check_status("/stats/reset",                      "GET",    405);
    }

    #[test]
    fn the_latency_of_the_server_holds_for_the_load_alone() {
        let latency: Latency = "constant:1ms".parse().unwrap();
        let settings = Settings { latency: Some(latency), seed: 0 };
        let waits = |target, method| planned(target, method, settings).latency;
        assert_eq!(waits("/", "GET"), Some(latency));
        assert_eq!(waits("/nowhere", "GET"), Some(latency));
        assert_eq!(waits("/latency?profile=fast", "GET"), "fast".parse().ok());
        for control in ["/stats", "/health", "/stall-all?ms=1"] {
            assert_eq!(waits(control, "GET"), None, "{control}");
        }
    }

    #[test]
    fn waits_come_from_the_query() {
        assert_eq!(planned("/delay?ms=1.5", "GET", Settings::default()).delay, Duration::from_micros(1_500));
        assert_eq!(planned("/stall?ms=2", "GET", Settings::default()).delay, Duration::from_millis(2));
        assert!(matches!(planned("/stall", "GET", Settings::default()).act, Act::Silence));
    }
}
