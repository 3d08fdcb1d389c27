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

    /// How many bytes a file beside the main file has.
    ///
    /// # Errors
    /// Why there is none.
    fn file_bytes(&mut self, path: &str) -> Result<u64, FileRefused> {
        let bytes = self.read_file(path)?.len();
        Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// Changes what files there are. Nobody else need ever see it.
    ///
    /// # Errors
    /// Why it can't be.
    fn change_files(&mut self, path: &str, change: FileChange<'_>) -> Result<(), FileRefused> {
        let _ = (path, change);
        Err(FileRefused::ReadOnly)
    }

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

/// What is done to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange<'a> {
    /// There is an empty one from now on, whatever was there.
    Empty,
    /// There is one, with these bytes at its end.
    Append(&'a [u8]),
    /// It is gone.
    Remove,
    /// There is a folder.
    MakeFolder,
    /// The empty folder is gone.
    RemoveFolder,
}

/// Why a file can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRefused {
    /// There is none.
    NotFound,
    /// It is a folder.
    IsFolder,
    /// It is not beside the main file.
    Outside,
    /// There is one already.
    Exists,
    /// The folder is not empty.
    NotEmpty,
    /// More may not be written.
    Full,
    /// Nothing can be written.
    ReadOnly,
    /// Reading it failed.
    Failed(String),
}
