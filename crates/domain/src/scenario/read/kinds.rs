//! What users of each kind do.

use std::collections::BTreeSet;

use super::build::Build;
use crate::scenario::file::{At, Field, KindFile, MapOf, Place, ScenarioFile, StepFile};
use crate::scenario::model::{Step, ThinkAfter, ThinkTime, UserKind};
use crate::text::Wrong;

impl Build<'_> {
    /// The kinds of users, one where the scenario has one flow.
    pub fn kinds(&mut self, file: &ScenarioFile, whole: &Place) -> Vec<UserKind> {
        let think_time = file.think_time.value().map_or(ThinkTime::None, |think| think.0);
        let think_after = file.think_after.value().map_or(ThinkAfter::Request, |after| after.0);
        match (&file.flow, &file.kinds) {
            (Field::Absent, Field::Absent) => {
                let wrong = Wrong::new("neither `flow` nor `kinds` says what users do");
                self.ctx.wrong_at(whole, None, wrong.help("add for example `flow: [GET /]`"));
                Vec::new()
            }
            (_, Field::Absent) => {
                let steps = [file.on_start.list(), file.flow.list(), file.on_stop.list()];
                let [on_start, flow, on_stop] = self.phases(steps);
                vec![UserKind {
                    name: "user".to_owned(),
                    weight: 1.0,
                    think_time,
                    think_after,
                    on_start,
                    flow,
                    on_stop,
                }]
            }
            (_, kinds) => {
                let places = [
                    ("on_start", file.on_start.place()),
                    ("flow", file.flow.place()),
                    ("on_stop", file.on_stop.place()),
                ];
                for (name, place) in places {
                    if let Some(place) = place {
                        let wrong = Wrong::new("the steps of users are given beside `kinds`");
                        let help = format!("move `{name}` into the kinds it is for");
                        self.ctx.wrong_at(place, None, wrong.help(help));
                    }
                }
                self.named_kinds(kinds, think_time, think_after)
            }
        }
    }

    fn named_kinds(
        &mut self,
        kinds: &Field<MapOf<KindFile, 1>>,
        think_time: ThinkTime,
        think_after: ThinkAfter,
    ) -> Vec<UserKind> {
        let Field::Given(kinds) = kinds else { return Vec::new() };
        self.check_most(kinds.value.entries.len(), "kinds", &kinds.place);
        self.scope.unknown.extend(kinds.value.wrong.iter().cloned());
        let mut list = Vec::new();
        for (name, kind) in &kinds.value.entries {
            self.check_word(name, "kind");
            let kind = &kind.value;
            let [on_start, flow, on_stop] = self.phases([kind.on_start.list(), kind.flow.list(), kind.on_stop.list()]);
            list.push(UserKind {
                name: name.value.clone(),
                weight: kind.weight.value().map_or(1.0, |weight| weight.0),
                think_time: kind.think_time.value().map_or(think_time, |think| think.0),
                think_after: kind.think_after.value().map_or(think_after, |after| after.0),
                on_start,
                flow,
                on_stop,
            });
        }
        list
    }

    /// The steps that one kind does at its start, again and again, and at its end.
    fn phases(&mut self, phases: [Option<&[At<StepFile>]>; 3]) -> [Vec<Step>; 3] {
        self.captured = Some(BTreeSet::new());
        let built = phases.map(|steps| self.steps(steps.unwrap_or_default()));
        self.captured = None;
        built
    }
}
