//! One Pod, from its node to its end.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::Api;
use kube::api::{Patch, PatchParams};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::kubelet::{Shared, at_once};
use super::{Program, environment};

/// How often a readiness probe is made.
const PROBE: Duration = Duration::from_millis(50);

/// How a deleted Pod is ended.
pub(super) struct Ending {
    /// From SIGTERM to SIGKILL.
    pub(super) grace: Duration,
}

/// A Pod that is played.
pub(super) struct PlayedPod {
    pub(super) shared: Arc<Shared>,
    pub(super) pods: Api<Pod>,
    pub(super) pod: Pod,
}

impl PlayedPod {
    /// Starts the Pod's program, tells how it fares, and ends it when it is asked to.
    pub(super) async fn play(self, end: oneshot::Receiver<Ending>) {
        match (self.shared.choose)(&self.pod) {
            Some(program) => self.run(program, end).await,
            None => self.pretend(end).await,
        }
    }

    async fn pretend(&self, end: oneshot::Receiver<Ending>) {
        self.tell(self.status("Running", true, &running())).await;
        if end.await.is_ok() {
            self.remove().await;
        }
    }

    async fn run(&self, program: Program, mut end: oneshot::Receiver<Ending>) {
        let address = program.listens_by.is_some().then(free_address);
        let mut child = match self.spawn(program, address.as_deref()).await {
            Ok(child) => child,
            Err(reason) => {
                let waiting = json!({ "waiting": { "reason": "RunContainerError", "message": reason } });
                return self.tell(self.status("Pending", false, &waiting)).await;
            }
        };
        let process = child.id();
        self.note(process);
        self.tell(self.status("Running", address.is_none(), &running())).await;
        let (status, was_asked) = tokio::select! {
            status = child.wait() => (status.ok(), false),
            ending = self.probe_until(address, &mut end) => (terminate(&mut child, ending).await, true),
        };
        self.note(None);
        let phase = if status.is_some_and(|status| status.success()) { "Succeeded" } else { "Failed" };
        self.tell(self.status(phase, false, &terminated(status))).await;
        if was_asked || end.await.is_ok() {
            self.remove().await;
        }
    }

    async fn spawn(&self, program: Program, address: Option<&str>) -> Result<Child, String> {
        let name = self.name();
        let log =
            std::fs::File::options().create(true).append(true).open(self.shared.folder.join(format!("{name}.log")));
        let log = log.map_err(|error| format!("opening the log: {error}"))?;
        let errors = log.try_clone().map_err(|error| format!("opening the log: {error}"))?;
        let mut variables =
            environment::of(self.pods.clone().into_client(), &self.shared, &self.pod, self.container()).await?;
        variables.extend(program.environment);
        if let (Some(variable), Some(address)) = (program.listens_by, address) {
            variables.insert(variable, address.to_owned());
        }
        let mut command = Command::new(&program.path);
        command.args(program.arguments).env_clear().envs(variables);
        command.stdin(Stdio::null()).stdout(log).stderr(errors).kill_on_drop(true);
        command.spawn().map_err(|error| format!("starting {}: {error}", program.path.display()))
    }

    /// Tells whenever the Pod becomes ready, or ceases to be, until it is to end. A player that is dropped ends nothing: it drops all this.
    async fn probe_until(&self, address: Option<String>, end: &mut oneshot::Receiver<Ending>) -> Ending {
        let probe = self.container().and_then(|container| container.readiness_probe.as_ref()?.http_get.as_ref());
        let path = probe.and_then(|probe| probe.path.clone()).unwrap_or_else(|| "/".to_owned());
        let mut told = false;
        loop {
            if let Some(address) = &address {
                let is_ready = answers(address, &path).await;
                if is_ready != told {
                    self.tell(self.status("Running", is_ready, &running())).await;
                    told = is_ready;
                }
            }
            if let Ok(Ok(ending)) = tokio::time::timeout(PROBE, &mut *end).await {
                return ending;
            }
        }
    }

    fn note(&self, process: Option<u32>) {
        let mut running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        match process {
            Some(process) => running.insert(self.name().to_owned(), process),
            None => running.remove(self.name()),
        };
    }

    fn name(&self) -> &str {
        self.pod.metadata.name.as_deref().unwrap_or_default()
    }

    fn container(&self) -> Option<&Container> {
        self.pod.spec.as_ref()?.containers.first()
    }

    /// A status, of this phase and with the container in this state.
    fn status(&self, phase: &str, is_ready: bool, state: &Value) -> Value {
        let now = jiff::Timestamp::now();
        let condition = |name: &str, holds: bool| json!({ "type": name, "status": if holds { "True" } else { "False" }, "lastTransitionTime": now });
        let container = self.container();
        json!({ "status": {
            "phase": phase,
            "podIP": "127.0.0.1", "podIPs": [{ "ip": "127.0.0.1" }], "hostIP": "127.0.0.1", "startTime": now,
            "conditions": [
                condition("PodScheduled", true), condition("Initialized", true),
                condition("ContainersReady", is_ready), condition("Ready", is_ready),
            ],
            "containerStatuses": [{
                "name": container.map(|container| &container.name), "image": container.and_then(|container| container.image.as_ref()),
                "imageID": "", "ready": is_ready, "started": state.get("running").is_some(), "restartCount": 0, "state": state,
            }],
        } })
    }

    /// A Pod that is gone meanwhile needs no status.
    async fn tell(&self, status: Value) {
        let _told = self.pods.patch_status(self.name(), &PatchParams::default(), &Patch::Strategic(status)).await;
    }

    async fn remove(&self) {
        let _gone = self.pods.delete(self.name(), &at_once()).await;
    }
}

fn running() -> Value {
    json!({ "running": { "startedAt": jiff::Timestamp::now() } })
}

fn terminated(status: Option<ExitStatus>) -> Value {
    let signal = status.and_then(|status| status.signal());
    let code = status.and_then(|status| status.code()).unwrap_or_else(|| 128 + signal.unwrap_or(0));
    let reason = if code == 0 { "Completed" } else { "Error" };
    json!({ "terminated": { "exitCode": code, "signal": signal, "reason": reason, "finishedAt": jiff::Timestamp::now() } })
}

async fn terminate(child: &mut Child, ending: Ending) -> Option<ExitStatus> {
    let process = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(process) = process {
        let _sent = kill_process(process, Signal::TERM);
    }
    match tokio::time::timeout(ending.grace, child.wait()).await {
        Ok(status) => status.ok(),
        Err(_too_slow) => {
            let _killed = child.kill().await;
            child.wait().await.ok()
        }
    }
}

/// An address of this machine whose port nobody has, for the moment.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

/// Whether a GET is answered with 200.
async fn answers(address: &str, path: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
            .await?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await?;
        std::io::Result::Ok(start.ends_with(b" 200"))
    };
    tokio::time::timeout(Duration::from_secs(1), ask).await.is_ok_and(|answer| answer.unwrap_or(false))
}
