//! Local addresses and ports of new connections, where the kernel's own choice of a port would cost too much.
//!
//! The kernel looks for a free port from a random one on. With 20,000 connections to one address most ports are taken, and the
//! search took two thirds of the engine's CPU time. Here each is simply the next one, round the range: almost always free, and
//! used again as late as possible.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

/// With fewer open connections than this the kernel finds a port at once.
const FEW: usize = 2_000;
/// How many ports that turn out to be taken are passed over at most for one connection.
const MOST_TRIES: u32 = 64;

/// Who connects: the addresses, and the ports in turn.
#[derive(Debug)]
pub struct LocalPorts {
    low: u16,
    count: u32,
    sources: Vec<IpAddr>,
    turn: Cell<u32>,
}

impl LocalPorts {
    /// Ports from `low` to `high` of `sources` (of any address of this machine where that is empty), from the `start`-th on.
    pub fn new((low, high): (u16, u16), sources: Vec<IpAddr>, start: u32) -> Self {
        Self { low, count: u32::from(high.saturating_sub(low)) + 1, sources, turn: Cell::new(start) }
    }

    /// Connects to `to`, one of `open` connections.
    pub async fn connect(&self, to: SocketAddr, open: usize) -> io::Result<TcpStream> {
        let stream = if self.sources.is_empty() && open < FEW {
            TcpStream::connect(to).await?
        } else {
            self.connect_by_turns(to).await?
        };
        // A request is written whole: waiting to gather more would only delay its end.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect_by_turns(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let mut tries = 0;
        loop {
            tries += 1;
            match connect_from(self.next(to.ip()), to).await {
                Err(error) if is_taken(&error) && tries < MOST_TRIES => {}
                result => return result,
            }
        }
    }

    /// The next address and port to connect to `to` from.
    fn next(&self, to: IpAddr) -> SocketAddr {
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let of_family = || self.sources.iter().filter(|source| source.is_ipv4() == to.is_ipv4());
        let sources = u32::try_from(of_family().count()).unwrap_or(u32::MAX);
        let any = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = turn.checked_rem(sources).and_then(|n| of_family().nth(crate::program::usize_of(n)));
        let port = turn.checked_div(sources).unwrap_or(turn) % self.count;
        let port = self.low.saturating_add(u16::try_from(port).expect("there are at most 65536 ports"));
        SocketAddr::new(source.copied().unwrap_or(any), port)
    }
}

async fn connect_from(local: SocketAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // One port serves connections to several servers.
    socket.set_reuseaddr(true)?;
    socket.bind(local)?;
    socket.connect(to).await
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_ports_go_round() {
        let sources: Vec<IpAddr> = ["127.0.0.2", "::1", "127.0.0.3"].map(|text| text.parse().unwrap()).into();
        let ports = LocalPorts::new((50_000, 50_001), sources, 0);
        let turns: Vec<String> = (0..5).map(|_| ports.next(Ipv4Addr::LOCALHOST.into()).to_string()).collect();
        assert_eq!(
            turns,
            ["127.0.0.2:50000", "127.0.0.3:50000", "127.0.0.2:50001", "127.0.0.3:50001", "127.0.0.2:50000"]
        );
        assert_eq!(ports.next(Ipv6Addr::LOCALHOST.into()).to_string(), "[::1]:50001");
        let any = LocalPorts::new((50_000, 50_001), Vec::new(), 3);
        assert_eq!(any.next(Ipv6Addr::LOCALHOST.into()).to_string(), "[::]:50001");
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_passed_over() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports = LocalPorts::new((port, port.saturating_add(64)), vec![Ipv4Addr::LOCALHOST.into()], 0);
        let connected = ports.connect(listener.local_addr().unwrap(), 0).await.unwrap();
        assert_ne!(connected.local_addr().unwrap().port(), port);
    }
}
