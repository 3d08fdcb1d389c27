//! Why a use case did not come to its end. Each may be run again.

use swarmgate_domain::{FrameError, Key, RunId};

use crate::ports::{EngineError, FleetError, Outlook, QueueError, RenderError, StoreError};

/// Why a use case did not come to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The fleet.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The report.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The load engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An object that should hold JSON of ours does not.
    #[error("reading {key}: {reason}")]
    Unreadable {
        /// Which.
        key: Key,
        /// Why.
        reason: String,
    },
    /// An object that should hold measurements does not.
    #[error("{key}")]
    Frame {
        /// Which.
        key: Key,
        /// Why.
        source: FrameError,
    },
    /// No such test.
    #[error("test {run}: there is none of this id")]
    NoSuchRun {
        /// The id.
        run: RunId,
    },
    /// The plan names a pool that this deployment does not have.
    #[error("pool `{pool}`: there is none of this name, there are {known}")]
    NoSuchPool {
        /// The name.
        pool: String,
        /// Those that there are.
        known: String,
    },
    /// Others kept writing first.
    #[error("changing {key}: others kept changing it, {tries} times")]
    Contended {
        /// Which object.
        key: Key,
        /// How often it was tried.
        tries: u32,
    },
}

impl ServiceError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint().map(str::to_owned),
            Self::Engine(error) => Some(error.hint.clone()),
            _ => None,
        }
    }

    /// The message, and what the user can do about it.
    pub fn with_hint(&self) -> String {
        match self.hint() {
            Some(hint) => format!("{self}; {hint}"),
            None => self.to_string(),
        }
    }

    /// Whether the same may be done later without someone mending something.
    pub fn outlook(&self) -> Outlook {
        match self {
            Self::Store(StoreError::Denied { .. } | StoreError::Full { .. }) => Outlook::Lasting,
            Self::Fleet(error) => error.outlook,
            _ => Outlook::Passing,
        }
    }
}
