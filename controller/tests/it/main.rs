//! How the controller starts, as a process.

use std::process::Command;

#[test]
fn an_environment_that_is_not_right_is_said_at_once() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmgate-controller"));
    let output = command.env_clear().env("SWARMGATE_API_TOKEN", "sesame").output().unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(told.contains("SWARMGATE_API_TOKEN: it has 6 characters, allowed are 16 or more"), "{told}");
    assert!(!told.contains("sesame"), "{told}");

    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmgate-controller"));
    let output = command.env_clear().env("SWARMGATE_API_TOKEN", "0123456789abcdef").output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(told.contains("SWARMGATE_BUCKET: it is not set; SWARMGATE_POOLS: it is not set"), "{told}");
}
