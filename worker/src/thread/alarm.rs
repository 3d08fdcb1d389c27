//! Wakes a load thread at a time, to some microseconds.
//!
//! The timers of tokio are whole milliseconds, rounded up, and so is the time-out of `epoll_wait`: users would go on 1.5 ms late
//! on an idle machine, which response time counts. On Linux a timer that is a file (`timerfd`) rings instead.

use std::cell::Cell;
use std::io;

use swarmgate_domain::Micros;

use crate::clock::Clock;

/// Rings once at the time that it was set for last, and perhaps earlier for nothing.
#[derive(Debug)]
pub struct Alarm {
    timer: platform::Timer,
    set_for: Cell<Option<Micros>>,
}

impl Alarm {
    /// An alarm of the present runtime, not set.
    ///
    /// # Errors
    /// The process may open no more files.
    pub fn new() -> io::Result<Self> {
        Ok(Self { timer: platform::Timer::new()?, set_for: Cell::new(None) })
    }

    /// Sets it for `at` in test time, and for nothing else.
    pub fn set(&self, clock: &Clock, at: Micros) {
        if self.set_for.replace(Some(at)) != Some(at) {
            self.timer.set(clock.until(at));
        }
    }

    /// Waits until it rings. Cancel safe.
    pub async fn rings(&self) {
        self.timer.rings().await;
        self.set_for.set(None);
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    #[derive(Debug)]
    pub struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(
            deprecated,
            reason = "what replaces it is unsafe for files that may be closed meanwhile; this one is owned"
        )]
        pub fn new() -> io::Result<Self> {
            let file = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
            Ok(Self(AsyncFd::with_interest(file, Interest::READABLE)?))
        }

        pub fn set(&self, after: Duration) {
            // A time of 0 would stop it.
            let after = after.max(Duration::from_nanos(1));
            let it_value = Timespec::try_from(after).expect("a test is shorter than the age of the universe");
            let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &Itimerspec { it_interval, it_value })
                .expect("the file is a timer, and the time is valid");
        }

        pub async fn rings(&self) {
            // The kernel tells of each time that it rings, though nobody reads how often it did: a system call less.
            match self.0.readable().await {
                Ok(mut ready) => ready.clear_ready(),
                // The runtime ends, and this with it.
                Err(_) => std::future::pending().await,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::io;
    use std::pin::Pin;
    use std::time::Duration;

    use tokio::time::{Instant, Sleep, sleep};

    #[derive(Debug)]
    pub struct Timer(RefCell<Pin<Box<Sleep>>>);

    impl Timer {
        pub fn new() -> io::Result<Self> {
            Ok(Self(RefCell::new(Box::pin(sleep(Duration::MAX)))))
        }

        pub fn set(&self, after: Duration) {
            self.0.borrow_mut().as_mut().reset(Instant::now() + after);
        }

        pub async fn rings(&self) {
            poll_fn(|cx| self.0.borrow_mut().as_mut().poll(cx)).await;
        }
    }
}
