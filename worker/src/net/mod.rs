//! Connections: names, addresses, TCP, TLS, and who may have one.

mod address;
mod connection;
mod local;
mod meter;
mod origin;
mod pool;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(not(target_os = "linux"))]
#[path = "ring/absent.rs"]
mod ring;
mod shared;
mod tls;

pub use address::{Picker, Unresolved, resolve};
pub use connection::{Connection, Stream};
pub use local::LocalPorts;
pub use meter::{Greeting, Meter, Metered};
pub use origin::{OriginId, OriginKey, Origins, Refused};
pub use pool::{ConnectionKey, Grant, Pool};
pub use ring::{Ring, has_ring, turn};
pub use shared::{Lane, Offer, OpenPermit, Shared, SharedPool, Sharing};
pub use tls::{client_config, protocol_name};
