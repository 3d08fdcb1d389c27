//! Users and arrivals over time.

use super::build::Build;
use crate::curve::{CurvePoint, RateCurve, UserCurve};
use crate::scenario::file::{Field, ListOf, LoadFile, LoadsFile, MAX_TEST, MAX_USERS, Place, StageFile};
use crate::scenario::model::{Load, LoadModel, UserKind};
use crate::text::{Wrong, nearest, shown};
use crate::time::Micros;

/// How many iterations may run at once where nothing says so: as many as start in 30 s, 100 at least.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and the bound is below"
)]
pub(crate) fn default_max_users(peak_rate: f64) -> u32 {
    let most = u32::try_from(MAX_USERS).unwrap_or(u32::MAX);
    ((peak_rate * 30.0).ceil() as u32).clamp(100, most)
}

/// From nobody at `start` to `users` at `spawn_rate` per second, and then so many until `end`; cut off where `end` comes first.
pub(crate) fn ramp(start: Micros, users: u32, spawn_rate: f64, end: Micros) -> UserCurve {
    if start == Micros::ZERO {
        return UserCurve::ramp(users, spawn_rate, end);
    }
    let users = f64::from(users);
    let room = end.saturating_since(start).as_secs_f64();
    let reached = (spawn_rate * room).min(users);
    let full = start + Micros::from_secs_f64(reached / spawn_rate);
    let at = |at, value| CurvePoint { at, value };
    let points = vec![at(Micros::ZERO, 0.0), at(start, 0.0), at(full.min(end), reached), at(end, reached)];
    UserCurve::new(points).expect("the points are in order and not negative")
}

impl Build<'_> {
    /// All loads of the file.
    pub fn loads(&mut self, loads: &Field<LoadsFile>, kinds: &[UserKind]) -> Vec<Load> {
        match loads.given() {
            None => Vec::new(),
            Some(at) => match &at.value {
                LoadsFile::One(load) => self.load("main", load, &at.place, kinds).into_iter().collect(),
                LoadsFile::Named(map) => {
                    self.check_most(map.entries.len(), "loads", &at.place);
                    let mut list = Vec::new();
                    for (name, load) in &map.entries {
                        self.check_word(name, "load");
                        list.extend(self.load(&name.value, &load.value, &load.place, kinds));
                    }
                    list
                }
            },
        }
    }

    fn load(&mut self, name: &str, file: &LoadFile, place: &Place, kinds: &[UserKind]) -> Option<Load> {
        let kind = file.kind.given().and_then(|at| {
            let kind = self.constant(at)?;
            let index = kinds.iter().position(|known| known.name == kind);
            if index.is_none() && !self.scope.unknown.contains(&kind) {
                self.ctx.wrong_at(&at.place, Some(shown(&kind)), unknown_kind(&kind, kinds));
            }
            index.and_then(|index| u16::try_from(index).ok())
        });
        let start = file.start.value().map_or(Micros::ZERO, |time| time.0);
        let model = self.model(file, place, start)?;
        let end = model.duration();
        if end > Micros(MAX_TEST) {
            let wrong = Wrong::new(format!("the load ends after {end}, which is too long"));
            self.ctx.wrong_at(place, None, wrong.allowed(format!("loads that end within {}", Micros(MAX_TEST))));
        }
        Some(Load { name: name.to_owned(), kind, model })
    }

    fn model(&mut self, file: &LoadFile, place: &Place, start: Micros) -> Option<LoadModel> {
        if !self.fields_fit(file, place) {
            return None;
        }
        if let Field::Given(stages) = &file.stages {
            return self.staged(&stages.value, &stages.place, file, start);
        }
        let end = start + file.duration.value()?.0;
        if let Field::Given(rate) = &file.arrival_rate {
            let at = |at, value| CurvePoint { at, value };
            let rate = rate.value.0;
            let mut points = vec![at(start, rate), at(end, rate)];
            if start > Micros::ZERO {
                points.splice(0..0, [at(Micros::ZERO, 0.0), at(start, 0.0)]);
            }
            let curve = RateCurve::new(points).expect("the points are in order and not negative");
            return Some(open(curve, file));
        }
        let users = file.users.given()?;
        let count = users.value.as_u32();
        if file.spawn_rate.is_wrong() {
            return None;
        }
        let spawn_rate = file.spawn_rate.value().map_or(f64::from(count), |rate| rate.0);
        let curve = ramp(start, count, spawn_rate, end);
        if curve.peak() < count {
            let wrong = Wrong::new(format!("the load ends when {} of {count} users are there", curve.peak()));
            self.ctx.warn(&users.place, wrong.help("raise `spawn_rate` or `duration`"));
        }
        Some(LoadModel::Closed(curve))
    }

    /// Reports fields that do not go together or are missing. Fields that are wrong count as given.
    fn fields_fit(&mut self, file: &LoadFile, place: &Place) -> bool {
        let given = [
            ("users", !file.users.is_absent()),
            ("arrival_rate", !file.arrival_rate.is_absent()),
            ("stages", !file.stages.is_absent()),
            ("spawn_rate", !file.spawn_rate.is_absent()),
            ("duration", !file.duration.is_absent()),
            ("max_users", !file.max_users.is_absent()),
        ];
        let has = |name: &str| given.iter().any(|(known, given)| *known == name && *given);
        let models: Vec<_> = ["users", "arrival_rate", "stages"].into_iter().filter(|name| has(name)).collect();
        let wrong = match models.as_slice() {
            [] => Wrong::new("nothing says how much load there is").allowed("users, arrival_rate, stages"),
            [first, second, ..] => {
                Wrong::new(format!("`{first}` and `{second}` do not go together")).help("remove one of them")
            }
            ["stages"] if has("duration") => {
                Wrong::new("`stages` and `duration` do not go together").help("the stages say how long the load lasts")
            }
            ["stages"] if has("spawn_rate") => Wrong::new("`stages` and `spawn_rate` do not go together")
                .help("`over` says how long a stage takes to reach its users"),
            ["users"] if has("max_users") => Wrong::new("`users` and `max_users` do not go together")
                .help("`max_users` bounds arrivals; users are never more than `users`"),
            ["arrival_rate"] if has("spawn_rate") => Wrong::new("`arrival_rate` and `spawn_rate` do not go together")
                .help("arrivals bring their users; use `stages` for a rate that rises"),
            ["users" | "arrival_rate"] if !has("duration") => {
                let missing = Place { field: format!("{}.duration", place.field), span: place.span };
                let wrong = Wrong::new("missing").help("add for example `duration: 5m`");
                self.ctx.wrong_at(&missing, None, wrong);
                return false;
            }
            _ => return true,
        };
        self.ctx.wrong_at(place, None, wrong);
        false
    }

    fn staged(
        &mut self,
        stages: &ListOf<StageFile>,
        place: &Place,
        file: &LoadFile,
        start: Micros,
    ) -> Option<LoadModel> {
        let arrivals = stages.0.iter().any(|stage| !stage.value.arrival_rate.is_absent());
        let mut points = vec![CurvePoint { at: Micros::ZERO, value: 0.0 }];
        if start > Micros::ZERO {
            points.push(CurvePoint { at: start, value: 0.0 });
        }
        let mut sound = true;
        for stage in &stages.0 {
            match self.stage_end(&stage.value, arrivals, &stage.place) {
                Some(value) => add_stage(&stage.value, value, &mut points),
                None => sound = false,
            }
        }
        if !arrivals && let Field::Given(most) = &file.max_users {
            let wrong = Wrong::new("`max_users` bounds arrivals, and the stages have users");
            self.ctx.wrong_at(&most.place, None, wrong.help("remove it"));
        }
        if !sound || points.len() < 2 {
            return None;
        }
        if points.iter().all(|point| point.value == 0.0) {
            let wrong = Wrong::new("no stage has any load").allowed("stages of which one has users or arrivals");
            self.ctx.wrong_at(place, None, wrong);
            return None;
        }
        if arrivals {
            return RateCurve::new(points).ok().map(|curve| open(curve, file));
        }
        UserCurve::new(points).ok().map(LoadModel::Closed)
    }

    /// What a stage leads to; `None` where it is wrong, which is reported.
    fn stage_end(&mut self, stage: &StageFile, arrivals: bool, place: &Place) -> Option<f64> {
        if stage.over.is_absent() && stage.hold.is_absent() {
            let wrong = Wrong::new("the stage has no length");
            let help = "`over: 30s` leads to it in a straight line, `for: 5m` holds it";
            self.ctx.wrong_at(place, None, wrong.allowed("over, for").help(help));
            return None;
        }
        let wrong = match (stage.users.is_absent(), stage.arrival_rate.is_absent()) {
            (false, false) => Wrong::new("`users` and `arrival_rate` do not go together").help("remove one of them"),
            (true, true) => {
                Wrong::new("the stage does not say how much load there is at its end").allowed("users, arrival_rate")
            }
            (false, true) if arrivals => {
                Wrong::new("the stage has `users`, and another one `arrival_rate`").help("use several named loads")
            }
            (false, true) => {
                return stage.users.value().map(|count| f64::from(count.as_u32())).filter(|_| stage.times_fit());
            }
            (true, false) => return stage.arrival_rate.value().map(|rate| rate.0).filter(|_| stage.times_fit()),
        };
        self.ctx.wrong_at(place, None, wrong);
        None
    }
}

impl StageFile {
    /// Whether what is given of its times is right.
    fn times_fit(&self) -> bool {
        !self.over.is_wrong() && !self.hold.is_wrong()
    }
}

fn add_stage(stage: &StageFile, value: f64, points: &mut Vec<CurvePoint>) {
    let last = |points: &[CurvePoint]| points.last().map_or(Micros::ZERO, |point| point.at);
    if let Some(over) = stage.over.value() {
        points.push(CurvePoint { at: last(points) + over.0, value });
    }
    if let Some(hold) = stage.hold.value() {
        let at = last(points);
        if points.last().is_none_or(|point| point.value.total_cmp(&value).is_ne()) {
            points.push(CurvePoint { at, value });
        }
        points.push(CurvePoint { at: at + hold.0, value });
    }
}

fn open(rate: RateCurve, file: &LoadFile) -> LoadModel {
    let max_users = file.max_users.value().map_or_else(|| default_max_users(rate.peak()), |count| count.as_u32());
    LoadModel::Open { rate, max_users }
}

fn unknown_kind(kind: &str, kinds: &[UserKind]) -> Wrong {
    let names = || kinds.iter().map(|known| known.name.as_str());
    let wrong =
        Wrong::new(format!("there is no kind `{}`", shown(kind))).allowed(names().collect::<Vec<_>>().join(", "));
    match nearest(kind, names()) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong,
    }
}
