//! The function `merge`, as Lambda starts it.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use swarmgate_functions::{Deployment, log_as_json, merge};
use swarmgate_service::LiveMemory;
use tracing::{Instrument, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_as_json();
    let deployment = Deployment::from_environment().await?;
    let memory = LiveMemory::default();
    let handler = async |event: LambdaEvent<SqsEvent>| {
        let span = info_span!("invocation", request = event.context.request_id);
        Ok::<_, Error>(merge::handle(&deployment, &memory, &event.payload).instrument(span).await)
    };
    lambda_runtime::run(service_fn(handler)).await
}
