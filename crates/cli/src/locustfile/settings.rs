//! What Locust itself would read beside the command line: its environment variables and `locust.conf`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::args::{LoadArgs, LocustArgs};
use crate::exit::Failure;

/// The flags with what they leave open.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of the load.
    pub flags: LoadArgs,
    /// Only tasks with one of these tags.
    pub tags: Vec<String>,
    /// No tasks with one of these.
    pub exclude_tags: Vec<String>,
}

impl Settings {
    /// The flags first, then `LOCUST_*` variables, then `locust.conf` in the present folder or beside the locustfile.
    ///
    /// # Errors
    /// [`Failure`]: a value is no number where there must be one, or `locust.conf` can't be read.
    pub fn find(locustfile: &Path, flags: &LoadArgs, locust: &LocustArgs) -> Result<Self, Failure> {
        let beside = locustfile.with_file_name("locust.conf");
        let mut file = BTreeMap::new();
        for path in [Path::new("locust.conf"), &beside] {
            if path.is_file() {
                let text = fs::read_to_string(path)
                    .map_err(|error| Failure::input(format!("reading `{}`: {error}", path.display())))?;
                file = conf(&text);
                break;
            }
        }
        let find = |name: &str| {
            let variable = format!("LOCUST_{}", name.to_uppercase().replace('-', "_"));
            match std::env::var(&variable) {
                Ok(value) => Some((variable, value)),
                Err(_) => file.get(name).map(|value| (format!("{name} in locust.conf"), value.clone())),
            }
        };
        let mut flags = flags.clone();
        flags.target = flags.target.or_else(|| find("host").map(|(_, value)| value));
        flags.spawn_rate = flags.spawn_rate.or_else(|| find("spawn-rate").map(|(_, value)| value));
        flags.duration = flags.duration.or_else(|| find("run-time").map(|(_, value)| value)).map(with_unit);
        if let (None, Some((place, value))) = (flags.users, find("users")) {
            let users = value.trim().parse();
            flags.users = Some(users.map_err(|_| Failure::input(format!("{place} `{value}`: is no number of users")))?);
        }
        let list = |given: &[String], name: &str| {
            let found = || find(name).map(|(_, value)| value.split([' ', ',']).map(str::to_owned).collect());
            let list: Vec<String> = if given.is_empty() { found().unwrap_or_default() } else { given.to_vec() };
            list.into_iter().filter(|tag| !tag.is_empty()).collect()
        };
        let (tags, exclude_tags) = (list(&locust.tags, "tags"), list(&locust.exclude_tags, "exclude-tags"));
        Ok(Self { flags, tags, exclude_tags })
    }
}

/// Locust takes a number without a unit as seconds.
fn with_unit(time: String) -> String {
    if !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit()) { format!("{time}s") } else { time }
}

/// The settings of a `locust.conf`: `name = value` lines, names with or without dashes before them.
fn conf(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';', '[']));
    let pair = |line: &str| {
        let (name, value) = line.split_once(['=', ':', ' '])?;
        let value = value.trim().trim_start_matches('=').trim().trim_matches(['"', '\'', '[', ']']);
        Some((name.trim().trim_start_matches('-').replace('_', "-"), value.to_owned()))
    };
    lines.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conf_is_read_as_locust_reads_it() {
        let read =
            conf("# mine\n[x]\nusers = 20\nspawn_rate=2\nhost: http://localhost:8080\nrun-time 1m\ntags = [a, b]\n");
        let expected = [
            ("users", "20"),
            ("spawn-rate", "2"),
            ("host", "http://localhost:8080"),
            ("run-time", "1m"),
            ("tags", "a, b"),
        ];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert_eq!([with_unit("90".into()), with_unit("1m".into())], ["90s", "1m"]);
    }
}
