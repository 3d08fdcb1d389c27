//! The function `sweep`, as Lambda starts it.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use swarmgate_functions::{Deployment, log_as_json, sweep};
use tracing::{Instrument, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_as_json();
    let deployment = Deployment::from_environment().await?;
    let handler = async |event: LambdaEvent<IgnoredAny>| {
        let span = info_span!("invocation", request = event.context.request_id);
        sweep::handle(&deployment).instrument(span).await.map_err(Error::from)
    };
    lambda_runtime::run(service_fn(handler)).await
}
