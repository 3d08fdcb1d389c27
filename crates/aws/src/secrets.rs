//! Values for `${secret:name}`, from Secrets Manager.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use swarmgate_service::ports::Secrets;

/// Secrets whose names start with a prefix, so that a role can be allowed just these.
#[derive(Clone, Debug)]
pub struct SecretValues {
    client: Client,
    prefix: String,
}

/// Why a secret could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reading the secret {id}: {reason}")]
pub struct SecretError {
    /// Its whole name.
    pub id: String,
    /// Why not.
    pub reason: String,
}

impl SecretValues {
    /// Those whose names in Secrets Manager are `prefix` and the scenario's name for them, such as `swarmgate/` and `shop-password`.
    pub fn new(config: &SdkConfig, prefix: impl Into<String>) -> Self {
        Self { client: Client::new(config), prefix: prefix.into() }
    }

    /// The values of the secrets that a scenario names.
    ///
    /// # Errors
    /// [`SecretError`], the first: it is not there, holds no text, or may not be read.
    pub async fn read<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Secrets, SecretError> {
        let mut values = BTreeMap::new();
        for name in names {
            values.insert(name.to_owned(), self.value(name).await?);
        }
        Ok(Secrets(values))
    }

    async fn value(&self, name: &str) -> Result<String, SecretError> {
        let id = format!("{}{name}", self.prefix);
        match self.client.get_secret_value().secret_id(&id).send().await {
            Ok(output) => output
                .secret_string
                .ok_or_else(|| SecretError { id, reason: "it holds bytes, allowed are texts".to_owned() }),
            Err(error) => Err(SecretError { id, reason: DisplayErrorContext(&error).to_string() }),
        }
    }
}
