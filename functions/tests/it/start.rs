//! How functions start.

use std::process::Command;

#[test]
fn an_environment_that_is_not_right_is_said_at_once() {
    for function in [env!("CARGO_BIN_EXE_api"), env!("CARGO_BIN_EXE_merge"), env!("CARGO_BIN_EXE_sweep")] {
        let mut command = Command::new(function);
        command.env_clear().env("SWARMGATE_BUCKET", "results").env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("SWARMGATE_POOLS: it is not set; SWARMGATE_ALLOWED_TARGETS: it is not set"), "{told}");
    }
}
