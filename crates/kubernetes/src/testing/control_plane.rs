//! A control plane, started and stopped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Node, Pod, ServiceAccount};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::json;
use tempfile::TempDir;

use super::token;
use crate::access::Token;
use crate::cluster::connect;

/// A real control plane: API server, controllers, scheduler, on a free port of 127.0.0.1. Stopped when dropped, and when this process ends
/// however it ends. Takes 5 s to start and 600 MB of memory.
pub struct ControlPlane {
    folder: TempDir,
    kubeconfig: PathBuf,
    script: Child,
    /// The script runs until this is closed.
    held: Option<ChildStdin>,
}

impl ControlPlane {
    /// Starts one, where it is built (`tests/tools/kube-control-plane build`). Where it is not, says so and gives `None`.
    ///
    /// # Panics
    /// If it does not start; if it is not built and `SWARMGATE_NEED_ALL` is set.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same, with more flags of the API server.
    ///
    /// # Panics
    /// As [`ControlPlane::start`].
    pub fn start_with(flags: &[String]) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/kube-control-plane");
        let built = Command::new(&script).arg("built").output().expect("bash runs the script");
        if !built.status.success() {
            let needed = std::env::var_os("SWARMGATE_NEED_ALL").is_some();
            assert!(!needed, "the control plane is not built: tests/tools/kube-control-plane build");
            say_skipped();
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for the control plane");
        let mut running = Command::new(&script);
        running.arg("run").arg(folder.path().join("plane")).args(flags).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = running.spawn().expect("bash runs the script");
        let held = running.stdin.take();
        let mut kubeconfig = String::new();
        let output = running.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut kubeconfig).expect("the script says where the kubeconfig is");
        assert!(!kubeconfig.is_empty(), "the control plane did not start, see what it said above");
        Some(Self { folder, kubeconfig: PathBuf::from(kubeconfig.trim()), script: running, held })
    }

    /// Where the kubeconfig of a cluster admin is.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A folder that lives as long as the control plane.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Such as `https://127.0.0.1:23456`.
    pub fn url(&self) -> String {
        self.read("url").trim().to_owned()
    }

    /// The certificate of the authority that signed the API server's, in PEM.
    pub fn authority_pem(&self) -> String {
        self.read("ca.crt")
    }

    fn read(&self, name: &str) -> String {
        let path = self.kubeconfig.with_file_name(name);
        std::fs::read_to_string(path).expect("the script wrote it")
    }

    /// A new client of a cluster admin: each belongs to the async runtime that it is first used on.
    pub async fn client(&self) -> Client {
        let file = Kubeconfig::read_from(&self.kubeconfig).expect("the script wrote a kubeconfig");
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        connect(config.expect("the kubeconfig is whole")).expect("a client can be made of it")
    }

    /// Makes a namespace whose Pods can be made at once. Nothing happens where it is there already.
    pub async fn namespace(&self, name: &str) {
        let client = self.client().await;
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        let apply = PatchParams::apply("swarmgate-tests").force();
        let made = Api::<Namespace>::all(client.clone()).patch(name, &apply, &Patch::Apply(namespace)).await;
        made.expect("an admin makes namespaces");
        let accounts = Api::<ServiceAccount>::namespaced(client, name);
        while accounts.get_opt("default").await.expect("an admin reads accounts").is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes a node that Pods are scheduled on.
    pub async fn node(&self, name: &str, cpus: u32) {
        let room = json!({ "cpu": cpus.to_string(), "memory": "256Gi", "pods": "500", "ephemeral-storage": "1Ti" });
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": { "name": name, "labels": {
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": "test-1a",
            } },
        });
        let status = json!({ "status": {
            "capacity": room, "allocatable": room,
            "conditions": [{ "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "played by a test",
                "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z" }],
        } });
        let nodes = Api::<Node>::all(self.client().await);
        let node = serde_json::from_value(node).expect("a node");
        nodes.create(&PostParams::default(), &node).await.expect("an admin makes nodes");
        nodes.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("its status is taken");
        // Admission taints a new node until its kubelet is ready.
        let untaint = json!({ "spec": { "taints": null } });
        nodes.patch(name, &PatchParams::default(), &Patch::Merge(untaint)).await.expect("its taints are taken off");
    }

    /// A token of a service account, as a kubelet gives one to a Pod (bound to it, where one is named). Ends after `valid`, at least 10 minutes.
    pub async fn token(&self, namespace: &str, account: &str, pod: Option<&Pod>, valid: Duration) -> Token {
        let token = token::request(self.client().await, namespace, account, pod, valid).await;
        token.expect("an admin gets tokens")
    }

    /// Takes a service account away, and with it all its tokens.
    pub async fn remove_account(&self, namespace: &str, account: &str) {
        let accounts = Api::<ServiceAccount>::namespaced(self.client().await, namespace);
        accounts.delete(account, &DeleteParams::default()).await.expect("an admin deletes accounts");
    }

    /// Stops it, as if the cluster were gone.
    pub fn stop(&mut self) {
        self.held = None;
        let _ended = self.script.wait();
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.stop();
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so where people look")]
fn say_skipped() {
    eprintln!("skipped: the Kubernetes control plane is not built (tests/tools/kube-control-plane build)");
}
