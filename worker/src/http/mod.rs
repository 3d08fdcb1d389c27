//! HTTP/1.1 as a client reads it (RFC 9112), apart from any socket.

mod chunked;
mod coding;
mod cookie;
mod head;
mod inbox;
mod response;

pub use coding::decode;
pub use cookie::{Jar, Place, SetCookie};
pub use head::{Framing, Head, headers, parse as parse_head};
pub use inbox::{Inbox, Inboxes};
pub use response::{BadResponse, Progress, Response};
