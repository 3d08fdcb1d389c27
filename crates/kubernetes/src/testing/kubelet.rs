//! A player of kubelets: sees to the Pods of a namespace.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, Client};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::pod::{Ending, PlayedPod};
use super::{ControlPlane, Program};

/// How often Pods are looked at: all that a scenario of a test waits for the player.
const LOOK: Duration = Duration::from_millis(50);

/// Says which program stands for a Pod. `None`: no program does, the Pod is running and ready all the same.
pub(super) type Choose = Arc<dyn Fn(&Pod) -> Option<Program> + Send + Sync>;

/// Does for the Pods of one namespace what kubelets do, once the scheduler has found them a node. On a thread of its own, until it is dropped,
/// which ends the programs at once.
///
/// A Pod whose program ends by itself has succeeded or failed, by the exit code, and its container is not started again: the controllers
/// replace the Pod.
pub struct Kubelet {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What tasks of Pods and the test both see.
pub(super) struct Shared {
    pub(super) namespace: String,
    pub(super) choose: Choose,
    /// Logs of programs, and the files they are given.
    pub(super) folder: PathBuf,
    pub(super) url: String,
    pub(super) authority: PathBuf,
    pub(super) running: Mutex<BTreeMap<String, u32>>,
}

/// A Pod whose program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningPod {
    /// The Pod's name.
    pub name: String,
    /// Its program's process.
    pub process: u32,
}

impl Kubelet {
    /// Sees to the Pods of a namespace from now on.
    ///
    /// # Panics
    /// If there is no room for its files.
    pub async fn start(
        plane: &ControlPlane,
        namespace: &str,
        choose: impl Fn(&Pod) -> Option<Program> + Send + Sync + 'static,
    ) -> Self {
        let folder = plane.folder().join("pods").join(namespace);
        std::fs::create_dir_all(&folder).expect("a folder for what Pods write");
        let shared = Arc::new(Shared {
            namespace: namespace.to_owned(),
            choose: Arc::new(choose),
            folder,
            url: plane.url(),
            authority: plane.kubeconfig().with_file_name("ca.crt"),
            running: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (playing, kubeconfig) = (Arc::clone(&shared), plane.kubeconfig().to_owned());
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = play(&playing, kubeconfig) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { shared, stop: Some(stop), thread: Some(thread) }
    }

    /// The Pods whose programs run, by name.
    pub fn running(&self) -> Vec<RunningPod> {
        let running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.iter().map(|(name, process)| RunningPod { name: name.clone(), process: *process }).collect()
    }

    /// What a Pod's program has written until now, to standard output and standard error; also after the Pod is gone.
    pub fn log(&self, pod: &str) -> String {
        std::fs::read_to_string(self.shared.folder.join(format!("{pod}.log"))).unwrap_or_default()
    }

    /// Which Pods had a program, ever.
    pub fn logged(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.shared.folder).into_iter().flatten().flatten();
        let names = files.filter_map(|file| file.file_name().to_str()?.strip_suffix(".log").map(str::to_owned));
        names.collect()
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// Looks at all Pods again and again: what was missed once is seen the next time.
async fn play(shared: &Arc<Shared>, kubeconfig: PathBuf) {
    let client = admin(kubeconfig).await;
    let pods = Api::<Pod>::namespaced(client, &shared.namespace);
    let mut played: BTreeMap<String, Option<oneshot::Sender<Ending>>> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let Ok(seen) = pods.list(&ListParams::default()).await else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        for pod in &seen.items {
            let Some(uid) = pod.metadata.uid.clone() else { continue };
            let is_bound = pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
            let is_deleted = pod.metadata.deletion_timestamp.is_some();
            match (played.get_mut(&uid), is_deleted) {
                (None, false) if is_bound => {
                    let (end, ended) = oneshot::channel();
                    let pod = PlayedPod { shared: Arc::clone(shared), pods: pods.clone(), pod: pod.clone() };
                    tasks.spawn(pod.play(ended));
                    played.insert(uid, Some(end));
                }
                (None, true) => {
                    let _gone = pods.delete(pod.metadata.name.as_deref().unwrap_or_default(), &at_once()).await;
                }
                (Some(end), true) => {
                    let seconds = pod.metadata.deletion_grace_period_seconds.unwrap_or(30);
                    let grace = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
                    let is_told = end.take().is_some_and(|end| end.send(Ending { grace }).is_ok());
                    // A Pod that nobody plays any more needs nobody's leave.
                    if !is_told && !is_playing(shared, pod) {
                        let _gone = pods.delete(pod.metadata.name.as_deref().unwrap_or_default(), &at_once()).await;
                    }
                }
                (None | Some(_), false) => {}
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn is_playing(shared: &Shared, pod: &Pod) -> bool {
    let running = shared.running.lock().unwrap_or_else(PoisonError::into_inner);
    pod.metadata.name.as_ref().is_some_and(|name| running.contains_key(name))
}

pub(super) fn at_once() -> DeleteParams {
    DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() }
}

async fn admin(kubeconfig: PathBuf) -> Client {
    let way = crate::Access::Kubeconfig(kubeconfig).config(None).await.expect("the script wrote a kubeconfig");
    crate::cluster::connect(way.config).expect("a client can be made of it")
}
