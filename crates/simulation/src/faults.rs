//! What goes wrong: the seed draws which kinds of faults there are, and how often each strikes.

use fastrand::Rng;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fault {
    /// A call to the store takes seconds.
    SlowCall,
    /// The store refuses a call: 503, or 409 for a write.
    Busy,
    /// The store does it, but its answer is lost.
    LostAnswer,
    /// The caller gave up on a write, which is done later all the same.
    LateWrite,
    /// A caller dies while its write is under way; it is done all the same.
    DiedWriting,
    /// Nobody reaches the store for a while.
    Outage,
    /// One caller does not reach the store for a while.
    Partition,
    /// A notification comes twice.
    NoticeTwice,
    /// A notification comes late.
    NoticeLate,
    /// A notification is lost, and delivered after a long time.
    NoticeRedelivered,
    /// A notification never comes.
    NoticeLost,
    /// A notification names an object of no test.
    NoticeStray,
    /// A message is given to two receivers.
    MessageTwice,
    /// Messages come in another order.
    MessageReordered,
    /// Some of the messages of a call are sent, and the call fails.
    SendPartly,
    /// A call to a queue fails.
    QueueBusy,
    /// A function is killed.
    FunctionKilled,
    /// A function is frozen, and goes on later.
    FunctionPaused,
    /// Two sweeps run at once.
    SweepTwice,
    /// A sweep does not take place.
    SweepMissed,
    /// A worker is killed.
    WorkerKilled,
    /// A worker is paused, for longer than its lease perhaps, and comes back.
    WorkerPaused,
    /// A worker takes long to come.
    WorkerSlow,
    /// A worker does not come for very long.
    WorkerMissing,
    /// The fleet stops a worker that is busy.
    WorkerStopped,
    /// A worker is asked to end, and gives its shard back.
    WorkerLeaves,
    /// The engine says that it can't run a shard.
    EngineRefuses,
    /// The engine takes longer to make ready than a lease holds.
    EngineSlow,
    /// The generator is the bottleneck.
    Saturated,
    /// A clock is off.
    ClockSkew,
    /// A clock is fast or slow.
    ClockDrift,
    /// A call to the fleet fails.
    FleetBusy,
    /// The fleet says that workers will not come.
    FleetProblem,
    /// Another test, of a newer version, can't be read.
    ForeignTest,
    /// The caller who asks for a test dies, and asks again.
    CallerDies,
    /// The caller asks twice at once.
    CallerTwice,
    /// Someone asks for another test by the same key.
    CallerRival,
}

/// How many kinds there are.
pub(crate) const KINDS: usize = Fault::ALL.len();

/// One chance is this much of certainty.
const CERTAIN: f64 = 65_536.0;

impl Fault {
    /// Every kind, in order.
    pub const ALL: [Self; 37] = [
        Self::SlowCall,
        Self::Busy,
        Self::LostAnswer,
        Self::LateWrite,
        Self::DiedWriting,
        Self::Outage,
        Self::Partition,
        Self::NoticeTwice,
        Self::NoticeLate,
        Self::NoticeRedelivered,
        Self::NoticeLost,
        Self::NoticeStray,
        Self::MessageTwice,
        Self::MessageReordered,
        Self::SendPartly,
        Self::QueueBusy,
        Self::FunctionKilled,
        Self::FunctionPaused,
        Self::SweepTwice,
        Self::SweepMissed,
        Self::WorkerKilled,
        Self::WorkerPaused,
        Self::WorkerSlow,
        Self::WorkerMissing,
        Self::WorkerStopped,
        Self::WorkerLeaves,
        Self::EngineRefuses,
        Self::EngineSlow,
        Self::Saturated,
        Self::ClockSkew,
        Self::ClockDrift,
        Self::FleetBusy,
        Self::FleetProblem,
        Self::ForeignTest,
        Self::CallerDies,
        Self::CallerTwice,
        Self::CallerRival,
    ];

    /// How likely it strikes where it can, from least to most; each seed draws between.
    fn likelihood(self) -> (f64, f64) {
        match self {
            Self::SlowCall | Self::Busy | Self::LostAnswer | Self::LateWrite => (0.001, 0.1),
            Self::FunctionKilled => (0.001, 0.015),
            Self::FunctionPaused => (0.002, 0.03),
            Self::Partition => (0.000_5, 0.02),
            Self::WorkerKilled | Self::WorkerPaused => (0.002, 0.04),
            Self::DiedWriting | Self::Outage | Self::SweepTwice | Self::SweepMissed | Self::WorkerSlow => (0.1, 0.8),
            Self::NoticeTwice | Self::NoticeLate | Self::NoticeRedelivered | Self::NoticeLost => (0.01, 0.6),
            Self::MessageTwice | Self::MessageReordered | Self::QueueBusy => (0.005, 0.3),
            Self::SendPartly | Self::NoticeStray | Self::Saturated => (0.01, 0.2),
            Self::WorkerMissing | Self::WorkerStopped | Self::WorkerLeaves | Self::EngineRefuses | Self::EngineSlow => {
                (0.02, 0.3)
            }
            Self::ClockSkew | Self::ClockDrift => (0.2, 1.0),
            Self::FleetBusy => (0.01, 0.4),
            Self::FleetProblem => (0.01, 0.1),
            Self::CallerDies | Self::CallerTwice | Self::CallerRival | Self::ForeignTest => (0.2, 1.0),
        }
    }
}

/// Which faults a seed has, and how often each struck.
pub(crate) struct Faults {
    chances: [u32; KINDS],
    struck: [u64; KINDS],
    healed: bool,
}

impl Faults {
    /// Some of the faults: a seed with few tells more clearly what it found, and meets what others would hide.
    pub fn draw(rng: &mut Rng) -> Self {
        // Some seeds have none, some have all.
        let share = match rng.u8(..16) {
            0 => 0.0,
            1 => 1.0,
            _ => 0.05 + 0.5 * rng.f64(),
        };
        let chances = Fault::ALL.map(|fault| {
            let (least, most) = fault.likelihood();
            let drawn = least * (most / least).powf(rng.f64());
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a chance is between 0 and 1")]
            if rng.f64() < share { (drawn * CERTAIN).ceil() as u32 } else { 0 }
        });
        Self { chances, struck: [0; KINDS], healed: false }
    }

    /// Whether this seed has one of `faults`.
    pub fn has(&self, faults: &[Fault]) -> bool {
        faults.iter().any(|fault| self.chances[*fault as usize] > 0)
    }

    /// Whether this seed has no fault.
    pub fn none(&self) -> bool {
        self.chances.iter().all(|chance| *chance == 0)
    }

    /// Whether `fault` strikes now.
    pub fn strikes(&mut self, rng: &mut Rng, fault: Fault) -> bool {
        let chance = self.chances[fault as usize];
        let strikes = chance > 0 && !self.healed && u32::from(rng.u16(..)) < chance;
        self.struck[fault as usize] += u64::from(strikes);
        strikes
    }

    /// From now on nothing strikes.
    pub fn heal(&mut self) {
        self.healed = true;
    }

    /// Whether all is well from now on.
    pub fn healed(&self) -> bool {
        self.healed
    }

    /// How often each fault struck.
    pub fn struck(&self) -> [u64; KINDS] {
        self.struck
    }
}
