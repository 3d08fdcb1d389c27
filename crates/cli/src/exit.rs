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
    pub message: Message,
    /// What the user can do.
    pub hint: Option<String>,
}

/// What a failure says.
#[derive(Debug)]
pub enum Message {
    /// What went wrong, each in a line of its own.
    Errors(Vec<String>),
    /// The mistakes of a scenario, as they are rendered.
    Rendered(String),
}

impl Failure {
    /// Bad usage or input; `message` names the field, the value and what is allowed.
    pub fn input(message: impl fmt::Display) -> Self {
        Self::errors(Exit::BadInput, vec![message.to_string()])
    }

    /// Several mistakes of the input.
    pub fn inputs(messages: Vec<String>) -> Self {
        Self::errors(Exit::BadInput, messages)
    }

    /// The mistakes of a scenario, as they are rendered.
    pub fn rendered(text: String) -> Self {
        Self { exit: Exit::BadInput, message: Message::Rendered(text), hint: None }
    }

    /// The test could not run.
    pub fn run(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::could_not_run(chain(error))
    }

    /// The test could not run, for a reason in words.
    pub fn could_not_run(reason: String) -> Self {
        Self::errors(Exit::CouldNotRun, vec![reason])
    }

    /// The same, with what the user can do.
    pub fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    fn errors(exit: Exit, messages: Vec<String>) -> Self {
        Self { exit, message: Message::Errors(messages), hint: None }
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

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors(errors) => f.write_str(&errors.join("; ")),
            Self::Rendered(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Message::Errors(errors) => {
                let lines: Vec<_> = errors.iter().map(|error| format!("error: {error}")).collect();
                f.write_str(&lines.join("\n"))?;
            }
            Message::Rendered(text) => f.write_str(text)?,
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
