//! Puts the parts of a scenario together.

use std::collections::BTreeSet;

use super::data::unique_rows;
use super::inputs::{DataRows, ScenarioInputs};
use super::names::Names;
use super::scope::Scope;
use crate::scenario::file::{At, Context, Field, KindFile, MapOf, Place, ScenarioFile, StepFile};
use crate::scenario::mistake::{Diagnostic, Severity, Span};
use crate::scenario::model::{Scenario, Step, ThinkAfter, ThinkTime, UserKind};
use crate::scenario::walk::columns_used;
use crate::text::{Wrong, shown};
use crate::time::Micros;

/// How many kinds, loads, data sources, captures or columns there may be.
pub(super) const MOST: usize = 1_000;

/// A scenario under construction. Its parts return something whatever is wrong: with a mistake found, none of it is used.
pub(super) struct Build<'a> {
    pub ctx: Context,
    /// The file, to find places within values.
    pub text: &'a str,
    pub inputs: &'a dyn ScenarioInputs,
    pub scope: Scope,
    pub names: Names,
    /// Which captures the steps so far may have set; `None` where the order is not followed.
    pub captured: Option<BTreeSet<u16>>,
    pub request_timeout: Micros,
    pub request_redirects: u8,
}

type Built = (Option<(Scenario, Vec<DataRows>)>, Vec<Diagnostic>);

pub(super) fn build(
    file: &ScenarioFile,
    whole: Span,
    ctx: Context,
    text: &str,
    origin: &str,
    inputs: &dyn ScenarioInputs,
) -> Built {
    let mut build = Build {
        ctx,
        text,
        inputs,
        scope: Scope::default(),
        names: Names::default(),
        captured: None,
        request_timeout: file.timeout.value().map_or(Micros::from_secs(30), |timeout| timeout.0),
        request_redirects: file.redirects.value().map_or(10, |count| u8::try_from(count.0).unwrap_or(u8::MAX)),
    };
    let data = build.data(&file.data);
    build.captures(file);
    build.variables(&file.variables);
    let whole = Place { field: "file".to_owned(), span: Span { start: whole.start, end: whole.start } };
    let kinds = build.kinds(file, &whole);
    let scenario = Scenario {
        name: build.scenario_name(file, origin),
        description: file.description.given().and_then(|at| build.constant(at)),
        labels: build.labels(&file.labels),
        target: build.target(&file.target),
        loads: build.loads(&file.load, &kinds),
        http: build.http(file),
        thresholds: Vec::new(),
        kinds,
        data: build.scope.sources.clone(),
        slots: u16::try_from(build.scope.slots.len()).unwrap_or(u16::MAX),
        slot_names: build.scope.slots.clone(),
        names: Vec::new(),
        interval: file.interval.value().map(|time| time.0),
        grace: file.grace.value().map_or(Micros::from_secs(30), |time| time.0),
    };
    build.finish(file, scenario, data)
}

impl Build<'_> {
    fn finish(mut self, file: &ScenarioFile, mut scenario: Scenario, data: Vec<DataRows>) -> Built {
        // Not followed where something is wrong already: a load without users needs no rows.
        scenario.names = std::mem::take(&mut self.names).into_list();
        scenario.thresholds = self.thresholds(&file.thresholds, &scenario.names);
        self.check_unused(file, &scenario);
        if self.ctx.found.iter().all(|found| found.severity == Severity::Warning) {
            self.check_rows(file, &scenario);
        }
        (Some((scenario, data)), self.ctx.found)
    }

    fn check_rows(&mut self, file: &ScenarioFile, scenario: &Scenario) {
        let Field::Given(data) = &file.data else { return };
        for (name, source) in &data.value.entries {
            if let Some(wrong) = unique_rows(scenario, &name.value) {
                let rows = source.value.file.given().map_or(&name.place, |at| &at.place);
                self.ctx.wrong_at(rows, None, wrong);
            }
        }
    }

    fn kinds(&mut self, file: &ScenarioFile, whole: &Place) -> Vec<UserKind> {
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

    pub fn check_most(&mut self, count: usize, what: &str, place: &Place) {
        if count > MOST {
            let wrong = Wrong::new(format!("{count} {what} are too many")).allowed(format!("{MOST} at most"));
            self.ctx.wrong_at(place, None, wrong);
        }
    }

    /// Reports a name that is more than a word.
    pub fn check_word(&mut self, name: &At<String>, what: &str) {
        let fits = (1..=64).contains(&name.value.len())
            && name.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !fits {
            let problem = format!("`{}` is no name of a {what}", shown(&name.value));
            let wrong = Wrong::new(problem).allowed("1 to 64 letters, digits, `_` and `-`");
            self.ctx.wrong_at(&name.place, Some(shown(&name.value)), wrong);
        }
    }

    fn check_unused(&mut self, file: &ScenarioFile, scenario: &Scenario) {
        let Field::Given(data) = &file.data else { return };
        let used = columns_used(scenario);
        for (name, _) in &data.value.entries {
            let index = scenario.data.iter().position(|source| source.name == name.value);
            if index.is_some_and(|index| !used.iter().any(|source| usize::from(*source) == index)) {
                let wrong = Wrong::new("nothing uses this data");
                let help = format!("`${{{}.column}}` puts a value in", name.value);
                self.ctx.warn(&name.place, wrong.help(help));
            }
        }
    }
}
