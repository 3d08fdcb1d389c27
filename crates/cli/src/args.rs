//! What can be typed.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use swarmgate_locust_process::{LocustCommand, NotInstalled};

use crate::doctor::DoctorArgs;
use crate::progress::Shown;
use crate::remote::RemoteArgs;

/// Load-tests a service, and says pass, fail or inconclusive.
#[derive(Debug, Parser)]
#[command(name = "swarmgate", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  swarmgate demo                                        a first test, on a server that it brings along
  swarmgate run http://localhost:8080 --users 50 --spawn-rate 10 --duration 1m --threshold 'p95 < 300ms'
  swarmgate run scenario.yaml --workers 2 --out report
  swarmgate serve                                       the API and the dashboard on http://127.0.0.1:8089

Exit codes: 0 pass, 1 fail, 2 bad usage or input, 3 inconclusive, 4 the test could not run";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a load test on this machine, and write its report
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Run a first test of 15 s against a sample server that is started for it
    Demo(DemoArgs),
    /// Serve the API and the dashboard: start tests, watch them, read their reports in a browser
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Start, watch and stop tests of a deployed API, or of `swarmgate serve`
    #[command(after_help = TEST_EXAMPLES)]
    Test(RemoteArgs),
    /// Look at this machine, your AWS account and a deployment: what is wrong, and how it is mended
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Show every mistake of a scenario at once
    Validate(ValidateArgs),
    /// Make a report anew from what lies in a folder, also of a run that was killed
    Report(ReportArgs),
    /// Run the pipeline under simulated faults, seed after seed
    #[command(after_help = "Examples:\n  swarmgate simulate --seeds 100000\n  swarmgate simulate --seed 42 --trace")]
    Simulate(SimulateArgs),
    /// Serve the sample workload: a small HTTP server to load
    SampleWorkload(swarmgate_workload::Args),
    /// Print the JSON Schema of scenario files, for editors
    Schema,
    /// Print the completion script of a shell
    #[command(
        after_help = "Example: swarmgate completions bash > ~/.local/share/bash-completion/completions/swarmgate"
    )]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

const RUN_EXAMPLES: &str = "\
Examples:
  swarmgate run http://localhost:8080/ --users 100 --spawn-rate 10 --duration 5m
  swarmgate run http://localhost:8080/ --arrival-rate 500/s --duration 1m --threshold 'p99 < 200ms' --threshold 'error_rate < 0.1%'
  swarmgate run locustfile.py -H http://localhost:8080 -u 100 -r 10 -t 5m
  swarmgate run locustfile.py -H http://localhost:8080 -u 100 -t 5m --engine locust --locust ~/venv --workers 2
  swarmgate run scenarios/login-browse-buy.yaml --target http://localhost:8080 --set category=books
  swarmgate run scenario.yaml --json | jq .live.rate";

const TEST_EXAMPLES: &str = "\
Examples:
  export SWARMGATE_API=https://a1b2c3.execute-api.eu-central-1.amazonaws.com
  swarmgate test start checkout.yaml --workers 20 --users 20000 --watch
  swarmgate test start https://shop.example/ --users 500 --duration 10m --key release-17
  swarmgate test users 20261123-231502-1a2b3c 40000 --spawn-rate 100/s
  swarmgate test report 20261123-231502-1a2b3c --out report

Requests to API Gateway are signed with the credentials of AWS_ACCESS_KEY_ID and so on, or those that the aws command knows;
for an API behind a name of your own set SWARMGATE_API_AUTH=iam. SWARMGATE_API_TOKEN is sent as a bearer token instead.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  swarmgate doctor                                      this machine, and your AWS credentials if there are any
  swarmgate doctor --api https://a1b2c3.execute-api.eu-central-1.amazonaws.com
  swarmgate doctor --json | jq '.sections[].findings[] | select(.state == \"wrong\")'

Exit codes: 0 nothing is wrong, 2 bad usage, 4 something is wrong";

const SERVE_EXAMPLES: &str = "\
Examples:
  swarmgate serve
  curl -s localhost:8089/tests --json '{\"scenario\": \"http://localhost:8080/\", \"users\": 50, \"duration\": \"30s\"}'
  curl -s localhost:8089/scenarios/checkout -X PUT -H 'content-type: application/yaml' --data-binary @checkout.yaml
  curl -s localhost:8089/openapi.json";

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// A scenario file (.yaml, .json), a locustfile (.py), or a URL to load
    #[arg(value_hint = ValueHint::AnyPath)]
    pub scenario: String,
    /// What goes with a locustfile
    #[command(flatten)]
    pub locust: LocustArgs,
    /// What the scenario says otherwise
    #[command(flatten)]
    pub load: LoadArgs,
    /// Run as so many workers, each with a part of the users [default: 1]
    #[arg(long, visible_alias = "processes", value_name = "N", help_heading = "Pipeline")]
    pub workers: Option<u32>,
    /// The threads of each worker [default: the machine's cores, shared by the workers]
    #[arg(long, value_name = "N", help_heading = "Pipeline", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub engine_threads: Option<u32>,
    /// Keep each of these threads on a core of its own
    #[arg(long, help_heading = "Pipeline")]
    pub pin_threads: bool,
    /// Wait for sockets by epoll, even where the machine has io_uring, which costs less
    #[arg(long, help_heading = "Pipeline")]
    pub no_io_uring: bool,
    /// The connections of each worker at most [default: as many as it may open files, and as there are local ports]
    #[arg(long, value_name = "N", help_heading = "Pipeline", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
    /// An address of this machine that connections come from; may be given many times, they take turns
    #[arg(long, value_name = "ADDRESS", help_heading = "Pipeline")]
    pub source_address: Vec<std::net::IpAddr>,
    /// Where the report goes [default: reports/{id}]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Print nothing but the report's path, and why the test did not pass
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
    /// Print one JSON object a line: the live view once an interval, and the summary at the end
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    pub json: bool,
    /// Do not look first whether the target can be connected to
    #[arg(long, help_heading = "Pipeline")]
    pub no_preflight: bool,
}

impl RunArgs {
    /// How the test is to be shown.
    pub fn shown(&self) -> Shown {
        match self {
            Self { quiet: true, .. } => Shown::Nothing,
            Self { json: true, .. } => Shown::Json,
            _ => Shown::ForPeople,
        }
    }
}

/// What goes with a locustfile, as Locust has it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Locustfiles")]
pub struct LocustArgs {
    /// Run users of these classes only
    #[arg(value_name = "CLASS")]
    pub classes: Vec<String>,
    /// Run tasks with one of these tags only
    #[arg(long, value_name = "TAG", num_args = 1..)]
    pub tags: Vec<String>,
    /// Run no tasks with one of these tags
    #[arg(long, value_name = "TAG", num_args = 1..)]
    pub exclude_tags: Vec<String>,
    /// Nothing: there is never a web page; for command lines that were made for Locust
    #[arg(long)]
    pub headless: bool,
    /// A word of the command line that is an option of the locustfile's own, or its value, see [`with_own`]
    #[arg(long, hide = true, value_name = "WORD", allow_hyphen_values = true)]
    pub own: Vec<String>,
    /// Write PREFIX_stats.csv, PREFIX_failures.csv, PREFIX_exceptions.csv and PREFIX_stats_history.csv too
    #[arg(long, value_name = "PREFIX", value_hint = ValueHint::AnyPath)]
    pub csv: Option<String>,
    /// What runs it
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// The command line with all that `run` itself does not know as values of `--own`, where it runs a locustfile: it may add options of its
/// own, and what they are is only known once it is loaded.
pub fn with_own(typed: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut typed: Vec<OsString> = typed.into_iter().collect();
    let is_locustfile = |word: &OsString| Path::new(word).extension().is_some_and(|extension| extension == "py");
    if typed.get(1).is_none_or(|command| command != "run") || !typed.iter().any(is_locustfile) {
        return typed;
    }
    let command = Cli::command();
    let run = command.find_subcommand("run");
    let known: Vec<&str> = run
        .into_iter()
        .flat_map(clap::Command::get_arguments)
        .flat_map(|arg| arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default()))
        .chain(["help", "version"])
        .collect();
    let mut all: Vec<OsString> = typed.drain(..2).collect();
    let mut is_own = false;
    for word in typed {
        let text = word.to_string_lossy();
        match text.strip_prefix("--") {
            Some(flag) => {
                is_own = !flag.is_empty() && !known.contains(&flag.split('=').next().unwrap_or_default());
            }
            None if text.starts_with('-') && text.parse::<f64>().is_err() => is_own = false,
            None => {}
        }
        all.push(if is_own { format!("--own={text}").into() } else { word });
    }
    all
}

/// What runs a locustfile.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Locustfiles")]
pub struct EngineArgs {
    /// What runs a locustfile
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t)]
    pub engine: EngineChoice,
    /// The Locust to run it with: its command, or the folder of a virtual environment that has it [default: locust on the PATH]
    #[arg(long, value_name = "PATH", env = "SWARMGATE_LOCUST", hide_env_values = true, value_hint = ValueHint::AnyPath)]
    pub locust: Option<String>,
}

/// What runs a locustfile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// Swarmgate itself, and a Locust where it can't
    #[default]
    Auto,
    /// Swarmgate itself
    Native,
    /// A Locust that is installed on this machine
    Locust,
}

impl EngineArgs {
    /// The Locust that may be used.
    ///
    /// # Errors
    /// There is none. An empty name says that none is to be used.
    pub fn find(&self) -> Result<LocustCommand, NotInstalled> {
        match self.locust.as_deref() {
            Some("") => Err(NotInstalled::Nowhere),
            named => LocustCommand::find(named.map(Path::new)),
        }
    }
}

impl LocustArgs {
    /// A flag or argument that means something with a locustfile only, if one is given.
    pub fn first(&self) -> Option<(&'static str, &str)> {
        let lists = [("class", &self.classes), ("--tags", &self.tags), ("--exclude-tags", &self.exclude_tags)];
        let engine = match self.engine.engine {
            EngineChoice::Auto => None,
            EngineChoice::Native => Some(("--engine", "native")),
            EngineChoice::Locust => Some(("--engine", "locust")),
        };
        lists.into_iter().find_map(|(flag, list)| Some((flag, list.first()?.as_str()))).or(engine)
    }
}

/// What the command line changes about a scenario.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// The base URL to load, instead of the scenario's
    #[arg(long, short = 'H', visible_alias = "host", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,
    /// So many users at a time
    #[arg(long, short, value_name = "N")]
    pub users: Option<u32>,
    /// So many users start per second: 10 or 10/s
    #[arg(long, short = 'r', value_name = "N/s")]
    pub spawn_rate: Option<String>,
    /// How long the load lasts: 30s, 5m, 1h30m
    #[arg(long, short, visible_alias = "run-time", visible_short_alias = 't', value_name = "TIME")]
    pub duration: Option<String>,
    /// So many iterations start per second, whatever the answers: 500/s
    #[arg(long, value_name = "N/s", conflicts_with_all = ["users", "spawn_rate"])]
    pub arrival_rate: Option<String>,
    /// A limit that the test is held against; may be given many times: 'p95 < 300ms', 'error_rate < 1%', 'p99{name=/login} < 1s'
    #[arg(long, value_name = "LIMIT")]
    pub threshold: Vec<String>,
    /// The slice of time that results are gathered in [default: 1s, in tests of more than 30 minutes 5s]
    #[arg(long, value_name = "TIME")]
    pub interval: Option<String>,
    /// A value for a variable of the scenario; may be given many times
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Where the report goes [default: reports/{id}]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 is a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8089")]
    pub listen: SocketAddr,
    /// Where tests, scenarios and reports are kept
    #[arg(long, value_name = "DIR", default_value = ".swarmgate", value_hint = ValueHint::DirPath)]
    pub data: PathBuf,
    /// A Locust for locustfiles that Swarmgate itself can't run: its command, or the folder of a virtual environment that has it. Whoever
    /// may start tests may then run any Python as you [default: none]
    #[arg(long, value_name = "PATH", env = "SWARMGATE_LOCUST", hide_env_values = true, value_hint = ValueHint::AnyPath)]
    pub locust: Option<String>,
}

/// Options of `validate`.
#[derive(Clone, Debug, Args)]
pub struct ValidateArgs {
    /// A scenario file, or a locustfile
    #[arg(value_hint = ValueHint::FilePath)]
    pub scenario: String,
    /// A value for a variable of the scenario; may be given many times
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Print the mistakes as JSON
    #[arg(long)]
    pub json: bool,
    /// What is to run a locustfile
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The folder of a report, or a folder of `serve`
    #[arg(value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// Options of `simulate`.
#[derive(Clone, Debug, Args)]
pub struct SimulateArgs {
    /// How many seeds to run
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "seed")]
    pub seeds: u64,
    /// The first seed
    #[arg(long, value_name = "SEED", default_value_t = 0, conflicts_with = "seed")]
    pub from: u64,
    /// Run this seed alone
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,
    /// Print every step of the seed
    #[arg(long, requires = "seed")]
    pub trace: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(typed: &str) -> (Vec<String>, Vec<String>, Option<u32>) {
        let words = with_own(typed.split(' ').map(OsString::from));
        let Command::Run(args) = Cli::parse_from(words).command else { panic!("`run` was typed") };
        (args.locust.own, args.locust.classes, args.load.users)
    }

    #[test]
    fn what_a_locustfile_adds_is_taken_as_it_is() {
        let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let check = |typed: &str, own_words: &str, classes: &str, users: Option<u32>| {
            assert_eq!(own(typed), (words(own_words), words(classes), users), "{typed}");
        };
        check("swarmgate run l.py -u 5 --env prod -r 2", "--env prod", "", Some(5));
        check("swarmgate run l.py A --env=prod --fast --users 5 B", "--env=prod --fast", "A B", Some(5));
        check("swarmgate run l.py --offset -3 --hosts a b -u 5", "--offset -3 --hosts a b", "", Some(5));
        check("swarmgate run l.py --run-time 5s -u 5 A", "", "A", Some(5));
    }

    #[test]
    fn what_nobody_knows_is_a_mistake_elsewhere() {
        let words = with_own(["swarmgate", "run", "http://localhost", "--env", "prod"].map(OsString::from));
        assert!(Cli::try_parse_from(words).is_err());
    }
}
