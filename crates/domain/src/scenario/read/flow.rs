//! The steps of users.

use super::build::Build;
use crate::scenario::file::{At, Field, ListOf, StepFile};
use crate::scenario::model::{Branch, EntryKind, NameId, Step};
use crate::text::Wrong;

impl Build<'_> {
    /// The steps of a list.
    pub fn steps(&mut self, list: &ListOf<StepFile>) -> Vec<Step> {
        list.0.iter().map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: &At<StepFile>) -> Step {
        match &step.value {
            StepFile::Request { method, url, file } => self.request(method, url, file),
            StepFile::Group(group) => {
                let name = group.name.given().map(|at| (self.constant(at), at));
                let id = name.map(|(name, at)| {
                    if name.is_empty() {
                        self.ctx.wrong_at(&at.place, None, Wrong::new("the name of a group is empty"));
                    }
                    self.name(EntryKind::Group, "", &name, at)
                });
                Step::Group { name: id.unwrap_or(NameId(0)), steps: self.some_steps(&group.flow) }
            }
            StepFile::Choose(branches) => {
                self.check_not_empty(&branches.0, &step.place);
                self.choose(branches)
            }
            StepFile::Repeat(repeat) => Step::Repeat {
                times: repeat.times.value().map_or(1, |times| times.as_u32()),
                steps: self.some_steps(&repeat.flow),
            },
            StepFile::Think(think) => Step::Think(think.0),
        }
    }

    /// Steps of which there must be one at least.
    fn some_steps(&mut self, flow: &Field<ListOf<StepFile>>) -> Vec<Step> {
        let Field::Given(flow) = flow else { return Vec::new() };
        self.check_not_empty(&flow.value.0, &flow.place);
        self.steps(&flow.value)
    }

    fn choose(&mut self, branches: &ListOf<crate::scenario::file::BranchFile>) -> Step {
        let before = self.captured.clone();
        let mut after = before.clone();
        let mut list = Vec::new();
        for branch in &branches.0 {
            // A branch sees what came before all of them; what follows sees what any of them may have captured.
            self.captured.clone_from(&before);
            let steps = branch.value.flow.value().map(|flow| self.steps(flow)).unwrap_or_default();
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
