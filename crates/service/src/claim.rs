//! A worker's hold on a shard: the lease, the message it came with, and how the worker's clock stands to the store's.
//!
//! The lease decides who runs a shard. Whoever finds another's lease there stops (fencing). It holds for a time after each renewal, so
//! it is renewed whatever the worker waits for: an engine that makes ready, an interval, the grace time at the end.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use swarmgate_domain::{Attempt, ClockOffset, Key, Micros, Plan, ShardId, key};
use tracing::warn;

use crate::error::ServiceError;
use crate::lease::{Look, SECOND_LOOK, look, silence};
use crate::ports::{Condition, Ports, Queue, Receipt};
use crate::records::{Lease, Record, json, read};
use crate::sabotage::Sabotage;

/// A hold on a shard.
pub(crate) struct Claim<'a> {
    ports: &'a Ports,
    message: Message<'a>,
    /// The shard.
    pub shard: ShardId,
    key: Key,
    lease: Lease,
    condition: Condition,
    /// How long the lease holds.
    holds: Micros,
    /// When it was renewed last, by our clock.
    renewed: Micros,
    /// How our clock stands to the store's.
    pub clock: StoreClock,
    leave: Leave<'a>,
}

/// Resolves when the worker is to end: it gives its shard back.
pub type LeaveSignal<'a> = Pin<&'a mut (dyn Future<Output = ()> + Send)>;

/// The signal, and whether it came: a future that is over must not be asked again.
struct Leave<'a> {
    signal: LeaveSignal<'a>,
    told: Told,
}

/// Whether the signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    No,
    Yes,
    /// It came, and the worker is about it: it is not told again.
    Heeded,
}

impl Leave<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.told == Told::No && self.signal.as_mut().poll(context).is_ready() {
            self.told = Told::Yes;
        }
        if self.told == Told::Yes { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// How work came to its end while a shard was held.
pub(crate) enum Kept<T> {
    /// It is done.
    Done(T),
    /// Another worker took the shard over; the work is dropped unfinished.
    Lost,
    /// The worker is to end; the work is dropped unfinished.
    Leaving,
}

/// What is to be done after work that was finished in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The shard is still ours.
    GoOn,
    /// Another worker took the shard over.
    Lost,
    /// The worker is to end.
    Leave,
}

/// The message that names the shard: hidden from other workers until its lease would be looked at twice.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub queue: &'a dyn Queue,
    pub receipt: &'a Receipt,
}

impl Message<'_> {
    /// Hides it. A failure does no harm: whoever gets the message finds the lease.
    async fn hide(self, time: Micros) {
        if let Err(error) = self.queue.hide(self.receipt, time).await {
            warn!(%error, "a shard's message could not be hidden, another worker will see it");
        }
    }
}

/// Whose a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Ours.
    ByUs,
    /// Another worker took it over.
    ByOther,
}

impl<'a> Claim<'a> {
    /// Takes the shard's lease where there is none or its holder is lost. `None`: it is someone else's, and the message comes again
    /// when that lease may be over.
    pub async fn take(
        ports: &'a Ports,
        message: Message<'a>,
        plan: &Plan,
        shard: ShardId,
        worker: &str,
        signal: LeaveSignal<'a>,
    ) -> Result<Option<Self>, ServiceError> {
        let store = &*ports.store;
        let (key, holds) = (key::lease(&plan.id, shard), ports.settings.lease(plan.interval));
        let holder = format!("{worker}/{:016x}", ports.random.draw());
        let mut silent = None;
        loop {
            let renewed = ports.clock.now();
            let found = read::<Lease>(store, &key).await?;
            let attempt = match &found {
                None => Attempt(1),
                // Our own write, whose answer was lost.
                Some(lease) if lease.value.holder == holder => lease.value.attempt,
                Some(lease) => match look(lease, holds) {
                    Look::Held => {
                        message.hide(holds).await;
                        return Ok(None);
                    }
                    Look::Silent if silent.as_ref() != Some(&lease.object.etag) => {
                        silent = Some(lease.object.etag.clone());
                        ports.clock.sleep(SECOND_LOOK).await;
                        continue;
                    }
                    Look::Silent | Look::Free => Attempt(lease.value.attempt.0 + 1),
                },
            };
            let lease = Lease { attempt, holder: holder.clone(), heartbeat: 0, released: false };
            match store.put(&key, json(&lease), Condition::unchanged(found.as_ref().map(|f| &f.object))).await {
                Ok(etag) => {
                    message.hide(silence(holds)).await;
                    let condition = Condition::Matches(etag);
                    let (clock, leave) = (StoreClock::default(), Leave { signal, told: Told::No });
                    let claim = Self { ports, message, shard, key, lease, condition, holds, renewed, clock, leave };
                    return Ok(Some(claim));
                }
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Which runner of the shard we are.
    pub fn attempt(&self) -> Attempt {
        self.lease.attempt
    }

    /// Does `work`, and keeps the lease meanwhile.
    pub async fn keep_while<T>(&mut self, work: impl Future<Output = T>) -> Result<Kept<T>, ServiceError> {
        let mut work = pin!(work);
        loop {
            let pause = self.ports.clock.sleep(self.due_in());
            match first(work.as_mut(), pause, &mut self.leave).await {
                First::Work(done) => return Ok(Kept::Done(done)),
                First::Leave => return Ok(Kept::Leaving),
                First::Pause if self.renew_if_due().await? == Held::ByOther => return Ok(Kept::Lost),
                First::Pause => {}
            }
        }
    }

    /// Does `work` to its end, and keeps the lease meanwhile, as long as it can be kept.
    pub async fn finish<T>(&mut self, work: impl Future<Output = T>) -> Result<(T, After), ServiceError> {
        let mut work = pin!(work);
        Ok(match self.keep_while(work.as_mut()).await? {
            Kept::Done(done) => (done, After::GoOn),
            Kept::Lost => (work.await, After::Lost),
            Kept::Leaving => (work.await, After::Leave),
        })
    }

    /// The worker ends its work now: what it still has to do is not broken off by the signal again.
    pub fn heed(&mut self) {
        self.leave.told = Told::Heeded;
    }

    /// Gives the shard back before it is over: another worker may take it at once.
    pub async fn give_back(self) -> Result<(), ServiceError> {
        let lease = Lease { heartbeat: self.lease.heartbeat + 1, released: true, ..self.lease };
        match self.ports.store.put(&self.key, json(&lease), self.condition).await {
            // A conflict: another worker has it already, or this is our own write, whose answer was lost.
            Err(error) if !error.is_conflict() => return Err(error.into()),
            _ => self.message.hide(Micros::ZERO).await,
        }
        Ok(())
    }

    /// How long until the lease is to be renewed. At once where the clock was set back.
    fn due_in(&self) -> Micros {
        let since = self.ports.clock.now().since(self.renewed);
        since.map_or(Micros::ZERO, |since| Micros(self.holds.0 / 3) - since)
    }

    /// Says that we are still at work, unless we did so a short while ago.
    pub async fn renew_if_due(&mut self) -> Result<Held, ServiceError> {
        if self.due_in() > Micros::ZERO {
            return Ok(Held::ByUs);
        }
        let now = self.ports.clock.now();
        let next = Lease { heartbeat: self.lease.heartbeat + 1, ..self.lease.clone() };
        match self.ports.store.put(&self.key, json(&next), self.condition.clone()).await {
            Ok(etag) => (self.lease, self.condition) = (next, Condition::Matches(etag)),
            Err(error) if error.is_conflict() => {
                // Our own lost write looks like someone else's until it is read.
                let found = self.clock.timed(self.ports, read::<Lease>(&*self.ports.store, &self.key)).await?;
                match found.filter(|found| found.value.holder == self.lease.holder) {
                    Some(found) => (self.lease, self.condition) = (found.value, Condition::Matches(found.object.etag)),
                    None if self.ports.settings.sabotage == Some(Sabotage::IgnoreFence) => {}
                    None => return Ok(Held::ByOther),
                }
            }
            Err(error) => return Err(error.into()),
        }
        // As of before the write: it may have been done at once, and its answer late.
        self.renewed = now;
        self.message.hide(silence(self.holds)).await;
        Ok(Held::ByUs)
    }
}

/// What came first.
enum First<T> {
    Work(T),
    Pause,
    Leave,
}

async fn first<T>(
    mut work: Pin<&mut impl Future<Output = T>>,
    pause: impl Future<Output = ()>,
    leave: &mut Leave<'_>,
) -> First<T> {
    let mut pause = pin!(pause);
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(First::Work(done)),
        Poll::Pending if leave.poll(context).is_ready() => Poll::Ready(First::Leave),
        Poll::Pending => pause.as_mut().poll(context).map(|()| First::Pause),
    })
    .await
}

/// How our clock stands to the store's, learned from every reading of an object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StoreClock(Option<ClockOffset>);

impl StoreClock {
    /// Does a read, and learns from its answer.
    pub async fn timed<T>(
        &mut self,
        ports: &Ports,
        read: impl Future<Output = Result<Option<Record<T>>, ServiceError>>,
    ) -> Result<Option<Record<T>>, ServiceError> {
        let sent = ports.clock.now();
        let record = read.await?;
        if let Some(record) = &record {
            let reading = ClockOffset::from_reading(sent, ports.clock.now(), record.object.store_time);
            self.0 = Some(self.0.map_or(reading, |known| known.narrowed(reading)));
        }
        Ok(record)
    }

    /// The time by our clock that is `store` by the store's, and how far that may be off.
    pub fn to_own(self, store: Micros) -> (Micros, Micros) {
        self.0.map_or((store, Micros::ZERO), |offset| (offset.to_own(store), offset.doubt()))
    }
}
