//! From a valid request for a test to the test: the same whether the API or a pipeline stage asks.

use std::collections::BTreeMap;

use bytes::Bytes;
use swarmgate_domain::{PoolShare, StoredName, WeightedPool, Wrong, share_by_weight};
use swarmgate_service::{Accepted, TestRequest, accept, scenario_files, scenario_text};

use crate::api::Api;
use crate::inputs::{Loaded, ScenarioSource, StartBody, load};
use crate::limits;
use crate::policy::Policy;
use crate::problem::{Kind, Mistake, Problem};

/// Where the text of a scenario and the files beside it come from.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub text: String,
    pub files: BTreeMap<String, Bytes>,
}

impl Api {
    /// Reads the scenario, lays `body` over it, holds it against the limits, and accepts the test. With the warnings about the scenario.
    pub(crate) async fn start(
        &self,
        source: &ScenarioSource,
        found: Found,
        body: &StartBody,
        idempotency_key: Option<String>,
    ) -> Result<(Accepted, Vec<Mistake>), Problem> {
        let locust = self.policy.locust.as_deref();
        let Loaded { scenario, data, source, warnings, engine } =
            load(source, found.text, found.files, body, locust, &*self.ports.clock)?;
        let workers = body.workers.unwrap_or(1);
        let mut beyond = limits::check(&self.policy, &scenario, workers);
        let pools = shares(&self.policy, &body.pools, workers).unwrap_or_else(|mistakes| {
            beyond.extend(mistakes);
            Vec::new()
        });
        if !beyond.is_empty() {
            return Err(Problem::of(Kind::Invalid, beyond));
        }
        let mut environment = self.policy.environment.clone();
        environment.insert("workers".to_owned(), workers.to_string());
        environment.extend(engine.map(|engine| ("engine".to_owned(), engine)));
        if self.policy.pools.len() > 1 {
            let shown: Vec<_> = pools.iter().map(|share| format!("{}: {}", share.pool, share.shards)).collect();
            environment.insert("workers by pool".to_owned(), shown.join(", "));
        }
        let asked = TestRequest {
            target: scenario.target.clone().unwrap_or_default(),
            interval: self.policy.interval(&scenario),
            pools,
            scenario,
            data,
            source,
            environment,
            idempotency_key,
            id: None,
        };
        Ok((accept(&self.ports, asked).await?, warnings))
    }

    /// What there is under the name of a stored scenario, or of itself.
    pub(crate) async fn found(&self, source: &ScenarioSource) -> Result<Found, Problem> {
        match source {
            ScenarioSource::Url(text) | ScenarioSource::Text(text) => {
                Ok(Found { text: text.clone(), files: BTreeMap::new() })
            }
            ScenarioSource::Locustfile(_) => Ok(Found { text: String::new(), files: BTreeMap::new() }),
            ScenarioSource::Stored(name) => self.stored(name).await,
        }
    }

    async fn stored(&self, name: &StoredName) -> Result<Found, Problem> {
        let text = scenario_text(&self.ports, name).await?.ok_or_else(|| {
            let wrong = Wrong::new(format!("there is no stored scenario `{name}`"))
                .allowed("the text of a scenario, the name of a stored one, URLs that start with http:// or https://");
            Problem::about(Kind::Invalid, "scenario", Some(name.as_str()), wrong)
        })?;
        Ok(Found { text, files: scenario_files(&self.ports, name).await? })
    }
}

/// How the pools that were asked for share the workers; all pools where none was.
fn shares(policy: &Policy, asked: &[String], workers: u32) -> Result<Vec<PoolShare>, Vec<Mistake>> {
    let known = policy.pools.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>().join(", ");
    let unknown: Vec<_> = asked
        .iter()
        .filter(|name| policy.pools.iter().all(|pool| pool.name != **name))
        .map(|name| {
            let wrong = Wrong::new(format!("there is no pool `{name}` in this deployment")).allowed(known.clone());
            Mistake::new("pools", Some(name.clone()), wrong)
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let chosen: Vec<WeightedPool> =
        policy.pools.iter().filter(|pool| asked.is_empty() || asked.contains(&pool.name)).cloned().collect();
    Ok(share_by_weight(workers, &chosen))
}
