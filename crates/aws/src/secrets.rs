//! Values for `${secret:name}`, from Secrets Manager.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use swarmgate_service::ports::{SecretError, SecretSource, Secrets};

/// Secrets whose names start with a prefix, so that a role can be allowed just these.
#[derive(Clone, Debug)]
pub struct SecretValues {
    client: Client,
    prefix: String,
}

impl SecretValues {
    /// Those whose names in Secrets Manager are `prefix` and the scenario's name for them, such as `swarmgate/` and `shop-password`.
    pub fn new(config: &SdkConfig, prefix: impl Into<String>) -> Self {
        Self { client: Client::new(config), prefix: prefix.into() }
    }

    async fn value(&self, name: &str) -> Result<String, SecretError> {
        let id = format!("{}{name}", self.prefix);
        let failed = |reason: String, hint: String| SecretError { name: name.to_owned(), reason, hint };
        match self.client.get_secret_value().secret_id(&id).send().await {
            Ok(output) => output.secret_string.ok_or_else(|| {
                failed(format!("{id} holds bytes, allowed are texts"), "store it as a secret string".to_owned())
            }),
            Err(error) => Err(failed(
                DisplayErrorContext(&error).to_string(),
                format!(
                    "see that Secrets Manager has {id}, and that the worker's role has secretsmanager:GetSecretValue"
                ),
            )),
        }
    }
}

#[async_trait]
impl SecretSource for SecretValues {
    async fn read(&self, names: &BTreeSet<String>) -> Result<Secrets, SecretError> {
        let mut values = BTreeMap::new();
        for name in names {
            values.insert(name.clone(), self.value(name).await?);
        }
        Ok(Secrets(values))
    }
}
