//! AWS's signature (version 4) of requests to API Gateway and STS.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as signed};
use aws_sigv4::sign::v4::SigningParams;
use http::Request;
use swarmgate_service::ports::Clock;

use super::credentials::Credentials;
use crate::exit::Failure;

/// The name of API Gateway in a signature's scope, and in the names of its hosts.
const API: &str = "execute-api";

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// API Gateway.
    Api,
    /// EKS.
    Eks,
    /// The Security Token Service.
    Sts,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Api => API,
            Self::Eks => "eks",
            Self::Sts => "sts",
        }
    }
}

/// A region of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// The region of an API Gateway's own host, `{api}.execute-api.{region}.amazonaws.com`; behind another name, what `AWS_REGION` says where
    /// `SWARMGATE_API_AUTH` is `iam`. `None`: requests are not signed.
    ///
    /// # Errors
    /// [`Failure`]: what `SWARMGATE_API_AUTH` asks for can't be done.
    pub fn of_host(host: &str) -> Result<Option<Self>, Failure> {
        if let Some(region) = Self::named_by(host) {
            return Ok(Some(region));
        }
        match variable("SWARMGATE_API_AUTH").as_deref() {
            None => Ok(None),
            Some("iam") => Self::of_environment().map(Some).ok_or_else(|| {
                Failure::input(
                    "AWS_REGION: it is not set, and SWARMGATE_API_AUTH asks for signed requests: set it to the region of the API",
                )
            }),
            Some(other) => {
                Err(Failure::input(format!("SWARMGATE_API_AUTH `{other}`: there is no such way, allowed is `iam`")))
            }
        }
    }

    /// What `AWS_REGION` says, or `AWS_DEFAULT_REGION`.
    pub fn of_environment() -> Option<Self> {
        variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).map(Self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Where a service is in this region, or where `AWS_ENDPOINT_URL_STS` and so on say.
    pub fn endpoint(&self, service: Service) -> String {
        let name = service.name();
        let of_service = variable(&format!("AWS_ENDPOINT_URL_{}", name.to_ascii_uppercase().replace('-', "_")));
        let elsewhere = of_service.or_else(|| variable("AWS_ENDPOINT_URL"));
        let domain = if self.0.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        elsewhere
            .map_or_else(|| format!("https://{name}.{}.{domain}", self.0), |url| url.trim_end_matches('/').to_owned())
    }

    fn named_by(host: &str) -> Option<Self> {
        let mut labels = host.split('.').skip_while(|label| *label != API).skip(1);
        let region = labels.next()?;
        (labels.next()? == "amazonaws").then(|| Self(region.to_owned()))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Signs `request` to `service`, whose headers and body are complete.
///
/// # Errors
/// [`Failure`]: something in it can't be signed.
pub fn sign(
    request: &mut Request<Vec<u8>>,
    region: &Region,
    service: Service,
    credentials: &Credentials,
) -> Result<(), Failure> {
    let now = Duration::from(swarmgate_local::SystemClock.now());
    sign_at(request, region, service, credentials, SystemTime::UNIX_EPOCH + now)
}

fn sign_at(
    request: &mut Request<Vec<u8>>,
    region: &Region,
    service: Service,
    credentials: &Credentials,
    at: SystemTime,
) -> Result<(), Failure> {
    let cannot = |error: &dyn std::fmt::Display| Failure::could_not_run(format!("signing the request: {error}"));
    let Credentials { key_id, secret, session } = credentials.clone();
    let identity = aws_credential_types::Credentials::new(key_id, secret, session, None, "swarmgate").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&region.0)
        .name(service.name())
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
            sign_at(&mut request, &Region("eu-west-1".to_owned()), Service::Api, &credentials, at).unwrap();
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
