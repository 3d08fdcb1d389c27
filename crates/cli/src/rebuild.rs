//! `swarmgate report`: a report made anew from what lies in a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use swarmgate_domain::{RunId, Summary};
use swarmgate_local::{FolderStore, LOCAL_POOL, MemoryQueue, SystemClock, SystemRandomness, TaskFleet, report_prefix};
use swarmgate_report::ReportRenderer;
use swarmgate_service::ports::{ObjectStore, Ports, Queue, Settings};

use crate::args::ReportArgs;
use crate::exit::{Exit, Failure};
use crate::table;

/// Makes the report of every test in the folder anew.
///
/// # Errors
/// [`Failure`]: there is no test, or its objects can't be read or the report not be written.
pub fn rebuild(args: &ReportArgs) -> Result<Exit, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Failure::run(&error))?;
    runtime.block_on(rebuild_all(&args.dir))
}

async fn rebuild_all(dir: &Path) -> Result<Exit, Failure> {
    // A folder of `run` keeps its objects under data/, one of `serve` is the store itself.
    let of_run = dir.join("data");
    let is_run = of_run.is_dir();
    let root = if is_run { &of_run } else { dir };
    let none = || {
        Failure::input(format!("report `{}`: there is no test in this folder", dir.display()))
            .with_hint(Some("give the folder of a run (reports/{id}), or the --data folder of `serve`".to_owned()))
    };
    if !root.join("tests").is_dir() {
        return Err(none());
    }
    let tests = FolderStore::open(root)?.list_folders(swarmgate_domain::key::ALL_TESTS, None).await?;
    let runs: Vec<_> = tests.into_iter().filter_map(|id| RunId::new(id).ok()).collect();
    let mut exit = None;
    for run in &runs {
        let store =
            if is_run { FolderStore::open_with(root, &report_prefix(run), dir)? } else { FolderStore::open(root)? };
        let page = store.path(&swarmgate_domain::key::report(run, "index.html"));
        let summary = rebuild_one(store, run).await?;
        table::print(&summary, false);
        crate::print_line(&page.display().to_string());
        exit = Some(Exit::from(&summary.verdict));
    }
    exit.ok_or_else(none)
}

async fn rebuild_one(store: FolderStore, run: &RunId) -> Result<Summary, Failure> {
    let ports = Ports {
        store: Arc::new(store),
        queues: BTreeMap::from([(LOCAL_POOL.to_owned(), Arc::new(MemoryQueue::default()) as Arc<dyn Queue>)]),
        fleet: Arc::new(TaskFleet::new()),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandomness),
        renderer: Arc::new(ReportRenderer),
        settings: Settings::LOCAL,
    };
    Ok(swarmgate_service::rebuild(&ports, run).await?)
}
