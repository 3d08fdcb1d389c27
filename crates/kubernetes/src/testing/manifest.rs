//! Manifests, given to the real API server.

use kube::api::{DynamicObject, Patch, PatchParams, ValidationDirective};
use kube::core::GroupVersionKind;
use kube::discovery::{Scope, pinned_kind};
use kube::{Api, Client};

use super::ControlPlane;

/// A manifest that the API server does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object}: {reason}")]
pub struct Refusal {
    /// Its kind and name.
    pub object: String,
    /// The API server's words.
    pub reason: String,
}

impl ControlPlane {
    /// Applies every document of a YAML file, as `kubectl apply --server-side` would; those without a namespace in `namespace`.
    ///
    /// # Errors
    /// [`Refusal`], the first; the documents before it are applied.
    pub async fn apply(&self, namespace: &str, yaml: &str) -> Result<(), Refusal> {
        self.send(namespace, yaml, &PatchParams::apply("swarmgate-tests").force()).await
    }

    /// As [`ControlPlane::apply`], without doing it, and with no field that the API server does not know.
    ///
    /// # Errors
    /// [`Refusal`], the first.
    pub async fn dry_run(&self, namespace: &str, yaml: &str) -> Result<(), Refusal> {
        let strictly = PatchParams {
            dry_run: true,
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::apply("swarmgate-tests").force()
        };
        self.send(namespace, yaml, &strictly).await
    }

    async fn send(&self, namespace: &str, yaml: &str, how: &PatchParams) -> Result<(), Refusal> {
        let client = self.client().await;
        let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(yaml)
            .map_err(|error| Refusal { object: "a YAML document".to_owned(), reason: error.to_string() })?;
        for document in documents.into_iter().filter(|document| !document.is_null()) {
            let name = |path: &str| document.pointer(path).and_then(|name| name.as_str()).unwrap_or("?").to_owned();
            let object = format!("{} {}", name("/kind"), name("/metadata/name"));
            send_one(&client, namespace, document, how).await.map_err(|error| {
                let reason = crate::error::chain(&error);
                Refusal { object, reason }
            })?;
        }
        Ok(())
    }
}

async fn send_one(
    client: &Client,
    namespace: &str,
    document: serde_json::Value,
    how: &PatchParams,
) -> Result<(), kube::Error> {
    let object: DynamicObject = serde_json::from_value(document.clone()).map_err(kube::Error::SerdeError)?;
    let types = object.types.unwrap_or_default();
    let kind = GroupVersionKind::try_from(&types).unwrap_or_else(|_| GroupVersionKind::gvk("", "?", &types.kind));
    let (resource, capabilities) = pinned_kind(client, &kind).await?;
    let namespace = object.metadata.namespace.as_deref().unwrap_or(namespace);
    let api: Api<DynamicObject> = match capabilities.scope {
        Scope::Cluster => Api::all_with(client.clone(), &resource),
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
    };
    api.patch(object.metadata.name.as_deref().unwrap_or_default(), how, &Patch::Apply(document)).await.map(|_| ())
}
