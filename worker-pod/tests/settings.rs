//! The worker says what is wrong with its environment, and ends.

use std::process::Command;

#[test]
fn every_mistake_of_the_environment_is_named() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmgate-worker"));
    let output = command.env_clear().env("SWARMGATE_LISTEN", "here").output().expect("the worker can be started");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).expect("it logs text");
    for named in [
        "SWARMGATE_BUCKET: it is not set",
        "SWARMGATE_QUEUE_URL",
        "SWARMGATE_ALLOWED_TARGETS",
        "SWARMGATE_LISTEN: `here`",
    ] {
        assert!(said.contains(named), "{named} is not in {said}");
    }
}
