//! The files of a script, written where a Locust reads them.

use std::io;
use std::path::Path;

use swarmgate_domain::Script;

/// Writes the script's files below `folder`.
///
/// # Errors
/// One can't be written, or its path leads out of the folder.
pub fn unpack(script: &Script, folder: &Path) -> io::Result<()> {
    for (path, file) in &script.files {
        if !Script::is_path(path) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{path}` is no path below the locustfile's folder"),
            ));
        }
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use swarmgate_domain::{ScriptEngine, ScriptFile};

    use super::*;

    fn script(path: &str) -> Script {
        Script {
            main: "locustfile.py".to_owned(),
            engine: ScriptEngine::Locust,
            files: BTreeMap::from([(path.to_owned(), ScriptFile(b"x".as_slice().into()))]),
            host: None,
            tags: Vec::new(),
            exclude_tags: Vec::new(),
            classes: Vec::new(),
            arguments: Vec::new(),
            answers: Vec::new(),
        }
    }

    #[test]
    fn files_lie_below_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        unpack(&script("data/users.csv"), folder.path()).unwrap();
        assert_eq!(std::fs::read(folder.path().join("data/users.csv")).unwrap(), b"x");
        for path in ["../users.csv", "/tmp/users.csv", "data/../../users.csv", ""] {
            assert!(unpack(&script(path), folder.path()).is_err(), "{path}");
        }
    }
}
