//! The project's binaries, which `cargo test --workspace` builds beside these tests.

use std::path::PathBuf;

/// The binary of this name.
///
/// # Panics
/// If it is not built.
pub fn binary(name: &str) -> PathBuf {
    // target/debug/deps/it-… lies one folder below the binaries.
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(|deps| deps.parent()).unwrap().join(name);
    assert!(
        path.exists(),
        "{} is not built: run cargo build --workspace --bins, or cargo test --workspace",
        path.display()
    );
    path
}
