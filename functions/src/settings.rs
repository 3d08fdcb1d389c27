//! What the environment of a function says.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use swarmgate_aws::Addressing;
use swarmgate_domain::{AllowedTargets, Micros, WeightedPool, parse_rate};
use swarmgate_environment::{EnvironmentError, Variables, count, of_this_process, targets, text, time};
use swarmgate_service::ports::Settings as Waits;

/// What the environment says of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `SWARMGATE_BUCKET`: the store.
    pub bucket: String,
    /// `SWARMGATE_S3_ADDRESSING`: `host` or `path`; without it, by path where `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_S3` is set.
    pub addressing: Addressing,
    /// `SWARMGATE_POOLS`: the pools, as JSON: names and [`PoolSettings`].
    pub pools: BTreeMap<String, PoolSettings>,
    /// `SWARMGATE_ALLOWED_TARGETS`: hosts that may be loaded, by commas; `any` for any.
    pub targets: AllowedTargets,
    /// `SWARMGATE_EVENTS_QUEUE`: the URL of the queue that the bucket tells of new objects; only looked at, by `swarmgate doctor`.
    pub events_queue: Option<String>,
    /// `SWARMGATE_LOCUST`: the Locust that the image of the workers has, such as `locust 2.47.0`; without it tests may use none.
    pub locust: Option<String>,
    /// `SWARMGATE_PUBLIC_URL`: where users reach the API, for links in what a pipeline stage says; no links without it.
    pub public_url: Option<String>,
    /// `SWARMGATE_MOST_USERS`: of a test; 100,000.
    pub most_users: u32,
    /// `SWARMGATE_MOST_RATE`: arrivals of a test; 100,000/s.
    pub most_rate: f64,
    /// `SWARMGATE_LONGEST_TEST`: 6h.
    pub longest: Micros,
    /// `SWARMGATE_MOST_WORKERS`: of a test; 100.
    pub most_workers: u32,
    /// `SWARMGATE_START_TIMEOUT`: how long to wait for workers; 10m.
    pub start_timeout: Micros,
    /// `SWARMGATE_GATE_PATIENCE`: a pipeline stage that has not asked for so long waits no more, and its test is stopped; 15m.
    pub gate_patience: Micros,
    /// `SWARMGATE_INTERVAL`: the usual length of an interval; 5s.
    pub interval: Micros,
    /// `SWARMGATE_LINKS_VALID`: how long a link to a report is good; 1h.
    pub links_valid: Duration,
}

/// A pool, as `SWARMGATE_POOLS` has it: `{"default": {"queue": "https://sqs…", "cluster": "load"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// The URL of its queue of shards.
    pub queue: String,
    /// The region of its queue and its cluster; the function's own without it.
    pub region: Option<String>,
    /// The EKS cluster of its workers. Without it, and without `kubernetes`, someone else keeps them.
    pub cluster: Option<String>,
    /// The cluster of its workers that is known otherwise than by EKS.
    pub kubernetes: Option<KnownBy>,
    /// The namespace of its workers.
    #[serde(default = "usual_namespace")]
    pub namespace: String,
    /// The Deployment of its workers.
    #[serde(default = "usual_deployment")]
    pub deployment: String,
    /// Its part of the workers of a test, by the sum of all weights.
    #[serde(default = "usual_weight")]
    pub weight: u32,
}

/// How a cluster is known that is not asked for at EKS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownBy {
    /// `"surroundings"`: as `kubectl` knows it; in a Pod, the cluster that it runs in, by its service account.
    Surroundings,
    /// `{"kubeconfig": "/etc/swarmgate/kubeconfig"}`: the file's current context.
    Kubeconfig(PathBuf),
}

fn usual_namespace() -> String {
    "swarmgate".to_owned()
}

fn usual_deployment() -> String {
    "workers".to_owned()
}

fn usual_weight() -> u32 {
    1
}

impl Settings {
    /// What the environment of this process says.
    ///
    /// # Errors
    /// [`EnvironmentError`]: every mistake at once.
    pub fn from_environment() -> Result<Self, EnvironmentError> {
        Self::read(&of_this_process)
    }

    fn read(of: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let mut variables = Variables::new(of);
        let is_elsewhere = variables.has("AWS_ENDPOINT_URL") || variables.has("AWS_ENDPOINT_URL_S3");
        let usual_addressing = if is_elsewhere { Addressing::Path } else { Addressing::Host };
        let settings = Self {
            bucket: variables.needed("SWARMGATE_BUCKET", text).unwrap_or_default(),
            addressing: variables.or("SWARMGATE_S3_ADDRESSING", usual_addressing, addressing),
            pools: variables.needed("SWARMGATE_POOLS", pools).unwrap_or_default(),
            targets: variables.needed("SWARMGATE_ALLOWED_TARGETS", targets).unwrap_or(AllowedTargets::Listed(vec![])),
            events_queue: variables.maybe("SWARMGATE_EVENTS_QUEUE", text),
            locust: variables.maybe("SWARMGATE_LOCUST", text),
            public_url: variables.maybe("SWARMGATE_PUBLIC_URL", text),
            most_users: variables.or("SWARMGATE_MOST_USERS", 100_000, count),
            most_rate: variables.or("SWARMGATE_MOST_RATE", 100_000.0, rate),
            longest: variables.or("SWARMGATE_LONGEST_TEST", Micros::from_secs(6 * 3_600), time),
            most_workers: variables.or("SWARMGATE_MOST_WORKERS", 100, count),
            start_timeout: variables.or("SWARMGATE_START_TIMEOUT", Micros::from_secs(600), time),
            gate_patience: variables.or("SWARMGATE_GATE_PATIENCE", Waits::CLOUD.gate_patience, time),
            interval: variables.or("SWARMGATE_INTERVAL", Micros::from_secs(5), time),
            links_valid: variables.or("SWARMGATE_LINKS_VALID", Micros::from_secs(3_600), link_time).into(),
        };
        variables.finish(settings)
    }

    /// The pools with their weights.
    pub fn weighted_pools(&self) -> Vec<WeightedPool> {
        let pools = self.pools.iter();
        pools.map(|(name, pool)| WeightedPool { name: name.clone(), weight: pool.weight }).collect()
    }
}

fn pools(text: &str) -> Result<BTreeMap<String, PoolSettings>, String> {
    let allowed = r#"allowed is JSON such as {"default": {"queue": "https://sqs.eu-central-1.amazonaws.com/123456789012/shards"}}"#;
    let pools: BTreeMap<String, PoolSettings> =
        serde_json::from_str(text).map_err(|error| format!("{error}, {allowed}"))?;
    if let Some((name, _)) = pools.iter().find(|(_, pool)| pool.cluster.is_some() && pool.kubernetes.is_some()) {
        return Err(format!(
            "the pool `{name}` has `cluster` (of EKS) and `kubernetes` (any other), allowed is one of them"
        ));
    }
    if pools.is_empty() { Err(format!("it names no pool, {allowed}")) } else { Ok(pools) }
}

fn addressing(text: &str) -> Result<Addressing, String> {
    match text {
        "host" => Ok(Addressing::Host),
        "path" => Ok(Addressing::Path),
        _ => Err(format!("`{text}` is no way to address a bucket, allowed are `host` and `path`")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    parse_rate(text).map_err(|wrong| wrong.to_string())
}

fn link_time(text: &str) -> Result<Micros, String> {
    let time = time(text)?;
    let fits = time >= Micros::SECOND && time <= Micros::from_secs(7 * 86_400);
    if fits { Ok(time) } else { Err(format!("`{text}` is out of range, allowed are times from 1s to 7d")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&variable).map_err(|error| error.to_string())
    }

    const POOLS: &str = r#"{"a": {"queue": "http://q/a"}, "b": {"queue": "http://q/b", "region": "eu-west-1", "cluster": "load", "weight": 3}}"#;

    #[test]
    fn what_is_needed_is_enough() {
        let settings = read(&[
            ("SWARMGATE_BUCKET", "results"),
            ("SWARMGATE_POOLS", r#"{"default": {"queue": "http://q"}}"#),
            ("SWARMGATE_ALLOWED_TARGETS", "shop.example, *.test:8080"),
        ])
        .unwrap();
        let pool = &settings.pools["default"];
        assert_eq!((pool.namespace.as_str(), pool.deployment.as_str(), pool.weight), ("swarmgate", "workers", 1));
        assert_eq!((settings.addressing, settings.public_url), (Addressing::Host, None));
    }

    #[test]
    fn a_pool_is_in_one_cluster() {
        let of = |pool: &str| pools(&format!(r#"{{"a": {{"queue": "http://q", {pool}}}}}"#));
        let known = |pool: &str| of(pool).unwrap()["a"].kubernetes.clone();
        assert_eq!(known(r#""kubernetes": "surroundings""#), Some(KnownBy::Surroundings));
        let file = KnownBy::Kubeconfig("/etc/kubeconfig".into());
        assert_eq!(known(r#""kubernetes": {"kubeconfig": "/etc/kubeconfig"}"#), Some(file));
        let both = of(r#""cluster": "load", "kubernetes": "surroundings""#).unwrap_err();
        assert!(both.starts_with("the pool `a` has `cluster` (of EKS) and `kubernetes`"), "{both}");
    }

    #[test]
    fn a_store_elsewhere_is_addressed_by_path() {
        let settings = read(&[
            ("SWARMGATE_BUCKET", "b"),
            ("SWARMGATE_POOLS", POOLS),
            ("SWARMGATE_ALLOWED_TARGETS", "any"),
            ("AWS_ENDPOINT_URL_S3", "http://store"),
        ])
        .unwrap();
        assert_eq!(settings.addressing, Addressing::Path);
        let weights: Vec<_> = settings.weighted_pools().iter().map(|pool| pool.weight).collect();
        assert_eq!((weights, settings.pools["b"].cluster.as_deref()), (vec![1, 3], Some("load")));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let error = read(&[
            ("SWARMGATE_POOLS", r#"{"a": {"queue": "http://q", "clutser": "x"}}"#),
            ("SWARMGATE_MOST_USERS", "0"),
            ("SWARMGATE_LINKS_VALID", "8d"),
            ("SWARMGATE_S3_ADDRESSING", "dns"),
        ])
        .unwrap_err();
        for named in [
            "SWARMGATE_BUCKET: it is not set",
            "SWARMGATE_POOLS: unknown field `clutser`",
            "SWARMGATE_ALLOWED_TARGETS: it is not set",
            "SWARMGATE_MOST_USERS: `0` is no count, allowed are whole numbers from 1",
            "SWARMGATE_LINKS_VALID: `8d` is out of range",
            "SWARMGATE_S3_ADDRESSING: `dns`",
        ] {
            assert!(error.contains(named), "{named} is not in: {error}");
        }
    }
}
