//! Answers to CodePipeline about its jobs.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_codepipeline::types::{ExecutionDetails, FailureDetails, FailureType};

/// The longest message of a failure, in characters; CodePipeline takes no more.
const LONGEST_MESSAGE: usize = 5_000;
/// The longest summary, likewise.
const LONGEST_SUMMARY: usize = 2_048;

/// Tells CodePipeline how jobs go.
#[derive(Clone, Debug)]
pub struct PipelineJobResults {
    client: Client,
}

/// How far a job has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobProgress {
    /// In a few words, for the pipeline's page.
    pub summary: String,
    /// From 0 to 100.
    pub percent: Option<u8>,
    /// What the job does elsewhere: the id of its test.
    pub execution: Option<String>,
}

/// A job that succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobSuccess {
    /// How it went.
    pub progress: JobProgress,
    /// Values that later actions may use, by name.
    pub variables: HashMap<String, String>,
}

/// A job that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What to read on the pipeline's page: cut to 5,000 characters.
    pub message: String,
    /// What the job did elsewhere: the id of its test.
    pub execution: Option<String>,
}

/// What kind of failure, as CodePipeline knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The verdict is not what was asked for.
    Failed,
    /// The action is set up wrong.
    Configuration,
    /// Something may not be done.
    Permission,
    /// Something that it needs is not there now.
    Unavailable,
}

/// Why CodePipeline was not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// There never was such a job, or it is of another account.
    #[error("answering the pipeline job {job}: there is none of this id")]
    Unknown {
        /// Its id.
        job: String,
    },
    /// The job is over: it timed out, its stage was stopped, or it was answered before.
    #[error("answering the pipeline job {job}: it is over")]
    Over {
        /// Its id.
        job: String,
    },
    /// Anything else. It may have been told all the same.
    #[error("answering the pipeline job {job}: {reason}")]
    Failed {
        /// Its id.
        job: String,
        /// Why not.
        reason: String,
    },
}

impl PipelineJobResults {
    /// For the pipelines of the region of `config`. Sends nothing yet.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The job goes on: CodePipeline calls again, with `token` (1 to 2,048 characters).
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn go_on(&self, job: &str, token: &str, progress: &JobProgress) -> Result<(), JobError> {
        let call = self.client.put_job_success_result().job_id(job).continuation_token(token);
        let sent = call.execution_details(details(progress)).send().await;
        sent.map(drop).map_err(|error| failed(job, &error))
    }

    /// The job succeeded.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn succeed(&self, job: &str, success: &JobSuccess) -> Result<(), JobError> {
        let call = self.client.put_job_success_result().job_id(job).execution_details(details(&success.progress));
        let sent = call.set_output_variables(Some(success.variables.clone())).send().await;
        sent.map(drop).map_err(|error| failed(job, &error))
    }

    /// The job failed.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn fail(&self, job: &str, failure: &JobFailure) -> Result<(), JobError> {
        let kind = match failure.kind {
            FailureKind::Failed => FailureType::JobFailed,
            FailureKind::Configuration => FailureType::ConfigurationError,
            FailureKind::Permission => FailureType::PermissionError,
            FailureKind::Unavailable => FailureType::SystemUnavailable,
        };
        let details = FailureDetails::builder().r#type(kind).message(cut(&failure.message, LONGEST_MESSAGE));
        let details = details.set_external_execution_id(failure.execution.clone()).build();
        let details = details.expect("a kind and a message are all that a failure must have");
        let sent = self.client.put_job_failure_result().job_id(job).failure_details(details).send().await;
        sent.map(drop).map_err(|error| failed(job, &error))
    }
}

fn details(progress: &JobProgress) -> ExecutionDetails {
    ExecutionDetails::builder()
        .summary(cut(&progress.summary, LONGEST_SUMMARY))
        .set_percent_complete(progress.percent.map(|percent| i32::from(percent.min(100))))
        .set_external_execution_id(progress.execution.clone())
        .build()
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn failed<E, R>(job: &str, error: &SdkError<E, R>) -> JobError
where
    SdkError<E, R>: std::error::Error + ProvideErrorMetadata + 'static,
{
    let job = job.to_owned();
    match error.code() {
        Some("InvalidJobStateException") => JobError::Over { job },
        Some("JobNotFoundException") => JobError::Unknown { job },
        _ => JobError::Failed { job, reason: DisplayErrorContext(error).to_string() },
    }
}
