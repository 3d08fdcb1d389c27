//! The world that a locustfile sees: files beside it, environment variables, the clock, the log.

use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use swarmgate_python::{FileRefused, Host, LogLevel};

/// Takes lines of the log: level, logger, text.
pub type LogSink = Rc<dyn Fn(LogLevel, &str, &str)>;

/// Files that may be read: those under one folder.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// Those under `root`.
    pub fn under(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A file's text.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.place(path).ok()?).ok()
    }

    /// Whether a folder is there.
    pub(crate) fn is_folder(&self, path: &str) -> bool {
        self.place(path).is_ok_and(|place| place.is_dir())
    }

    fn place(&self, path: &str) -> Result<PathBuf, FileRefused> {
        let asked = Path::new(path);
        let joined = if asked.is_absolute() { asked.to_path_buf() } else { self.root.join(asked) };
        let mut depth = 0_i32;
        for part in asked.components() {
            depth += match part {
                Component::ParentDir => -1,
                Component::Normal(_) => 1,
                _ => 0,
            };
            if depth < 0 {
                return Err(FileRefused::Outside);
            }
        }
        // Links may lead elsewhere: what counts is where the file really is.
        let (Ok(real), Ok(root)) = (joined.canonicalize(), self.root.canonicalize()) else {
            return Err(FileRefused::NotFound);
        };
        if real.starts_with(root) { Ok(real) } else { Err(FileRefused::Outside) }
    }
}

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
        let place = self.files.place(path)?;
        if place.is_dir() {
            return Err(FileRefused::IsFolder);
        }
        std::fs::read(place).map_err(|error| FileRefused::Failed(error.to_string()))
    }

    fn list_folder(&mut self, path: &str) -> Result<Vec<String>, FileRefused> {
        let place = self.files.place(path)?;
        let entries = std::fs::read_dir(place).map_err(|_| FileRefused::NotFound)?;
        let mut names: Vec<String> =
            entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
        names.sort();
        Ok(names)
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
