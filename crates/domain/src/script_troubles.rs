//! What goes wrong in the scripts of users, beside their requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats::ErrorStats;
use crate::time::Micros;

/// How many different exceptions, and reasons to end a user, are told apart; further ones count as [`OTHERS`].
const MOST: usize = 64;

/// What is counted beyond that.
const OTHERS: &str = "others";

/// A longer traceback is cut off.
const LONGEST: usize = 4_000;

/// Exceptions that scripts did not catch, and users that could not go on. Adding is exact, in any order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScriptTroubles {
    /// Exceptions that left a task; the user went on with its next one.
    pub exceptions: BTreeMap<ScriptException, ErrorStats>,
    /// Users that were ended before their time, by why: they made no more requests.
    pub users_ended: BTreeMap<String, ErrorStats>,
    /// Exit codes that scripts asked for, other than 0, by how many workers: a test whose script says that it failed has failed.
    pub exit_codes: BTreeMap<i64, u64>,
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScriptException {
    /// Its class and what it says: `KeyError: 'token'`.
    pub message: String,
    /// From where it came.
    pub traceback: String,
}

impl ScriptTroubles {
    /// Counts an exception at test time `at`.
    pub fn record_exception(&mut self, message: &str, traceback: &str, at: Micros) {
        let exception = ScriptException { message: cut(message), traceback: cut(traceback) };
        let is_new = !self.exceptions.contains_key(&exception);
        let exception = if is_new && self.exceptions.len() >= MOST {
            ScriptException { message: OTHERS.to_owned(), traceback: String::new() }
        } else {
            exception
        };
        self.exceptions.entry(exception).or_insert(ErrorStats::none_at(at)).add(&ErrorStats::once_at(at));
    }

    /// Counts a user that was ended at test time `at`.
    pub fn record_ended(&mut self, why: &str, at: Micros) {
        let is_new = !self.users_ended.contains_key(why);
        let why = if is_new && self.users_ended.len() >= MOST { OTHERS.to_owned() } else { cut(why) };
        self.users_ended.entry(why).or_insert(ErrorStats::none_at(at)).add(&ErrorStats::once_at(at));
    }

    /// A script asked for this exit code.
    pub fn record_exit_code(&mut self, code: i64) {
        if code != 0 && (self.exit_codes.len() < MOST || self.exit_codes.contains_key(&code)) {
            *self.exit_codes.entry(code).or_default() += 1;
        }
    }

    /// Adds what `other` counted.
    pub fn add(&mut self, other: &Self) {
        for (exception, stats) in &other.exceptions {
            self.exceptions.entry(exception.clone()).or_insert(ErrorStats::none_at(stats.first)).add(stats);
        }
        for (why, stats) in &other.users_ended {
            self.users_ended.entry(why.clone()).or_insert(ErrorStats::none_at(stats.first)).add(stats);
        }
        for (code, count) in &other.exit_codes {
            *self.exit_codes.entry(*code).or_default() += count;
        }
    }

    /// How many exceptions there were.
    pub fn exception_count(&self) -> u64 {
        self.exceptions.values().map(|stats| stats.count).sum()
    }

    /// How many users were ended.
    pub fn ended_count(&self) -> u64 {
        self.users_ended.values().map(|stats| stats.count).sum()
    }
}

/// The last characters say what happened, so the first ones are left out.
fn cut(text: &str) -> String {
    let beyond = text.chars().count().saturating_sub(LONGEST);
    text.chars().skip(beyond).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_counted_together_and_kinds_are_bounded() {
        let mut troubles = ScriptTroubles::default();
        for n in 0..MOST as u64 + 10 {
            troubles.record_exception(&format!("KeyError: {n}"), "in task", Micros(n));
            troubles.record_exception("KeyError: 0", "in task", Micros(n));
            troubles.record_ended(&format!("reason {n}"), Micros(n));
        }
        let first = ScriptException { message: "KeyError: 0".to_owned(), traceback: "in task".to_owned() };
        let last = MOST as u64 + 9;
        assert_eq!(troubles.exceptions[&first], ErrorStats { count: last + 2, first: Micros(0), last: Micros(last) });
        assert_eq!((troubles.exceptions.len(), troubles.exception_count()), (MOST + 1, 2 * last + 2));
        assert_eq!((troubles.users_ended.len(), troubles.users_ended[OTHERS].count), (MOST + 1, 10));
    }

    #[test]
    fn adding_is_the_same_in_any_order() {
        let mut parts = [ScriptTroubles::default(), ScriptTroubles::default(), ScriptTroubles::default()];
        parts[0].record_exception("A", "", Micros(5));
        parts[1].record_exception("A", "", Micros(2));
        parts[1].record_ended("endless", Micros(3));
        parts[2].record_exception("B", "", Micros(9));
        let sum = |order: [usize; 3]| {
            let mut sum = ScriptTroubles::default();
            order.iter().for_each(|at| sum.add(&parts[*at]));
            sum
        };
        assert_eq!(sum([0, 1, 2]), sum([2, 1, 0]));
        assert_eq!((sum([1, 0, 2]).exception_count(), sum([1, 0, 2]).ended_count()), (3, 1));
    }
}
