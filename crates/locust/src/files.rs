//! The files that a locustfile sees: itself and those beside it, held in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use swarmgate_python::{FileRefused, module_uses};

/// Files by their path from the locustfile's folder, and nothing else of the machine.
#[derive(Clone, Debug, Default)]
pub struct Files {
    held: BTreeMap<String, Arc<[u8]>>,
}

/// Folders that hold no files of a locustfile.
const OTHER_FOLDERS: [&str; 4] = ["node_modules", "__pycache__", "site-packages", "target"];

/// A folder with this file is a virtual environment of Python, whatever its name.
const VENV_MARK: &str = "pyvenv.cfg";

/// What `dotenv` reads: it comes along where a source names that package.
const DOTENV: &str = ".env";

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
    /// Where a locustfile lies below the folder that Locust is started in, it also finds modules and files from there: `root`. Of
    /// those only the ones come along that are named in full: `from load.config import users`, `open("load/users.csv")`.
    ///
    /// # Errors
    /// A file can't be read, or they are too large together; in words.
    pub fn gather(folder: &Path, root: Option<&Path>, main: &str, most_bytes: u64) -> Result<Self, String> {
        let read = |base: &Path, path: &str| {
            fs::read(base.join(path)).map_err(|error| format!("reading `{}`: {error}", base.join(path).display()))
        };
        let mut beside = Vec::new();
        list(folder, "", 0, &mut beside).map_err(|error| format!("listing `{}`: {error}", folder.display()))?;
        let mut held = BTreeMap::new();
        let mut unread = vec![(folder, main.to_owned())];
        let mut bytes = 0;
        while let Some((base, path)) = unread.pop() {
            if held.contains_key(&path) {
                continue;
            }
            let content = read(base, &path)?;
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
                let named: Vec<String> = named;
                let further = root.map(|root| (root, named_in_full(&text, root))).into_iter();
                unread.extend(further.flat_map(|(root, paths)| paths.into_iter().map(move |path| (root, path))));
                // These go first: a file beside the locustfile hides one of the same name from there.
                unread.extend(named.into_iter().map(|path| (folder, path)));
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
        self.held.keys().filter_map(move |path| below(path, folder))
    }
}

/// What is left of `path` below `folder`, where it lies there.
pub(crate) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    match folder {
        "" => Some(path),
        _ => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

/// `path` without `.` and `..`, from the locustfile's folder.
pub(crate) fn within(path: &str) -> Result<String, FileRefused> {
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

pub(crate) fn is_python(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("py"))
}

/// The files below `root` that a source names in full, the packages that they are in among them.
fn named_in_full(source: &str, root: &Path) -> BTreeSet<String> {
    let uses = module_uses(source);
    let mut found = BTreeSet::new();
    for name in &uses.names {
        let mut package = String::new();
        for part in name.name.split('.') {
            let path = if package.is_empty() { part.to_owned() } else { format!("{package}/{part}") };
            found.extend([format!("{path}.py"), format!("{path}/__init__.py")]);
            package = path;
        }
    }
    found.extend(uses.texts.iter().filter_map(|text| within(text).ok()).filter(|path| !path.is_empty()));
    let is_hidden = |path: &String| path.split('/').any(|part| part.starts_with('.') && part != ".env");
    found.retain(|path| !is_hidden(path) && root.join(path).is_file());
    found
}

/// Whether a source names the file at `path`.
fn names(source: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == DOTENV {
        return path == DOTENV && source.contains("dotenv");
    }
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
        let is_hidden = name.starts_with('.') && name != DOTENV;
        if is_hidden || OTHER_FOLDERS.contains(&name.as_str()) || found.len() >= MOST_ENTRIES {
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
        write(".env", "TOKEN=1");
        write("my-env/helper.py", "");
        write("my-env/pyvenv.cfg", "");
        let files = Files::gather(folder.path(), None, "locustfile.py", 1_000).unwrap();
        assert_eq!(
            paths(&files),
            ["common/__init__.py", "common/api.py", "data/users.csv", "helper.py", "locustfile.py"]
        );
        assert!(Files::gather(folder.path(), None, "locustfile.py", 60).unwrap_err().contains("more than 60 bytes"));
        assert!(Files::gather(folder.path(), None, "none.py", 60).unwrap_err().contains("none.py"));
    }

    #[test]
    fn what_is_named_in_full_comes_from_the_folder_above() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "load/locustfile.py",
            "from load.config import users\nfrom load import other\nopen('data/users.csv')\nimport helper\n",
        );
        write("load/config.py", "import app.models\n");
        write("load/other.py", "");
        write("load/helper.py", "'beside'");
        write("helper.py", "'above'");
        write("app/__init__.py", "");
        write("app/models.py", "");
        write("app/secret.py", "");
        write("data/users.csv", "ann\n");
        write("data/other.csv", "bob\n");
        let files = Files::gather(&root.path().join("load"), Some(root.path()), "locustfile.py", 1_000).unwrap();
        let all = [
            "app/__init__.py",
            "app/models.py",
            "config.py",
            "data/users.csv",
            "helper.py",
            "load/config.py",
            "load/other.py",
            "locustfile.py",
            "other.py",
        ];
        assert_eq!(paths(&files), all);
        assert_eq!(files.text("helper.py").as_deref(), Some("'beside'"));
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
