//! Running the command, and reading what it made.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use swarmgate_domain::{EntrySummary, Summary};
use tempfile::TempDir;

/// A folder of its own for one test, with what a run needs in it.
pub struct Place {
    folder: TempDir,
}

/// What a run of the command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("the temporary folder can be written");
        path
    }

    /// The command, to be run in this folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swarmgate"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null()).env_remove("SWARMGATE_LOG");
        // Whether this machine has a Locust makes no difference, unless a test names one.
        command.env("SWARMGATE_LOCUST", "");
        command
    }

    /// Runs the command to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("the command can be started").into()
    }

    /// Starts the command.
    pub fn start(&self, args: &[&str]) -> Running {
        let child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running(Some(child.expect("the command can be started")))
    }

    /// The summary of the report in folder `out`.
    pub fn summary(&self, out: &str) -> Summary {
        read_summary(&self.path(out))
    }
}

/// The summary of the report in `folder`.
pub fn read_summary(folder: &Path) -> Summary {
    let path = folder.join("summary.json");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("summary.json holds a summary")
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the command prints text");
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// A command at work; killed when dropped.
pub struct Running(Option<Child>);

impl Running {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it was not waited for")
    }

    /// What it prints from now on.
    pub fn stdout(&mut self) -> &mut ChildStdout {
        self.child().stdout.as_mut().expect("it was started with a pipe")
    }

    /// Sends it a signal by name, such as `INT`.
    pub fn signal(&mut self, name: &str) {
        let pid = self.child().id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("kill can be started");
        assert!(status.success(), "the process is not there any more");
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ran {
        self.0.take().expect("it was not waited for").wait_with_output().expect("it can be waited for").into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until `done`, for so long at most.
#[expect(clippy::disallowed_methods, reason = "a test waits for another process, whose clock is the real one")]
pub fn wait_until(what: &str, most: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < most, "waited {most:?} for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The entry of a request name.
pub fn entry<'a>(summary: &'a Summary, name: &str) -> &'a EntrySummary {
    summary.requests.iter().find(|entry| entry.name == name).unwrap_or_else(|| {
        let names: Vec<_> = summary.requests.iter().map(|entry| &entry.name).collect();
        panic!("no entry {name}, there are {names:?}")
    })
}
