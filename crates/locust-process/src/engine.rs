//! The engine's front: starts a Locust for a shard, and waits until it is ready.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use swarmgate_domain::{AllowedTargets, LoadModel, Script, ScriptEngine, UserCurve};
use swarmgate_service::ports::{EngineError, LoadEngine, LoadRun, ShardSpec};

use crate::child::{self, Locust, Task, Variables};
use crate::describe::is_known;
use crate::installed::{HOW_TO_INSTALL, LocustCommand};
use crate::ramp::Part;
use crate::run::{Parts, Run};
use crate::wire::{Frame, Message};

/// How long loading a locustfile may take: Python, its packages, and what the file does meanwhile.
pub const LOADING: Duration = Duration::from_secs(120);

/// Where a Locust runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the present folder, on this locustfile: whoever runs it is whoever wrote it, and finds what it writes where a Locust would.
    InPlace(PathBuf),
    /// In a folder of its own with the files that came with the plan, and without this machine's credentials.
    Unpacked,
}

/// Makes load by Locusts, one for each shard.
#[derive(Clone, Debug)]
pub struct LocustEngine {
    command: LocustCommand,
    place: Place,
    allowed: AllowedTargets,
}

impl LocustEngine {
    /// Locusts started by `command`. The target is held against `allowed`; where else a locustfile sends requests is not known.
    pub fn new(command: LocustCommand, place: Place, allowed: AllowedTargets) -> Self {
        Self { command, place, allowed }
    }

    async fn start(&self, spec: &ShardSpec, script: &Script) -> Result<Locust, EngineError> {
        let failed = |error: std::io::Error| EngineError {
            attempted: format!("starting `{}`", self.command.path().display()),
            reason: error.to_string(),
            hint: "see that it is a Locust that can be run here".to_owned(),
        };
        let unpacked = (self.place == Place::Unpacked).then_some(script);
        let (scratch, folder) = child::scratch(unpacked).map_err(failed)?;
        let (main, folder, variables) = match &self.place {
            Place::InPlace(main) => {
                (std::path::absolute(main).map_err(failed)?, std::env::current_dir().map_err(failed)?, Variables::Own)
            }
            Place::Unpacked => (folder.join(&script.main), folder, Variables::WithoutCredentials),
        };
        let first = curve(spec).points().windows(2).find(|line| line[1].value > line[0].value);
        let spawn_rate = first.map_or(1.0, |line| {
            (line[1].value - line[0].value) / line[1].at.saturating_since(line[0].at).as_secs_f64().max(1e-6)
        });
        let task = Task {
            task: "run",
            locustfile: script.main.clone(),
            shard: spec.shard.0,
            shards: spec.shards,
            users: spec.scenario.peak_users(),
            spawn_rate,
            run_time: Some(spec.duration.as_secs_f64()),
            host: script.host.clone(),
            tags: script.tags.clone(),
            exclude_tags: script.exclude_tags.clone(),
            classes: script.classes.clone(),
            arguments: script.arguments.clone(),
            grace: spec.scenario.grace.as_secs_f64(),
        };
        Locust::start(&self.command, &main, &folder, scratch, variables, &task).map_err(failed)
    }
}

#[async_trait]
impl LoadEngine for LocustEngine {
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError> {
        let script = spec.scenario.script.clone().ok_or_else(|| EngineError {
            attempted: "running a scenario by Locust".to_owned(),
            reason: "it is no locustfile".to_owned(),
            hint: "leave the engine to Swarmgate".to_owned(),
        })?;
        let attempted = format!("loading {} by Locust", script.main);
        let bad =
            |reason: String, hint: &str| EngineError { attempted: attempted.clone(), reason, hint: hint.to_owned() };
        self.allowed
            .check(&spec.target)
            .map_err(|wrong| bad(wrong.to_string(), "load is sent only where the deployment allows it"))?;
        let mut locust = self.start(&spec, &script).await?;
        let see = "see that it loads with that Locust, and that its packages are installed there";
        let has_shape = match tokio::time::timeout(LOADING, ready(&mut locust)).await {
            Err(_) => return Err(bad(format!("it is not ready after {LOADING:?}"), see)),
            Ok(Err(Loading::OtherVersion(version))) => {
                return Err(bad(format!("it is Locust {version}, 2.15 or a later 2.x is needed"), HOW_TO_INSTALL));
            }
            Ok(Err(Loading::Gone)) => {
                let ended = locust.end(Duration::from_secs(5)).await;
                return Err(bad(format!("Locust {}", ended.words()), see));
            }
            Ok(Ok(has_shape)) => has_shape,
        };
        let parts = Parts {
            locust,
            curve: (!has_shape).then(|| curve(&spec).clone()),
            part: Part { shard: spec.shard, shards: spec.shards },
            interval: spec.interval,
            duration: spec.duration,
            grace: spec.scenario.grace,
        };
        Ok(Box::new(Run::start(parts)))
    }
}

/// How many users there are over time. A script has one load, of users.
fn curve(spec: &ShardSpec) -> &UserCurve {
    let curve = spec.scenario.loads.iter().find_map(|load| match &load.model {
        LoadModel::Closed(curve) => Some(curve),
        LoadModel::Open { .. } => None,
    });
    curve.expect("a script has a load of users")
}

/// Why a Locust does not get ready.
enum Loading {
    Gone,
    OtherVersion(String),
}

/// Waits until it waits for the start. Gives whether a shape says how many users there are.
async fn ready(locust: &mut Locust) -> Result<bool, Loading> {
    loop {
        match locust.next().await {
            Ok(Some(Frame::Message(Message::Ready { shape }))) => return Ok(shape),
            Ok(Some(Frame::Message(Message::Hello(hello)))) if !is_known(&hello.locust) => {
                return Err(Loading::OtherVersion(hello.locust));
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Err(Loading::Gone),
        }
    }
}

/// The native engine, and Locust for the scripts that say so.
#[derive(Clone)]
pub struct Engines {
    native: Arc<dyn LoadEngine>,
    locust: Result<LocustEngine, String>,
}

impl Engines {
    /// Where there is no `locust`, what is said of scripts that want one: why not.
    pub fn new(native: Arc<dyn LoadEngine>, locust: Result<LocustEngine, String>) -> Self {
        Self { native, locust }
    }
}

#[async_trait]
impl LoadEngine for Engines {
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError> {
        match (&spec.scenario.script, &self.locust) {
            (Some(Script { engine: ScriptEngine::Locust, .. }), Ok(locust)) => locust.prepare(spec).await,
            (Some(Script { engine: ScriptEngine::Locust, main, .. }), Err(reason)) => Err(EngineError {
                attempted: format!("running {main} by Locust"),
                reason: reason.clone(),
                hint: HOW_TO_INSTALL.to_owned(),
            }),
            _ => self.native.prepare(spec).await,
        }
    }
}
