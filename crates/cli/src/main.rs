//! The `swarmgate` command: parses what was typed, builds the adapters, calls the use cases, and turns what came of it into an exit code.
//!
//! Never here: rules of load tests, I/O of the pipeline.

mod args;
mod demo;
mod doctor;
mod exit;
mod input;
mod locustfile;
mod progress;
mod rebuild;
mod remote;
mod run;
mod serve;
mod signals;
mod simulate;
mod table;
mod validate;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};

fn main() -> ExitCode {
    let cli = Cli::parse_from(args::with_own(std::env::args_os()));
    let filter = EnvFilter::try_from_env("SWARMGATE_LOG").unwrap_or_else(|_| EnvFilter::new("error,locustfile=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match execute(cli.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            print_error(&failure.to_string());
            failure.exit.into()
        }
    }
}

fn execute(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Demo(args) => demo::demo(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Test(args) => remote::remote(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Validate(args) => validate::validate(&args),
        Command::Report(args) => rebuild::rebuild(&args),
        Command::Simulate(args) => simulate::simulate(&args),
        Command::SampleWorkload(args) => sample_workload(&args),
        Command::Schema => {
            print_line(&format!("{:#}", swarmgate_domain::scenario_schema()));
            Ok(Exit::Pass)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "swarmgate", &mut io::stdout());
            Ok(Exit::Pass)
        }
    }
}

fn sample_workload(args: &swarmgate_workload::Args) -> Result<Exit, Failure> {
    swarmgate_workload::run(args).map(|()| Exit::Pass).map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        Failure::run(&error).with_hint(hint)
    })
}

/// Prints a line of results. A reader that went away (`| head`) is no error of ours.
fn print_line(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints a line that is not part of the results.
fn print_error(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
