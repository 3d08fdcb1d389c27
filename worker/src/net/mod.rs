//! Connections: names, addresses, TCP, TLS, and who may have one.

mod address;
mod connection;
mod local;
mod meter;
mod origin;
mod pool;
mod shared;
mod tls;

pub use address::{Picker, Unresolved, resolve};
pub use connection::{Connection, Stream};
pub use local::LocalPorts;
pub use meter::{Greeting, Meter, Metered};
pub use origin::{OriginId, OriginKey, Origins, Refused};
pub use pool::{ConnectionKey, Grant, Pool};
pub use shared::{Lane, Offer, OpenPermit, Shared, SharedPool, Sharing};
pub use tls::{client_config, protocol_name};
