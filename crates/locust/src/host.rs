//! The world that a locustfile sees: files beside it, environment variables, the clock, the log.

use std::rc::Rc;

use swarmgate_python::{FileRefused, Host, LogLevel};

use crate::files::Files;

/// Takes lines of the log: level, logger, text.
pub type LogSink = Rc<dyn Fn(LogLevel, &str, &str)>;

/// What a machine of Python is given.
pub struct World {
    /// What may be read.
    pub files: Files,
    /// Environment variables that are seen.
    pub environment: Vec<(String, String)>,
    /// `sys.argv`.
    pub arguments: Vec<String>,
    /// Nanoseconds since 1970.
    pub wall: Rc<dyn Fn() -> u64>,
    /// Nanoseconds by a clock that never jumps.
    pub monotonic: Rc<dyn Fn() -> u64>,
    /// Random numbers, for seeds.
    pub entropy: Rc<dyn Fn() -> u64>,
    /// Where the log goes.
    pub log: LogSink,
}

impl Host for World {
    fn wall_nanos(&self) -> u64 {
        (self.wall)()
    }

    fn monotonic_nanos(&self) -> u64 {
        (self.monotonic)()
    }

    fn entropy(&mut self) -> u64 {
        (self.entropy)()
    }

    fn log(&mut self, level: LogLevel, logger: &str, text: &str) {
        (self.log)(level, logger, text);
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FileRefused> {
        self.files.bytes(path).map(|content| content.to_vec())
    }

    fn list_folder(&mut self, path: &str) -> Result<Vec<String>, FileRefused> {
        self.files.list(path)
    }

    fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn process_bytes(&self) -> u64 {
        let pages = std::fs::read_to_string("/proc/self/statm").ok();
        let resident = pages.as_ref().and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
        resident.unwrap_or(0) * 4096
    }
}
