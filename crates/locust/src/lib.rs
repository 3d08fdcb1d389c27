//! Locust's meaning for a locustfile: its classes, tasks, waits, events, requests and their names.
//!
//! Start at [`Locustfile`]: it loads a file and its neighbours into a machine of Python. [`LocustUser`] is one user at work:
//! it asks for a wait or an exchange ([`UserStep`]), and is resumed with what came of it. Whatever was measured lies in
//! [`Locustfile::reports`]. [`check`] says beforehand what of a file can't work here.
//! The classes themselves are written in Python (`prelude/core.py`); what each request and each task goes through is of Rust
//! too (`session`, `life`, `waits`).
//!
//! Never here: sockets, timers, histograms. The engine that holds a [`LocustUser`] has them.

mod asked;
mod check;
mod disk;
mod engine;
mod exchange;
mod files;
mod held;
mod host;
mod life;
mod load;
mod modules;
mod session;
pub mod shape;
mod stats;
mod user;
mod waits;

pub use asked::{Ask, ask_again, ask_nobody, recorded};
pub use check::check;
pub use engine::Report;
pub use exchange::{Answer, AnswerError, Exchange, Head, Headers};
pub use files::Files;
pub use held::Held;
pub use host::{LogSink, World, shown_environment};
pub use load::{LoadError, Locustfile, Options, ShapeTick, Spawned, UserClass};
pub use user::{LocustUser, UserStep};
