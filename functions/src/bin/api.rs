//! The function `api`, as Lambda starts it.

use lambda_http::{Error, Request, RequestExt, service_fn};
use swarmgate_api::Api;
use swarmgate_functions::{Deployment, api, doctor, log_as_json};
use tracing::{Instrument, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_as_json();
    let deployment = Deployment::from_environment().await.map_err(|error| error.to_string())?;
    let policy = deployment.policy(doctor::of_functions(&deployment));
    let api = Api::new(deployment.ports.clone(), policy, swarmgate_report::dashboard_page());
    let handler = async |request: Request| {
        let id = request.lambda_context_ref().map(|context| context.request_id.clone());
        api::handle(&deployment, &api, request).instrument(info_span!("invocation", request = id)).await
    };
    lambda_http::run(service_fn(handler)).await
}
