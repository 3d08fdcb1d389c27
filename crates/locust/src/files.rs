//! The files that a locustfile sees: itself and those beside it, held in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use swarmgate_python::FileRefused;

/// Files by their path from the locustfile's folder, and nothing else of the machine.
#[derive(Clone, Debug, Default)]
pub struct Files {
    held: BTreeMap<String, Arc<[u8]>>,
}

/// Folders that hold no files of a locustfile.
const OTHER_FOLDERS: [&str; 4] = ["node_modules", "__pycache__", "site-packages", "target"];

/// A folder with this file is a virtual environment of Python, whatever its name.
const VENV_MARK: &str = "pyvenv.cfg";

/// How far and at how many entries a folder is looked through.
const DEEPEST: usize = 6;
const MOST_ENTRIES: usize = 20_000;

impl Files {
    /// These.
    pub fn new(held: impl IntoIterator<Item = (String, Arc<[u8]>)>) -> Self {
        Self { held: held.into_iter().collect() }
    }

    /// The file `main` of `folder`, and those beside and below that are named in it, or in one that is named in it: modules by their
    /// name, others by the name of the file. Hidden folders and those of packages are left out. All of them together may have
    /// `most_bytes`.
    ///
    /// # Errors
    /// A file can't be read, or they are too large together; in words.
    pub fn gather(folder: &Path, main: &str, most_bytes: u64) -> Result<Self, String> {
        let read = |path: &str| {
            fs::read(folder.join(path)).map_err(|error| format!("reading `{}`: {error}", folder.join(path).display()))
        };
        let mut beside = Vec::new();
        list(folder, "", 0, &mut beside).map_err(|error| format!("listing `{}`: {error}", folder.display()))?;
        let mut held = BTreeMap::new();
        let mut unread = vec![main.to_owned()];
        let mut bytes = 0;
        while let Some(path) = unread.pop() {
            let content = read(&path)?;
            bytes += content.len() as u64;
            if bytes > most_bytes {
                return Err(format!(
                    "`{main}` and the files that it names have more than {most_bytes} bytes together, `{path}` among them"
                ));
            }
            if is_python(&path) {
                let text = String::from_utf8_lossy(&content);
                let (named, others) = beside.into_iter().partition(|beside| names(&text, beside));
                beside = others;
                unread.extend::<Vec<String>>(named);
            }
            held.insert(path, content.into());
        }
        Ok(Self { held })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Arc<[u8]>)> {
        self.held.iter()
    }

    /// A file's content.
    ///
    /// # Errors
    /// There is none of this name, or it is not one of these.
    pub fn bytes(&self, path: &str) -> Result<Arc<[u8]>, FileRefused> {
        let path = within(path)?;
        match self.held.get(&path) {
            Some(content) => Ok(Arc::clone(content)),
            None if self.is_folder(&path) => Err(FileRefused::IsFolder),
            None => Err(FileRefused::NotFound),
        }
    }

    /// A file's text, where it is one.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        String::from_utf8(self.bytes(path).ok()?.to_vec()).ok()
    }

    /// Whether a folder is there.
    pub(crate) fn is_folder(&self, path: &str) -> bool {
        within(path).is_ok_and(|path| path.is_empty() || self.below(&path).next().is_some())
    }

    /// The names in a folder, in order.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<String>, FileRefused> {
        let path = within(path)?;
        let mut names: Vec<String> =
            self.below(&path).filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
        names.dedup();
        if names.is_empty() { Err(FileRefused::NotFound) } else { Ok(names) }
    }

    fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let rest = move |path: &'a String| match folder {
            "" => Some(path.as_str()),
            _ => path.strip_prefix(folder)?.strip_prefix('/'),
        };
        self.held.keys().filter_map(rest)
    }
}

/// `path` without `.` and `..`, from the locustfile's folder.
fn within(path: &str) -> Result<String, FileRefused> {
    let mut parts = Vec::new();
    if path.starts_with('/') {
        return Err(FileRefused::Outside);
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or(FileRefused::Outside)?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

fn is_python(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("py"))
}

/// Whether a source names the file at `path`.
fn names(source: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some(module) = name.strip_suffix(".py").filter(|_| is_python(path)) else { return source.contains(name) };
    let module = if module == "__init__" { path.rsplit('/').nth(1).unwrap_or(module) } else { module };
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    source
        .match_indices(module)
        .any(|(at, _)| !source[..at].ends_with(is_part) && !source[at + module.len()..].starts_with(is_part))
}

/// The files below `folder`, as paths from the first one.
fn list(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || OTHER_FOLDERS.contains(&name.as_str()) || found.len() >= MOST_ENTRIES {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_file() {
            found.push(path);
        } else if kind.is_dir() && depth < DEEPEST && !entry.path().join(VENV_MARK).exists() {
            // What may not be read is not the locustfile's.
            let _ = list(&entry.path(), &path, depth + 1, found);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &Files) -> Vec<&str> {
        files.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn only_what_is_named_comes_along() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("locustfile.py", "from common.api import login\nopen('data/users.csv')\n");
        write("common/__init__.py", "");
        write("common/api.py", "import helper\n");
        write("helper.py", "");
        write("data/users.csv", "ann\n");
        write("data/other.csv", "bob\n");
        write("secret.py", "");
        write("my-env/helper.py", "");
        write("my-env/pyvenv.cfg", "");
        let files = Files::gather(folder.path(), "locustfile.py", 1_000).unwrap();
        assert_eq!(
            paths(&files),
            ["common/__init__.py", "common/api.py", "data/users.csv", "helper.py", "locustfile.py"]
        );
        assert!(Files::gather(folder.path(), "locustfile.py", 60).unwrap_err().contains("more than 60 bytes"));
        assert!(Files::gather(folder.path(), "none.py", 60).unwrap_err().contains("none.py"));
    }

    #[test]
    fn paths_lead_nowhere_else() {
        let content: Arc<[u8]> = b"ann"[..].into();
        let files = Files::new([("data/users.csv".to_owned(), content)]);
        assert_eq!(&*files.bytes("./data/../data/users.csv").unwrap(), b"ann");
        assert!(matches!(files.bytes("../data/users.csv"), Err(FileRefused::Outside)));
        assert!(matches!(files.bytes("/etc/passwd"), Err(FileRefused::Outside)));
        assert!(matches!(files.bytes("data"), Err(FileRefused::IsFolder)));
        assert!(matches!(files.bytes("users.csv"), Err(FileRefused::NotFound)));
        assert_eq!(files.list("data").unwrap(), ["users.csv"]);
        assert_eq!(files.list(".").unwrap(), ["data"]);
    }
}
