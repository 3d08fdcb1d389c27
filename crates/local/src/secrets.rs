//! Secret values of this machine: files of a folder, as Kubernetes mounts them, and environment variables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use async_trait::async_trait;
use swarmgate_service::ports::{SecretError, SecretSource, Secrets};

/// What the name of an environment variable that holds a secret starts with.
const VARIABLE_PREFIX: &str = "SWARMGATE_SECRET_";

/// Finds `${secret:shop-password}` in the file `shop-password` of a folder, or in the variable `SWARMGATE_SECRET_SHOP_PASSWORD`.
#[derive(Clone, Debug, Default)]
pub struct LocalSecrets {
    folder: Option<PathBuf>,
}

impl LocalSecrets {
    /// Looks in `folder` first, if there is one, then in the environment.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    fn value(&self, name: &str) -> Result<String, SecretError> {
        let variable = variable(name);
        if let Some(folder) = &self.folder {
            let path = folder.join(name);
            match std::fs::read_to_string(&path) {
                // Editors and `echo` end a file with a line break, which is no part of a password.
                Ok(text) => {
                    return Ok(text.strip_suffix('\n').map_or(text.as_str(), |t| t.trim_end_matches('\r')).to_owned());
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    let reason = format!("{}: {error}", path.display());
                    let hint = "make the file readable, and a text in UTF-8".to_owned();
                    return Err(SecretError { name: name.to_owned(), reason, hint });
                }
            }
        }
        std::env::var(&variable).map_err(|_| SecretError {
            name: name.to_owned(),
            reason: match &self.folder {
                Some(folder) => {
                    format!("there is no file `{name}` in {}, and `{variable}` is not set", folder.display())
                }
                None => format!("the environment variable `{variable}` is not set"),
            },
            hint: format!("set `{variable}` where the worker runs"),
        })
    }
}

/// The environment variable that holds a secret.
fn variable(name: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{VARIABLE_PREFIX}{}", name.chars().map(upper).collect::<String>())
}

#[async_trait]
impl SecretSource for LocalSecrets {
    async fn read(&self, names: &BTreeSet<String>) -> Result<Secrets, SecretError> {
        let values: Result<BTreeMap<_, _>, _> =
            names.iter().map(|name| Ok((name.clone(), self.value(name)?))).collect();
        values.map(Secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_a_secret_and_what_is_nowhere_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop-password"), "s3 cret\r\n").unwrap();
        let secrets = LocalSecrets::new(Some(folder.path().to_owned()));
        let found = secrets.read(&["shop-password".to_owned()].into()).await.unwrap();
        assert_eq!(found.0["shop-password"], "s3 cret");
        assert!(!format!("{found:?}").contains("s3"), "{found:?}");
        let error = secrets.read(&["api.key".to_owned()].into()).await.unwrap_err();
        assert!(error.to_string().contains("`SWARMGATE_SECRET_API_KEY` is not set"), "{error}");
    }
}
