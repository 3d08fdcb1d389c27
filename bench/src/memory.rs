//! How much memory processes had.

use std::fs;

/// The most memory that each of a process and its descendants had so far, added up, in KiB; 0 for what is over.
pub fn peak_kib_of_tree(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most = most.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let descendants = children.split_whitespace().filter_map(|id| id.parse().ok());
    descendants.map(peak_kib_of_tree).fold(most, u64::saturating_add)
}

/// For people.
#[expect(clippy::cast_precision_loss, reason = "a size for people")]
pub fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
