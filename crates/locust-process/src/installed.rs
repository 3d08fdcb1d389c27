//! Where a Locust is installed on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::describe::is_known;

/// How a Locust is got.
pub const HOW_TO_INSTALL: &str = "`pip install locust` in a virtual environment, then --locust FOLDER or SWARMGATE_LOCUST=FOLDER, or `locust` on the PATH";

/// The `locust` command of some installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocustCommand(PathBuf);

/// There is no Locust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInstalled {
    /// Nobody says where one is, and the `PATH` has none.
    #[error("there is no `locust` on the PATH")]
    Nowhere,
    /// There is none where one should be.
    #[error("`{}`: there is no `locust` command; allowed are the command, or the folder of a virtual environment that has it", .0.display())]
    NotThere(PathBuf),
}

impl LocustCommand {
    /// The command at `named` (itself, or the folder of a virtual environment that has it), or on the `PATH` where nothing is named.
    ///
    /// # Errors
    /// [`NotInstalled`].
    pub fn find(named: Option<&Path>) -> Result<Self, NotInstalled> {
        Self::find_on(named, std::env::var_os("PATH").as_deref())
    }

    fn find_on(named: Option<&Path>, search: Option<&OsStr>) -> Result<Self, NotInstalled> {
        let found = match named {
            Some(named) => {
                let candidates = [named.join("bin/locust"), named.join("locust"), named.to_owned()];
                candidates.into_iter().find(|path| path.is_file()).ok_or(NotInstalled::NotThere(named.to_owned()))?
            }
            None => {
                let folders = search.map(std::env::split_paths).into_iter().flatten();
                folders.map(|folder| folder.join("locust")).find(|path| path.is_file()).ok_or(NotInstalled::Nowhere)?
            }
        };
        // It is run in other folders than this one.
        Ok(Self(std::path::absolute(&found).unwrap_or(found)))
    }

    /// What it says it is: `locust 2.47.0`.
    ///
    /// # Errors
    /// It can't be run, or does not say so; in words.
    pub fn version(&self) -> Result<String, String> {
        let output = Command::new(&self.0).arg("--version").stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("it can't be run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let words: Vec<_> = said.split_whitespace().take(2).collect();
        match words[..] {
            ["locust", version] if is_known(version) => Ok(words.join(" ")),
            _ => Err(format!("with --version it says `{}`, Locust 2.15 or a later 2.x is needed", said.trim())),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_as_a_command_in_a_folder_or_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("venv/bin");
        std::fs::create_dir_all(&bin).unwrap();
        let locust = bin.join("locust");
        std::fs::write(&locust, "").unwrap();
        let path = std::env::join_paths([folder.path(), &bin]).unwrap();
        let find = |named: Option<&Path>| LocustCommand::find_on(named, Some(&path)).map(|found| found.0);
        for named in [Some(folder.path().join("venv")), Some(bin), Some(locust.clone()), None] {
            assert_eq!(find(named.as_deref()), Ok(locust.clone()), "{named:?}");
        }
        assert_eq!(find(Some(folder.path())), Err(NotInstalled::NotThere(folder.path().to_owned())));
        assert_eq!(LocustCommand::find_on(None, None), Err(NotInstalled::Nowhere));
    }
}
