//! What results are counted under, each name once.

use std::collections::BTreeMap;

use crate::scenario::model::{EntryKind, EntryName, NameId};
use crate::text::Wrong;

/// How many names there may be: each has histograms of its own on every worker.
const MOST_NAMES: usize = 2_000;

/// The names so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: Vec<EntryName>,
    ids: BTreeMap<EntryName, NameId>,
}

impl Names {
    /// The id of a name, a new one where it is new.
    pub fn id(&mut self, kind: EntryKind, method: &str, name: &str) -> Result<NameId, Wrong> {
        let entry = EntryName { kind, method: method.to_owned(), name: name.to_owned() };
        if let Some(id) = self.ids.get(&entry) {
            return Ok(*id);
        }
        let next = u16::try_from(self.list.len()).ok().filter(|next| usize::from(*next) < MOST_NAMES);
        let Some(next) = next else {
            let wrong = Wrong::new("there are too many names to count under").allowed(format!("{MOST_NAMES} names"));
            return Err(wrong.help("give requests that are alike the same `name`"));
        };
        self.list.push(entry.clone());
        self.ids.insert(entry, NameId(next));
        Ok(NameId(next))
    }

    /// All names, in the order of their ids.
    pub fn into_list(self) -> Vec<EntryName> {
        self.list
    }
}
