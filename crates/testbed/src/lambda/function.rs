//! A function: as many running copies as there are events at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};

use super::instance::Instance;
use crate::process::Usage;

/// How long a function may take, unless it is said otherwise.
const USUAL_LIMIT: Duration = Duration::from_secs(30);

/// A bootstrap binary that is run as Lambda runs it. Clones are the same function.
#[derive(Clone, Debug)]
pub struct LambdaFunction(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    bootstrap: PathBuf,
    environment: Vec<(String, String)>,
    most_time: Duration,
    folder: TempDir,
    places: Semaphore,
    idle: Mutex<Vec<Instance>>,
    killed: watch::Sender<()>,
    ended: Mutex<u32>,
}

/// Why an event was not handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// The function said so; holds what it said, as JSON.
    Failed(String),
    /// The process ended, or was killed.
    Ended,
    /// It took too long, and was ended.
    TimedOut,
}

impl LambdaFunction {
    /// The function, which may have so many copies at once. Starts none yet.
    pub fn new(name: &str, bootstrap: &Path, environment: Vec<(String, String)>, most_copies: usize) -> Self {
        Self(Arc::new(Inner {
            name: name.to_owned(),
            bootstrap: bootstrap.to_owned(),
            environment,
            most_time: USUAL_LIMIT,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            places: Semaphore::new(most_copies),
            idle: Mutex::default(),
            killed: watch::Sender::new(()),
            ended: Mutex::default(),
        }))
    }

    /// The same function, which may take so long. To be said before it is used.
    pub fn may_take(self, most_time: Duration) -> Self {
        let mut inner = Arc::into_inner(self.0).expect("nobody else has this function yet");
        inner.most_time = most_time;
        Self(Arc::new(inner))
    }

    /// Handles an event.
    ///
    /// # Errors
    /// [`FunctionError`]; whether anything was done is open.
    pub async fn invoke(&self, event: impl Into<Bytes>) -> Result<Bytes, FunctionError> {
        let function = &*self.0;
        let _place = function.places.acquire().await.expect("nobody closes this semaphore");
        let idle = function.idle.lock().expect("no holder of this lock panics").pop();
        let mut instance = match idle {
            Some(instance) => instance,
            None => Instance::start(&function.name, &function.bootstrap, &function.environment, &self.log_file()).await,
        };
        let mut killed = function.killed.subscribe();
        let outcome = tokio::select! {
            outcome = instance.invoke(event.into(), function.most_time) => outcome,
            // The sender lives as long as the function.
            _ = killed.changed() => Err(FunctionError::Ended),
        };
        match outcome {
            Ok(_) | Err(FunctionError::Failed(_)) => {
                function.idle.lock().expect("no holder of this lock panics").push(instance);
            }
            // The process is killed with its instance.
            Err(FunctionError::Ended | FunctionError::TimedOut) => {
                *function.ended.lock().expect("no holder of this lock panics") += 1;
            }
        }
        outcome
    }

    /// Kills the processes of all copies that work now, at whatever they are.
    pub fn kill_working(&self) {
        self.0.killed.send_replace(());
    }

    /// How many processes ended while they worked.
    pub fn ended(&self) -> u32 {
        *self.0.ended.lock().expect("no holder of this lock panics")
    }

    /// The init times of the copies that wait for events.
    pub fn init_times(&self) -> Vec<Duration> {
        let idle = self.0.idle.lock().expect("no holder of this lock panics");
        idle.iter().filter_map(Instance::init_time).collect()
    }

    /// What the copies that wait for events have used until now.
    pub fn usage(&self) -> Usage {
        let idle = self.0.idle.lock().expect("no holder of this lock panics");
        idle.iter().map(Instance::usage).fold(Usage::default(), |sum, usage| Usage {
            cpu: sum.cpu + usage.cpu,
            peak_bytes: sum.peak_bytes.max(usage.peak_bytes),
        })
    }

    /// What all its copies printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.0.folder.path().join("log")
    }
}
