//! The deployment: whether its API can be reached and takes our requests, and what it says of itself.

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::Deserialize;
use swarmgate_service::Finding;
use swarmgate_service::ports::Clock;

use super::account::of_failure;
use crate::exit::Failure;
use crate::remote::{Client, Region};

const API: &str = "API";

/// A signature is good for five minutes. So much of that may be lost.
const CLOCK_OFF_BY: i64 = 240;

/// How the API is spoken to.
pub(super) enum Access {
    /// No API is named.
    None,
    /// Requests are not signed.
    Unsigned(String),
    /// Requests are signed.
    Signed { url: String, region: Region },
}

impl Access {
    /// Of the API at `url`.
    ///
    /// # Errors
    /// [`Failure`]: it is no URL.
    pub fn of(url: Option<&str>) -> Result<Self, Failure> {
        let Some(url) = url else { return Ok(Self::None) };
        Ok(match Client::region_of(url)? {
            Some(region) => Self::Signed { url: url.to_owned(), region },
            None => Self::Unsigned(url.to_owned()),
        })
    }
}

/// What `GET /doctor` answers.
#[derive(Deserialize)]
struct Examined {
    version: String,
    findings: Vec<Finding>,
}

/// Looks at the deployment.
pub(super) fn look(access: &Access) -> Vec<Finding> {
    let url = match access {
        Access::None => {
            let next = "no API is named: SWARMGATE_API or --api says which; infra/README.md makes one, `swarmgate serve` is one";
            return vec![Finding::note(API, next)];
        }
        Access::Unsigned(url) | Access::Signed { url, .. } => url,
    };
    let client = match Client::new(url) {
        Ok(client) => client,
        // Of the credentials, which were looked at already.
        Err(failure) if matches!(access, Access::Signed { .. }) => {
            return vec![Finding::unknown(API, format!("it can't be asked: {}", failure.message))];
        }
        Err(failure) => return vec![of_failure(&failure)],
    };
    let answer = match client.ask("/doctor") {
        Ok(answer) => answer,
        Err(failure) => {
            let remedy = "see that the URL is right: the stack's output ApiUrl (infra/README.md, step 5), or where `swarmgate serve` listens";
            return vec![Finding::wrong(API, failure.message.to_string(), remedy)];
        }
    };
    let (head, body) = answer.into_parts();
    let mut findings: Vec<_> = clock(&head.headers).into_iter().collect();
    if head.status != StatusCode::OK {
        findings.push(refused(access, head.status, &body));
        return findings;
    }
    match serde_json::from_slice::<Examined>(&body) {
        Ok(examined) => {
            findings.push(reached(url, &examined.version));
            findings.extend(examined.findings);
        }
        Err(_) => {
            let said = format!("{url}: what answers there is no API of Swarmgate");
            findings.push(Finding::wrong(API, said, "name the API's URL with --api or SWARMGATE_API"));
        }
    }
    findings
}

fn reached(url: &str, version: &str) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    if version == ours {
        return Finding::fine(API, format!("{url} takes our requests, version {version}"));
    }
    let said = format!(
        "{url} takes our requests; it is of version {version}, this command of {ours}: deploy again, or use the other's"
    );
    Finding::note(API, said)
}

/// Why it does not answer as asked.
fn refused(access: &Access, status: StatusCode, body: &[u8]) -> Finding {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let words = problem["detail"].as_str().or(problem["message"].as_str()).unwrap_or("no reason is given");
    let said = format!("{status}: {words}");
    match (status, access) {
        (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, Access::Signed { region, .. }) => Finding::wrong(
            "signed call",
            said,
            format!(
                "give your AWS identity execute-api:Invoke on this API, in {}; or the credentials above are of another account",
                region.name()
            ),
        ),
        (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, _) => Finding::wrong(
            "token",
            said,
            "set SWARMGATE_API_TOKEN to a token for this API; for one that takes signatures behind a name of its own, SWARMGATE_API_AUTH=iam",
        ),
        (StatusCode::NOT_FOUND, _) => Finding::wrong(
            API,
            format!("{said} (it knows no /doctor)"),
            "deploy this version (infra/README.md, step 5), or name the API's URL with its stage, if it has one",
        ),
        (status, _) if status.is_server_error() => Finding::wrong(
            API,
            said,
            "its function fails: `sam logs --stack-name swarmgate --name ApiFunction` says why",
        ),
        _ => Finding::wrong(API, said, "name the API's URL with --api or SWARMGATE_API"),
    }
}

/// Whether this machine's clock is the API's, where that matters.
fn clock(headers: &HeaderMap) -> Option<Finding> {
    let date = headers.get(http::header::DATE)?.to_str().ok()?;
    let theirs = DateTimeParser::new().parse_timestamp(date).ok()?;
    let ours = Timestamp::from_microsecond(i64::try_from(swarmgate_local::SystemClock.now().0).ok()?).ok()?;
    let off = (ours.as_second() - theirs.as_second()).abs();
    Some(match off {
        ..=CLOCK_OFF_BY => Finding::fine("clock", format!("within {} s of the API's", off.max(1))),
        _ => Finding::wrong(
            "clock",
            format!("{off} s off the API's: signatures are refused after 300"),
            "set this machine's clock: timedatectl set-ntp true",
        ),
    })
}
