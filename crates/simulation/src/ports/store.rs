//! The simulated store: each call takes time, is done at some moment between call and answer, and may go wrong in every way that S3 has.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::{Key, Micros};
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, StoreError};

use crate::actor::{ActorId, Role};
use crate::agenda::Happening;
use crate::faults::Fault;
use crate::objects::{Answer, Operation};
use crate::world::{Sim, World};

/// The store, as one actor reaches it.
pub(crate) struct SimStore {
    pub sim: Sim,
    pub actor: ActorId,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    /// Refused.
    Busy,
    /// Done, but the caller does not learn of it.
    AnswerLost,
    /// Refused, as the caller sees it; done after so long all the same.
    DoneLate(Micros),
    /// The caller dies before it is done.
    DiesBefore,
    /// The caller dies, and it is done after so long all the same.
    DiesMeanwhile(Micros),
    /// The caller dies after it was done.
    DiesAfter,
}

impl SimStore {
    async fn call(&self, operation: Operation) -> Result<Answer, StoreError> {
        let (fate, done_at, answered_at) = self.sim.world().draw_call(self.actor, &operation);
        self.sim.wait(self.actor, done_at).await;
        let answer = match fate {
            Fate::Done | Fate::AnswerLost | Fate::DiesAfter => self.sim.world().perform(&operation, Some(self.actor)),
            Fate::DoneLate(delay) | Fate::DiesMeanwhile(delay) => {
                self.sim.world().after(delay, Happening::Write(Box::new(operation.clone())));
                Err(busy(&operation))
            }
            Fate::Busy | Fate::DiesBefore => Err(busy(&operation)),
        };
        if matches!(fate, Fate::DiesBefore | Fate::DiesMeanwhile(_) | Fate::DiesAfter) {
            self.sim.die(self.actor).await;
        }
        self.sim.wait(self.actor, answered_at).await;
        if fate == Fate::AnswerLost { Err(busy(&operation)) } else { answer }
    }
}

fn busy(operation: &Operation) -> StoreError {
    StoreError::Busy {
        attempted: operation.describe(),
        source: Arc::new(std::io::Error::from(std::io::ErrorKind::TimedOut)),
    }
}

impl World {
    /// What becomes of a call, when it is done, and when its answer comes.
    fn draw_call(&mut self, actor: ActorId, operation: &Operation) -> (Fate, Micros, Micros) {
        let whole = if self.strikes(Fault::SlowCall) { self.draw_millis(200, 8_000) } else { self.draw_millis(1, 40) };
        let done_at = self.now + Micros(self.rng.u64(..=whole.0));
        let answered_at = self.now + whole;
        self.draw_pause(actor, answered_at);
        (self.draw_fate(actor, operation), done_at, answered_at)
    }

    fn draw_fate(&mut self, actor: ActorId, operation: &Operation) -> Fate {
        let now = self.now;
        if self.dies(actor) {
            let delay = self.draw_millis(1, 20_000);
            return match self.rng.u8(..2) {
                _ if operation.writes() && self.strikes(Fault::DiedWriting) => Fate::DiesMeanwhile(delay),
                0 => Fate::DiesBefore,
                _ => Fate::DiesAfter,
            };
        }
        if self.strikes(Fault::Partition) {
            self.actor(actor).cut_off_to = now + self.draw_millis(1_000, 60_000);
        }
        if self.actor(actor).cut_off_to > now || self.watch.outage_to > now {
            return Fate::Busy;
        }
        if self.strikes(Fault::Busy) {
            Fate::Busy
        } else if self.strikes(Fault::LostAnswer) {
            Fate::AnswerLost
        } else if operation.writes() && self.strikes(Fault::LateWrite) {
            Fate::DoneLate(self.draw_millis(1, 20_000))
        } else {
            Fate::Done
        }
    }

    /// Whether the caller dies in this call.
    pub(crate) fn dies(&mut self, actor: ActorId) -> bool {
        let role = self.actor(actor).role;
        let kind = match role {
            Role::Worker { .. } => Fault::WorkerKilled,
            Role::Caller { .. } if self.strikes_seldom(Fault::CallerDies) => return true,
            Role::Viewer { .. } | Role::Cleaner { .. } => return false,
            _ => Fault::FunctionKilled,
        };
        self.strikes(kind)
    }

    /// A caller does some ten calls: with its full chance at each it would never get through.
    fn strikes_seldom(&mut self, fault: Fault) -> bool {
        self.rng.u8(..10) == 0 && self.strikes(fault)
    }

    /// Pauses the caller in this call, if that is to be: it learns of the answer later.
    fn draw_pause(&mut self, actor: ActorId, answered_at: Micros) {
        let (fault, longest) = match self.actor(actor).role {
            Role::Worker { .. } => (Fault::WorkerPaused, 60_000),
            Role::Viewer { .. } | Role::Cleaner { .. } => return,
            _ => (Fault::FunctionPaused, 30_000),
        };
        if self.strikes(fault) {
            self.actor(actor).paused_to = answered_at + self.draw_millis(100, longest);
        }
    }
}

#[async_trait]
impl ObjectStore for SimStore {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        match self.call(Operation::Get(key.clone())).await? {
            Answer::Object(object) => Ok(object),
            other => unreachable!("reading gives an object, not {other:?}"),
        }
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        match self.call(Operation::Put { key: key.clone(), bytes, condition }).await? {
            Answer::Written(etag) => Ok(etag),
            other => unreachable!("writing gives a version, not {other:?}"),
        }
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        match self.call(Operation::List { prefix: prefix.to_owned(), after: after.cloned() }).await? {
            Answer::Page(page) => Ok(page),
            other => unreachable!("listing gives a page, not {other:?}"),
        }
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let operation = Operation::ListFolders { prefix: prefix.to_owned(), after: after.map(str::to_owned) };
        match self.call(operation).await? {
            Answer::Folders(folders) => Ok(folders),
            other => unreachable!("listing folders gives folders, not {other:?}"),
        }
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.call(Operation::Delete(key.clone())).await.map(|_| ())
    }
}
