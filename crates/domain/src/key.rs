//! Where everything lies in the object store, which is the only database.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{Attempt, Interval, RunId, ShardId, StoredName};
use crate::time::Micros;

/// Shards are merged in groups of so many, so that no fold reads more than a group's chunks of one interval.
pub const GROUP_SHARDS: u32 = 256;

/// The name of an object: segments of `a-z 0-9 . - _`, separated by `/`; never empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// Checks and takes `text` as a key; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let segment_fits = |s: &str| {
            !matches!(s, "" | "." | "..")
                && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        (text.len() <= 512 && text.split('/').all(segment_fits)).then(|| Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group of [`GROUP_SHARDS`] shards, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Group(pub u32);

impl Group {
    /// The group that `shard` belongs to.
    pub fn of(shard: ShardId) -> Self {
        Self(shard.0 / GROUP_SHARDS)
    }
}

/// One chunk among those of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChunkId {
    /// When.
    pub interval: Interval,
    /// Whose part.
    pub shard: ShardId,
    /// Which runner of that part.
    pub attempt: Attempt,
}

impl ChunkId {
    /// Where the chunk lies.
    pub fn key(self, run: &RunId) -> Key {
        let Self { interval, shard, attempt } = self;
        Key(format!("{}{shard:06}-{attempt:03}{NEWS}", chunks_prefix(run, interval, Group::of(shard))))
    }
}

/// What the keys end with of which functions are told: what workers write once, and nothing that functions write themselves or that is written
/// every interval. A bucket tells of objects by how their keys begin and end, by nothing else.
pub const NEWS: &str = ".new";

fn of_run(run: &RunId, rest: impl fmt::Display) -> Key {
    Key(format!("tests/{run}/{rest}"))
}

/// There while a test is to be looked after.
pub fn active(run: &RunId) -> Key {
    Key(format!("active/{run}"))
}
/// What the marks of tests that are to be looked after start with.
pub const ACTIVE_PREFIX: &str = "active/";
/// The plan: made once, never changed.
pub fn plan(run: &RunId) -> Key {
    of_run(run, "plan.json")
}
/// The state: changed by compare-and-swap.
pub fn state(run: &RunId) -> Key {
    of_run(run, "state.json")
}
/// The rows of the data source with this index.
pub fn data(run: &RunId, source: usize) -> Key {
    of_run(run, format_args!("data/{source:03}.json"))
}
/// There when a worker holds the shard and is warm.
pub fn ready(run: &RunId, shard: ShardId) -> Key {
    of_run(run, format_args!("ready/{shard:06}{NEWS}"))
}
/// Holds when test time 0 is.
pub fn start(run: &RunId) -> Key {
    of_run(run, "start.json")
}
/// Who runs the shard.
pub fn lease(run: &RunId, shard: ShardId) -> Key {
    of_run(run, format_args!("lease/{shard:06}"))
}
/// What workers are to do: stop, change users.
pub fn control(run: &RunId) -> Key {
    of_run(run, "control.json")
}
/// There when the shard is over.
pub fn done(run: &RunId, shard: ShardId) -> Key {
    of_run(run, format_args!("done/{shard:06}{NEWS}"))
}
/// There when the shard can't be run; says why.
pub fn failed(run: &RunId, shard: ShardId) -> Key {
    of_run(run, format_args!("failed/{shard:06}{NEWS}"))
}
/// The merged chunks of one interval and one group.
pub fn merged(run: &RunId, interval: Interval, group: Group) -> Key {
    of_run(run, format_args!("merged/{interval:08}/{:04}", group.0))
}
/// There when a pipeline stage waits for the test; written anew each time that it asks.
pub fn gate(run: &RunId) -> Key {
    of_run(run, "gate.json")
}
/// The view of a running test.
pub fn live(run: &RunId) -> Key {
    of_run(run, "live.json")
}
/// A summary as it was when a report was made: made once for each revision.
pub fn revision(run: &RunId, number: u32) -> Key {
    of_run(run, format_args!("revisions/{number:04}.json"))
}
/// A file of the report.
pub fn report(run: &RunId, file: &str) -> Key {
    Key(format!("reports/{run}/{file}"))
}
/// There for each test, so that a listing gives the newest first; says nothing else. Made before the plan, so a plan may be missing.
pub fn recent(run: &RunId, accepted_at: Micros) -> Key {
    Key(format!("{RECENT_PREFIX}{:016x}-{run}", u64::MAX - accepted_at.0))
}
/// What the keys of [`recent`] start with.
pub const RECENT_PREFIX: &str = "recent/";
/// The test that a key of [`recent`] is of, and when it was accepted.
pub fn recent_meaning(key: &Key) -> Option<(RunId, Micros)> {
    let (time, run) = key.0.strip_prefix(RECENT_PREFIX)?.split_once('-')?;
    let inverted = u64::from_str_radix(time, 16).ok()?;
    Some((RunId::new(run).ok()?, Micros(u64::MAX - inverted)))
}
/// A stored scenario.
pub fn scenario(name: &StoredName) -> Key {
    Key(format!("{SCENARIOS_PREFIX}{name}.yaml"))
}
/// A data file beside a stored scenario; `None` where `file` is no name of one.
pub fn scenario_file(name: &StoredName, file: &str) -> Option<Key> {
    Key::parse(&format!("{}{file}", scenario_files_prefix(name))).filter(|_| !file.contains('/'))
}
/// What the keys of the data files beside a stored scenario start with.
pub fn scenario_files_prefix(name: &StoredName) -> String {
    format!("{SCENARIOS_PREFIX}{name}/")
}
/// What the keys of stored scenarios start with.
pub const SCENARIOS_PREFIX: &str = "scenarios/";
/// The stored scenario that a key is of.
pub fn scenario_meaning(key: &Key) -> Option<StoredName> {
    StoredName::new(key.0.strip_prefix(SCENARIOS_PREFIX)?.strip_suffix(".yaml")?).ok()
}
/// The test that others are compared with under this name.
pub fn baseline(name: &StoredName) -> Key {
    Key(format!("baselines/{name}.json"))
}
/// Written to see whether the store does what it must, and whether it tells of it. Of no test, but among the keys that stores tell of.
pub fn probe() -> Key {
    Key(format!("tests/doctor{NEWS}"))
}
/// What a part of the deployment leaves behind when it has worked, such as `swept`.
pub fn mark(part: &str) -> Key {
    Key(format!("doctor/{part}.json"))
}
/// What all chunks of one interval and one group start with.
pub fn chunks_prefix(run: &RunId, interval: Interval, group: Group) -> String {
    format!("tests/{run}/chunks/{interval:08}/{:04}/", group.0)
}
/// What the keys of an interval's merged groups start with.
pub fn merged_prefix(run: &RunId, interval: Interval) -> String {
    format!("tests/{run}/merged/{interval:08}/")
}
/// What all keys of a kind of a test start with, such as `chunks`, `ready`, `done`.
pub fn prefix(run: &RunId, kind: &str) -> String {
    format!("tests/{run}/{kind}/")
}
/// What the keys of all tests start with.
pub const ALL_TESTS: &str = "tests/";

/// What an object of a test is, as its key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A worker is ready.
    Ready(ShardId),
    /// A chunk.
    Chunk(ChunkId),
    /// A shard is over.
    Done(ShardId),
    /// A shard can't be run.
    Failed(ShardId),
    /// A merged interval.
    Merged(Interval, Group),
    /// The state of the test.
    State,
    /// Anything else of the test.
    Other,
}

/// Which test a key is of, and what it means; `None` for keys outside of tests.
pub fn meaning(key: &Key) -> Option<(RunId, Meaning)> {
    let mut parts = key.0.split('/');
    if parts.next() != Some("tests") {
        return None;
    }
    let run = RunId::new(parts.next()?).ok()?;
    let rest: Vec<_> = parts.collect();
    let number = |text: &str| text.parse::<u32>().ok();
    let shard = |name: &str| number(name.strip_suffix(NEWS)?).map(ShardId);
    let meaning = match rest.as_slice() {
        ["ready", name] => shard(name).map(Meaning::Ready),
        ["failed", name] => shard(name).map(Meaning::Failed),
        ["done", name] => shard(name).map(Meaning::Done),
        ["chunks", interval, group, name] => chunk_meaning(interval, group, name).map(Meaning::Chunk),
        ["merged", interval, group] => {
            number(interval).zip(number(group)).map(|(i, g)| Meaning::Merged(Interval(i), Group(g)))
        }
        ["state.json"] => Some(Meaning::State),
        _ => None,
    };
    Some((run, meaning.unwrap_or(Meaning::Other)))
}

/// `None`: no chunk lies there, or one of another group.
fn chunk_meaning(interval: &str, group: &str, name: &str) -> Option<ChunkId> {
    let (shard, attempt) = name.strip_suffix(NEWS)?.split_once('-')?;
    let (shard, attempt) = (ShardId(shard.parse().ok()?), Attempt(attempt.parse().ok()?));
    let fits = group.parse() == Ok(Group::of(shard).0);
    fits.then_some(ChunkId { interval: Interval(interval.parse().ok()?), shard, attempt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_mean() {
        let run = RunId::new("t1").unwrap();
        let chunk = ChunkId { interval: Interval(7), shard: ShardId(300), attempt: Attempt(2) };
        assert_eq!(chunk.key(&run).as_str(), "tests/t1/chunks/00000007/0001/000300-002.new");
        for (key, expected) in [
            (chunk.key(&run), Meaning::Chunk(chunk)),
            (ready(&run, ShardId(3)), Meaning::Ready(ShardId(3))),
            (done(&run, ShardId(3)), Meaning::Done(ShardId(3))),
            (failed(&run, ShardId(3)), Meaning::Failed(ShardId(3))),
            (merged(&run, Interval(2), Group(1)), Meaning::Merged(Interval(2), Group(1))),
            (state(&run), Meaning::State),
            (plan(&run), Meaning::Other),
        ] {
            assert_eq!(meaning(&key), Some((run.clone(), expected)), "{key}");
            assert_eq!(Key::parse(key.as_str()), Some(key));
        }
        for of_no_test in [report(&run, "index.html"), probe(), mark("swept")] {
            assert_eq!(meaning(&of_no_test), None, "{of_no_test}");
            assert_eq!(Key::parse(of_no_test.as_str()), Some(of_no_test));
        }
        for other in
            ["chunks/00000007/0000/000300-002.new", "chunks/00000007/0001/000300-002", "ready/000003", "ready/x.new"]
        {
            let key = Key::parse(&format!("tests/t1/{other}")).unwrap();
            assert_eq!(meaning(&key), Some((run.clone(), Meaning::Other)), "{key}");
        }
    }

    #[test]
    fn stored_things_are_found_by_their_keys() {
        let (name, run) = (StoredName::new("checkout").unwrap(), RunId::new("t-1").unwrap());
        assert_eq!(scenario_meaning(&scenario(&name)), Some(name.clone()));
        assert_eq!(scenario_meaning(&scenario_file(&name, "users.yaml").unwrap()), None);
        for bad in ["", "..", "../a.csv", "a/b.csv", "A.csv"] {
            assert_eq!(scenario_file(&name, bad), None, "{bad}");
        }
        let (older, newer) = (recent(&run, Micros(1)), recent(&run, Micros(1_795_475_702_000_000)));
        assert!(newer < older, "the newest comes first");
        assert_eq!(recent_meaning(&newer), Some((run, Micros(1_795_475_702_000_000))));
        assert_eq!(Key::parse(newer.as_str()), Some(newer));
    }

    #[test]
    fn no_key_leaves_the_store() {
        for bad in ["", "/a", "a/", "a//b", "../a", "a/../b", "a b", "A", "a\\b", "a/\u{e4}"] {
            assert_eq!(Key::parse(bad), None, "{bad}");
        }
    }
}
