//! Being told to end: SIGTERM from Kubernetes, Ctrl-C from a person.

use std::future::poll_fn;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Whether the worker is to end.
#[derive(Clone, Debug)]
pub(crate) struct Leaving(watch::Receiver<bool>);

impl Leaving {
    /// Told by the signals that end a process, as long as `tasks` runs.
    ///
    /// # Errors
    /// The signals can't be listened for.
    pub fn on_signals(tasks: &mut JoinSet<()>) -> std::io::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (told, is_told) = watch::channel(false);
        tasks.spawn(async move {
            poll_fn(|context| {
                let first = terminate.poll_recv(context);
                if first.is_ready() { first } else { interrupt.poll_recv(context) }
            })
            .await;
            told.send_replace(true);
            // Kept, so that who asks later is told too.
            told.closed().await;
        });
        Ok(Self(is_told))
    }

    /// Resolves when the worker is to end, at once where it was told before.
    pub async fn told(&self) {
        let mut told = self.0.clone();
        if told.wait_for(|told| *told).await.is_err() {
            // Nobody is left who could tell.
            std::future::pending::<()>().await;
        }
    }

    /// Whether the worker is to end.
    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }
}
