//! What can be typed after `swarmgate test`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::args::{EngineChoice, LoadArgs};

/// Options of `test`.
#[derive(Clone, Debug, Args)]
pub struct RemoteArgs {
    /// The API's URL; requests to one of API Gateway are signed with your AWS credentials
    #[arg(long, env = "SWARMGATE_API", value_name = "URL", default_value = "http://127.0.0.1:8089", value_hint = ValueHint::Url, global = true)]
    pub api: String,
    /// What to do.
    #[command(subcommand)]
    pub command: RemoteCommand,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum RemoteCommand {
    /// Start a test
    Start(Box<StartArgs>),
    /// List tests, the newest first
    List {
        /// So many at most
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Show how a test stands
    Show {
        /// Its id
        id: String,
    },
    /// Watch a test until it is over; the exit code is its verdict
    Watch {
        /// Its id
        id: String,
        /// How it is shown
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Stop a test; it still gets its report
    Stop {
        /// Its id
        id: String,
    },
    /// Change the users of a running test
    Users {
        /// Its id
        id: String,
        /// Users of the whole test
        users: u32,
        /// So many users start or end per second: 10 or 10/s [default: all within a second]
        #[arg(long, short = 'r', value_name = "N/s")]
        spawn_rate: Option<String>,
    },
    /// Fetch the files of a report
    Report {
        /// The test's id
        id: String,
        /// The folder that they go to [default: reports/{id}]
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

/// Options of `test start`.
#[derive(Clone, Debug, Args)]
pub struct StartArgs {
    /// A scenario file (.yaml), a locustfile (.py), the name of a scenario that is stored there, or a URL to load
    #[arg(value_hint = ValueHint::AnyPath)]
    pub scenario: String,
    /// Run users of these classes of a locustfile only
    #[arg(value_name = "CLASS", help_heading = "Locustfiles")]
    pub classes: Vec<String>,
    /// Run tasks with one of these tags only
    #[arg(long, value_name = "TAG", num_args = 1.., help_heading = "Locustfiles")]
    pub tags: Vec<String>,
    /// Run no tasks with one of these tags
    #[arg(long, value_name = "TAG", num_args = 1.., help_heading = "Locustfiles")]
    pub exclude_tags: Vec<String>,
    /// What runs a locustfile; a Locust only where the workers have one
    #[arg(long, value_name = "ENGINE", value_enum, help_heading = "Locustfiles")]
    pub engine: Option<EngineChoice>,
    /// What the scenario says otherwise
    #[command(flatten)]
    pub load: LoadArgs,
    /// Run by so many workers, each with a part of the users [default: 1]
    #[arg(long, value_name = "N")]
    pub workers: Option<u32>,
    /// A pool whose workers run it; may be given many times [default: all pools share it]
    #[arg(long, value_name = "NAME")]
    pub pool: Vec<String>,
    /// Starting again with the same key starts no second test
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Watch it until it is over; the exit code is its verdict
    #[arg(long, short)]
    pub watch: bool,
    /// How it is shown
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How a watched test is shown.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print nothing but the report's address, and why the test did not pass
    #[arg(long, short)]
    pub quiet: bool,
    /// Print one JSON object a line: the live view once an interval, and the summary at the end
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
}
