//! The small ports: workers to be had, time, chance, and files made of a summary.

use async_trait::async_trait;
use swarmgate_domain::{Micros, Results};

/// Workers, in pools.
#[async_trait]
pub trait Fleet: Send + Sync {
    /// Makes the pool go towards `workers` workers. Done again with the same number, it does nothing.
    ///
    /// # Errors
    /// [`FleetError`]: the pool may be as before.
    async fn scale(&self, pool: &str, workers: u32) -> Result<(), FleetError>;

    /// How the pool stands.
    ///
    /// # Errors
    /// [`FleetError`].
    async fn status(&self, pool: &str) -> Result<FleetStatus, FleetError>;
}

/// How a pool stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetStatus {
    /// Workers asked for.
    pub wanted: u32,
    /// Workers that run.
    pub running: u32,
    /// Why workers do not come, where that is known and will not mend itself.
    pub problem: Option<String>,
}

/// Why a pool can't be scaled or asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attempted}: {reason}")]
pub struct FleetError {
    /// What was attempted, on which pool.
    pub attempted: String,
    /// Why it did not work.
    pub reason: String,
    /// Whether it may work later.
    pub outlook: Outlook,
}

/// Whether what failed may work later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It may: something does not answer, or not now.
    Passing,
    /// Not before someone mends it: there is no such thing, or it may not be done.
    Lasting,
}

/// Time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Microseconds since the Unix epoch.
    fn now(&self) -> Micros;
    /// Waits.
    async fn sleep(&self, time: Micros);
}

/// Chance: for jitter and for names, never for results.
pub trait Randomness: Send + Sync {
    /// Any number.
    fn draw(&self) -> u64;
}

/// Makes the files of a report.
pub trait Renderer: Send + Sync {
    /// The files, the page to open first among them as `index.html`. Takes milliseconds of CPU: a pure function of `results`.
    ///
    /// # Errors
    /// [`RenderError`]: a bug.
    fn render(&self, results: &Results) -> Result<Vec<RenderedFile>, RenderError>;
}

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Such as `index.html`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why a file could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("making {file}: {reason}")]
pub struct RenderError {
    /// The file.
    pub file: String,
    /// Why not.
    pub reason: String,
}
