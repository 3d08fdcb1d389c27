//! What the environment of a function says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use swarmgate_aws::Addressing;
use swarmgate_domain::{AllowedTargets, HostPattern, Micros, parse_duration, parse_rate};

/// What the environment says of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `SWARMGATE_BUCKET`: the store.
    pub bucket: String,
    /// `SWARMGATE_S3_ADDRESSING`: `host` or `path`; without it, by path where `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_S3` is set.
    pub addressing: Addressing,
    /// `SWARMGATE_POOLS`: the pools, as JSON: names and [`PoolSettings`].
    pub pools: BTreeMap<String, PoolSettings>,
    /// `SWARMGATE_POOL`: the pool whose workers run tests; may be left out where there is one.
    pub pool: String,
    /// `SWARMGATE_ALLOWED_TARGETS`: hosts that may be loaded, by commas; `any` for any.
    pub targets: AllowedTargets,
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
    /// `SWARMGATE_INTERVAL`: the usual length of an interval; 5s.
    pub interval: Micros,
    /// `SWARMGATE_LINKS_VALID`: how long a link to a report is good; 1h.
    pub links_valid: Duration,
}

/// A pool, as `SWARMGATE_POOLS` has it: `{"default": {"queue": "https://sqs…"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// The URL of its queue of shards.
    pub queue: String,
    /// The region of its queue; the function's own without it.
    pub region: Option<String>,
}

/// Everything that is wrong with the environment.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

/// What a `main` that ends with it prints: the same.
impl std::fmt::Debug for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Settings {
    /// What the environment of this process says.
    ///
    /// # Errors
    /// [`SettingsError`]: every mistake at once, each with the variable, its value, and what is allowed.
    pub fn from_environment() -> Result<Self, SettingsError> {
        Self::read(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader { variable, mistakes: Vec::new() };
        let pools = reader.needed("SWARMGATE_POOLS", parse_pools).unwrap_or_default();
        let usual_pool = pools.keys().next().cloned().unwrap_or_default();
        let is_elsewhere = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"].iter().any(|name| variable(name).is_some());
        let usual_addressing = if is_elsewhere { Addressing::Path } else { Addressing::Host };
        let settings = Self {
            bucket: reader.needed("SWARMGATE_BUCKET", |text| Ok(text.to_owned())).unwrap_or_default(),
            addressing: reader.or("SWARMGATE_S3_ADDRESSING", usual_addressing, parse_addressing),
            pool: match pools.len() {
                0 | 1 => reader.or("SWARMGATE_POOL", usual_pool, |text| known_pool(&pools, text)),
                _ => reader.needed("SWARMGATE_POOL", |text| known_pool(&pools, text)).unwrap_or_default(),
            },
            targets: reader
                .needed("SWARMGATE_ALLOWED_TARGETS", parse_targets)
                .unwrap_or(AllowedTargets::Listed(vec![])),
            most_users: reader.or("SWARMGATE_MOST_USERS", 100_000, parse_count),
            most_rate: reader.or("SWARMGATE_MOST_RATE", 100_000.0, |text| parse_rate(text).map_err(|w| w.to_string())),
            longest: reader.or("SWARMGATE_LONGEST_TEST", Micros::from_secs(6 * 3_600), parse_time),
            most_workers: reader.or("SWARMGATE_MOST_WORKERS", 100, parse_count),
            start_timeout: reader.or("SWARMGATE_START_TIMEOUT", Micros::from_secs(600), parse_time),
            interval: reader.or("SWARMGATE_INTERVAL", Micros::from_secs(5), parse_time),
            links_valid: reader.or("SWARMGATE_LINKS_VALID", Micros::from_secs(3_600), parse_link_time).into(),
            pools,
        };
        if reader.mistakes.is_empty() { Ok(settings) } else { Err(SettingsError(reader.mistakes)) }
    }
}

struct Reader<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    fn needed<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if (self.variable)(name).is_none() {
            self.mistakes.push(format!("{name}: it is not set"));
        }
        self.maybe(name, parse)
    }

    fn or<T>(&mut self, name: &str, usual: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        self.maybe(name, parse).unwrap_or(usual)
    }

    fn maybe<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = (self.variable)(name)?;
        parse(&text).map_err(|problem| self.mistakes.push(format!("{name}: {problem}"))).ok()
    }
}

fn parse_pools(text: &str) -> Result<BTreeMap<String, PoolSettings>, String> {
    let allowed = r#"allowed is JSON such as {"default": {"queue": "https://sqs.eu-central-1.amazonaws.com/123456789012/shards"}}"#;
    let pools: BTreeMap<_, _> = serde_json::from_str(text).map_err(|error| format!("{error}, {allowed}"))?;
    if pools.is_empty() { Err(format!("it names no pool, {allowed}")) } else { Ok(pools) }
}

fn known_pool(pools: &BTreeMap<String, PoolSettings>, name: &str) -> Result<String, String> {
    let known = || pools.keys().cloned().collect::<Vec<_>>().join(", ");
    let is_known = pools.contains_key(name);
    is_known
        .then(|| name.to_owned())
        .ok_or_else(|| format!("`{name}` is not in SWARMGATE_POOLS, allowed are {}", known()))
}

fn parse_addressing(text: &str) -> Result<Addressing, String> {
    match text {
        "host" => Ok(Addressing::Host),
        "path" => Ok(Addressing::Path),
        _ => Err(format!("`{text}` is no way to address a bucket, allowed are `host` and `path`")),
    }
}

fn parse_targets(text: &str) -> Result<AllowedTargets, String> {
    if text == "any" {
        return Ok(AllowedTargets::Any);
    }
    let pattern = |part: &str| part.trim().parse::<HostPattern>().map_err(|wrong| wrong.to_string());
    text.split(',').map(pattern).collect::<Result<_, _>>().map(AllowedTargets::Listed)
}

fn parse_count(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("`{text}` is no count, allowed are whole numbers from 1"))
}

fn parse_time(text: &str) -> Result<Micros, String> {
    let time = parse_duration(text).map_err(|wrong| wrong.to_string())?;
    if time > Micros::ZERO { Ok(time) } else { Err(format!("`{text}` is no time at all")) }
}

fn parse_link_time(text: &str) -> Result<Micros, String> {
    let time = parse_time(text)?;
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

    const POOLS: &str = r#"{"a": {"queue": "http://q/a"}, "b": {"queue": "http://q/b", "region": "eu-west-1"}}"#;

    #[test]
    fn what_is_needed_is_enough() {
        let settings = read(&[
            ("SWARMGATE_BUCKET", "results"),
            ("SWARMGATE_POOLS", r#"{"default": {"queue": "http://q"}}"#),
            ("SWARMGATE_ALLOWED_TARGETS", "shop.example, *.test:8080"),
        ])
        .unwrap();
        assert_eq!((settings.pool.as_str(), settings.addressing), ("default", Addressing::Host));
        assert!(settings.targets.check("http://a.test:8080/").is_ok());
        assert!(settings.targets.check("http://other.example/").is_err());
    }

    #[test]
    fn a_store_elsewhere_is_addressed_by_path() {
        let needed = [("SWARMGATE_BUCKET", "b"), ("SWARMGATE_POOLS", POOLS), ("SWARMGATE_POOL", "b")];
        let more = [("SWARMGATE_ALLOWED_TARGETS", "any"), ("AWS_ENDPOINT_URL_S3", "http://store")];
        let settings = read(&[&needed[..], &more[..]].concat()).unwrap();
        assert_eq!((settings.addressing, settings.targets), (Addressing::Path, AllowedTargets::Any));
        assert_eq!(settings.pools["b"].region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let error = read(&[
            ("SWARMGATE_POOLS", POOLS),
            ("SWARMGATE_POOL", "c"),
            ("SWARMGATE_MOST_USERS", "0"),
            ("SWARMGATE_LINKS_VALID", "8d"),
            ("SWARMGATE_S3_ADDRESSING", "dns"),
        ])
        .unwrap_err();
        for named in [
            "SWARMGATE_BUCKET: it is not set",
            "SWARMGATE_POOL: `c` is not in SWARMGATE_POOLS, allowed are a, b",
            "SWARMGATE_ALLOWED_TARGETS: it is not set",
            "SWARMGATE_MOST_USERS: `0` is no count, allowed are whole numbers from 1",
            "SWARMGATE_LINKS_VALID: `8d` is out of range",
            "SWARMGATE_S3_ADDRESSING: `dns`",
        ] {
            assert!(error.contains(named), "{named} is not in: {error}");
        }
    }
}
