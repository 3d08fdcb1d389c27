//! A shard at work: tells the load threads what to do, and puts together what they measured.

use std::io;
use std::rc::Rc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use async_trait::async_trait;
use swarmgate_domain::{EntryName, EntryStats, Interval, Micros, Stats};
use swarmgate_service::ports::{EngineError, LoadRun, MeasuredInterval, UsersChange, WantsEnd};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::debug;

use crate::clock::Clock;
use crate::limits;
use crate::net::{self, Ring};
use crate::saturation::{self, Watch};
use crate::thread::{Alarm, Control, Ends, Order, Outfit, Part, ScriptHost, TASK_SIZE, Tools, drive};

/// How many closed intervals of a thread may lie ready to be taken; more wait in the thread.
const READY_INTERVALS: usize = 16;

/// After so many steps of users a thread asks the kernel for news while there are steps left to do. Each time costs a system
/// call; at some 8 us a step, timers wait 2 ms for it at most.
const LOOK_AFTER: u32 = 256;

/// So many sockets are taken up at once: what they need is still in the nearest caches when they are written to. With 1,000 connections a
/// request costs 5 % less than with tokio's 1,024.
const MOST_READY: usize = 64;

/// See [`LoadRun`]. Dropping it drops `control`, upon which the threads end at once.
pub struct Run {
    control: watch::Sender<Control>,
    names: Vec<EntryName>,
    threads: Vec<LoadThread>,
}

struct LoadThread {
    parts: mpsc::Receiver<Part>,
    /// The part that waits for those of the other threads.
    taken: Option<Part>,
    /// Gives the thread back what was read, cleared.
    spent: SyncSender<Vec<EntryStats>>,
    handle: Option<JoinHandle<()>>,
}

impl Run {
    /// A run without threads, counting under `names`.
    pub fn new(names: Vec<EntryName>) -> Self {
        Self { control: watch::Sender::new(Control::default()), names, threads: Vec::new() }
    }

    /// Starts a load thread, on `core` if one is given, which waits for [`LoadRun::begin`].
    ///
    /// # Errors
    /// The thread, its runtime or its script could not be started.
    pub async fn start_thread(&mut self, outfit: Outfit, order: Order, core: Option<usize>) -> Result<(), EngineError> {
        let (sender, parts) = mpsc::channel(READY_INTERVALS);
        let (spent, comes_back) = sync_channel(READY_INTERVALS);
        let ends = Ends { parts: sender, spent: comes_back };
        let (ready, is_ready) = oneshot::channel();
        let control = self.control.subscribe();
        let attempted = format!("starting load thread {} of {}", outfit.index + 1, outfit.count);
        let failed = move |error: &io::Error| EngineError {
            attempted: attempted.clone(),
            reason: error.to_string(),
            hint: "ask for fewer threads, or allow the process more".to_owned(),
        };
        let could_not = failed.clone();
        let handle = std::thread::Builder::new().name(format!("load-{}", outfit.index)).spawn(move || {
            if let Some(core) = core {
                limits::stay_on(core);
            }
            match Tools::prepare(&outfit, &order, &could_not) {
                Ok((runtime, tools)) => {
                    let _ = ready.send(Ok(()));
                    runtime.block_on(drive(outfit, order, tools, control, ends));
                    // A look-up of a name may hang; nobody waits for it.
                    runtime.shutdown_background();
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            }
        });
        let handle = handle.map_err(|error| failed(&error))?;
        self.threads.push(LoadThread { parts, taken: None, spent, handle: Some(handle) });
        is_ready.await.unwrap_or_else(|_| Err(failed(&io::Error::other("the thread ended at once"))))
    }

    /// Adds up the parts of the next interval, one of each thread that has it.
    fn merge(&mut self) -> Option<MeasuredInterval> {
        let interval = self.threads.iter().filter_map(|t| t.taken.as_ref().map(|part| part.interval)).min()?;
        let mut merged = Merged::default();
        for thread in &mut self.threads {
            if let Some(mut part) = thread.taken.take_if(|part| part.interval == interval) {
                self.names.append(&mut part.new_names);
                let mut entries = merged.add(&mut part, &self.names);
                entries.iter_mut().for_each(EntryStats::clear);
                // A thread that is over, or has enough of them, makes its own.
                let _ = thread.spent.try_send(entries);
            }
        }
        Some(merged.measured(interval))
    }

    /// Passes on a panic of a load thread: its counts are lost, and a wrong number is worse than a dead worker.
    fn join_threads(&mut self) {
        for handle in self.threads.iter_mut().filter_map(|thread| thread.handle.take()) {
            if let Err(panic) = handle.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

impl Tools {
    /// What a load thread makes for itself, since it can't be sent there.
    fn prepare(
        outfit: &Outfit,
        order: &Order,
        failed: &impl Fn(&io::Error) -> EngineError,
    ) -> Result<(LocalRuntime, Self), EngineError> {
        let mut builder = Builder::new_current_thread();
        builder.enable_io().enable_time().event_interval(LOOK_AFTER).max_io_events_per_tick(MOST_READY);
        builder.on_thread_park(net::turn);
        let runtime = builder.build_local(LocalOptions::default()).map_err(|error| failed(&error))?;
        // The alarm belongs to the runtime.
        let alarm = runtime.block_on(async { Alarm::new() }).map_err(|error| failed(&error))?;
        let ring = if outfit.io_uring { runtime.block_on(start_ring(outfit.index)) } else { None };
        let script = order.scenario.script.as_ref();
        let script = script.map(|script| ScriptHost::load(script, order.scenario.peak_users()));
        Ok((runtime, Self { alarm, script: script.transpose()?, ring }))
    }
}

/// The thread's io_uring, where it can have one.
async fn start_ring(thread: u32) -> Option<Rc<Ring>> {
    match Ring::start(TASK_SIZE) {
        Ok(ring) => Some(ring),
        Err(error) => {
            if thread == 0 {
                debug!(%error, "there is no io_uring here, sockets are waited for by epoll");
            }
            None
        }
    }
}

#[async_trait]
impl LoadRun for Run {
    fn begin(&mut self, start: Micros) {
        let clock = Clock::starting_at(start);
        let from = clock.now();
        self.control.send_modify(|control| control.begun = Some((clock, from)));
    }

    async fn next(&mut self) -> Option<MeasuredInterval> {
        for thread in &mut self.threads {
            if thread.taken.is_none() {
                thread.taken = thread.parts.recv().await;
            }
        }
        let merged = self.merge();
        if merged.is_none() {
            self.join_threads();
        }
        merged
    }

    fn change_users(&mut self, change: UsersChange) {
        self.control.send_modify(|control| control.changes.push(change));
    }

    fn stop(&mut self, at: Micros) {
        self.control.send_modify(|control| {
            // All threads stop at the same time, so what is past is now by one reading of the clock.
            let now = control.begun.map_or(Micros::ZERO, |(clock, _)| clock.now());
            let at = at.max(now);
            control.stop = Some(control.stop.map_or(at, |earlier| earlier.min(at)));
        });
    }
}

/// The parts of an interval, added up.
#[derive(Default)]
pub struct Merged {
    stats: Stats,
    watch: Watch,
    wants_end: Option<WantsEnd>,
    span: Option<(Micros, Micros)>,
}

impl Merged {
    /// Adds a thread's part; gives its entries back.
    pub fn add(&mut self, part: &mut Part, names: &[EntryName]) -> Vec<EntryStats> {
        let (from, to) = self.span.unwrap_or((part.from, part.to));
        self.span = Some((from.min(part.from), to.max(part.to)));
        self.stats.generator.add(&part.generator);
        self.wants_end = self.wants_end.take().or(part.wants_end.take());
        self.watch.add(&part.time, &part.lag);
        for (name, entry) in names.iter().zip(&part.entries).filter(|(_, entry)| !entry.is_empty()) {
            match self.stats.entries.get_mut(name) {
                Some(mine) => mine.add(entry),
                None => {
                    self.stats.entries.insert(name.clone(), entry.clone());
                }
            }
        }
        std::mem::take(&mut part.entries)
    }

    /// What they come to.
    #[cfg(feature = "parts")]
    pub fn into_stats(self) -> Stats {
        self.stats
    }

    fn measured(self, interval: Interval) -> MeasuredInterval {
        let (from, to) = self.span.unwrap_or_default();
        let saturation = saturation::reasons(&self.stats, &self.watch);
        MeasuredInterval { interval, from, to, stats: self.stats, saturation, wants_end: self.wants_end }
    }
}
