//! Connections: names, addresses, TCP, TLS, and who may have one.

mod address;
mod connection;
mod local;
mod origin;
mod pool;
mod tls;

pub use address::{Unresolved, resolve};
pub use connection::{Connection, Stream};
pub use local::LocalPorts;
pub use origin::{OriginId, OriginKey, Origins, Refused};
pub use pool::{ConnectionKey, Grant, Pool};
pub use tls::client_config;
