//! One connection to an origin.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::origin::OriginId;
use super::pool::Permit;
use super::ring::RingStream;

/// An open connection. Dropping it closes it, and lets another user have one.
#[derive(Debug)]
pub struct Connection {
    /// Where it leads.
    pub origin: OriginId,
    /// The bytes.
    pub stream: Stream,
    /// How many requests went over it.
    pub requests: u32,
    _permit: Permit,
}

/// Plain or encrypted bytes.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Plain(TcpStream),
    /// TCP on the thread's io_uring.
    Ring(RingStream),
    /// TLS over TCP; boxed, as its state takes more than a kilobyte.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// A connection that was just opened.
    pub fn new(origin: OriginId, stream: Stream, permit: Permit) -> Self {
        Self { origin, stream, requests: 0, _permit: permit }
    }

    /// Whether what is written is sent later, with what others write: then nothing is won by waiting for them.
    pub fn gathers(&self) -> bool {
        match self.stream {
            Stream::Plain(_) | Stream::Tls(_) => false,
            Stream::Ring(_) => true,
        }
    }

    /// Nothing is asked for over it until it is used again.
    pub fn rest(&mut self) {
        if let Stream::Ring(stream) = &mut self.stream {
            stream.rest();
        }
    }

    /// Whether the connection, idle since its last answer, can take another request: not when the server closed it,
    /// nor when bytes came that nobody asked for. Costs no system call unless something came in.
    pub fn poll_is_usable(&mut self, cx: &mut Context<'_>) -> bool {
        let tcp = match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Ring(stream) => return stream.is_usable(),
            Stream::Tls(tls) => tls.get_ref().0,
        };
        if tcp.poll_read_ready(cx).is_pending() {
            return true;
        }
        // Something came: the end, bytes, or (in TLS) records that are not for us, such as session tickets.
        let mut byte = [0];
        self.stream.poll_read(cx, &mut ReadBuf::new(&mut byte)).is_pending()
    }
}

impl Stream {
    /// Reads what is there, or registers to be woken.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Ring(stream) => stream.poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buffer),
        }
    }

    /// Writes as much as goes, or registers to be woken.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Ring(stream) => stream.poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    /// Hands what was written to the kernel.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // TCP has no buffer of ours.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Ring(stream) => stream.poll_flush(),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    /// Says that nothing more is written.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            // Only what several requests share is shut down, which no ring serves.
            Self::Ring(_) => Poll::Ready(Ok(())),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }

    /// Which protocol the server chose by ALPN, if it did.
    pub fn protocol(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(_) => None,
            Self::Ring(_) => None,
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol(),
        }
    }
}

impl Stream {
    /// Speaks TLS over `tcp`.
    pub async fn encrypted(tcp: TcpStream, config: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<Self> {
        Ok(Self::Tls(Box::new(TlsConnector::from(config).connect(name, tcp).await?)))
    }
}
