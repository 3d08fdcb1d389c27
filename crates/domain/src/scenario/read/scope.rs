//! Which names `${…}` may hold, and what they stand for.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Build, MOST};
use crate::scenario::file::{At, Field, MapOf, Place, ScenarioFile, StepFile, Text};
use crate::scenario::model::{DataSource, SlotId};
use crate::scenario::template::{Part, Template};
use crate::text::{Wrong, nearest, shown};

/// The names of built-in values.
pub(super) const BUILT_IN: [&str; 4] = ["user_id", "iteration", "uuid", "timestamp_ms"];

/// What templates may refer to.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub variables: BTreeMap<String, Template>,
    /// The names of captures, in the order of their slots.
    pub slots: Vec<String>,
    pub sources: Vec<DataSource>,
    /// Variables, captures, data and kinds that are wrong, which was reported: nothing is said about their use.
    pub unknown: BTreeSet<String>,
}

impl Scope {
    pub fn slot(&self, name: &str) -> Option<SlotId> {
        let slot = self.slots.iter().position(|slot| slot == name)?;
        u16::try_from(slot).ok().map(SlotId)
    }

    /// What `name` stands for: a variable or a capture.
    pub fn value(&self, name: &str) -> Option<Vec<Part>> {
        match self.variables.get(name) {
            Some(template) => Some(template.0.clone()),
            None if self.unknown.contains(name) => Some(Vec::new()),
            None => self.slot(name).map(|slot| vec![Part::Captured(slot)]),
        }
    }

    /// Why `name` stands for nothing.
    pub fn undefined(&self, name: &str) -> Wrong {
        let names =
            || self.variables.keys().map(String::as_str).chain(self.slots.iter().map(String::as_str)).chain(BUILT_IN);
        let mut allowed: Vec<_> = names().collect();
        let columns: Vec<_> = self.sources.iter().map(|source| format!("{}.COLUMN", source.name)).collect();
        allowed.extend(columns.iter().map(String::as_str));
        let wrong = Wrong::new(format!("`${{{}}}` is not defined", shown(name)));
        let wrong = wrong.allowed(format!("{}, env:NAME, secret:NAME, random:1..100", allowed.join(", ")));
        let source = self.sources.iter().find(|source| source.name == name);
        match (source.and_then(|source| source.columns.first()), nearest(name, names())) {
            (Some(column), _) => wrong.help(format!("name the column: `${{{name}.{column}}}`")),
            (None, Some(near)) => wrong.help(format!("did you mean `${{{near}}}`?")),
            (None, None) => wrong.help("define it under `variables`, or `capture` it; `$${` is a `${` as it stands"),
        }
    }
}

impl Build<'_> {
    /// Finds all captures of the file.
    pub fn captures(&mut self, file: &ScenarioFile) {
        let mut found = Found::default();
        let mut phases = vec![file.on_start.list(), file.flow.list(), file.on_stop.list()];
        if let Field::Given(kinds) = &file.kinds {
            for (_, kind) in &kinds.value.entries {
                let kind = &kind.value;
                phases.extend([kind.on_start.list(), kind.flow.list(), kind.on_stop.list()]);
            }
        }
        phases.into_iter().flatten().for_each(|steps| collect(steps, &mut found));
        self.scope.unknown.extend(found.wrong.iter().map(|name| (*name).clone()));
        let variables = file.variables.value();
        for name in found.names {
            if !self.check_name(name, "capture") {
                self.scope.unknown.insert(name.value.clone());
                continue;
            }
            let same = variables.and_then(|map| map.entries.iter().find(|(variable, _)| variable.value == name.value));
            if same.is_some() {
                let wrong = Wrong::new(format!("`{}` is a variable too", shown(&name.value)));
                self.ctx.wrong_at(
                    &name.place,
                    None,
                    wrong.help("a name is either a variable or a capture: rename one of them"),
                );
            }
            if self.scope.slot(&name.value).is_none() {
                if self.scope.slots.len() == MOST {
                    let wrong = Wrong::new("there are too many captures").allowed(format!("{MOST} at most"));
                    self.ctx.wrong_at(&name.place, None, wrong);
                    return;
                }
                self.scope.slots.push(name.value.clone());
            }
        }
    }

    /// Reads the variables. Each may refer to those above it.
    pub fn variables(&mut self, variables: &Field<MapOf<Text>>) {
        let set = self.inputs.set();
        let mut known = Vec::new();
        if let Field::Given(map) = variables {
            self.scope.unknown.extend(map.value.wrong.iter().cloned());
            known.extend(map.value.wrong.iter().map(String::as_str));
            for (name, text) in &map.value.entries {
                known.push(name.value.as_str());
                if !self.check_name(name, "variable") {
                    self.scope.unknown.insert(name.value.clone());
                    continue;
                }
                let template = match set.get(&name.value) {
                    Some(text) => Template::text(text),
                    None => self.template(&text.value.0, &text.place),
                };
                self.scope.variables.insert(name.value.clone(), template);
            }
        }
        for name in set.keys().filter(|name| !known.contains(&name.as_str())) {
            let wrong = Wrong::new(format!("`{}` is none of the scenario's variables", shown(name)));
            let wrong = match known.is_empty() {
                true => wrong.help("the scenario has no `variables`"),
                false => wrong.allowed(known.join(", ")),
            };
            let wrong = match nearest(name, known.iter().copied()) {
                Some(near) => wrong.help(format!("did you mean `{near}`?")),
                None => wrong,
            };
            let span = variables.given().map(|at| at.place.span).unwrap_or_default();
            let place = Place { field: format!("set.{}", shown(name)), span };
            self.ctx.wrong_at(&place, Some(shown(name)), wrong);
        }
    }

    /// Whether `name` can be put into `${…}`; reports it if not.
    fn check_name(&mut self, name: &At<String>, what: &str) -> bool {
        let text = name.value.as_str();
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let fits =
            starts && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let wrong = if BUILT_IN.contains(&text) {
            Wrong::new(format!("`{text}` is built in")).help("choose another name")
        } else if fits {
            return true;
        } else {
            let allowed = "1 to 64 letters, digits, `_` and `-`, not starting with a digit or `-`";
            Wrong::new(format!("`{}` is no name of a {what}", shown(text))).allowed(allowed)
        };
        self.ctx.wrong_at(&name.place, Some(shown(text)), wrong);
        false
    }
}

/// The names of captures.
#[derive(Default)]
struct Found<'f> {
    names: Vec<&'f At<String>>,
    wrong: Vec<&'f String>,
}

/// Adds the captures of `steps`, in order.
fn collect<'f>(steps: &'f [At<StepFile>], found: &mut Found<'f>) {
    for step in steps {
        match &step.value {
            StepFile::Request { file, .. } => {
                let Some(map) = file.capture.value() else { continue };
                found.names.extend(map.entries.iter().map(|(name, _)| name));
                found.wrong.extend(&map.wrong);
            }
            StepFile::Group(group) => collect(group.flow.list().unwrap_or_default(), found),
            StepFile::Choose(branches) => {
                let flows = branches.0.iter().filter_map(|branch| branch.value.flow.list());
                flows.for_each(|flow| collect(flow, found));
            }
            StepFile::Repeat(repeat) => collect(repeat.flow.list().unwrap_or_default(), found),
            StepFile::Think(_) => {}
        }
    }
}
