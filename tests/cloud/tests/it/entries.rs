//! EKS's access entries: the API server asks here whose a bearer token is, as on EKS it asks the authenticator.
//!
//! What is checked is what the functions must get right: the token's form, whose key signed it, when, for which cluster. The signature itself is
//! held against the AWS CLI's in `crates/aws`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The group that the chart binds its role for the functions to.
const GROUP: &str = "swarmgate:functions";

/// The entries of one cluster, at work until they are dropped.
pub struct AccessEntries {
    folder: TempDir,
    seen: Arc<Seen>,
    _server: JoinSet<()>,
}

struct Seen {
    access_key: String,
    /// How often a token was good, and what was wrong with others.
    outcomes: Mutex<(u32, Vec<String>)>,
}

impl AccessEntries {
    /// Lets in who signs with `access_key`.
    pub async fn start(access_key: &str) -> Self {
        let seen = Arc::new(Seen { access_key: access_key.to_owned(), outcomes: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(review)).with_state(Arc::clone(&seen));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "entries",
            "clusters": [{ "name": "entries", "cluster": { "server": url } }],
            "users": [{ "name": "api-server", "user": {} }],
            "contexts": [{ "name": "entries", "context": { "cluster": "entries", "user": "api-server" } }],
        });
        std::fs::write(config_in(folder.path()), config.to_string()).unwrap();
        Self { folder, seen, _server: server }
    }

    /// What the API server must be told to ask here.
    pub fn flags(&self) -> Vec<String> {
        let file = config_in(self.folder.path());
        vec![
            format!("--authentication-token-webhook-config-file={}", file.display()),
            "--authentication-token-webhook-version=v1".to_owned(),
        ]
    }

    /// How many tokens were good. Panics if one was not.
    pub fn let_in(&self) -> u32 {
        let outcomes = self.seen.outcomes.lock().unwrap();
        assert_eq!(outcomes.1, Vec::<String>::new(), "tokens were refused");
        outcomes.0
    }
}

fn config_in(folder: &Path) -> PathBuf {
    folder.join("entries.json")
}

async fn review(State(seen): State<Arc<Seen>>, Json(review): Json<Value>) -> Json<Value> {
    let checked = check(review["spec"]["token"].as_str().unwrap_or_default(), &seen.access_key);
    let mut outcomes = seen.outcomes.lock().unwrap();
    let status = match checked {
        Ok(()) => {
            outcomes.0 += 1;
            let user = json!({ "username": "arn:aws:sts::123456789012:assumed-role/functions/api", "groups": [GROUP] });
            json!({ "authenticated": true, "user": user })
        }
        Err(reason) => {
            outcomes.1.push(reason.clone());
            json!({ "authenticated": false, "error": reason })
        }
    };
    Json(json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status }))
}

/// Whether the token is one that EKS would take from whoever has this key.
fn check(token: &str, access_key: &str) -> Result<(), String> {
    let encoded = token.strip_prefix("k8s-aws-v1.").ok_or("it does not begin with k8s-aws-v1.")?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let url = url::Url::parse(&text).map_err(|error| error.to_string())?;
    let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let of = |name: &str| query.get(name).cloned().unwrap_or_default();
    let is_of_sts = url.scheme() == "https" && url.host_str().is_some_and(|host| host.starts_with("sts."));
    let is_signed = of("X-Amz-SignedHeaders").split(';').any(|header| header == "x-k8s-aws-id");
    let checks = [
        (is_of_sts && of("Action") == "GetCallerIdentity", "it is no GetCallerIdentity of STS"),
        (is_signed, "the cluster's name is not signed"),
        (of("X-Amz-Expires") == "60", "it does not end after 60 s"),
        (of("X-Amz-Credential").split('/').next() == Some(access_key), "it is signed with another key"),
        (of("X-Amz-Signature").len() == 64, "it is not signed"),
    ];
    checks.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err((*reason).to_owned()))
}
