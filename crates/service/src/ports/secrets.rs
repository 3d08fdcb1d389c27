//! The port to secret values, which only workers read: no plan, chunk or log holds one.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

/// Secret values by name. Shows no value in logs.
#[derive(Clone, Default)]
pub struct Secrets(pub BTreeMap<String, String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where a worker finds the values of `${secret:name}`.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// The values of all these names.
    ///
    /// # Errors
    /// [`SecretError`], the first: the shard can't be run here.
    async fn read(&self, names: &BTreeSet<String>) -> Result<Secrets, SecretError>;
}

/// Why a secret could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reading the secret `{name}`: {reason}")]
pub struct SecretError {
    /// Its name in the scenario.
    pub name: String,
    /// Why not. Holds no value.
    pub reason: String,
    /// What the user can do.
    pub hint: String,
}
