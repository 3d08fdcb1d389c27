//! A test that runs, without any worker.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmgate_domain::{Micros, Phase, PoolShare, Results, RunId, Scenario, key};
use swarmgate_local::{FolderStore, LOCAL_POOL, MemoryQueue, SystemRandomness, TaskFleet};
use swarmgate_service::ports::*;
use swarmgate_service::{TestRequest, accept, advance};

pub const INTERVAL: Micros = Micros::from_secs(5);

/// Writes a report of one file that says how many requests there were.
pub struct ShortReport;

impl Renderer for ShortReport {
    fn render(&self, results: &Results) -> Result<Vec<RenderedFile>, RenderError> {
        let bytes = results.summary.total.count.to_string().into_bytes();
        Ok(vec![RenderedFile { name: "index.html".to_owned(), bytes }])
    }
}

pub struct Begun {
    pub ports: Ports,
    pub run: RunId,
    pub start: Micros,
    _folder: tempfile::TempDir,
}

impl Begun {
    /// A test of so many shards that starts now, and for which no chunk has come.
    pub async fn start(clock: Arc<dyn Clock>, shards: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::default());
        let ports = Ports {
            store: Arc::new(FolderStore::open(folder.path()).unwrap()),
            queues: BTreeMap::from([(LOCAL_POOL.to_owned(), queue)]),
            fleet: Arc::new(TaskFleet::new()),
            clock: clock.clone(),
            random: Arc::new(SystemRandomness),
            renderer: Arc::new(ShortReport),
            settings: Settings::CLOUD,
        };
        let request = TestRequest {
            scenario: Scenario::from_url("http://shop.example/").unwrap(),
            data: Vec::new(),
            source: String::new(),
            target: "http://shop.example".to_owned(),
            pools: vec![PoolShare { pool: LOCAL_POOL.to_owned(), shards }],
            interval: INTERVAL,
            environment: BTreeMap::new(),
            idempotency_key: None,
            id: None,
        };
        let run = accept(&ports, request).await.unwrap().id;
        let start = clock.now();
        let at = format!("{{\"at\":{}}}", start.0);
        ports.store.put(&key::start(&run), at.into(), Condition::Absent).await.unwrap();
        assert_eq!(advance(&ports, &run).await.unwrap().phase, Phase::Running);
        Self { ports, run, start, _folder: folder }
    }
}
