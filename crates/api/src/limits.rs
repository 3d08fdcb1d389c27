//! What a deployment's limits say about a scenario.

use swarmgate_domain::{FieldMistake, LoadModel, Scenario, Wrong};

use crate::policy::Policy;
use crate::problem::{Kind, Mistake, Problem};

/// Everything in which `scenario`, run by `workers` workers, goes beyond what `policy` allows.
pub(crate) fn check(policy: &Policy, scenario: &Scenario, workers: u32) -> Vec<Mistake> {
    let users = scenario.peak_users();
    let rate = peak_rate(scenario);
    let duration = scenario.duration();
    let mut mistakes = policy.targets.refused(scenario);
    let mut refuse = |is_beyond: bool, field: &str, value: String, allowed: String| {
        if is_beyond {
            let wrong = Wrong::new(format!("{value} is beyond the limit of this deployment")).allowed(allowed);
            mistakes.push(FieldMistake { field: field.to_owned(), value: Some(value), wrong });
        }
    };
    let up_to = |most: &dyn std::fmt::Display| format!("up to {most}");
    refuse(users > policy.most_users, "users", users.to_string(), up_to(&policy.most_users));
    refuse(rate > policy.most_rate, "arrival_rate", format!("{rate}/s"), format!("up to {}/s", policy.most_rate));
    refuse(duration > policy.longest, "duration", duration.to_string(), up_to(&policy.longest));
    let workers_allowed = format!("1 to {}", policy.most_workers);
    refuse(!(1..=policy.most_workers).contains(&workers), "workers", workers.to_string(), workers_allowed);
    mistakes.into_iter().map(Mistake::from).collect()
}

/// Checks what a change of users asks for.
pub(crate) fn check_users(policy: &Policy, users: u32) -> Result<(), Problem> {
    if users <= policy.most_users {
        return Ok(());
    }
    let wrong = Wrong::new(format!("{users} is beyond the limit of this deployment"));
    let wrong = wrong.allowed(format!("up to {}", policy.most_users));
    Err(Problem::about(Kind::Invalid, "users", Some(&users.to_string()), wrong))
}

/// The most arrivals per second, over all loads; their peaks may not be at the same time.
fn peak_rate(scenario: &Scenario) -> f64 {
    let peak = |model: &LoadModel| match model {
        LoadModel::Open { rate, .. } => rate.peak(),
        LoadModel::Closed(_) => 0.0,
    };
    scenario.loads.iter().map(|load| peak(&load.model)).sum()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use swarmgate_domain::Micros;

    use super::*;

    #[test]
    fn every_limit_is_named() {
        let policy = Policy {
            most_users: 5,
            longest: Micros::SECOND,
            most_workers: 2,
            ..Policy::local(Ipv4Addr::LOCALHOST.into(), "local")
        };
        let scenario = Scenario::from_url("http://169.254.169.254/latest").unwrap();
        let fields: Vec<_> = check(&policy, &scenario, 3).into_iter().map(|mistake| mistake.field).collect();
        assert_eq!(fields, ["target", "users", "duration", "workers"]);
        assert!(check(&Policy::local(Ipv4Addr::LOCALHOST.into(), "local"), &scenario, 1).len() == 1);
    }
}
