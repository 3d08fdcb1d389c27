//! CodePipeline's two calls about jobs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::server::Server;
use crate::stand_ins::config_for;

/// What CodePipeline was told of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobAnswer {
    /// It goes on, or succeeded: `PutJobSuccessResult` as it was sent.
    Success(Value),
    /// It failed: `PutJobFailureResult` as it was sent.
    Failure(Value),
}

/// CodePipeline, with jobs that wait to be answered.
#[derive(Debug)]
pub struct FakePipelines {
    server: Server,
    jobs: Jobs,
}

/// What was told of each open job, and of those that are over.
type Jobs = Arc<Mutex<BTreeMap<String, Vec<JobAnswer>>>>;

impl FakePipelines {
    /// Without jobs.
    pub async fn start() -> Self {
        let jobs = Jobs::default();
        let server = Server::start(Router::new().fallback(answer).with_state(jobs.clone())).await;
        Self { server, jobs }
    }

    /// Its URL, for `AWS_ENDPOINT_URL_CODEPIPELINE`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What an adapter is made of.
    pub async fn config(&self) -> SdkConfig {
        config_for(&self.url()).await
    }

    /// Adds a job.
    pub fn open_job(&self, id: &str) {
        self.jobs.lock().expect("no holder of this lock panics").insert(id.to_owned(), Vec::new());
    }

    /// What was told of a job, in order.
    pub fn answers(&self, id: &str) -> Vec<JobAnswer> {
        self.jobs.lock().expect("no holder of this lock panics").get(id).cloned().unwrap_or_default()
    }
}

async fn answer(State(jobs): State<Jobs>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let told = match target {
        "CodePipeline_20150709.PutJobSuccessResult" => JobAnswer::Success(sent.clone()),
        "CodePipeline_20150709.PutJobFailureResult" => JobAnswer::Failure(sent.clone()),
        _ => return failed("UnknownOperationException", target),
    };
    let mut jobs = jobs.lock().expect("no holder of this lock panics");
    match jobs.get_mut(sent["jobId"].as_str().unwrap_or_default()) {
        None => failed("JobNotFoundException", "no such job"),
        Some(answers) if answers.iter().any(is_last) => failed("InvalidJobStateException", "the job is over"),
        Some(answers) => {
            answers.push(told);
            axum::Json(json!({})).into_response()
        }
    }
}

fn is_last(answer: &JobAnswer) -> bool {
    match answer {
        JobAnswer::Failure(_) => true,
        JobAnswer::Success(sent) => sent["continuationToken"].is_null(),
    }
}

fn failed(kind: &str, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "__type": kind, "message": message }))).into_response()
}
