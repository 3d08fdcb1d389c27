//! The world outside of the machine.

/// What the machine asks of the program around it. Each answers at once; what takes time is a
/// [`HostCall`](super::HostCall).
pub trait Host {
    /// Nanoseconds since 1970.
    fn wall_nanos(&self) -> u64;

    /// Nanoseconds by a clock that never jumps.
    fn monotonic_nanos(&self) -> u64;

    /// A random number from the system, for seeds.
    fn entropy(&mut self) -> u64;

    /// A line for the log.
    fn log(&mut self, level: LogLevel, logger: &str, text: &str);

    /// The content of a file beside the main file.
    ///
    /// # Errors
    /// Why there is none.
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FileRefused>;

    /// The names in a folder beside the main file.
    ///
    /// # Errors
    /// Why there are none.
    fn list_folder(&mut self, path: &str) -> Result<Vec<String>, FileRefused>;

    /// All environment variables.
    fn environment(&self) -> Vec<(String, String)>;

    /// The command's arguments, its name first.
    fn arguments(&self) -> Vec<String>;

    /// How much memory the process holds, in bytes; 0 where that is not known.
    fn process_bytes(&self) -> u64;
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the level of its name")]
pub enum LogLevel {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

/// Why a file can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRefused {
    /// There is none.
    NotFound,
    /// It is a folder.
    IsFolder,
    /// It is not beside the main file.
    Outside,
    /// Reading it failed.
    Failed(String),
}
