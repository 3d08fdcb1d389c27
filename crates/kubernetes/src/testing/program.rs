//! What runs in a Pod's place.

use std::ffi::OsString;
use std::path::PathBuf;

/// A program of this machine that stands for a Pod's container. It gets the environment that the Pod's container would get, and
/// `KUBECONFIG` with the Pod's own service account.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) listens_by: Option<String>,
}

impl Program {
    /// A program without arguments.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), arguments: Vec::new(), environment: Vec::new(), listens_by: None }
    }

    /// With an argument more.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With a variable, whatever the Pod says of it.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// All Pods share this machine's ports: this variable gets the address, with a free port, on which the program is to answer the
    /// readiness probe of its container. Without it, a Pod is ready once its program runs.
    #[must_use]
    pub fn listens_by(mut self, variable: &str) -> Self {
        self.listens_by = Some(variable.to_owned());
        self
    }
}
