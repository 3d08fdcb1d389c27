//! The server as a client sees it, over real sockets.
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a helper fails the test that called it")]

mod client;
mod command;
mod counts;
mod endpoints;
mod protocol;
mod readme;
mod timing;
mod tls;
