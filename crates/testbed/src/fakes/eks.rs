//! EKS's `DescribeCluster`, for a cluster that is elsewhere.

use aws_config::SdkConfig;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use crate::server::Server;
use crate::stand_ins::config_for;

/// Knows one cluster. moto makes clusters too, but makes up where they are.
#[derive(Debug)]
pub struct FakeEks {
    server: Server,
}

impl FakeEks {
    /// With the cluster `name`, whose Kubernetes API is at `endpoint` and has a certificate by `ca_pem`.
    pub async fn start(name: &str, endpoint: &str, ca_pem: &str) -> Self {
        let cluster = json!({
            "name": name,
            "arn": format!("arn:aws:eks:us-east-1:123456789012:cluster/{name}"),
            "status": "ACTIVE",
            "endpoint": endpoint,
            "certificateAuthority": { "data": BASE64_STANDARD.encode(ca_pem) },
        });
        let router = Router::new().route("/clusters/{name}", get(describe)).with_state(cluster);
        Self { server: Server::start(router).await }
    }

    /// Its URL, for `AWS_ENDPOINT_URL_EKS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What an adapter is made of.
    pub async fn config(&self) -> SdkConfig {
        config_for(&self.url()).await
    }
}

async fn describe(State(cluster): State<Value>, Path(name): Path<String>) -> Response {
    if cluster["name"] == name.as_str() {
        return axum::Json(json!({ "cluster": cluster })).into_response();
    }
    let error = json!({ "clusterName": name, "message": format!("No cluster found for name: {name}.") });
    (StatusCode::NOT_FOUND, [("x-amzn-errortype", "ResourceNotFoundException")], axum::Json(error)).into_response()
}
