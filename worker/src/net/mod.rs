//! Connections: names, addresses, TCP, TLS, and who may have one.

mod address;
mod connection;
mod origin;
mod pool;
mod tls;

pub use address::{Unresolved, resolve};
pub use connection::{Connection, Stream, connect};
pub use origin::{OriginId, OriginKey, Origins, Refused};
pub use pool::{ConnectionKey, Grant, Pool};
pub use tls::client_config;
