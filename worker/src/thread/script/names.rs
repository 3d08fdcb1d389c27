//! The names that a script counts under.

use rustc_hash::FxHashMap;
use swarmgate_domain::EntryName;

/// More names are counted together: a script that puts an id into each name must not fill the memory of all that read the results.
const MOST: usize = 5_000;

/// What is counted under beyond that.
const OTHERS: &str = "(other names; name= in the requests would group them)";

/// Names by the order in which they came up.
#[derive(Debug, Default)]
pub struct Names {
    /// By method, then by name.
    known: FxHashMap<String, FxHashMap<String, usize>>,
    count: usize,
}

impl Names {
    /// The index of a name. One that comes up for the first time has the next index, and is handed to `add`.
    pub fn index(&mut self, method: &str, name: &str, add: impl FnOnce(EntryName)) -> usize {
        if let Some(index) = self.known.get(method).and_then(|names| names.get(name)) {
            return *index;
        }
        let name = if self.count < MOST { name } else { OTHERS };
        let names = self.known.entry(method.to_owned()).or_default();
        *names.entry(name.to_owned()).or_insert_with(|| {
            self.count += 1;
            add(EntryName::request(method, name));
            self.count - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_place_and_are_bounded() {
        let (mut names, mut new) = (Names::default(), Vec::new());
        let mut index = |method: &str, name: &str| names.index(method, name, |name| new.push(name));
        assert_eq!([index("GET", "/"), index("POST", "/"), index("GET", "/")], [0, 1, 0]);
        for n in 0..2 * MOST {
            index("GET", &format!("/{n}"));
        }
        assert_eq!(index("GET", "/another"), MOST);
        assert_eq!(new[..2], [EntryName::request("GET", "/"), EntryName::request("POST", "/")]);
        assert_eq!((new.len(), new.last()), (MOST + 1, Some(&EntryName::request("GET", OTHERS))));
    }
}
