//! What the command line and the API change about a scenario.

use super::file::{MAX_RATE, MAX_TEST, MAX_USERS};
use super::mistake::FieldMistake;
use super::model::{Load, LoadModel, Scenario};
use super::read::{default_max_users, parse_target, ramp, unique_rows, unknown_filter};
use super::walk::relative_request;
use crate::curve::{CurvePoint, RateCurve, UserCurve};
use crate::text::{Wrong, shown};
use crate::threshold::Threshold;
use crate::time::Micros;
use crate::verdict::ThresholdOrigin;

/// What is to be other than the scenario says. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// The base of URLs.
    pub target: Option<String>,
    /// So many users at a time. Makes arrivals and stages users that stay.
    pub users: Option<u32>,
    /// How many of them start per second. Without it, that of the scenario; where it has none, all within the first second.
    pub spawn_rate: Option<f64>,
    /// How long the load lasts. Nothing is stretched: what is longer is cut off, and the level at the end goes on.
    pub duration: Option<Micros>,
    /// So many iterations started per second. Makes users arrivals.
    pub arrival_rate: Option<f64>,
    /// Limits beside those of the scenario; one of the same metric and filter comes in the other's place, and any in that of the default.
    pub thresholds: Vec<String>,
    /// The slice of time that results are gathered in.
    pub interval: Option<Micros>,
}

impl Scenario {
    /// This scenario with `overrides`, ready to be run: it has a target where one is needed.
    ///
    /// # Errors
    /// All mistakes: a value out of range, values that do not go together or do not fit the scenario, or no target.
    pub fn with_overrides(&self, overrides: &Overrides) -> Result<Self, Vec<FieldMistake>> {
        let mut mistakes = Mistakes(Vec::new());
        let mut scenario = self.clone();
        if let Some(target) = &overrides.target {
            match parse_target(target) {
                Ok(target) => scenario.target = Some(target),
                Err(wrong) => mistakes.add("target", Some(target.clone()), wrong),
            }
        }
        if let Some(interval) = overrides.interval {
            mistakes.check_range("interval", interval, Micros::SECOND, Micros::from_secs(60));
            scenario.interval = Some(interval);
        }
        scenario.override_load(overrides, &mut mistakes);
        for text in &overrides.thresholds {
            scenario.override_threshold(text, &mut mistakes);
        }
        if mistakes.0.is_empty() {
            scenario.check_whole(&mut mistakes);
        }
        if mistakes.0.is_empty() { Ok(scenario) } else { Err(mistakes.0) }
    }

    /// What can be wrong only with the scenario as a whole.
    fn check_whole(&self, mistakes: &mut Mistakes) {
        if let (None, Some(request)) = (&self.target, relative_request(self)) {
            let wrong = Wrong::new(format!("there is none, and `{request}` needs one"));
            mistakes.add("target", None, wrong.help("give `--target URL`, or a `target` in the scenario"));
        }
        if self.script.is_some() && self.target.is_none() {
            let wrong = Wrong::new("neither the locustfile nor anything else says where requests go");
            mistakes.add("target", None, wrong.help("give `--host URL`, or a `host` in the user class"));
        }
        for source in &self.data {
            if let Some(wrong) = unique_rows(self, &source.name) {
                mistakes.add(&format!("data.{}", source.name), None, wrong);
            }
        }
    }

    fn override_threshold(&mut self, text: &str, mistakes: &mut Mistakes) {
        let threshold = match Threshold::parse(text) {
            Ok(threshold) => threshold,
            Err(wrong) => return mistakes.add("thresholds", Some(text.to_owned()), wrong),
        };
        // The names of a script's requests are known only while it runs.
        let unknown = if self.script.is_none() { unknown_filter(&threshold, &self.names) } else { None };
        if let Some((_, wrong)) = unknown {
            return mistakes.add("thresholds", Some(text.to_owned()), wrong);
        }
        self.thresholds.retain(|known| {
            known.origin != ThresholdOrigin::Default
                && (known.metric != threshold.metric || known.filter != threshold.filter)
        });
        self.thresholds.push(threshold);
    }

    fn override_load(&mut self, overrides: &Overrides, mistakes: &mut Mistakes) {
        mistakes.check_numbers(overrides);
        let given = [
            ("users", overrides.users.is_some()),
            ("arrival_rate", overrides.arrival_rate.is_some()),
            ("spawn_rate", overrides.spawn_rate.is_some()),
            ("duration", overrides.duration.is_some()),
        ];
        let Some((field, _)) = given.into_iter().find(|(_, given)| *given) else { return };
        if !mistakes.0.is_empty() {
            return;
        }
        let has_script = self.script.is_some();
        let [load] = self.loads.as_mut_slice() else {
            let names: Vec<_> = self.loads.iter().map(|load| load.name.as_str()).collect();
            let wrong = Wrong::new(format!("the scenario has several loads: {}", names.join(", ")));
            return mistakes.add(field, None, wrong.help("change them in the scenario"));
        };
        match changed(load, overrides, has_script) {
            Ok(model) => load.model = model,
            Err((field, wrong)) => mistakes.add(field, None, wrong),
        }
    }
}

/// The load as it is to be. The numbers are in range.
fn changed(load: &Load, overrides: &Overrides, has_script: bool) -> Result<LoadModel, (&'static str, Wrong)> {
    match (&load.model, overrides.users, overrides.arrival_rate) {
        (_, Some(_), Some(_)) => {
            Err(("arrival_rate", Wrong::new("it does not go together with `users`").help("give one of them")))
        }
        (_, None, Some(_)) if has_script => {
            let wrong = Wrong::new("a locustfile has users, not arrivals");
            Err((
                "arrival_rate",
                wrong.help("give `users`, and `wait_time = constant_throughput(…)` in the locustfile"),
            ))
        }
        (_, None, Some(rate)) => {
            if overrides.spawn_rate.is_some() {
                return Err(("spawn_rate", Wrong::new("it does not go together with `arrival_rate`")));
            }
            let duration = overrides.duration.unwrap_or(load.model.duration());
            let max_users = match &load.model {
                LoadModel::Open { max_users, .. } => (*max_users).max(default_max_users(rate)),
                LoadModel::Closed(_) => default_max_users(rate),
            };
            Ok(LoadModel::Open { rate: RateCurve::constant(rate, duration), max_users })
        }
        (model, Some(users), None) => {
            let (start, spawned) = match model {
                LoadModel::Closed(curve) => first_line(curve.points()),
                LoadModel::Open { .. } => (Micros::ZERO, None),
            };
            let end = overrides.duration.map_or(load.model.duration(), |duration| start + duration);
            let spawn_rate = overrides.spawn_rate.or(spawned).unwrap_or(f64::from(users));
            Ok(LoadModel::Closed(ramp(start, users, spawn_rate, end)))
        }
        (LoadModel::Closed(curve), None, None) => {
            let (start, _) = first_line(curve.points());
            let end = overrides.duration.map_or(curve.duration(), |duration| start + duration);
            match overrides.spawn_rate {
                Some(spawn_rate) => Ok(LoadModel::Closed(ramp(start, curve.peak(), spawn_rate, end))),
                None => Ok(LoadModel::Closed(UserCurve::new(lasting(curve.points(), end)?).expect(CURVE))),
            }
        }
        (LoadModel::Open { .. }, None, None) if overrides.spawn_rate.is_some() => Err((
            "spawn_rate",
            Wrong::new("the scenario has arrivals, which bring their users").help("give `users` too"),
        )),
        (LoadModel::Open { rate, max_users }, None, None) => {
            let end = overrides.duration.unwrap_or(rate.duration());
            let rate = RateCurve::new(lasting(rate.points(), end)?).expect(CURVE);
            Ok(LoadModel::Open { rate, max_users: *max_users })
        }
    }
}

const CURVE: &str = "a part of a curve is a curve";

/// When the first user comes, and at which rate users come where they come at one and then stay.
/// No rate where all are there within a second: that is what happens without a spawn rate.
fn first_line(points: &[CurvePoint]) -> (Micros, Option<f64>) {
    let Some(rise) = points.windows(2).position(|line| line[1].value > 0.0) else { return (Micros::ZERO, None) };
    let (from, to) = (points[rise], points[rise + 1]);
    let seconds = to.at.saturating_since(from.at).as_secs_f64();
    let stays = points[rise + 1..].iter().all(|point| point.value.total_cmp(&to.value).is_eq());
    let spawned = stays && from.value == 0.0 && seconds > 1.0;
    (from.at, spawned.then(|| (to.value - from.value) / seconds))
}

/// The curve until `end`: cut off there, or with its last level going on.
fn lasting(points: &[CurvePoint], end: Micros) -> Result<Vec<CurvePoint>, (&'static str, Wrong)> {
    let [.., before, last] = points else { return Ok(points.to_vec()) };
    if end > last.at {
        if before.value.total_cmp(&last.value).is_ne() {
            let problem = format!("{end} is longer than the load, which changes until its end at {}", last.at);
            let wrong = Wrong::new(problem).allowed(format!("times up to {}", last.at));
            return Err(("duration", wrong.help("give `users` or `arrival_rate` too, or change the scenario")));
        }
        return Ok([&points[..points.len() - 1], &[CurvePoint { at: end, value: last.value }]].concat());
    }
    let mut kept: Vec<_> = points.iter().copied().take_while(|point| point.at <= end).collect();
    if let (Some(from), Some(to)) = (kept.last().copied(), points.get(kept.len()))
        && from.at < end
    {
        let part = end.saturating_since(from.at).as_secs_f64() / to.at.saturating_since(from.at).as_secs_f64();
        kept.push(CurvePoint { at: end, value: from.value + (to.value - from.value) * part });
    }
    Ok(kept)
}

/// What is wrong with overrides so far.
struct Mistakes(Vec<FieldMistake>);

impl Mistakes {
    fn add(&mut self, field: &str, value: Option<String>, wrong: Wrong) {
        let value = value.map(|value| shown(&value));
        self.0.push(FieldMistake { field: field.to_owned(), value, wrong });
    }

    fn check_numbers(&mut self, overrides: &Overrides) {
        if let Some(users) = overrides.users
            && !(1..=MAX_USERS).contains(&u64::from(users))
        {
            let problem = format!("{users} is too {}", if users == 0 { "few" } else { "many" });
            self.add("users", Some(users.to_string()), Wrong::new(problem).allowed(format!("1 to {MAX_USERS}")));
        }
        for (field, rate) in [("spawn_rate", overrides.spawn_rate), ("arrival_rate", overrides.arrival_rate)] {
            if let Some(rate) = rate
                && !(rate > 0.0 && rate <= MAX_RATE)
            {
                let wrong = Wrong::new(format!("{rate}/s is no rate"))
                    .allowed(format!("rates of more than 0/s, {MAX_RATE}/s at most"));
                self.add(field, Some(rate.to_string()), wrong);
            }
        }
        if let Some(duration) = overrides.duration {
            self.check_range("duration", duration, Micros::from_millis(100), Micros(MAX_TEST));
        }
    }

    fn check_range(&mut self, field: &str, value: Micros, low: Micros, high: Micros) {
        if !(low..=high).contains(&value) {
            let problem = format!("{value} is too {}", if value < low { "short" } else { "long" });
            self.add(
                field,
                Some(value.to_string()),
                Wrong::new(problem).allowed(format!("times from {low} to {high}")),
            );
        }
    }
}
