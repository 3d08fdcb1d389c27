//! The function `gate`, as Lambda starts it.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use swarmgate_api::Api;
use swarmgate_aws::PipelineJobResults;
use swarmgate_functions::gate::{self, GateEvent};
use swarmgate_functions::{Deployment, log_as_json};
use tracing::{Instrument, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_as_json();
    let deployment = Deployment::from_environment().await.map_err(|error| error.to_string())?;
    let results = PipelineJobResults::new(&deployment.config);
    // No page: nobody looks at a pipeline's stage by a browser.
    let api = Api::new(deployment.ports.clone(), deployment.policy(Vec::new()), String::new());
    let handler = async |event: LambdaEvent<GateEvent>| {
        let span = info_span!("invocation", request = event.context.request_id);
        gate::handle(&deployment, &api, &results, event.payload).instrument(span).await
    };
    lambda_runtime::run(service_fn(handler)).await
}
