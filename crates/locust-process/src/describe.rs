//! What a locustfile holds, as a Locust sees it that loads it and does nothing more.

use std::path::Path;
use std::time::Duration;

use crate::child::{self, Ended, Locust, Task, Variables};
use crate::engine::LOADING;
use crate::installed::LocustCommand;
use crate::wire::{Frame, Hello, Message, Preview, UserClass};

/// What a locustfile holds, and by what it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Locust's version.
    pub locust: String,
    /// That of its Python.
    pub python: String,
    /// The classes of users that there are.
    pub classes: Vec<UserClass>,
    /// What its shape says, if it has one.
    pub shape: Option<Preview>,
}

/// Why it is not known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotDescribed {
    /// It could not be started.
    #[error("starting `{command}`: {reason}")]
    NotStarted {
        /// What.
        command: String,
        /// Why.
        reason: String,
    },
    /// It ended.
    #[error("Locust could not load it:\n{}", .0.join("\n"))]
    Ended(Vec<String>),
    /// It took too long.
    #[error("Locust took more than {0:?} to load it")]
    TooLong(Duration),
    /// Another version is needed.
    #[error("`{command}` is Locust {version}, 2.15 or a later 2.x is needed")]
    OtherVersion {
        /// Which.
        command: String,
        /// What it says it is.
        version: String,
    },
}

/// What a Locust is told for it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What `environment.parsed_options` shows: users, users per second, seconds.
    pub users: u32,
    /// See `users`.
    pub spawn_rate: f64,
    /// See `users`.
    pub run_time: Option<f64>,
    /// Goes before what the classes say.
    pub host: Option<String>,
    /// What the locustfile adds to the command line, as it was typed.
    pub arguments: Vec<String>,
}

/// Lets a Locust load the file at `main` in the present folder, and say what is in it. Its shape is asked for each second of a day at most.
///
/// # Errors
/// [`NotDescribed`].
pub async fn describe(command: &LocustCommand, main: &Path, asked: &Asked) -> Result<Described, NotDescribed> {
    let shown = command.path().display().to_string();
    let not_started =
        |error: std::io::Error| NotDescribed::NotStarted { command: shown.clone(), reason: error.to_string() };
    let main = std::path::absolute(main).map_err(not_started)?;
    let task = Task {
        task: "describe",
        locustfile: main.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        shard: 0,
        shards: 1,
        users: asked.users,
        spawn_rate: asked.spawn_rate,
        run_time: asked.run_time,
        host: asked.host.clone(),
        tags: Vec::new(),
        exclude_tags: Vec::new(),
        classes: Vec::new(),
        arguments: asked.arguments.clone(),
        grace: 0.0,
    };
    let (scratch, _) = child::scratch(None).map_err(not_started)?;
    let here = std::env::current_dir().map_err(not_started)?;
    let started = Locust::start(command, &main, &here, scratch, Variables::Own, &task);
    let mut locust = started.map_err(not_started)?;
    let told = tokio::time::timeout(LOADING, told(&mut locust)).await.map_err(|_| NotDescribed::TooLong(LOADING))?;
    match told {
        Some((hello, _)) if !is_known(&hello.locust) => {
            Err(NotDescribed::OtherVersion { command: shown, version: hello.locust })
        }
        Some((Hello { locust, python, classes }, shape)) => Ok(Described { locust, python, classes, shape }),
        None => {
            let Ended { last_words, .. } = locust.end(Duration::from_secs(5)).await;
            Err(NotDescribed::Ended(last_words))
        }
    }
}

async fn told(locust: &mut Locust) -> Option<(Hello, Option<Preview>)> {
    let mut hello = None;
    loop {
        match locust.next().await.ok()?? {
            Frame::Message(Message::Hello(said)) => hello = Some(said),
            Frame::Message(Message::Described { shape }) => return hello.zip(Some(shape)),
            _ => {}
        }
    }
}

/// Whether a Locust of this version has what the plugin uses.
pub fn is_known(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    matches!((parts.next(), parts.next()), (Some(2), Some(minor)) if minor >= 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let versions = ["2.47.0", "2.15.1", "2.14.2", "1.6.0", "3.0.0", "2.48.0.dev3"];
        assert_eq!(versions.map(is_known), [true, true, false, false, false, true]);
    }
}
