//! The engine against real servers on this machine: what it counts is what they saw.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read clocks, and end where they find nothing"
)]

mod addresses;
mod answers;
mod counting;
mod flow;
mod framed_server;
mod http2;
mod proxies;
mod proxy_server;
mod sessions;
mod support;
mod timing;
mod tls;
