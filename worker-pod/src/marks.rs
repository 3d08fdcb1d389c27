//! What this worker says on its own Pod, and when.

use std::time::Duration;

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_kubernetes::OwnPod;
use swarmgate_service::ports::{EngineError, LoadEngine, LoadRun, MeasuredInterval, ShardSpec, UsersChange};
use tracing::warn;

/// Saying something on the Pod may take so long; the shard does not wait longer for it.
const MARKING: Duration = Duration::from_secs(3);

/// Marks the Pod of this process, where it is known which it is.
#[derive(Clone)]
pub(crate) struct Marks(Option<OwnPod>);

#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Busy,
    Idle,
    /// Why it can't work.
    Troubled(String),
}

impl Marks {
    pub fn new(own_pod: Option<OwnPod>) -> Self {
        Self(own_pod)
    }

    /// Says on the Pod whether it may be taken away. That this fails is no reason not to work: who takes the Pod away all the same
    /// sends SIGTERM first.
    pub async fn set(&self, mark: Mark) {
        let Some(pod) = &self.0 else { return };
        let marking = async {
            match &mark {
                Mark::Busy => pod.mark_busy().await,
                Mark::Idle => pod.mark_idle().await,
                Mark::Troubled(why) => pod.mark_troubled(why).await,
            }
        };
        match tokio::time::timeout(MARKING, marking).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, ?mark, "the Pod could not be marked"),
            Err(_) => warn!(?mark, "the Pod could not be marked in time"),
        }
    }
}

/// An engine that marks the Pod as idle when a load has ended, before anyone learns that its shard is done: with the last shard of
/// a test the pool shrinks, and the Pods to go are then known from those that still work for another test.
pub(crate) struct MarkingEngine<'a> {
    pub engine: &'a dyn LoadEngine,
    pub marks: Marks,
}

#[async_trait]
impl LoadEngine for MarkingEngine<'_> {
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError> {
        let load = self.engine.prepare(spec).await?;
        Ok(Box::new(MarkingRun { load, marks: self.marks.clone() }))
    }
}

struct MarkingRun {
    load: Box<dyn LoadRun>,
    marks: Marks,
}

#[async_trait]
impl LoadRun for MarkingRun {
    fn begin(&mut self, start: Micros) {
        self.load.begin(start);
    }

    async fn next(&mut self) -> Option<MeasuredInterval> {
        let next = self.load.next().await;
        if next.is_none() {
            self.marks.set(Mark::Idle).await;
        }
        next
    }

    fn change_users(&mut self, change: UsersChange) {
        self.load.change_users(change);
    }

    fn stop(&mut self, at: Micros) {
        self.load.stop(at);
    }
}
