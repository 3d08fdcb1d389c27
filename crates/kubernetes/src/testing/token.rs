//! Tokens of service accounts.

use std::time::Duration;

use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::PostParams;
use kube::{Api, Client};
use secrecy::SecretString;
use swarmgate_domain::Micros;

use crate::access::Token;

/// A token as a kubelet gets one for a Pod: bound to the Pod, where one is named. Ends after `valid`, or ten minutes if that is less.
pub(super) async fn request(
    client: Client,
    namespace: &str,
    account: &str,
    pod: Option<&Pod>,
    valid: Duration,
) -> Result<Token, kube::Error> {
    let bound = pod.map(|pod| BoundObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
    });
    let seconds = valid.max(Duration::from_secs(600)).as_secs();
    let spec = TokenRequestSpec {
        audiences: Vec::new(),
        bound_object_ref: bound,
        expiration_seconds: i64::try_from(seconds).ok(),
    };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let accounts = Api::<ServiceAccount>::namespaced(client, namespace);
    let answer = accounts.create_token_request(account, &PostParams::default(), &request).await?;
    let status = answer.status.expect("an answered request has a token");
    let ends = status.expiration_timestamp.0.as_microsecond();
    let valid_until = Micros(u64::try_from(ends).expect("it ends after 1970"));
    Ok(Token { value: SecretString::from(status.token), valid_until })
}
