//! A Locust as a process: started with the plugin, talked to, and never left behind.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::files;
use crate::installed::LocustCommand;
use crate::log::Log;
use crate::wire::{Decoder, Frame, Garbled};

const PLUGIN: &str = include_str!("plugin.py");

/// Its name must not be one that a locustfile has beside it.
const PLUGIN_NAME: &str = "swarmgate_locust_plugin.py";

/// How long what a process wrote last may take to come when it is gone: a process that it left behind may hold the pipe.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the plugin is told at the start.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// `describe` or `run`.
    pub task: &'static str,
    /// The name of the locustfile.
    pub locustfile: String,
    /// Which part of the users it has, of how many.
    pub shard: u32,
    pub shards: u32,
    /// What `environment.parsed_options` shows.
    pub users: u32,
    pub spawn_rate: f64,
    pub run_time: Option<f64>,
    pub host: Option<String>,
    pub tags: Vec<String>,
    pub exclude_tags: Vec<String>,
    pub classes: Vec<String>,
    /// What the locustfile adds to the command line.
    #[serde(skip)]
    pub arguments: Vec<String>,
    /// Seconds that users may take to finish when they are stopped.
    pub grace: f64,
}

/// Which variables of this process a Locust sees. None of them has those of Swarmgate itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variables {
    /// All others.
    Own,
    /// All but the machine's credentials for AWS: the locustfile may be anyone's.
    WithoutCredentials,
}

/// A Locust at work. Dropping it ends it, and all processes that it started in its group.
pub struct Locust {
    process: Child,
    commands: ChildStdin,
    frames: ChildStdout,
    errors: Option<ChildStderr>,
    decoder: Decoder,
    log: Log,
    read: Box<[u8]>,
    read_errors: Box<[u8]>,
    group: Option<Pid>,
    /// Goes with it.
    _folder: TempDir,
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// `None`: it had to be killed.
    pub status: Option<ExitStatus>,
    /// The last lines that it wrote to standard error.
    pub last_words: Vec<String>,
}

impl Locust {
    /// Starts one on the locustfile at `main`, in `folder`. `scratch` is a folder for it alone.
    ///
    /// # Errors
    /// The process can't be started, or the plugin can't be written.
    pub fn start(
        command: &LocustCommand,
        main: &Path,
        folder: &Path,
        scratch: TempDir,
        variables: Variables,
        task: &Task,
    ) -> std::io::Result<Self> {
        let plugin: PathBuf = scratch.path().join(PLUGIN_NAME);
        std::fs::write(&plugin, PLUGIN)?;
        let mut process = Command::new(command.path());
        // The plugin first, so that the pipes are its own before the locustfile can print.
        let mut both = plugin.into_os_string();
        both.push(",");
        both.push(main);
        process.arg("-f").arg(both).arg("--headless").args(&task.arguments).current_dir(folder);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_secret = text.starts_with("SWARMGATE_")
                || (variables == Variables::WithoutCredentials && text.starts_with("AWS_"));
            if is_secret {
                process.env_remove(&name);
            }
        }
        process.env("SWARMGATE_LOCUST_RUN", serde_json::to_string(task)?).env("PYTHONUNBUFFERED", "1");
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a group of its own: Ctrl-C is for Swarmgate, which stops it, and what it starts can be ended with it.
        let mut process = process.process_group(0).kill_on_drop(true).spawn()?;
        let group = process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let missing = || std::io::Error::other("a pipe is missing");
        let (commands, frames) = (process.stdin.take(), process.stdout.take());
        Ok(Self {
            commands: commands.ok_or_else(missing)?,
            frames: frames.ok_or_else(missing)?,
            errors: process.stderr.take(),
            process,
            decoder: Decoder::default(),
            log: Log::new(),
            read: vec![0; 65_536].into(),
            read_errors: vec![0; 8_192].into(),
            group,
            _folder: scratch,
        })
    }

    /// The next frame; `None` when the process closed its side.
    ///
    /// Cancel safe: a call that is dropped loses nothing.
    ///
    /// # Errors
    /// [`Garbled`]: nothing more can be understood.
    pub async fn next(&mut self) -> Result<Option<Frame>, Garbled> {
        loop {
            if let Some(frame) = self.decoder.next()? {
                return Ok(Some(frame));
            }
            let errors = &mut self.errors;
            tokio::select! {
                read = self.frames.read(&mut self.read) => match read {
                    Ok(0) | Err(_) => return Ok(None),
                    Ok(count) => self.decoder.take(&self.read[..count]),
                },
                read = async { errors.as_mut().expect("it is there").read(&mut self.read_errors).await }, if errors.is_some() => {
                    match read {
                        Ok(0) | Err(_) => self.errors = None,
                        Ok(count) => self.log.take(&self.read_errors[..count]),
                    }
                }
            }
        }
    }

    /// The next frame, if it came with those before.
    ///
    /// # Errors
    /// [`Garbled`]: nothing more can be understood.
    pub fn waiting(&mut self) -> Result<Option<Frame>, Garbled> {
        self.decoder.next()
    }

    /// Tells the plugin something. One that is gone does not hear it, and is found to be gone by its silence.
    pub async fn tell(&mut self, command: &impl Serialize) {
        let mut line = serde_json::to_vec(command).expect("commands are plain data");
        line.push(b'\n');
        if let Err(error) = self.commands.write_all(&line).await {
            tracing::debug!(%error, "Locust hears no more commands");
        }
    }

    /// Waits for its end, for `most` at most; then it is killed.
    pub async fn end(mut self, most: Duration) -> Ended {
        let status = tokio::time::timeout(most, self.process.wait()).await;
        let status = status.ok().and_then(Result::ok);
        if status.is_none() {
            self.kill();
        }
        let rest = async {
            while let Some(errors) = &mut self.errors {
                match errors.read(&mut self.read_errors).await {
                    Ok(0) | Err(_) => self.errors = None,
                    Ok(count) => self.log.take(&self.read_errors[..count]),
                }
            }
        };
        // Late words are no reason to wait.
        let _ = tokio::time::timeout(LAST_WORDS, rest).await;
        self.log.finish();
        Ended { status, last_words: self.log.last_words().into_iter().map(str::to_owned).collect() }
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Locust {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Ended {
    /// How, in words that follow "Locust".
    pub fn words(&self) -> String {
        let how = match self.status {
            Some(status) => format!("ended ({status})"),
            None => "did not end, and was killed".to_owned(),
        };
        match self.last_words.len() {
            0 => how,
            count => format!(
                "{how}: {}",
                self.last_words[count.saturating_sub(3)..]
                    .iter()
                    .map(|line| line.trim())
                    .collect::<Vec<_>>()
                    .join(" / ")
            ),
        }
    }
}

/// A folder for one Locust, with the script's files in it where `files` are given; and where these are.
///
/// # Errors
/// A file can't be written.
pub fn scratch(files: Option<&swarmgate_domain::Script>) -> std::io::Result<(TempDir, PathBuf)> {
    let scratch = tempfile::Builder::new().prefix("swarmgate-locust-").tempdir()?;
    let folder = scratch.path().join("files");
    std::fs::create_dir(&folder)?;
    if let Some(script) = files {
        files::unpack(script, &folder)?;
    }
    Ok((scratch, folder))
}
