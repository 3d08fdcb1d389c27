//! Whether the sweep comes by, and gets through.

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_service::ports::Ports;
use swarmgate_service::{Examiner, Finding, Mark, read_mark, told};

use super::SWEPT;
use crate::deployment::Deployment;

const WHAT: &str = "sweep";

/// How often the schedule comes by.
const SCHEDULED: Micros = Micros::from_secs(60);

/// Looks for the mark of the last sweep.
pub(super) struct Sweeping {
    ports: Ports,
    when: When,
}

/// When a sweep is to come, and what to do when it does not.
struct When {
    every: Micros,
    remedy: &'static str,
    /// Where it is said what a sweep could not do.
    log: &'static str,
}

impl Sweeping {
    pub fn by_schedule(deployment: &Deployment) -> Self {
        let remedy = "see that the stack's schedule is on: `aws scheduler list-schedules --name-prefix swarmgate`; and what its function \
            says: `sam logs --stack-name swarmgate --name SweepFunction`";
        let log = "`sam logs --stack-name swarmgate --name SweepFunction`";
        Self { ports: deployment.ports.clone(), when: When { every: SCHEDULED, remedy, log } }
    }

    pub fn by_itself(deployment: &Deployment, every: Micros) -> Self {
        let remedy = "see what the controller says: `kubectl logs deployment/workers-controller`";
        Self { ports: deployment.ports.clone(), when: When { every, remedy, log: "its log" } }
    }
}

#[async_trait]
impl Examiner for Sweeping {
    fn what(&self) -> String {
        WHAT.to_owned()
    }

    async fn examine(&self) -> Vec<Finding> {
        vec![match read_mark(&self.ports, SWEPT).await {
            Ok(mark) => self.when.of_mark(mark),
            Err(error) => Finding::unknown(WHAT, told(&error)),
        }]
    }
}

impl When {
    /// Two sweeps that are missed may be a process that had to start anew, or a long one.
    fn of_mark(&self, mark: Option<Mark>) -> Finding {
        let latest = Micros(self.every.0 * 3).max(SCHEDULED);
        let ago = |age: Micros| format!("{} s ago", age.0 / 1_000_000);
        match mark {
            None => Finding::wrong(WHAT, "it has never come by", self.remedy),
            Some(mark) if mark.age > latest => {
                let said = format!("it last came by {}, and should every {}", ago(mark.age), self.every);
                Finding::wrong(WHAT, said, self.remedy)
            }
            Some(Mark { age, failure: Some(failure), .. }) => Finding::wrong(
                WHAT,
                format!("it came by {}, and could not do all: {failure}", ago(age)),
                format!("mend what it says; the rest is in {}", self.log),
            ),
            Some(mark) => Finding::fine(WHAT, format!("it came by {}", ago(mark.age))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHEN: When = When { every: SCHEDULED, remedy: "", log: "" };

    fn check(age_s: u64, failure: Option<&str>, said: &str, wrong: bool) {
        let mark = Mark { age: Micros::from_secs(age_s), draw: 0, failure: failure.map(str::to_owned) };
        let finding = WHEN.of_mark(Some(mark));
        assert_eq!((finding.said.as_str(), finding.is_wrong()), (said, wrong));
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn a_sweep_that_does_not_come_or_fails_is_wrong() {
        check( 20, None,              "it came by 20 s ago",                                          false);
        check(180, None,              "it came by 180 s ago",                                         false);
        check(181, None,              "it last came by 181 s ago, and should every 1m",            true);
        check( 20, Some("no access"), "it came by 20 s ago, and could not do all: no access",         true);
        check(500, Some("no access"), "it last came by 500 s ago, and should every 1m",            true);
        assert!(WHEN.of_mark(None).is_wrong());
    }
}
