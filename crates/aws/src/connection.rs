//! How this process reaches AWS.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// How long opening a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// How long one try of a call may take, where an adapter does not say it.
const ATTEMPT_TIME: Duration = Duration::from_secs(10);

/// Finds credentials, region and endpoints where AWS's own tools find them: environment variables (`AWS_REGION`, `AWS_ENDPOINT_URL`,
/// `AWS_ENDPOINT_URL_S3` and so on), profiles, Pod Identity, web identity, the instance's role. Sends nothing yet.
///
/// Do it once for each process: all adapters made of it share one HTTP client and one cache of credentials.
pub async fn connect() -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let times = TimeoutConfig::builder().connect_timeout(CONNECT_TIME).operation_attempt_timeout(ATTEMPT_TIME);
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(times.build()).load().await
}

/// The same, in another region: for a queue or a cluster there.
pub fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    config.to_builder().region(Region::new(region.to_owned())).build()
}
