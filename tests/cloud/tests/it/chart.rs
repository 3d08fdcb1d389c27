//! The chart of the workers, as helm renders it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of helm, where it is installed. `None`, which is said, where it is not.
///
/// # Panics
/// If it is not installed and `SWARMGATE_NEED_ALL` is set.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so where people look")]
pub fn helm() -> Option<PathBuf> {
    let built = Command::new(root().join("tests/tools/infra-tools")).arg("built").output().unwrap();
    if built.status.success() {
        return Some(Path::new(String::from_utf8(built.stdout).unwrap().trim()).join("helm"));
    }
    assert!(std::env::var_os("SWARMGATE_NEED_ALL").is_none(), "helm is not installed: tests/tools/infra-tools build");
    eprintln!("skipped: helm is not installed (tests/tools/infra-tools build)");
    None
}

/// The manifests of the workers' chart, for the release `workers` in `namespace`; `more` are further values.
pub fn workers(helm: &Path, namespace: &str, bucket: &str, queue: &str, more: &str) -> String {
    let values = format!(
        "bucket={bucket},queueUrl={queue},allowedTargets={{127.0.0.1}},image.repository=registry.example/worker,\
         nodeSelector=null,tolerations=null,terminationGracePeriodSeconds=20"
    );
    let chart = root().join("infra/helm/workers");
    let mut command = Command::new(helm);
    command.args(["template", "workers"]).arg(chart).args(["--namespace", namespace, "--kube-version", "1.36.3"]);
    let output = command.args(["--set", &values, "--set", more]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
