//! Why a request failed, as it is counted.

use std::borrow::Cow;
use std::io;

use rustix::io::Errno;
use swarmgate_domain::ErrorKind;

/// The kind and the detail of a failure; details are from a small set of texts, so that they can be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// More of it.
    pub detail: Cow<'static, str>,
}

impl Failure {
    /// A failure of `kind`.
    pub fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// What an error of a connection attempt says.
    pub fn of_connect(error: &io::Error) -> Self {
        Self::of_io(error, "connecting: ", ErrorKind::Refused)
    }

    /// What an error of the connection during a TLS handshake says.
    pub fn of_handshake(error: &io::Error) -> Self {
        match Self::of_io(error, "", ErrorKind::Tls) {
            Self { kind: ErrorKind::Reset | ErrorKind::Tls, .. } => {
                Self::new(ErrorKind::Tls, "the connection ended in the handshake")
            }
            other => other,
        }
    }

    /// What an error while sending or receiving says.
    pub fn of_exchange(error: &io::Error) -> Self {
        Self::of_io(error, "", ErrorKind::Reset)
    }

    fn of_io(error: &io::Error, during: &'static str, otherwise: ErrorKind) -> Self {
        let (kind, detail) = match Errno::from_io_error(error) {
            Some(Errno::MFILE | Errno::NFILE) => (ErrorKind::Generator, "too many open files"),
            Some(Errno::ADDRNOTAVAIL) => (ErrorKind::Generator, "no local port is free"),
            Some(Errno::NOBUFS | Errno::NOMEM) => (ErrorKind::Generator, "no memory for sockets"),
            _ => match error.kind() {
                io::ErrorKind::ConnectionRefused => (ErrorKind::Refused, "connection refused"),
                io::ErrorKind::ConnectionReset => (ErrorKind::Reset, "connection reset"),
                io::ErrorKind::ConnectionAborted => (ErrorKind::Reset, "connection aborted"),
                io::ErrorKind::BrokenPipe => (ErrorKind::Reset, "connection closed while sending"),
                io::ErrorKind::UnexpectedEof => (ErrorKind::Reset, "connection closed without a TLS goodbye"),
                io::ErrorKind::TimedOut => (ErrorKind::Timeout, "the network gave up"),
                io::ErrorKind::HostUnreachable => (ErrorKind::Refused, "host unreachable"),
                io::ErrorKind::NetworkUnreachable => (ErrorKind::Refused, "network unreachable"),
                io::ErrorKind::InvalidData => (ErrorKind::Tls, "bad TLS record"),
                kind => return Self::new(otherwise, format!("{during}{kind}")),
            },
        };
        Self::new(kind, detail)
    }
}
