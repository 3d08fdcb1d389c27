//! What was to be seen in a simulated run, so that we know that the simulation gets to where it should.

/// Something that a simulated run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Sight {
    /// A test passed.
    Passed,
    /// A test failed by its thresholds.
    Breached,
    /// A test was inconclusive.
    Inconclusive,
    /// A test was ended by a threshold.
    Aborted,
    /// A test was stopped by a user.
    Stopped,
    /// A test was stopped before it started.
    StoppedEarly,
    /// A test could not run.
    Failed,
    /// A shard was taken over from a lost worker.
    TakenOver,
    /// A worker that was to end gave its shard back.
    GivenBack,
    /// A worker found that it lost its lease.
    Fenced,
    /// A shard's time was measured twice.
    Overlap,
    /// Part of a shard's time was not measured.
    Gap,
    /// A chunk came after the verdict.
    LateChunk,
    /// A report was made again.
    LateRevision,
    /// A later report says something else than the verdict that was given.
    VerdictDiffers,
    /// Two functions wrote a merged interval at once, and one lost.
    MergeRace,
    /// A test has a second group of shards.
    SecondGroup,
    /// Users were changed.
    UsersChanged,
    /// Two tests shared the fleet.
    TwoTests,
    /// A test used two pools.
    TwoPools,
    /// A caller was told that its test was there already.
    AcceptedBefore,
    /// Reports were made of what was there when everything was killed.
    Rebuilt,
    /// Everything was killed, and went on.
    Restarted,
    /// A caller was told that its key is of another test.
    KeyReused,
    /// A test was never accepted, since its caller died for good.
    NeverAccepted,
}

/// How many there are.
pub(crate) const SIGHTS: usize = Sight::ALL.len();

impl Sight {
    /// Each of them, in order.
    pub const ALL: [Self; 25] = [
        Self::Passed,
        Self::Breached,
        Self::Inconclusive,
        Self::Aborted,
        Self::Stopped,
        Self::StoppedEarly,
        Self::Failed,
        Self::TakenOver,
        Self::GivenBack,
        Self::Fenced,
        Self::Overlap,
        Self::Gap,
        Self::LateChunk,
        Self::LateRevision,
        Self::VerdictDiffers,
        Self::MergeRace,
        Self::SecondGroup,
        Self::UsersChanged,
        Self::TwoTests,
        Self::TwoPools,
        Self::AcceptedBefore,
        Self::Rebuilt,
        Self::Restarted,
        Self::KeyReused,
        Self::NeverAccepted,
    ];
}

/// How often each was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sights(pub [u64; SIGHTS]);

impl Sights {
    /// Saw it once more.
    pub fn saw(&mut self, sight: Sight) {
        self.0[sight as usize] += 1;
    }

    /// Saw it once more, if `seen`.
    pub fn saw_if(&mut self, seen: bool, sight: Sight) {
        self.0[sight as usize] += u64::from(seen);
    }
}
