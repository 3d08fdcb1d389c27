//! The world that a locustfile sees: files beside it, environment variables, the clock, the log.

use std::rc::Rc;

use swarmgate_python::{FileChange, FileRefused, Host, LogLevel};

use crate::asked::Ask;
use crate::disk::Disk;
use crate::files::Files;

/// Takes lines of the log: level, logger, text.
pub type LogSink = Rc<dyn Fn(LogLevel, &str, &str)>;

/// What a machine of Python is given.
pub struct World {
    /// What may be read.
    pub files: Files,
    /// Environment variables that are seen: [`shown_environment`] of this process.
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
    /// What comes of requests that are sent as the file is loaded.
    pub ask: Ask,
}

/// Of these environment variables, those that a locustfile sees: credentials and settings of what runs it are not its own. The
/// command, which loads a locustfile to check it, and the workers show the same.
pub fn shown_environment(variables: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let is_shown = |name: &str| !["AWS_", "SWARMGATE_"].iter().any(|hidden| name.starts_with(hidden));
    variables.into_iter().filter(|(name, _)| is_shown(name)).collect()
}

/// A world with what was written in it.
pub struct Inhabited {
    world: World,
    disk: Disk,
}

impl Inhabited {
    /// Nothing was written yet.
    pub fn new(world: World) -> Self {
        let disk = Disk::new(world.files.clone());
        Self { world, disk }
    }
}

impl Host for Inhabited {
    fn wall_nanos(&self) -> u64 {
        (self.world.wall)()
    }

    fn monotonic_nanos(&self) -> u64 {
        (self.world.monotonic)()
    }

    fn entropy(&mut self) -> u64 {
        (self.world.entropy)()
    }

    fn log(&mut self, level: LogLevel, logger: &str, text: &str) {
        (self.world.log)(level, logger, text);
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FileRefused> {
        self.disk.read(path).map(|content| content.to_vec())
    }

    fn list_folder(&mut self, path: &str) -> Result<Vec<String>, FileRefused> {
        self.disk.list(path)
    }

    fn file_bytes(&mut self, path: &str) -> Result<u64, FileRefused> {
        self.disk.read(path).map(|content| content.len() as u64)
    }

    fn change_files(&mut self, path: &str, change: FileChange<'_>) -> Result<(), FileRefused> {
        let is_first = self.disk.change(path, change)?;
        if is_first && matches!(change, FileChange::Empty | FileChange::Append(_)) {
            let text = format!(
                "`{path}` is written to memory only: it is gone after the test (a real Locust would write it to the disk)"
            );
            self.log(LogLevel::Warning, "swarmgate", &text);
        }
        Ok(())
    }

    fn environment(&self) -> Vec<(String, String)> {
        self.world.environment.clone()
    }

    fn arguments(&self) -> Vec<String> {
        self.world.arguments.clone()
    }

    fn process_bytes(&self) -> u64 {
        let pages = std::fs::read_to_string("/proc/self/statm").ok();
        let resident = pages.as_ref().and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
        resident.unwrap_or(0) * 4096
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let pairs = ["HOME", "AWS_SECRET_ACCESS_KEY", "LOCUST_HOST", "SWARMGATE_SECRET_TOKEN", "MY_AWS_NAME"];
        let shown = shown_environment(pairs.map(|name| (name.to_owned(), "x".to_owned())));
        let names: Vec<_> = shown.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["HOME", "LOCUST_HOST", "MY_AWS_NAME"]);
    }
}
