//! The bearer token by which EKS knows who asks: a presigned request to STS that says whose it is.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use swarmgate_service::ports::Outlook;

use super::ClusterError;

/// What the presigned request itself is valid for, as EKS wants it.
const EXPIRES: Duration = Duration::from_secs(60);

/// EKS takes a token for 15 minutes from its signing, whatever the request says (aws-iam-authenticator). Taken anew well before.
const VALID: Duration = Duration::from_secs(14 * 60);
const RENEWED_AFTER: Duration = Duration::from_secs(10 * 60);

/// Names the cluster in the request; signed, so that no token is good for another cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// A token for the Kubernetes API of a cluster. Not shown in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    /// What stands after `Bearer`.
    pub text: String,
    /// When it should not be used any more.
    pub expires_at: SystemTime,
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Makes tokens, and keeps the last one.
pub(super) struct Tokens {
    config: SdkConfig,
    cluster: String,
    latest: Mutex<Option<BearerToken>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Tokens {
    pub fn new(config: &SdkConfig, cluster: &str) -> Self {
        Self { config: config.clone(), cluster: cluster.to_owned(), latest: Mutex::new(None) }
    }

    pub async fn current(&self) -> Result<BearerToken, ClusterError> {
        let now = now();
        let fresh = |token: &&BearerToken| token.expires_at > now + (VALID - RENEWED_AFTER);
        if let Some(token) = self.latest.lock().expect("no holder of this lock panics").as_ref().filter(fresh) {
            return Ok(token.clone());
        }
        let text = self.make(now).await.map_err(|reason| ClusterError {
            attempted: format!("making a token for the cluster {}", self.cluster),
            reason,
            // Those who give out credentials may not answer for a moment.
            outlook: Outlook::Passing,
        })?;
        let token = BearerToken { text, expires_at: now + VALID };
        *self.latest.lock().expect("no holder of this lock panics") = Some(token.clone());
        Ok(token)
    }

    async fn make(&self, now: SystemTime) -> Result<String, String> {
        let provider = self.config.credentials_provider().ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await.map_err(|error| error.to_string())?;
        let region = self.config.region().ok_or("no region is set, AWS_REGION may say it")?;
        make(&self.cluster, region.as_ref(), credentials, now).map_err(|error| error.to_string())
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature holds the time by which AWS judges it")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn make(
    cluster: &str,
    region: &str,
    credentials: Credentials,
    now: SystemTime,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let url = format!("https://sts.{region}.{domain}/?Action=GetCallerIdentity&Version=2011-06-15");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder().identity(&identity).region(region).name("sts").time(now);
    let parameters = parameters.settings(settings).build()?.into();
    let headers = [(CLUSTER_HEADER, cluster)].into_iter();
    let request = SignableRequest::new("GET", &url, headers, SignableBody::Bytes(&[]))?;
    let (signed, _signature) = sign(request, &parameters)?.into_parts();
    let mut request = http::Request::get(&url).body(())?;
    signed.apply_to_request_http1x(&mut request);
    Ok(format!("k8s-aws-v1.{}", BASE64_URL_SAFE_NO_PAD.encode(request.uri().to_string())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const AT: Duration = Duration::from_secs(1_795_487_400);

    /// The signatures are botocore's, of the same request at the same time with the same credentials.
    #[test]
    fn a_token_is_signed_as_the_aws_cli_signs_it() {
        check(None, "2331a7f25f56ae9dc1009dc951583c770d436a4b192b789c4f8132dfe99ef101");
        let session = Some("a session+token/=".to_owned());
        check(session, "c91cadbe3b1e76862f9f805efd6e668e488c8c513de963de9fd3cc10e21d8691");
    }

    fn check(session: Option<String>, signature: &str) {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIDEXAMPLE", secret, session.clone(), None, "test");
        let token = make("load-cluster", "eu-central-1", credentials, SystemTime::UNIX_EPOCH + AT).unwrap();
        let url = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix("k8s-aws-v1.").unwrap()).unwrap();
        let url = String::from_utf8(url).unwrap();
        let query = url.strip_prefix("https://sts.eu-central-1.amazonaws.com/?").unwrap();
        let query: BTreeMap<_, _> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
        assert_eq!(query["X-Amz-Signature"], signature, "{url}");
        assert_eq!(query["X-Amz-Expires"], "60");
        assert_eq!(query["X-Amz-SignedHeaders"], "host%3Bx-k8s-aws-id");
        assert_eq!(query.contains_key("X-Amz-Security-Token"), session.is_some());
    }

    #[test]
    fn china_has_a_domain_of_its_own() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let token = make("load", "cn-north-1", credentials, SystemTime::UNIX_EPOCH + AT).unwrap();
        let url = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix("k8s-aws-v1.").unwrap()).unwrap();
        assert!(url.starts_with(b"https://sts.cn-north-1.amazonaws.com.cn/?"));
    }
}
