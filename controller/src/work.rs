//! Merging and sweeping: by looking, by what the store's webhooks and the bucket's queue tell, and by the clock.

use std::sync::Arc;
use std::time::Duration;

use swarmgate_aws::SqsQueue;
use swarmgate_domain::Micros;
use swarmgate_functions::merge::{Notice, bring_up};
use swarmgate_functions::{Deployment, sweep};
use swarmgate_service::ports::Queue;
use swarmgate_service::{LiveMemory, Seen, look_for_news};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tracing::warn;

use crate::hooks::{Hooks, Readiness};
use crate::settings::Settings;

/// Notices that wait; a store that tells of more is refused, and what it told of is found by looking.
const MOST_WAITING: usize = 1_000;

/// Notices that are taken together: one pass over a test serves them all.
const TOGETHER: usize = 200;

/// Messages of the events queue: how many at a time, how long they are hidden, how long one is waited for.
const MESSAGES: usize = 10;
const HIDDEN: Micros = Micros::from_secs(120);
const LONG_POLL: Micros = Micros::from_secs(20);

/// After a call to the events queue has failed.
const PAUSE: Duration = Duration::from_secs(2);

/// What there is to do.
pub(crate) struct Work {
    shared: Arc<Shared>,
    notices: Arc<Mutex<Receiver<String>>>,
    ends: watch::Sender<bool>,
}

struct Shared {
    deployment: Arc<Deployment>,
    /// Of all loops together: each may have merged what another is told of.
    memory: LiveMemory,
    sweep_every: Micros,
    look_every: Micros,
}

/// Whether the process was told to end.
type Ends = watch::Receiver<bool>;

impl Work {
    /// The work, and where notices for it go.
    pub fn new(deployment: Arc<Deployment>, settings: &Settings) -> (Self, Sender<String>) {
        let (sender, notices) = mpsc::channel(MOST_WAITING);
        let shared = Shared {
            deployment,
            memory: LiveMemory::default(),
            sweep_every: settings.sweep_every,
            look_every: settings.look_every,
        };
        let work =
            Self { shared: Arc::new(shared), notices: Arc::new(Mutex::new(notices)), ends: watch::Sender::new(false) };
        (work, sender)
    }

    /// Does it as `tasks`, until it is told to end.
    pub fn start(&self, tasks: &mut JoinSet<()>, hooks: &Hooks) {
        let ends = || self.ends.subscribe();
        tasks.spawn(self.shared.clone().look_again_and_again(hooks.readiness(), ends()));
        tasks.spawn(self.shared.clone().sweep_again_and_again(ends()));
        tasks.spawn(self.shared.clone().take_notices(self.notices.clone(), ends()));
        if let Some(url) = &self.shared.deployment.settings.events_queue {
            let queue = SqsQueue::new(&self.shared.deployment.config, url);
            tasks.spawn(self.shared.clone().take_messages(queue, ends()));
        }
    }

    /// Nothing more is begun.
    pub fn end(&self) {
        self.ends.send_replace(true);
    }
}

impl Shared {
    async fn look_again_and_again(self: Arc<Self>, readiness: Readiness, mut ends: Ends) {
        let mut seen = Seen::default();
        loop {
            let looked = look_for_news(&self.deployment.ports, &self.memory, &mut seen).await;
            if let Err(error) = &looked {
                warn!(%error, hint = error.hint(), "looking for news failed, it is done again");
            }
            if *ends.borrow() {
                return;
            }
            readiness.set(looked.is_ok());
            if pause(self.look_every, &mut ends).await == Told::ToEnd {
                return;
            }
        }
    }

    async fn sweep_again_and_again(self: Arc<Self>, mut ends: Ends) {
        loop {
            // What it could not do it has logged, and it comes by again.
            let _ = sweep::come_by(&self.deployment.ports).await;
            if pause(self.sweep_every, &mut ends).await == Told::ToEnd {
                return;
            }
        }
    }

    async fn take_notices(self: Arc<Self>, notices: Arc<Mutex<Receiver<String>>>, mut ends: Ends) {
        let mut notices = notices.lock().await;
        loop {
            let mut bodies = Vec::new();
            tokio::select! {
                count = notices.recv_many(&mut bodies, TOGETHER) => if count == 0 { return },
                _ = ends.wait_for(|ends| *ends) => return,
            }
            let numbered = bodies.into_iter().enumerate();
            let all: Vec<_> = numbered.map(|(number, body)| Notice { id: number.to_string(), body }).collect();
            // Of those that failed, what they told of is found by looking.
            bring_up(&self.deployment.ports, &self.deployment.settings.bucket, &self.memory, &all).await;
        }
    }

    async fn take_messages(self: Arc<Self>, queue: SqsQueue, mut ends: Ends) {
        loop {
            let received = tokio::select! {
                received = queue.receive(MESSAGES, HIDDEN, LONG_POLL) => received,
                _ = ends.wait_for(|ends| *ends) => return,
            };
            let deliveries = match received {
                Ok(deliveries) => deliveries,
                Err(error) => {
                    warn!(%error, "the events queue can't be read, it is tried again");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let numbered = deliveries.iter().enumerate();
            let all: Vec<_> =
                numbered.map(|(number, one)| Notice { id: number.to_string(), body: one.body.clone() }).collect();
            let outcome = bring_up(&self.deployment.ports, &self.deployment.settings.bucket, &self.memory, &all).await;
            for (number, delivery) in deliveries.iter().enumerate() {
                if !outcome.failed.contains(&number.to_string())
                    && let Err(error) = queue.delete(&delivery.receipt).await
                {
                    warn!(%error, "a message that was handled could not be removed, it comes again");
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    ToEnd,
    Nothing,
}

/// Waits; less long when the process is told to end.
async fn pause(time: Micros, ends: &mut Ends) -> Told {
    tokio::select! {
        () = tokio::time::sleep(time.into()) => Told::Nothing,
        _ = ends.wait_for(|ends| *ends) => Told::ToEnd,
    }
}
