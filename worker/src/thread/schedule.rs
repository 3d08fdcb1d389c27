//! When users start and stop, and when arrivals are due: this thread's share of the test's curves.

use std::iter::Peekable;

use swarmgate_domain::{Arrivals, Load, LoadModel, Micros, Scenario, UserCurve};

use super::Outfit;

/// A time that a user is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it starts.
    pub start: Micros,
    /// When it stops.
    pub stop: Micros,
    /// The user's number in the test.
    pub number: u32,
    /// Index of its load.
    pub load: u16,
}

/// The users of all closed loads: numbers go on from load to load, each load's from where the peaks of those before it end.
#[derive(Debug)]
pub struct Crowd {
    loads: Vec<ClosedLoad>,
    /// From which number on users are who come by a change beyond the peak of their load.
    extra: u32,
    share: Share,
}

#[derive(Clone, Debug)]
struct ClosedLoad {
    load: u16,
    curve: UserCurve,
    first: u32,
    planned: u32,
}

/// Which numbers are a thread's.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    shard: u32,
    shards: u32,
    thread: u32,
    threads: u32,
}

impl Share {
    /// Of the thread with this outfit.
    pub fn of(outfit: &Outfit) -> Self {
        Self { shard: outfit.shard, shards: outfit.shards.max(1), thread: outfit.index, threads: outfit.count.max(1) }
    }

    /// Whether number `n` is this thread's: the shard's numbers go round its threads.
    pub fn holds(self, n: u32) -> bool {
        n % self.shards == self.shard && n / self.shards % self.threads == self.thread
    }

    /// How many of the numbers from 0 to `count` are this thread's.
    pub fn of_count(self, count: u32) -> u32 {
        let step = u64::from(self.shards) * u64::from(self.threads);
        let first = u64::from(self.shard) + u64::from(self.shards) * u64::from(self.thread);
        let share = u64::from(count).saturating_sub(first).div_ceil(step);
        u32::try_from(share).expect("a share is less than the whole")
    }

    /// The `n`-th of this thread's numbers.
    pub fn nth(self, n: u32) -> u64 {
        let (shards, threads) = (u64::from(self.shards), u64::from(self.threads));
        u64::from(self.shard) + shards * (u64::from(self.thread) + threads * u64::from(n))
    }

    /// The first of this thread's numbers, and how far they are apart.
    pub fn arrivals(self) -> (u64, u64) {
        (self.nth(0), u64::from(self.shards) * u64::from(self.threads))
    }
}

impl Crowd {
    /// The closed loads of `scenario`.
    pub fn new(scenario: &Scenario, share: Share) -> Self {
        let (mut loads, mut next) = (Vec::new(), 0_u32);
        for (index, load) in (0..).zip(&scenario.loads) {
            if let LoadModel::Closed(curve) = &load.model {
                let planned = curve.peak();
                loads.push(ClosedLoad { load: index, curve: curve.clone(), first: next, planned });
                next = next.saturating_add(planned);
            }
        }
        let extra = scenario.loads.iter().map(places).fold(0, u32::saturating_add);
        Self { loads, extra, share }
    }

    /// Makes the number of users go towards `users` from `at` on; several loads change in proportion to their peaks.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a u32 fits a u32")]
    pub fn change(&mut self, at: Micros, users: u32, spawn_rate: f64) {
        let total: f64 = self.loads.iter().map(|load| f64::from(load.planned)).sum();
        let (mut given, mut sum) = (0, 0.0);
        for load in &mut self.loads {
            // By running sums, so that the parts add up to the whole.
            sum += f64::from(load.planned);
            let until = (f64::from(users) * sum / total.max(1.0)).round() as u32;
            let part = f64::from(load.planned) / total.max(1.0);
            load.curve = load.curve.changed(at, until - given, spawn_rate * part);
            given = until;
        }
    }

    /// All spans of this thread's users, in order of their start.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for (position, load) in (0_u32..).zip(&self.loads) {
            for index in 0..load.curve.peak() {
                let number = self.number(load, position, index);
                if self.share.holds(number) {
                    let of_user = load.curve.spans(index).into_iter();
                    spans.extend(of_user.map(|(start, stop)| Span { start, stop, number, load: load.load }));
                }
            }
        }
        spans.sort_by_key(|span| (span.start, span.number));
        spans
    }

    /// Users beyond the planned peak get numbers behind all planned ones, the loads by turns.
    fn number(&self, load: &ClosedLoad, position: u32, index: u32) -> u32 {
        match index.checked_sub(load.planned) {
            None => load.first + index,
            Some(beyond) => {
                let loads = u32::try_from(self.loads.len()).unwrap_or(1);
                self.extra.saturating_add(beyond.saturating_mul(loads)).saturating_add(position)
            }
        }
    }
}

/// Places that a thread should have at least: each drops starts by its own places, so few places must not be shared out thinly.
const FEWEST_PLACES: u32 = 16;

/// How many threads, up to `threads`, a shard is to be spread over.
pub fn useful_threads(scenario: &Scenario, shard: u32, shards: u32, threads: u32) -> u32 {
    let share = Share { shard, shards: shards.max(1), thread: 0, threads: 1 };
    let open = scenario.loads.iter().filter_map(|load| match &load.model {
        LoadModel::Closed(_) => None,
        LoadModel::Open { max_users, .. } => Some((share.of_count(*max_users) / FEWEST_PLACES).max(1)),
    });
    open.min().map_or(threads, |most| threads.min(most)).max(1)
}

/// How many numbers of users a load takes.
fn places(load: &Load) -> u32 {
    match &load.model {
        LoadModel::Closed(curve) => curve.peak(),
        LoadModel::Open { max_users, .. } => *max_users,
    }
}

/// The arrivals of an open load that are this thread's.
pub struct OpenLoad<'a> {
    /// Index of the load.
    pub load: u16,
    arrivals: Peekable<Arrivals<'a>>,
    number: u64,
    step: u64,
    first_place: u32,
    places_left: u32,
    places_used: u32,
    share: Share,
}

/// An arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it is due.
    pub due: Micros,
    /// Its number among the load's arrivals.
    pub number: u64,
}

impl<'a> OpenLoad<'a> {
    /// The open loads of `scenario`, without arrivals that were due before `from`.
    pub fn all(scenario: &'a Scenario, share: Share, from: Micros) -> Vec<Self> {
        // Places of open loads come behind the users of all closed ones.
        let closed = |load: &&Load| matches!(load.model, LoadModel::Closed(_));
        let mut first_place = scenario.loads.iter().filter(closed).map(places).fold(0, u32::saturating_add);
        let mut open = Vec::new();
        for (index, load) in (0..).zip(&scenario.loads) {
            let LoadModel::Open { rate, max_users } = &load.model else { continue };
            let (number, step) = share.arrivals();
            let mut this = Self {
                load: index,
                arrivals: rate.arrivals(number, step).peekable(),
                number,
                step,
                first_place,
                places_left: share.of_count(*max_users),
                places_used: 0,
                share,
            };
            while this.next_due().is_some_and(|due| due < from) {
                this.take();
            }
            open.push(this);
            first_place = first_place.saturating_add(*max_users);
        }
        open
    }

    /// When the next one is due.
    pub fn next_due(&mut self) -> Option<Micros> {
        self.arrivals.peek().copied()
    }

    /// Takes the next one.
    pub fn take(&mut self) -> Option<Arrival> {
        let due = self.arrivals.next()?;
        let number = self.number;
        self.number += self.step;
        Some(Arrival { due, number })
    }

    /// Whether there may be users that were not there before.
    pub fn has_room(&self) -> bool {
        self.places_left > 0
    }

    /// The number of a user that was not there before; `None` when this thread's share of them is there.
    pub fn new_place(&mut self) -> Option<u32> {
        self.places_left = self.places_left.checked_sub(1)?;
        let place = u32::try_from(self.share.nth(self.places_used)).unwrap_or(u32::MAX);
        self.places_used += 1;
        Some(self.first_place.saturating_add(place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn load(model: LoadModel) -> Load {
        Load { name: "load".to_owned(), kind: None, model }
    }

    fn scenario(loads: Vec<Load>) -> Scenario {
        let json = serde_json::json!({
            "name": "test", "description": null, "labels": {}, "target": null, "loads": [], "kinds": [],
            "http": {
                "headers": [], "auth": "none", "cookies": "session", "connections": "keep_alive", "connect_timeout": 1,
                "tls": "verify",
            },
            "data": [], "slots": 0, "slot_names": [], "names": [], "thresholds": [], "interval": null, "grace": 0,
        });
        Scenario { loads, ..serde_json::from_value(json).unwrap() }
    }

    fn closed(users: u32) -> Load {
        load(LoadModel::Closed(UserCurve::ramp(users, 10.0, Micros::from_secs(60))))
    }

    fn open(rate: f64, max_users: u32) -> Load {
        load(LoadModel::Open { rate: swarmgate_domain::RateCurve::constant(rate, Micros::from_secs(2)), max_users })
    }

    fn shares(shards: u32, threads: u32) -> Vec<Share> {
        let share = |shard| (0..threads).map(move |thread| Share { shard, shards, thread, threads });
        (0..shards).flat_map(share).collect()
    }

    #[test]
    fn each_user_is_somebodys() {
        let scenario = scenario(vec![closed(17), closed(5)]);
        let mut users = BTreeMap::new();
        for share in shares(3, 4) {
            for span in Crowd::new(&scenario, share).spans() {
                assert_eq!(span.number % 3, share.shard);
                assert_eq!(users.insert(span.number, span.load), None);
            }
        }
        assert_eq!(users.keys().copied().collect::<Vec<_>>(), (0..22).collect::<Vec<_>>());
        assert!(users.iter().all(|(number, load)| (*number < 17) == (*load == 0)));
    }

    #[test]
    fn who_comes_by_a_change_has_a_number_of_its_own() {
        let scenario = scenario(vec![closed(10), open(1.0, 7), closed(30)]);
        let (mut numbers, mut at_50) = (Vec::new(), 0);
        for share in shares(2, 2) {
            let mut crowd = Crowd::new(&scenario, share);
            crowd.change(Micros::from_secs(10), 80, 1_000.0);
            let spans = crowd.spans();
            numbers.extend(spans.iter().map(|span| span.number));
            let at = Micros::from_secs(50);
            at_50 += spans.iter().filter(|span| span.start <= at && span.stop > at).count();
        }
        numbers.sort_unstable();
        let count = numbers.len();
        numbers.dedup();
        // 20 and 60 users; the numbers of the open load's places are left out.
        assert_eq!((count, numbers.len(), at_50), (80, 80, 80));
        assert!(numbers.iter().all(|number| !(40..47).contains(number)), "{numbers:?}");
    }

    #[test]
    fn few_places_are_not_shared_out_thinly() {
        let threads = |loads| useful_threads(&scenario(loads), 0, 2, 8);
        assert_eq!(threads(vec![closed(1)]), 8);
        assert_eq!(threads(vec![open(1.0, 1)]), 1);
        assert_eq!(threads(vec![open(1.0, 1_000), open(1.0, 100)]), 3);
    }

    #[test]
    fn each_arrival_and_each_place_is_somebodys() {
        let scenario = scenario(vec![closed(4), open(50.0, 9)]);
        let (mut arrivals, mut places) = (Vec::new(), Vec::new());
        for share in shares(2, 3) {
            for mut open in OpenLoad::all(&scenario, share, Micros::SECOND) {
                arrivals.extend(std::iter::from_fn(|| open.take()).map(|arrival| (arrival.number, arrival.due)));
                places.extend(std::iter::from_fn(|| open.new_place()));
            }
        }
        arrivals.sort_unstable();
        places.sort_unstable();
        let expected: Vec<_> = (50..100).map(|n| (n, Micros::from_millis(n * 20))).collect();
        assert_eq!((arrivals, places), (expected, (4..13).collect()));
    }
}
