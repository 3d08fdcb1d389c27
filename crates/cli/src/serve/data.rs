//! The folder of `serve`, for one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::exit::Failure;

/// Its upper case letters keep it from being an object of the store.
const NAME: &str = "SERVE-LOCK";

/// Held while this process works on the folder: two would end each other's tests. It goes with the process, however that ends.
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the folder.
    ///
    /// # Errors
    /// [`Failure`]: another process has it, or the folder can't be written.
    pub fn take(folder: &Path) -> Result<Self, Failure> {
        let shown = folder.display();
        let path = folder.join(NAME);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|error| {
            Failure::could_not_run(format!("--data `{shown}`: opening {}: {error}", path.display()))
                .with_hint(Some("give a folder that can be written".to_owned()))
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::could_not_run(format!("--data `{shown}`: another process serves this folder"))
                    .with_hint(Some("use that one, or give another folder".to_owned())))
            }
            Err(TryLockError::Error(error)) => {
                Err(Failure::could_not_run(format!("--data `{shown}`: locking {}: {error}", path.display())))
            }
        }
    }
}
