//! What the results are held against.

use super::build::Build;
use crate::scenario::file::{Field, LimitFile, ListOf, ScenarioFile, ThresholdFile};
use crate::scenario::model::{EntryKind, EntryName, Scenario};
use crate::text::{Wrong, nearest, shown};
use crate::threshold::{AbortAfter, FilterKey, Threshold};
use crate::time::Micros;

impl Build<'_> {
    /// The limits of the file, or the one that holds without any.
    pub fn thresholds(&mut self, field: &Field<ListOf<ThresholdFile>>) -> Vec<Threshold> {
        let list = match field {
            Field::Absent => return vec![Threshold::default_limit()],
            Field::Wrong => return Vec::new(),
            Field::Given(at) => at,
        };
        let mut thresholds: Vec<Threshold> = Vec::new();
        for at in &list.value.0 {
            let threshold = match &at.value {
                ThresholdFile::Text(threshold) => Some(threshold.clone()),
                ThresholdFile::Limit(limit) => self.limit(limit),
            };
            let Some(threshold) = threshold else { continue };
            if thresholds.iter().any(|known| known.text == threshold.text) {
                let wrong = Wrong::new(format!("`{}` is given twice", shown(&threshold.text)));
                self.ctx.wrong_at(&at.place, None, wrong.help("remove one of them"));
            }
            thresholds.push(threshold);
        }
        thresholds
    }

    fn limit(&mut self, limit: &LimitFile) -> Option<Threshold> {
        let aborts = limit.abort.value().is_some_and(|abort| abort.0);
        if let (Field::Given(after), false) = (&limit.after, aborts) {
            let wrong = Wrong::new("`after` says when the test may end, but it does not end").help("add `abort: true`");
            self.ctx.wrong_at(&after.place, None, wrong);
        }
        let after = limit.after.value().map_or(Micros::ZERO, |time| time.0);
        let threshold = limit.limit.value()?.0.clone();
        Some(Threshold { abort: aborts.then_some(AbortAfter(after)), ..threshold })
    }

    /// Reports thresholds on what the scenario does not do.
    pub fn check_filters(&mut self, file: &ScenarioFile, scenario: &Scenario) {
        for at in file.thresholds.list().unwrap_or_default() {
            let threshold = match &at.value {
                ThresholdFile::Text(threshold) => Some(threshold),
                ThresholdFile::Limit(limit) => limit.limit.value().map(|text| &text.0),
            };
            let Some(threshold) = threshold else { continue };
            if let Some((value, wrong)) = unknown_filter(threshold, &scenario.names) {
                let place = self.narrowed(&at.place, &value);
                self.ctx.wrong_at(&place, Some(shown(&value)), wrong);
            }
        }
    }
}

/// What `threshold` filters by that no request or group is, and what is wrong with it.
pub(crate) fn unknown_filter(threshold: &Threshold, names: &[EntryName]) -> Option<(String, Wrong)> {
    for (key, value) in &threshold.filter.equals {
        let of = |kind| names.iter().filter(move |entry| entry.kind == kind);
        let mut known: Vec<&str> = match key {
            FilterKey::Name => of(EntryKind::Request).map(|entry| entry.name.as_str()).collect(),
            FilterKey::Method => of(EntryKind::Request).map(|entry| entry.method.as_str()).collect(),
            FilterKey::Group => of(EntryKind::Group).map(|entry| entry.name.as_str()).collect(),
        };
        known.sort_unstable();
        known.dedup();
        if known.contains(&value.as_str()) {
            continue;
        }
        let what = match key {
            FilterKey::Name => "request is counted under the name",
            FilterKey::Method => "request has the method",
            FilterKey::Group => "group has the name",
        };
        let wrong = Wrong::new(format!("no {what} `{}`", shown(value)));
        let wrong = if known.is_empty() {
            wrong
        } else {
            wrong.allowed(known.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", "))
        };
        let wrong = match nearest(value, known.iter().copied()) {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        };
        return Some((value.clone(), wrong));
    }
    None
}
