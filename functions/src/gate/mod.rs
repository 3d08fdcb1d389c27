//! The function `gate`: a stage of CodePipeline waits for a test's verdict.

mod event;

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_api::{Api, Artifact, GateAnswer, GateError, GateFailure, GateJob};
use swarmgate_aws::{FailureKind, JobError, JobFailure, JobProgress, JobSuccess, PipelineJobResults, StageArtifact};
use swarmgate_service::stop;
use tracing::{error, info, warn};

use crate::deployment::Deployment;
use crate::metrics::Metrics;

pub use event::GateEvent;

/// Starts the test of a stage, or looks how it stands, and tells CodePipeline.
///
/// # Errors
/// Neither could the job be answered nor CodePipeline told that it goes on. Lambda calls again with the same event, which does no harm.
pub async fn handle(
    deployment: &Deployment,
    api: &Api,
    results: &PipelineJobResults,
    event: GateEvent,
) -> Result<(), lambda_runtime::Error> {
    let (job, artifact) = event.into_parts(deployment);
    let answer = match artifact {
        Some(artifact) => api.gate(&job, &artifact).await,
        None => api.gate(&job, &NoArtifact).await,
    };
    let told = tell(results, &job, &answer).await;
    metrics(&answer).requests(deployment.requests.take()).print(&*deployment.ports.clock);
    match told {
        // It timed out, its stage was stopped, or this event came twice. A test that no stage asks for is stopped by `sweep`.
        Err(JobError::Over { job }) => {
            info!(job, "the job is over, nobody waits for its answer");
            Ok(())
        }
        Err(JobError::Unknown { job: id }) => {
            error!(job = id, "an event of a job that CodePipeline does not know: someone else called this function");
            stop_own_test(deployment, &job, &answer).await
        }
        told => Ok(told?),
    }
}

/// Stops the test that an event of no job has started. One that it merely names is another's.
async fn stop_own_test(
    deployment: &Deployment,
    job: &GateJob,
    answer: &Result<GateAnswer, GateError>,
) -> Result<(), lambda_runtime::Error> {
    if let (Ok(GateAnswer::Wait { run, .. }), None) = (answer, &job.continuation) {
        stop(&deployment.ports, run).await?;
        warn!(%run, "its test is stopped");
    }
    Ok(())
}

async fn tell(
    results: &PipelineJobResults,
    job: &GateJob,
    answer: &Result<GateAnswer, GateError>,
) -> Result<(), JobError> {
    match answer {
        Ok(GateAnswer::Wait { run, summary, percent }) => {
            info!(%run, job = job.id, percent, "a stage waits for a test");
            let progress =
                JobProgress { summary: summary.clone(), percent: Some(*percent), execution: Some(run.to_string()) };
            results.go_on(&job.id, run.as_str(), &progress).await
        }
        Ok(GateAnswer::Succeed { run, summary, outputs }) => {
            info!(%run, job = job.id, summary, "a stage may go on");
            let execution = Some(run.to_string());
            let progress = JobProgress { summary: summary.clone(), percent: Some(100), execution };
            let variables = outputs.clone().into_iter().collect();
            results.succeed(&job.id, &JobSuccess { progress, variables }).await
        }
        Ok(GateAnswer::Fail { run, failure, message }) => {
            info!(run = run.as_ref().map(tracing::field::display), job = job.id, message, "a stage has failed");
            let kind = match failure {
                GateFailure::Configuration => FailureKind::Configuration,
                GateFailure::Verdict => FailureKind::Failed,
            };
            let execution = run.as_ref().map(ToString::to_string);
            results.fail(&job.id, &JobFailure { kind, message: message.clone(), execution }).await
        }
        Err(error) => {
            warn!(job = job.id, %error, "a stage could not be answered, it is to ask again");
            match &job.continuation {
                Some(token) => {
                    let progress = JobProgress { summary: error.to_string(), ..JobProgress::default() };
                    results.go_on(&job.id, token, &progress).await
                }
                // Nothing was started that it could go on with: Lambda calls again.
                None => Err(JobError::Failed { job: job.id.clone(), reason: error.to_string() }),
            }
        }
    }
}

fn metrics(answer: &Result<GateAnswer, GateError>) -> Metrics {
    let is = |kind: bool| u32::from(kind);
    Metrics::new("gate")
        .count("Waiting", is(matches!(answer, Ok(GateAnswer::Wait { .. }))))
        .count("Passed", is(matches!(answer, Ok(GateAnswer::Succeed { .. }))))
        .count("Failed", is(matches!(answer, Ok(GateAnswer::Fail { .. }))))
        .count("Errors", is(answer.is_err()))
}

/// A stage without an input artifact.
struct NoArtifact;

#[async_trait]
impl Artifact for NoArtifact {
    async fn folder_of(&self, _path: &str) -> Result<BTreeMap<String, Bytes>, String> {
        Err("the stage has no input artifact".to_owned())
    }
}

impl GateEvent {
    fn into_parts(self, deployment: &Deployment) -> (GateJob, Option<StageArtifact>) {
        let GateEvent { job } = self;
        let data = job.data;
        let artifact = data.input_artifacts.into_iter().next().map(|artifact| {
            let place = artifact.location.s3_location;
            let credentials = data.artifact_credentials.into_credentials();
            let addressing = deployment.settings.addressing;
            StageArtifact::new(&deployment.config, addressing, credentials, place.bucket_name, place.object_key)
        });
        let parameters = data.action_configuration.configuration.user_parameters.unwrap_or_default();
        (GateJob { id: job.id, parameters, continuation: data.continuation_token }, artifact)
    }
}
