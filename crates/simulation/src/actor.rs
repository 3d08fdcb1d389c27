//! Who acts, and by which clock.

use swarmgate_domain::Micros;

/// The store's clock at virtual time 0, in microseconds since the Unix epoch.
pub(crate) const EPOCH: Micros = Micros::from_secs(1_800_000_000);

/// Names an actor for good; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ActorId(pub u32);

/// What an actor does. The numbers index into the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Asks for a test, again and again until it is accepted.
    Caller { test: usize },
    /// Asks for another test by the same key.
    Rival { test: usize },
    /// A function that brings tests up to date with the objects that were created.
    Merger { number: usize },
    /// The function that runs every minute.
    Sweeper,
    /// A worker process of a pool.
    Worker { pool: usize },
    /// Stops a test.
    Stopper { test: usize },
    /// Changes the users of a test.
    Changer { test: usize, change: usize },
    /// Looks at a test.
    Viewer { test: usize },
    /// Makes reports of what lies in the store, after everything was killed.
    Rebuilder,
    /// Ends the tests that it finds, after everything was killed and started again.
    Restarter,
    /// Lists all tests when all is over.
    Lister,
    /// A worker that comes when all is over, to see what is left in a pool's queue.
    Cleaner { pool: usize },
}

impl Role {
    /// Whether it makes load.
    pub fn is_worker(self) -> bool {
        matches!(self, Self::Worker { .. } | Self::Cleaner { .. })
    }

    /// Whether it is there for as long as the simulation.
    pub fn is_permanent(self) -> bool {
        matches!(self, Self::Merger { .. })
    }
}

/// What the world knows of an actor.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub role: Role,
    pub clock: Clock,
    pub alive: bool,
    /// Dies as soon as it waits.
    pub doomed: bool,
    /// Nothing wakes it before.
    pub paused_to: Micros,
    /// It does not reach the store before.
    pub cut_off_to: Micros,
    /// Counts what a function was called for; odd while one is under way.
    pub invocation: u32,
    /// A worker at a shard.
    pub busy: bool,
}

impl Actor {
    pub fn new(role: Role, clock: Clock) -> Self {
        Self {
            role,
            clock,
            alive: true,
            doomed: false,
            paused_to: Micros::ZERO,
            cut_off_to: Micros::ZERO,
            invocation: 0,
            busy: false,
        }
    }
}

/// A clock that is off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// By so much at virtual time 0, in microseconds.
    pub skew: i64,
    /// And by so many microseconds more each second.
    pub drift: i64,
}

const MILLION: i128 = 1_000_000;

impl Clock {
    /// What it shows at virtual time `at`.
    pub fn shows(self, at: Micros) -> Micros {
        let drifted = i128::from(at.0) * i128::from(self.drift) / MILLION;
        let shown = i128::from(EPOCH.0) + i128::from(at.0) + i128::from(self.skew) + drifted;
        Micros(u64::try_from(shown).unwrap_or(0))
    }

    /// The first virtual time at which it shows `shown` or more.
    pub fn when(self, shown: Micros) -> Micros {
        let since = i128::from(shown.0) - i128::from(EPOCH.0) - i128::from(self.skew);
        let mut at = Micros(u64::try_from(since * MILLION / (MILLION + i128::from(self.drift))).unwrap_or(0));
        at = at.saturating_since(Micros(2));
        while self.shows(at) < shown {
            at = at + Micros(1);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_a_time_when_it_does() {
        for (skew, drift) in [(0, 0), (3_000_000, 200), (-3_000_000, -200), (7, 1)] {
            let clock = Clock { skew, drift };
            for at in [0, 1, 999, 60_000_000, 3_600_123_456] {
                let shown = clock.shows(Micros(at) + Micros::from_secs(5));
                let when = clock.when(shown);
                assert!(clock.shows(when) >= shown && clock.shows(when - Micros(1)) < shown, "{clock:?} at {at}");
            }
        }
    }
}
