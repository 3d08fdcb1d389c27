//! Puts the parts of a scenario together.

use std::collections::BTreeSet;

use super::data::unique_rows;
use super::inputs::{DataRows, ScenarioInputs};
use super::names::Names;
use super::scope::Scope;
use crate::scenario::file::{At, Context, Field, Place, ScenarioFile};
use crate::scenario::mistake::{Diagnostic, Severity, Span};
use crate::scenario::model::{HttpVersion, Scenario};
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
    pub version: HttpVersion,
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
        version: file.http.value().map_or(HttpVersion::Http1, |word| word.0),
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
        script: None,
        slot_names: build.scope.slots.clone(),
        names: Vec::new(),
        interval: file.interval.value().map(|time| time.0),
        grace: file.grace.value().map_or(Micros::from_secs(30), |time| time.0),
    };
    build.finish(file, scenario, data)
}

impl Build<'_> {
    fn finish(mut self, file: &ScenarioFile, mut scenario: Scenario, data: Vec<DataRows>) -> Built {
        scenario.names = std::mem::take(&mut self.names).into_list();
        scenario.thresholds = self.thresholds(&file.thresholds);
        // What is said about the steps as a whole is said only where each is right: one that could not be read may have the name
        // that a threshold asks for, and use the data that nothing else uses.
        let steps = [file.on_start.is_wrong(), file.flow.is_wrong(), file.on_stop.is_wrong(), file.kinds.is_wrong()];
        let places = [file.on_start.place(), file.flow.place(), file.on_stop.place(), file.kinds.place()];
        if !steps.contains(&true) && self.all_right(&places) {
            self.check_filters(file, &scenario);
            if !file.load.is_wrong() && self.all_right(&[file.load.place(), file.data.place()]) {
                self.check_rows(file, &scenario);
                self.check_unused(file, &scenario);
            }
        }
        (Some((scenario, data)), self.ctx.found)
    }

    /// Whether no mistake was found in any of these places.
    fn all_right(&self, places: &[Option<&Place>]) -> bool {
        let holds = |place: &Place, span: Span| place.span.start <= span.start && span.end <= place.span.end;
        let errors = self.ctx.found.iter().filter(|found| found.severity == Severity::Error);
        let mut spans = errors.map(|found| found.span);
        !spans.any(|span| places.iter().flatten().any(|place| holds(place, span)))
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
