//! The steps of users.

use super::build::Build;
use crate::scenario::file::{At, BranchFile, StepFile};
use crate::scenario::model::{Branch, EntryKind, NameId, Step};

impl Build<'_> {
    /// The steps of a list.
    pub fn steps(&mut self, list: &[At<StepFile>]) -> Vec<Step> {
        list.iter().map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: &At<StepFile>) -> Step {
        match &step.value {
            StepFile::Request { method, url, file } => self.request(method, url, file),
            StepFile::Group(group) => {
                let name = group.name.given().and_then(|at| self.constant_name(at).map(|name| (name, at)));
                let id = name.map(|(name, at)| self.name(EntryKind::Group, "", &name, at));
                Step::Group { name: id.unwrap_or(NameId(0)), steps: self.steps(group.flow.list().unwrap_or_default()) }
            }
            StepFile::Choose(branches) => self.choose(&branches.0),
            StepFile::Repeat(repeat) => Step::Repeat {
                times: repeat.times.value().map_or(1, |times| times.as_u32()),
                steps: self.steps(repeat.flow.list().unwrap_or_default()),
            },
            StepFile::Think(think) => Step::Think(think.0),
        }
    }

    fn choose(&mut self, branches: &[At<BranchFile>]) -> Step {
        let before = self.captured.clone();
        let mut after = before.clone();
        let mut list = Vec::new();
        for branch in branches {
            // A branch sees what came before all of them; what follows sees what any of them may have captured.
            self.captured.clone_from(&before);
            let steps = self.steps(branch.value.flow.list().unwrap_or_default());
            let weight = branch.value.weight.value().map_or(1.0, |weight| weight.0);
            list.push(Branch { weight, steps });
            if let (Some(all), Some(own)) = (&mut after, &self.captured) {
                all.extend(own);
            }
        }
        self.captured = after;
        Step::Choose(list)
    }

    /// The id of a name; the first one where there are too many, which is reported.
    pub fn name<T>(&mut self, kind: EntryKind, method: &str, name: &str, at: &At<T>) -> NameId {
        self.names.id(kind, method, name).unwrap_or_else(|wrong| {
            self.ctx.wrong_at(&at.place, None, wrong);
            NameId(0)
        })
    }
}
