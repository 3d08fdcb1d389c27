//! What CodePipeline is told.

use std::collections::HashMap;

use serde_json::json;
use swarmgate_aws::{FailureKind, JobError, JobFailure, JobProgress, JobSuccess, PipelineJobResults};
use swarmgate_testbed::{FakePipelines, JobAnswer};

#[tokio::test]
async fn a_job_goes_on_and_succeeds() {
    let fake = FakePipelines::start().await;
    fake.open_job("job-1");
    let jobs = PipelineJobResults::new(&fake.config().await);
    let progress =
        JobProgress { summary: "running".to_owned(), percent: Some(40), execution: Some("key-1".to_owned()) };
    jobs.go_on("job-1", "token-1", &progress).await.unwrap();
    let variables = HashMap::from([("verdict".to_owned(), "pass".to_owned())]);
    jobs.succeed("job-1", &JobSuccess { progress, variables }).await.unwrap();
    let details = json!({ "summary": "running", "percentComplete": 40, "externalExecutionId": "key-1" });
    assert_eq!(
        fake.answers("job-1"),
        [
            JobAnswer::Success(
                json!({ "jobId": "job-1", "continuationToken": "token-1", "executionDetails": details })
            ),
            JobAnswer::Success(
                json!({ "jobId": "job-1", "executionDetails": details, "outputVariables": { "verdict": "pass" } })
            ),
        ]
    );
    let again = jobs.succeed("job-1", &JobSuccess::default()).await.unwrap_err();
    assert_eq!(again, JobError::Over { job: "job-1".to_owned() });
}

#[tokio::test]
async fn a_failure_says_why_as_far_as_there_is_room() {
    let fake = FakePipelines::start().await;
    fake.open_job("job-1");
    let jobs = PipelineJobResults::new(&fake.config().await);
    let message = format!("p95 < 300ms: {}", "x".repeat(6_000));
    let failure = JobFailure { kind: FailureKind::Failed, message, execution: None };
    jobs.fail("job-1", &failure).await.unwrap();
    let [JobAnswer::Failure(told)] = &fake.answers("job-1")[..] else { panic!("{:?}", fake.answers("job-1")) };
    assert_eq!(told["failureDetails"]["type"], "JobFailed");
    assert_eq!(told["failureDetails"]["message"].as_str().map(str::len), Some(5_000));
    let unknown = jobs.fail("job-2", &failure).await.unwrap_err();
    assert_eq!(unknown, JobError::Unknown { job: "job-2".to_owned() });
}
