//! The API on a socket: for `swarmgate serve`, and for the process that does what the functions do.
//!
//! [`Server`] answers what comes to a listener, to everybody or to those who know a [`Token`].
//! Never here: what is answered (that is `crates/api`), TLS (that is for what stands before it).

mod server;
mod token;

pub use server::Server;
pub use token::Token;
