//! The environment that a container gets.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar, Pod, Secret};
use kube::{Api, Client};
use secrecy::ExposeSecret;

use super::kubelet::Shared;
use super::token;

const TOKEN_VALID: Duration = Duration::from_secs(3600);

/// A container's variables, as its Pod has them, with `KUBECONFIG` for the Pod's service account beside them.
pub(super) async fn of(
    client: Client,
    shared: &Shared,
    pod: &Pod,
    container: Option<&Container>,
) -> Result<BTreeMap<String, String>, String> {
    let mut variables = BTreeMap::from([("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())]);
    let declared = container.and_then(|container| container.env.as_deref()).unwrap_or_default();
    for variable in declared {
        if let Some(value) = value_of(&client, shared, pod, variable).await? {
            let value = expand(&value, &variables);
            variables.insert(variable.name.clone(), value);
        }
    }
    let kubeconfig = write_kubeconfig(client, shared, pod).await?;
    variables.insert("KUBECONFIG".to_owned(), kubeconfig);
    Ok(variables)
}

/// `None` for what is optional and not there.
async fn value_of(client: &Client, shared: &Shared, pod: &Pod, variable: &EnvVar) -> Result<Option<String>, String> {
    let Some(from) = &variable.value_from else { return Ok(Some(variable.value.clone().unwrap_or_default())) };
    let missing = |what: &str, name: &str, key: &str| format!("{}: the {what} {name} has no {key}", variable.name);
    if let Some(field) = &from.field_ref {
        return field_of(pod, &field.field_path).map(Some).ok_or_else(|| missing("Pod", "itself", &field.field_path));
    }
    if let Some(secret) = &from.secret_key_ref {
        let found = Api::<Secret>::namespaced(client.clone(), &shared.namespace).get_opt(&secret.name).await;
        let found = found.map_err(|error| error.to_string())?.and_then(|secret| secret.data);
        let value = found.and_then(|data| String::from_utf8(data.get(&secret.key)?.0.clone()).ok());
        let needed = !secret.optional.unwrap_or(false);
        return if value.is_none() && needed { Err(missing("Secret", &secret.name, &secret.key)) } else { Ok(value) };
    }
    if let Some(map) = &from.config_map_key_ref {
        let found = Api::<ConfigMap>::namespaced(client.clone(), &shared.namespace).get_opt(&map.name).await;
        let found = found.map_err(|error| error.to_string())?.and_then(|map| map.data);
        let value = found.and_then(|data| data.get(&map.key).cloned());
        let needed = !map.optional.unwrap_or(false);
        return if value.is_none() && needed { Err(missing("ConfigMap", &map.name, &map.key)) } else { Ok(value) };
    }
    Ok(None)
}

/// What the downward API knows.
fn field_of(pod: &Pod, path: &str) -> Option<String> {
    let (metadata, spec) = (&pod.metadata, pod.spec.as_ref()?);
    match path {
        "metadata.name" => metadata.name.clone(),
        "metadata.namespace" => metadata.namespace.clone(),
        "metadata.uid" => metadata.uid.clone(),
        "spec.nodeName" => spec.node_name.clone(),
        "spec.serviceAccountName" => spec.service_account_name.clone(),
        "status.podIP" | "status.hostIP" => Some("127.0.0.1".to_owned()),
        _ => None,
    }
}

/// Puts the variables before it in the place of each `$(NAME)`; what is none stays as it is.
fn expand(value: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("$(") {
        expanded.push_str(before);
        match after.split_once(')').and_then(|(name, after)| Some((variables.get(name)?, after))) {
            Some((known, after)) => {
                expanded.push_str(known);
                rest = after;
            }
            None => {
                expanded.push_str("$(");
                rest = after;
            }
        }
    }
    expanded + rest
}

/// A Pod's own way to the API server: a token of its service account, bound to it.
async fn write_kubeconfig(client: Client, shared: &Shared, pod: &Pod) -> Result<String, String> {
    let name = pod.metadata.name.clone().unwrap_or_default();
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
    let token = token::request(client, &shared.namespace, account, Some(pod), TOKEN_VALID).await;
    let token = token.map_err(|error| error.to_string())?;
    let path = shared.folder.join(format!("{name}.kubeconfig"));
    let kubeconfig = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "pod",
        "clusters": [{ "name": "pod", "cluster": { "server": shared.url, "certificate-authority": shared.authority } }],
        "users": [{ "name": "pod", "user": { "token": token.value.expose_secret() } }],
        "contexts": [{ "name": "pod", "context": { "cluster": "pod", "user": "pod", "namespace": shared.namespace } }],
    });
    std::fs::write(&path, kubeconfig.to_string()).map_err(|error| format!("writing {}: {error}", path.display()))?;
    Ok(path.to_string_lossy().into_owned())
}
