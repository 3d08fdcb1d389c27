//! What a locustfile sees as its disk: the files that came with it, and what it writes, which is held in memory and seen by nobody else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use swarmgate_python::{FileChange, FileRefused};

use crate::files::{Files, below, within};

/// How many bytes may be written, all files together: a log that each request adds to must not take the worker's memory.
const MOST_BYTES: usize = 64 << 20;

/// See the module's words.
#[derive(Debug, Default)]
pub struct Disk {
    given: Files,
    /// By their path from the locustfile's folder. Where that leads out of it, it goes on with `..` or `/`.
    written: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
    /// Given files that are gone.
    removed: BTreeSet<String>,
    bytes: usize,
    /// What was ever written.
    known: BTreeSet<String>,
}

impl Disk {
    /// With these files and nothing else.
    pub fn new(given: Files) -> Self {
        Self { given, ..Self::default() }
    }

    /// A file's content.
    pub fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileRefused> {
        let place = place(path);
        if let Some(content) = self.written.get(&place) {
            return Ok(Cow::Borrowed(content));
        }
        if self.holds_folder(&place) {
            return Err(FileRefused::IsFolder);
        }
        if self.removed.contains(&place) {
            return Err(FileRefused::NotFound);
        }
        match self.given.bytes(path) {
            // Below a folder that was made here nothing else can be.
            Err(FileRefused::Outside) if self.is_made(&place) => Err(FileRefused::NotFound),
            found => found.map(|content| Cow::Owned(content.to_vec())),
        }
    }

    /// The names in a folder, in order.
    pub fn list(&self, path: &str) -> Result<Vec<String>, FileRefused> {
        let place = place(path);
        let all = self.written.keys().chain(&self.folders);
        let inside = all.filter_map(|path| below(path, &place)).filter(|rest| !leads_out(rest));
        let mut names: BTreeSet<String> = inside.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
        let given = match self.given.list(path) {
            Ok(given) => given,
            Err(_) if !names.is_empty() || self.folders.contains(&place) => Vec::new(),
            Err(refused) => return Err(refused),
        };
        let prefix = if place.is_empty() { String::new() } else { format!("{place}/") };
        names.extend(given.into_iter().filter(|name| !self.removed.contains(&format!("{prefix}{name}"))));
        Ok(names.into_iter().collect())
    }

    /// Does something to it. Whether this is the first that is done to the file.
    pub fn change(&mut self, path: &str, change: FileChange<'_>) -> Result<bool, FileRefused> {
        let place = place(path);
        match change {
            FileChange::Empty => {
                self.check_file(&place)?;
                self.bytes -= self.written.insert(place.clone(), Vec::new()).map_or(0, |before| before.len());
            }
            FileChange::Append(more) => {
                self.check_file(&place)?;
                if !self.written.contains_key(&place) {
                    let content = self.read(path).map(Cow::into_owned).unwrap_or_default();
                    self.bytes += content.len();
                    self.written.insert(place.clone(), content);
                }
                if self.bytes + more.len() > MOST_BYTES {
                    return Err(FileRefused::Full);
                }
                self.bytes += more.len();
                self.written.entry(place.clone()).or_default().extend_from_slice(more);
            }
            FileChange::Remove => {
                let is_given = self.read(path).is_ok();
                match self.written.remove(&place) {
                    Some(content) => self.bytes -= content.len(),
                    None if is_given => {}
                    None if self.holds_folder(&place) => return Err(FileRefused::IsFolder),
                    None => return Err(FileRefused::NotFound),
                }
                self.removed.insert(place);
                return Ok(false);
            }
            FileChange::MakeFolder => {
                if self.written.contains_key(&place) || self.holds_folder(&place) || self.read(path).is_ok() {
                    return Err(FileRefused::Exists);
                }
                self.folders.insert(place);
                return Ok(false);
            }
            FileChange::RemoveFolder => {
                if !self.list(path)?.is_empty() {
                    return Err(FileRefused::NotEmpty);
                }
                self.folders.remove(&place);
                return Ok(false);
            }
        }
        Ok(self.known.insert(place))
    }

    fn check_file(&self, place: &str) -> Result<(), FileRefused> {
        if self.holds_folder(place) { Err(FileRefused::IsFolder) } else { Ok(()) }
    }

    fn holds_folder(&self, place: &str) -> bool {
        let mut all = self.written.keys().chain(&self.folders);
        place.is_empty()
            || self.folders.contains(place)
            || all.any(|path| below(path, place).is_some())
            || self.given.is_folder(place)
    }

    fn is_made(&self, place: &str) -> bool {
        self.folders.iter().any(|folder| below(place, folder).is_some())
    }
}

fn leads_out(place: &str) -> bool {
    place.starts_with('/') || place.split('/').next() == Some("..")
}

/// `path` without `.` and, as far as that can be, `..`.
fn place(path: &str) -> String {
    if let Ok(place) = within(path) {
        return place;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", None) if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        let file = |path: &str| (path.to_owned(), std::sync::Arc::from(&b"given"[..]));
        Disk::new(Files::new([file("a.csv"), file("data/b.csv")]))
    }

    fn read(disk: &Disk, path: &str) -> Result<String, FileRefused> {
        disk.read(path).map(|content| String::from_utf8_lossy(&content).into_owned())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut disk = disk();
        assert_eq!(disk.change("out/x.csv", FileChange::Empty), Ok(true));
        assert_eq!(disk.change("./out/x.csv", FileChange::Append(b"one")), Ok(false));
        assert_eq!(disk.change("a.csv", FileChange::Append(b" more")), Ok(true));
        assert_eq!(disk.change("/tmp/y", FileChange::Append(b"y")), Ok(true));
        assert_eq!(disk.change("../z/../y", FileChange::Append(b"up")), Ok(true));
        let all = ["out/../out/x.csv", "a.csv", "data/b.csv", "/tmp/y", "../y"].map(|path| read(&disk, path).unwrap());
        assert_eq!(all, ["one", "given more", "given", "y", "up"]);
        assert_eq!(disk.list("."), Ok(["a.csv", "data", "out"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn files_and_folders_come_and_go() {
        let mut disk = disk();
        assert_eq!(disk.change("out", FileChange::MakeFolder), Ok(false));
        assert_eq!(disk.change("out", FileChange::MakeFolder), Err(FileRefused::Exists));
        assert_eq!(disk.change("data", FileChange::MakeFolder), Err(FileRefused::Exists));
        assert_eq!(disk.change("out", FileChange::Empty), Err(FileRefused::IsFolder));
        assert_eq!(disk.list("out"), Ok(Vec::new()));
        assert_eq!(disk.change("out/x", FileChange::Append(b"x")), Ok(true));
        assert_eq!(disk.change("out", FileChange::RemoveFolder), Err(FileRefused::NotEmpty));
        assert_eq!(disk.change("out/x", FileChange::Remove), Ok(false));
        assert_eq!(disk.change("out", FileChange::RemoveFolder), Ok(false));
        assert_eq!(disk.list("out"), Err(FileRefused::NotFound));
        assert_eq!(disk.change("a.csv", FileChange::Remove), Ok(false));
        assert_eq!(read(&disk, "a.csv"), Err(FileRefused::NotFound));
        assert_eq!(disk.list("."), Ok(vec!["data".to_owned()]));
        assert_eq!(disk.change("none", FileChange::Remove), Err(FileRefused::NotFound));
    }

    #[test]
    fn the_rest_of_the_machine_is_not_seen() {
        let mut disk = disk();
        assert_eq!(read(&disk, "/etc/passwd"), Err(FileRefused::Outside));
        assert_eq!(read(&disk, "../secret"), Err(FileRefused::Outside));
        assert_eq!(disk.change("/tmp/mine", FileChange::MakeFolder), Ok(false));
        assert_eq!(read(&disk, "/tmp/mine/x"), Err(FileRefused::NotFound));
        assert_eq!(read(&disk, "/tmp/x"), Err(FileRefused::Outside));
    }

    #[test]
    fn only_so_much_is_written() {
        let mut disk = disk();
        let much = vec![b'x'; MOST_BYTES / 2];
        assert_eq!(disk.change("log", FileChange::Append(&much)), Ok(true));
        assert_eq!(disk.change("log", FileChange::Append(&much)), Ok(false));
        assert_eq!(disk.change("log", FileChange::Append(b"x")), Err(FileRefused::Full));
        assert_eq!(disk.change("log", FileChange::Empty), Ok(false));
        assert_eq!(disk.change("log", FileChange::Append(&much)), Ok(false));
    }
}
