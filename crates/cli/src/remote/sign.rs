//! AWS's signature (version 4) of requests to API Gateway.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as signed};
use aws_sigv4::sign::v4::SigningParams;
use http::Request;
use swarmgate_service::ports::Clock;

use super::credentials::Credentials;
use crate::exit::Failure;

/// The name of API Gateway in a signature's scope.
const SERVICE: &str = "execute-api";

/// A region of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// The region of an API Gateway's own host, `{api}.execute-api.{region}.amazonaws.com`; behind another name, what `AWS_REGION` says where
    /// `SWARMGATE_API_AUTH` is `iam`. `None`: requests are not signed.
    pub fn of_host(host: &str) -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::named_by(host).or_else(|| {
            (variable("SWARMGATE_API_AUTH").as_deref() == Some("iam"))
                .then(|| variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).map(Self))
                .flatten()
        })
    }

    fn named_by(host: &str) -> Option<Self> {
        let mut labels = host.split('.').skip_while(|label| *label != SERVICE).skip(1);
        let region = labels.next()?;
        (labels.next()? == "amazonaws").then(|| Self(region.to_owned()))
    }
}

/// Signs `request`, whose headers and body are complete.
///
/// # Errors
/// [`Failure`]: something in it can't be signed.
pub fn sign(request: &mut Request<Vec<u8>>, region: &Region, credentials: &Credentials) -> Result<(), Failure> {
    let now = Duration::from(swarmgate_local::SystemClock.now());
    sign_at(request, region, credentials, SystemTime::UNIX_EPOCH + now)
}

fn sign_at(
    request: &mut Request<Vec<u8>>,
    region: &Region,
    credentials: &Credentials,
    at: SystemTime,
) -> Result<(), Failure> {
    let cannot = |error: &dyn std::fmt::Display| Failure::could_not_run(format!("signing the request: {error}"));
    let Credentials { key_id, secret, session } = credentials.clone();
    let identity = aws_credential_types::Credentials::new(key_id, secret, session, None, "swarmgate").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&region.0)
        .name(SERVICE)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| cannot(&error))?
        .into();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, SignableBody::Bytes(request.body()))
        .map_err(|error| cannot(&error))?;
    let (instructions, _) = signed(signable, &params).map_err(|error| cannot(&error))?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_in_the_host() {
        let of = |host| Region::named_by(host).map(|region| region.0);
        assert_eq!(of("a1b2.execute-api.eu-central-1.amazonaws.com").as_deref(), Some("eu-central-1"));
        assert_eq!(of("a1b2.execute-api.cn-north-1.amazonaws.com.cn").as_deref(), Some("cn-north-1"));
        assert_eq!(of("127.0.0.1"), None);
        assert_eq!(of("execute-api.example.com"), None);
    }

    #[test]
    fn the_same_request_at_the_same_time_has_the_same_signature() {
        let credentials =
            Credentials { key_id: "AKID".to_owned(), secret: "secret".to_owned(), session: Some("token".to_owned()) };
        let signature = |body: &str| {
            let uri = "https://a.execute-api.eu-west-1.amazonaws.com/prod/tests";
            let mut request = Request::post(uri).header("idempotency-key", "k").body(body.as_bytes().to_vec()).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            sign_at(&mut request, &Region("eu-west-1".to_owned()), &credentials, at).unwrap();
            assert_eq!(request.headers()["x-amz-security-token"], "token");
            request.headers()["authorization"].to_str().unwrap().to_owned()
        };
        let one = signature("{}");
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20231114/eu-west-1/execute-api/aws4_request, ";
        assert!(one.starts_with(scope), "{one}");
        assert!(one.contains("SignedHeaders=host;idempotency-key;x-amz-date;x-amz-security-token"), "{one}");
        assert_eq!(one, signature("{}"));
        assert_ne!(one, signature("{ }"));
    }
}
