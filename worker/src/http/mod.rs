//! HTTP/1.1 as a client reads it (RFC 9112), apart from any socket.

mod chunked;
mod cookie;
mod head;
mod inbox;
mod response;

pub use cookie::{Jar, Place, SetCookie};
pub use head::headers;
pub use inbox::{Inbox, Inboxes};
pub use response::{BadResponse, Progress, Response};
