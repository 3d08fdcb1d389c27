//! A locustfile as a scenario, whoever loaded it: this engine or a Locust.

use std::cell::Cell;
use std::rc::Rc;

use swarmgate_domain::{FieldMistake, LoadModel, Overrides, Scenario, Script, UserCurve, Wrong};

use crate::load::Locustfile;
use crate::shape;

/// What a locustfile holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// The names of its classes of users, and where their requests go where they say so.
    pub classes: Vec<(String, Option<String>)>,
    /// How many users its shape says there are, if it has one.
    pub curve: Option<UserCurve>,
}

impl Held {
    /// What `file` holds. Its shape is asked for each second of the test, with the time of day that `clock` moves, in nanoseconds, while
    /// `has_time` says that there is time for it.
    ///
    /// # Errors
    /// The shape raised an exception, it ends at once, or it takes too long; in words.
    pub fn of(file: &mut Locustfile, clock: &Rc<Cell<u64>>, has_time: impl Fn() -> bool) -> Result<Self, String> {
        let classes = file.classes().iter().map(|class| (class.name.clone(), class.host.clone())).collect();
        let (began, has_shape) = (clock.get(), file.has_shape());
        let mut tick = |second: u32, users| {
            if !has_time() {
                return Err(format!("the shape's tick() takes too long: at {second} s it was given up"));
            }
            clock.set(began + u64::from(second) * 1_000_000_000);
            file.tick(f64::from(second), users).map_err(|error| format!("the shape's tick() at {second} s: {error}"))
        };
        let curve = if has_shape { Some(shape::curve(&mut tick)?) } else { None };
        Ok(Self { classes, curve })
    }

    /// `script`, which holds this, as a scenario with `overrides`. A shape says how many users there are, whatever they say.
    ///
    /// # Errors
    /// All mistakes: a class that is not there, values out of range, nothing that says where requests go.
    pub fn scenario(&self, script: Script, overrides: &Overrides) -> Result<Scenario, Vec<FieldMistake>> {
        let unknown = script.classes.iter().filter(|name| self.classes.iter().all(|(known, _)| known != *name));
        let known = || self.classes.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let mistake = |name: &String| FieldMistake {
            field: "class".to_owned(),
            value: Some(name.clone()),
            wrong: Wrong::new(format!("there is no class `{name}`")).allowed(known()),
        };
        let mistakes: Vec<_> = unknown.map(mistake).collect();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let is_wanted = |name: &String| script.classes.is_empty() || script.classes.contains(name);
        let host = self.classes.iter().filter(|(name, _)| is_wanted(name)).find_map(|(_, host)| host.clone());
        let target = overrides.target.clone().or(host);
        let name = script.main.rsplit('/').next().unwrap_or_default().trim_end_matches(".py").to_owned();
        let mut scenario = Scenario::of_script(name, script, target);
        let overrides = match &self.curve {
            None => Overrides {
                users: Some(overrides.users.unwrap_or(1)),
                // Locust's own default, not all at once.
                spawn_rate: Some(overrides.spawn_rate.unwrap_or(1.0)),
                ..overrides.clone()
            },
            Some(curve) => {
                scenario.loads[0].model = LoadModel::Closed(curve.clone());
                Overrides { users: None, spawn_rate: None, ..overrides.clone() }
            }
        };
        scenario.with_overrides(&overrides)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use swarmgate_domain::{Micros, ScriptEngine};

    use super::*;

    fn script(classes: &[&str]) -> Script {
        Script {
            main: "shop.py".to_owned(),
            engine: ScriptEngine::Native,
            files: BTreeMap::new(),
            host: None,
            tags: Vec::new(),
            exclude_tags: Vec::new(),
            classes: classes.iter().map(|name| (*name).to_owned()).collect(),
            arguments: Vec::new(),
            answers: Vec::new(),
        }
    }

    #[test]
    fn classes_and_shape_make_a_scenario() {
        let class = |name: &str, host: Option<&str>| (name.to_owned(), host.map(str::to_owned));
        let classes = vec![class("A", None), class("B", Some("http://b.example"))];
        let held = Held { classes, curve: None };
        let scenario = held.scenario(script(&[]), &Overrides::default()).unwrap();
        assert_eq!((scenario.name.as_str(), scenario.peak_users()), ("shop", 1));
        assert_eq!(scenario.target.as_deref(), Some("http://b.example"));
        let of = |classes: &[&str]| held.scenario(script(classes), &Overrides::default()).unwrap_err();
        assert_eq!(of(&["A"])[0].field, "target");
        assert_eq!(of(&["C"])[0].to_string(), "class: there is no class `C`, allowed are A, B");
        let curve = Some(UserCurve::ramp(7, 7.0, Micros::from_secs(20)));
        let shaped =
            Held { curve, ..held }.scenario(script(&["B"]), &Overrides { users: Some(3), ..Overrides::default() });
        assert_eq!(shaped.map(|scenario| (scenario.peak_users(), scenario.duration())), Ok((7, Micros::from_secs(20))));
    }
}
