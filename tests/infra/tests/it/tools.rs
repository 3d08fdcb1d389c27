//! Commands that are run, where they are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file of `infra/`.
pub fn infra(path: &str) -> PathBuf {
    root().join("infra").join(path)
}

/// The folder of helm, cfn-lint and sam. `None` where they are not there, which is said; a failure where they must be.
pub fn tools() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let answer = Command::new(root().join("tests/tools/infra-tools")).arg("built").output().unwrap();
        if answer.status.success() {
            return Some(PathBuf::from(String::from_utf8(answer.stdout).unwrap().trim()));
        }
        let needed = std::env::var_os("SWARMGATE_NEED_ALL").is_some();
        assert!(!needed, "helm, cfn-lint and sam are not installed: tests/tools/infra-tools build");
        say("skipped: helm, cfn-lint and sam are not installed (tests/tools/infra-tools build)");
        None
    };
    FOLDER.get_or_init(find).as_deref()
}

/// Runs one of them in `infra/`, without a network and without credentials.
pub fn run(tools: &Path, command: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(tools.join(command));
    command.args(arguments).current_dir(root().join("infra"));
    command
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.output().unwrap()
}

/// All that a command wrote.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so where people look")]
fn say(line: &str) {
    eprintln!("{line}");
}
