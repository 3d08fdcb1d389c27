//! The `sample-workload` command: parses its options, runs the server, turns an error into an exit code.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use swarmgate_workload::{Args, WorkloadError, run};

/// A small HTTP server to load, with knobs for tests
#[derive(Debug, Parser)]
#[command(name = "sample-workload", version)]
struct Command {
    #[command(flatten)]
    args: Args,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match run(&Command::parse().args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere else to say that stderr is closed.
            let _ = io::stderr().write_all(told(&error).as_bytes());
            ExitCode::from(4)
        }
    }
}

/// The error with its causes, and the hint below.
fn told(error: &WorkloadError) -> String {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text.push('\n');
    if let Some(hint) = error.hint() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text
}
