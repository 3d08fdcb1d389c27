//! What this process may have: open files, cores, local ports.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::net;

/// Files that are not connections: logs, results, the runtimes' own.
pub const OTHER_FILES: u64 = 128;

/// How many files the process may open at once, after asking for as many as it may have.
pub fn open_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    if current != maximum && setrlimit(Resource::Nofile, raised).is_err() {
        return current.unwrap_or(u64::MAX);
    }
    maximum.unwrap_or(u64::MAX)
}

/// What the engine may use of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Cores that load threads run on.
    pub cores: u32,
    /// Cores that the process's affinity names. More than `cores`: a CPU quota leaves fewer.
    pub in_affinity: u32,
    /// Files that may be open at once.
    pub open_files: u64,
    /// The ports that connections come from, both ends included.
    pub local_ports: (u16, u16),
    /// Whether requests in clear text go over an io_uring.
    pub io_uring: bool,
}

/// What the engine may use of this machine.
pub fn machine() -> Machine {
    let in_affinity = u32::try_from(core_numbers().len()).unwrap_or(u32::MAX);
    let (open_files, local_ports, io_uring) = (open_files(), local_ports(), net::has_ring());
    Machine { cores: cores(), in_affinity, open_files, local_ports, io_uring }
}

/// How many of `connections` each of `threads` threads may have.
pub fn connections_per_thread(connections: u64, threads: u32) -> usize {
    usize::try_from(connections / u64::from(threads.max(1))).unwrap_or(usize::MAX).clamp(1, 1 << 20)
}

/// How many cores the process may use: its affinity, and the CPU quota of its control group (of version 1 and 2, the least of
/// all the groups it lies in, rounded down) are taken into account. In a container with 1.5 CPUs that is one: two threads would
/// be throttled by turns, and late.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// The numbers of the cores that the process may use.
pub fn core_numbers() -> Vec<usize> {
    let allowed = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect()
}

/// The calling thread runs on this core and no other. Where the system refuses, it runs where it would have.
pub fn stay_on(core: usize) {
    let mut only = CpuSet::new();
    only.set(core);
    let _ = sched_setaffinity(None, &only);
}

/// The ports that the system gives to connections, both ends included.
pub fn local_ports() -> (u16, u16) {
    // IANA's range, where the system does not say.
    const DEFAULT: (u16, u16) = (49_152, 65_535);
    let Ok(text) = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range") else { return DEFAULT };
    let mut ends = text.split_whitespace().map(str::parse);
    match (ends.next(), ends.next()) {
        (Some(Ok(low)), Some(Ok(high))) if low <= high => (low, high),
        _ => DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_shared_out() {
        assert_eq!(connections_per_thread(20_000, 2), 10_000);
        assert_eq!(connections_per_thread(3, 4), 1);
        assert!(open_files() > OTHER_FILES);
    }

    #[test]
    fn a_thread_stays_where_it_is_put() {
        let cores = core_numbers();
        assert!(crate::program::usize_of(self::cores()) <= cores.len());
        let last = cores[cores.len() - 1];
        let seen = std::thread::spawn(move || {
            stay_on(last);
            core_numbers()
        });
        assert_eq!(seen.join().unwrap(), [last]);
    }

    #[test]
    fn ports_are_a_range() {
        let (low, high) = local_ports();
        assert!(low >= 1_024 && low <= high, "{low} to {high}");
    }
}
