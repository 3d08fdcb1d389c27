//! What a worker says of its own Pod: whether it may be taken away.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::error::KubernetesError;

/// Says on a Pod what keeps its worker from working.
pub(crate) const TROUBLE: &str = "swarmgate/trouble";

/// The Pod that this process runs in. Its service account must be allowed to patch Pods of its namespace.
#[derive(Clone, Debug)]
pub struct OwnPod {
    cluster: Arc<Cluster>,
    namespace: String,
    name: String,
}

fn idle(trouble: &Value) -> Value {
    json!({
        "controller.kubernetes.io/pod-deletion-cost": "0",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
        "karpenter.sh/do-not-disrupt": null,
        TROUBLE: trouble,
    })
}

impl OwnPod {
    /// The Pod of this name. Names come by the downward API, as `POD_NAMESPACE` and `POD_NAME`.
    pub fn new(cluster: Arc<Cluster>, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { cluster, namespace: namespace.into(), name: name.into() }
    }

    /// Runs a shard from now on: a smaller Deployment takes other Pods first, and neither autoscaler may empty this node.
    ///
    /// # Errors
    /// [`KubernetesError`]: it is as it was. Not worth failing for: whoever takes the Pod away all the same sends SIGTERM first.
    pub async fn mark_busy(&self) -> Result<(), KubernetesError> {
        self.annotate(&json!({
            "controller.kubernetes.io/pod-deletion-cost": "1000",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "karpenter.sh/do-not-disrupt": "true",
        }))
        .await
    }

    /// Has nothing to do: may be the first to go.
    ///
    /// # Errors
    /// As [`OwnPod::mark_busy`].
    pub async fn mark_idle(&self) -> Result<(), KubernetesError> {
        self.annotate(&idle(&Value::Null)).await
    }

    /// Can't work, and why, with what to do: whoever looks after the pool finds it there. Otherwise as [`OwnPod::mark_idle`], which takes
    /// it back.
    ///
    /// # Errors
    /// As [`OwnPod::mark_busy`].
    pub async fn mark_troubled(&self, why: &str) -> Result<(), KubernetesError> {
        self.annotate(&idle(&why.into())).await
    }

    async fn annotate(&self, annotations: &Value) -> Result<(), KubernetesError> {
        let patch = json!({ "metadata": { "annotations": annotations } });
        let patched = self.cluster.call(|client| {
            let (pods, patch) = (Api::<Pod>::namespaced(client, &self.namespace), &patch);
            async move { pods.patch_metadata(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await }
        });
        patched.await.map(|_| ())
    }
}
