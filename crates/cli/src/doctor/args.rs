//! What can be typed after `swarmgate doctor`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Options of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorArgs {
    /// The URL of the API of a deployment, or of a `swarmgate serve`; without it, only this machine and your credentials are looked at
    #[arg(long, env = "SWARMGATE_API", value_name = "URL", value_hint = ValueHint::Url)]
    pub api: Option<String>,
    /// The folder that reports go to
    #[arg(long, value_name = "DIR", default_value = "reports", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}
