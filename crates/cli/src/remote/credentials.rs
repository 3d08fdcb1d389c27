//! Your AWS credentials: from the environment, or from the `aws` command, which knows profiles, single sign-on and roles.

use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::exit::Failure;

/// Credentials of AWS. Shows none of them in logs.
#[derive(Clone)]
pub struct Credentials {
    /// Names the key.
    pub key_id: String,
    /// The key.
    pub secret: String,
    /// Of temporary ones.
    pub session: Option<String>,
}

/// What `aws configure export-credentials` prints: the format of a credential process.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Credentials {
    /// Those of the environment, or what the `aws` command gives.
    ///
    /// # Errors
    /// [`Failure`]: there are none.
    pub fn find() -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let (Some(key_id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
            return Ok(Self { key_id, secret, session: variable("AWS_SESSION_TOKEN") });
        }
        exported().map_err(|reason| {
            let hint =
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with the aws command (aws sso login)";
            Failure::could_not_run(format!("finding AWS credentials to sign with: {reason}"))
                .with_hint(Some(hint.to_owned()))
        })
    }
}

fn exported() -> Result<Credentials, String> {
    let mut command = Command::new("aws");
    command.args(["configure", "export-credentials", "--format", "process"]).stdin(Stdio::null());
    let output =
        command.output().map_err(|error| format!("the environment has none, and `aws` can't be run: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the environment has none, and `aws configure export-credentials` says: {}", words.trim()));
    }
    let exported: Exported =
        serde_json::from_slice(&output.stdout).map_err(|_| "what the `aws` command gives is not known".to_owned())?;
    let Exported { access_key_id: key_id, secret_access_key: secret, session_token: session } = exported;
    Ok(Credentials { key_id, secret, session })
}
