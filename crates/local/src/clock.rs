//! This machine's clock and chance.

use std::time::SystemTime;

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_service::ports::{Clock, Randomness};

/// Microseconds since the Unix epoch, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock adapter")]
pub(crate) fn now() -> Micros {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().into()
}

/// This machine's clock. Sleeps need a tokio runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Micros {
        now()
    }

    async fn sleep(&self, time: Micros) {
        tokio::time::sleep(time.into()).await;
    }
}

/// Chance, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn draw(&self) -> u64 {
        fastrand::u64(..)
    }
}
