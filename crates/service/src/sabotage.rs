//! Planted bugs: with one of them switched on, the use cases are wrong in one known way. The simulation shows with them that it would find out.

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Merging does not ask whether it holds a chunk already.
    CountTwice,
    /// A merged interval is written whatever others wrote meanwhile.
    OverwriteOthers,
    /// A worker goes on though it lost its lease.
    IgnoreFence,
    /// A late writer of an old report does not look whether there is a newer one.
    OldReportWins,
    /// Chunks that come after the verdict are not looked for.
    ForgetLateChunks,
}

impl Sabotage {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::CountTwice, Self::OverwriteOthers, Self::IgnoreFence, Self::OldReportWins, Self::ForgetLateChunks];
}
