//! The one place that reads clocks: wall time once at the start, then monotonic time, CPU time, and the wait for it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use swarmgate_domain::Micros;

/// Test time on the monotonic clock. A step of the wall clock during the test moves nothing.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Where test time 0 lies, in microseconds since the Unix epoch.
    start: Micros,
    /// A moment that was read, and the test time it had (negative before the start).
    anchor: Instant,
    anchor_us: i64,
}

impl Clock {
    /// A clock whose test time 0 is `start`, in microseconds since the Unix epoch: past, now, or to come.
    #[expect(clippy::disallowed_methods, reason = "the engine's clock reads the wall clock here, once")]
    pub fn starting_at(start: Micros) -> Self {
        let (anchor, wall) = (Instant::now(), SystemTime::now());
        let wall_us = wall.duration_since(UNIX_EPOCH).map_or(0, |d| Micros::from(d).0);
        Self { start, anchor, anchor_us: wall_us.cast_signed().wrapping_sub(start.0.cast_signed()) }
    }

    /// Test time; 0 before the start.
    pub fn now(&self) -> Micros {
        let passed = Micros::from(self.anchor.elapsed()).0.cast_signed();
        Micros(self.anchor_us.saturating_add(passed).max(0).cast_unsigned())
    }

    /// How long it is until test time `at`, for timers: 0 if that is past, and a day at most.
    pub fn until(&self, at: Micros) -> Duration {
        const DAY_US: i64 = 86_400_000_000;
        let passed = Micros::from(self.anchor.elapsed()).0.cast_signed();
        let at = at.0.min(i64::MAX.cast_unsigned()).cast_signed();
        let ahead = at.saturating_sub(self.anchor_us).saturating_sub(passed);
        Duration::from_micros(ahead.clamp(0, DAY_US).cast_unsigned())
    }

    /// Milliseconds since the Unix epoch at test time `at`.
    pub fn unix_millis(&self, at: Micros) -> u64 {
        (self.start + at).0 / 1_000
    }
}

/// Nanoseconds since the Unix epoch, for scripts that ask for the time of day.
#[expect(clippy::disallowed_methods, reason = "this is where clocks are read")]
pub fn unix_nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// A clock that never jumps, from when it was started.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    #[expect(clippy::disallowed_methods, reason = "this is where clocks are read")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since then.
    pub fn nanos(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// CPU time that this process took so far, all its threads together.
pub fn process_cpu() -> Micros {
    cpu(ClockId::ProcessCPUTime)
}

/// CPU time that the calling thread took so far.
pub fn thread_cpu() -> Micros {
    cpu(ClockId::ThreadCPUTime)
}

fn cpu(clock: ClockId) -> Micros {
    let time = clock_gettime(clock);
    let whole = |n: i64| u64::try_from(n).unwrap_or(0);
    Micros(whole(time.tv_sec).saturating_mul(1_000_000).saturating_add(whole(time.tv_nsec) / 1_000))
}

/// How long a thread had something to do but no core, by the kernel's count.
#[derive(Debug)]
pub struct CoreWait(Option<File>);

impl CoreWait {
    /// Of the calling thread. Where the system does not say, the wait is 0.
    pub fn of_this_thread() -> Self {
        Self(File::open("/proc/thread-self/schedstat").ok())
    }

    /// All of it so far, whoever asks.
    pub fn so_far(&self) -> Micros {
        let mut room = [0; 64];
        let count = self.0.as_ref().and_then(|file| file.read_at(&mut room, 0).ok()).unwrap_or(0);
        waited(&room[..count])
    }
}

/// The second number of `schedstat`: nanoseconds of waiting, behind those of running.
fn waited(schedstat: &[u8]) -> Micros {
    let text = std::str::from_utf8(schedstat).unwrap_or_default();
    let nanos: Option<u64> = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    Micros(nanos.unwrap_or(0) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test names moments around now")]
    fn unix_now() -> Micros {
        Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap())
    }

    #[test]
    fn test_time_runs_from_the_start() {
        let past = Clock::starting_at(unix_now() - Micros::from_secs(10));
        assert!((Micros::from_secs(10)..Micros::from_secs(11)).contains(&past.now()));
        let to_come = Clock::starting_at(unix_now() + Micros::from_secs(10));
        assert_eq!(to_come.now(), Micros::ZERO);
        let ahead = to_come.until(Micros::from_secs(5));
        assert!((14..16).contains(&ahead.as_secs()), "{ahead:?}");
    }

    #[test]
    fn a_thread_takes_no_more_than_its_process() {
        let before = thread_cpu();
        assert!(process_cpu() >= before);
        assert!(thread_cpu() >= before);
    }

    #[test]
    fn waiting_for_a_core_is_read_from_the_kernels_count() {
        for (text, micros) in [("172482 1922449 2\n", 1_922), ("172482", 0), ("", 0), ("1 x 2", 0)] {
            assert_eq!(waited(text.as_bytes()), Micros(micros), "{text}");
        }
    }

    /// Two threads that never rest, on one core: each waits about as long as it works.
    #[cfg(target_os = "linux")]
    #[test]
    fn who_shares_a_core_waits_for_it() {
        let core = crate::limits::core_numbers()[0];
        let busy = move || {
            crate::limits::stay_on(core);
            let (wait, watch) = (CoreWait::of_this_thread(), Stopwatch::start());
            while watch.nanos() < 300_000_000 {}
            wait.so_far()
        };
        let threads = [std::thread::spawn(busy), std::thread::spawn(busy)];
        let waits = threads.map(|thread| thread.join().unwrap());
        assert!(waits.iter().all(|wait| *wait > Micros::from_millis(50)), "{waits:?}");
    }
}
