//! A tunnel through a proxy: `CONNECT` (RFC 9110, 9.3.6).

use std::io;

use swarmgate_domain::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::request::Desk;
use crate::failure::Failure;
use crate::http;
use crate::net::OriginId;
use crate::program::ProxyPlan;

/// The longest answer of a proxy.
const LONGEST_HEAD: usize = 16 << 10;

impl Desk {
    /// Asks `proxy`, which `tcp` leads to, to lead on to `origin`.
    pub(super) async fn dig_tunnel(
        &self,
        proxy: &ProxyPlan,
        origin: OriginId,
        tcp: &mut TcpStream,
    ) -> Result<(), Failure> {
        let request = {
            let origins = self.thread.origins.borrow();
            let key = &origins.get(origin).key;
            let host = if key.host.contains(':') { format!("[{}]", key.host) } else { key.host.clone() };
            let authority = format!("{host}:{}", key.port);
            let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
            proxy.hop(b"").write_login(&mut request);
            request.extend_from_slice(b"\r\n");
            request
        };
        tcp.write_all(&request).await.map_err(|error| Failure::of_exchange(&error))?;
        let head = read_head(tcp).await?;
        let parsed = http::parse_head(&head, true).map_err(|bad| Failure::new(ErrorKind::BadResponse, bad.words()))?;
        match parsed.map(|head| head.status) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(Failure::new(ErrorKind::Refused, "it wants another name or password (407)")),
            Some(status) => Err(Failure::new(ErrorKind::Refused, format!("it does not lead there ({status})"))),
            None => Err(Failure::new(ErrorKind::BadResponse, "bad header")),
        }
    }
}

/// `failure` with the proxy as where it happened.
pub fn of_proxy(failure: &Failure) -> Failure {
    Failure::new(failure.kind, format!("proxy: {}", failure.detail))
}

/// The proxy's answer, and no byte of what comes through the tunnel after it.
async fn read_head(tcp: &mut TcpStream) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::of_exchange(&error);
    let (mut head, mut room) = (Vec::new(), [0; 1024]);
    loop {
        let count = tcp.peek(&mut room).await.map_err(failed)?;
        if count == 0 {
            return Err(Failure::new(ErrorKind::Reset, "connection closed before an answer"));
        }
        let before = head.len();
        head.extend_from_slice(&room[..count]);
        let end = memchr::memmem::find(&head, b"\r\n\r\n").map(|at| at + 4);
        head.truncate(end.unwrap_or(head.len()));
        tcp.read_exact(&mut room[..head.len() - before]).await.map_err(failed)?;
        if end.is_some() {
            return Ok(head);
        }
        if head.len() > LONGEST_HEAD {
            return Err(Failure::new(ErrorKind::BadResponse, "head longer than 16 KiB"));
        }
    }
}
