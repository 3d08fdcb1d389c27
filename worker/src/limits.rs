//! What this process may have: open files and cores.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not connections: logs, results, the runtimes' own.
const OTHER_FILES: u64 = 128;

/// How many files the process may open at once, after asking for as many as it may have.
pub fn open_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    if current != maximum && setrlimit(Resource::Nofile, raised).is_err() {
        return current.unwrap_or(u64::MAX);
    }
    maximum.unwrap_or(u64::MAX)
}

/// How many connections each of `threads` threads may have, of a process with `files` open files.
pub fn connections_per_thread(files: u64, threads: u32) -> usize {
    let all = files.saturating_sub(OTHER_FILES).max(1);
    usize::try_from(all / u64::from(threads.max(1))).unwrap_or(usize::MAX).clamp(1, 1 << 20)
}

/// How many cores the process may use: its CPU quota and affinity are taken into account.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_shared_out() {
        assert_eq!(connections_per_thread(20_128, 2), 10_000);
        assert_eq!(connections_per_thread(10, 4), 1);
        assert!(open_files() > OTHER_FILES);
    }
}
