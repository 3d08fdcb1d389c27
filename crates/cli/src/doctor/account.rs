//! Your AWS credentials: whether there are any, and whether AWS knows them.

use http::StatusCode;
use swarmgate_service::Finding;

use super::deployment::Access;
use super::machine::found;
use super::signed::get;
use crate::exit::Failure;
use crate::remote::{Credentials, Region, Service};

const WHAT: &str = "credentials";

/// The commands that infra/README.md calls.
const COMMANDS: [&str; 7] = ["aws", "eksctl", "kubectl", "helm", "sam", "docker", "cargo-lambda"];

/// The cluster that infra/eksctl/load-cluster.yaml makes.
const LOAD_CLUSTER: &str = "swarmgate-load";

/// Looks at the credentials that requests are signed with, and at what can be seen with them before there is a deployment.
pub(super) fn look(access: &Access) -> Vec<Finding> {
    let (region, is_needed) = match access {
        Access::Signed { region, .. } => (Some(region.clone()), true),
        Access::None => (Region::of_environment(), false),
        Access::Unsigned(_) => return vec![Finding::fine(WHAT, "not needed: requests to this API are not signed")],
    };
    let credentials = match Credentials::find() {
        Ok(credentials) => credentials,
        Err(failure) if is_needed => return vec![of_failure(&failure)],
        Err(_) => return vec![Finding::note(WHAT, "there are none: they are needed only for a deployment on AWS")],
    };
    let Some(region) = region else {
        let remedy = "export AWS_REGION=eu-west-1, or where you are";
        return vec![Finding::wrong("region", "there are credentials, but AWS_REGION names no region", remedy)];
    };
    let mut findings = vec![who(&credentials, &region), commands()];
    // A deployment looks at its cluster itself.
    if matches!(access, Access::None) && !findings[0].is_wrong() {
        findings.push(cluster(&credentials, &region));
    }
    findings
}

pub(super) fn of_failure(failure: &Failure) -> Finding {
    let hint = failure.hint.clone().unwrap_or_else(|| "mend what it says".to_owned());
    Finding::wrong(WHAT, failure.message.to_string(), hint)
}

/// Who the credentials belong to, as STS says it.
fn who(credentials: &Credentials, region: &Region) -> Finding {
    let path = "/?Action=GetCallerIdentity&Version=2011-06-15";
    match get(Service::Sts, path, region, credentials) {
        Err(reason) => {
            let remedy = "see that this machine reaches AWS: a proxy, a VPN, AWS_ENDPOINT_URL";
            Finding::wrong(WHAT, format!("STS can't be asked: {reason}"), remedy)
        }
        Ok((status, text)) => match element(&text, "Arn") {
            Some(arn) if status.is_success() => Finding::fine(WHAT, arn),
            _ => {
                let code = element(&text, "Code").unwrap_or("no reason is given");
                let message = element(&text, "Message").unwrap_or_default();
                let said = format!("AWS does not take them: {status}: {code}: {message}");
                Finding::wrong(WHAT, said, remedy_for(code))
            }
        },
    }
}

/// The cluster of the guide's first step. That it is not there is nothing wrong: who needs none makes none.
fn cluster(credentials: &Credentials, region: &Region) -> Finding {
    const CLUSTER: &str = "load cluster";
    let note = |said: String| Finding::note(CLUSTER, said);
    let at = format!("{LOAD_CLUSTER} in {}", region.name());
    match get(Service::Eks, &format!("/clusters/{LOAD_CLUSTER}"), region, credentials) {
        Err(reason) => note(format!("EKS can't be asked: {reason}")),
        Ok((StatusCode::NOT_FOUND, _)) => note(format!(
            "there is no {at}; for one: eksctl create cluster --config-file infra/eksctl/load-cluster.yaml"
        )),
        Ok((status, text)) => {
            let answer: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            match answer["cluster"]["status"].as_str() {
                Some("ACTIVE") => Finding::fine(CLUSTER, format!("{at} is active")),
                Some(other) => note(format!("{at} is {other}: the guide's next steps need it active")),
                None => note(format!("{at} can't be looked at: {status}; it takes eks:DescribeCluster")),
            }
        }
    }
}

fn remedy_for(code: &str) -> &'static str {
    match code {
        "ExpiredToken" | "ExpiredTokenException" => {
            "sign in again: aws sso login, or new AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN"
        }
        "SignatureDoesNotMatch" => {
            "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID, or this machine's clock is off: set them anew"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "AWS_ACCESS_KEY_ID is of no key, or its AWS_SESSION_TOKEN is missing: set them anew, or sign in with aws sso login"
        }
        _ => "see `aws sts get-caller-identity`",
    }
}

/// The text of the first element of this name.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}

fn commands() -> Finding {
    let missing: Vec<_> = COMMANDS.into_iter().filter(|command| found(command).is_none()).collect();
    if missing.is_empty() {
        return Finding::fine("commands", "all that infra/README.md calls are there");
    }
    Finding::note(
        "commands",
        format!("to deploy by infra/README.md, install {}; to run tests none is needed", missing.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sts_says_is_read() {
        let answer = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn> arn:aws:iam::1:user/me </Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
        assert_eq!(element(answer, "Arn"), Some("arn:aws:iam::1:user/me"));
        assert_eq!(element("<Error><Code>ExpiredToken</Code></Error>", "Code"), Some("ExpiredToken"));
        assert_eq!(element("<Arn>", "Arn"), None);
    }
}
