//! What the command ends with.

use std::fmt;
use std::process::ExitCode;

use swarmgate_domain::Verdict;

/// How the command ended, as its exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it did what was asked; a test passed.
    Pass,
    /// 1: a threshold was breached.
    Fail,
    /// 2: bad usage or input.
    BadInput,
    /// 3: the data can't tell.
    Inconclusive,
    /// 4: the test could not run.
    CouldNotRun,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Pass => 0,
            Exit::Fail => 1,
            Exit::BadInput => 2,
            Exit::Inconclusive => 3,
            Exit::CouldNotRun => 4,
        })
    }
}

impl From<&Verdict> for Exit {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail { .. } => Self::Fail,
            Verdict::Inconclusive { .. } => Self::Inconclusive,
        }
    }
}

/// Why the command could not do what was asked, with what it ends with.
#[derive(Debug)]
pub struct Failure {
    /// What it ends with.
    pub exit: Exit,
    /// What was attempted, on what, and why it did not work.
    pub message: String,
    /// What the user can do.
    pub hint: Option<String>,
}

impl Failure {
    /// Bad usage or input; `message` names the field, the value and what is allowed.
    pub fn input(message: impl fmt::Display) -> Self {
        Self { exit: Exit::BadInput, message: message.to_string(), hint: None }
    }

    /// The test could not run.
    pub fn run(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { exit: Exit::CouldNotRun, message: chain(error), hint: None }
    }

    /// The same, with what the user can do.
    pub fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}

impl From<swarmgate_service::ServiceError> for Failure {
    fn from(error: swarmgate_service::ServiceError) -> Self {
        let hint = error.hint();
        Self::run(&error).with_hint(hint)
    }
}

impl From<swarmgate_service::ports::StoreError> for Failure {
    fn from(error: swarmgate_service::ports::StoreError) -> Self {
        swarmgate_service::ServiceError::from(error).into()
    }
}

/// An error and what caused it: `writing x: no space is left: device full`.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message of several lines (a scenario's mistakes) says `error` itself, line by line.
        if self.message.contains('\n') {
            write!(f, "{}", self.message)?
        } else {
            write!(f, "error: {}", self.message)?
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
