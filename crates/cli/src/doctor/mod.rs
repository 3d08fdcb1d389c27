//! `swarmgate doctor`: what is wrong with this machine, the account and the deployment, and how it is mended.
//!
//! What only the deployment's own role can see, the API looks at (`GET /doctor`): here it is asked and shown.

mod account;
mod args;
mod deployment;
mod machine;
mod show;
mod signed;

pub use args::DoctorArgs;

use swarmgate_service::Finding;

use crate::exit::{Exit, Failure};

/// What was found in one place.
struct Section {
    name: &'static str,
    findings: Vec<Finding>,
}

/// Looks at everything, and shows what was found.
///
/// # Errors
/// [`Failure`]: bad usage. What is wrong elsewhere is found, and shown.
pub fn doctor(args: &DoctorArgs) -> Result<Exit, Failure> {
    let mut sections = vec![Section { name: "this machine", findings: machine::look(&args.out) }];
    let access = deployment::Access::of(args.api.as_deref())?;
    sections.push(Section { name: "AWS account", findings: account::look(&access) });
    sections.push(Section { name: "deployment", findings: deployment::look(&access) });
    if args.json {
        show::as_json(&sections);
    } else {
        show::for_people(&sections);
    }
    let is_wrong = sections.iter().flat_map(|section| &section.findings).any(Finding::is_wrong);
    Ok(if is_wrong { Exit::CouldNotRun } else { Exit::Pass })
}
