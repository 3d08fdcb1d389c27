//! The target that pairs are measured against: one thread, an answer of few bytes, and nothing that could be left out.
//!
//! It must be faster than what loads it, so that the generator and not the target decides how many sockets are ready at once.
//! It speaks as much HTTP as a load generator that behaves: requests without bodies, pipelined or in pieces. Who begins with the
//! preface of HTTP/2 is answered in that ([`crate::frames`]).

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use anyhow::Context;
use memchr::memmem;
use rustix::event::epoll;
use rustls::{ServerConfig, ServerConnection};
use socket2::{Domain, Socket, Type};

use crate::frames;

const PLAIN: &[u8] =
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";
const JSON: &[u8] = b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nContent-Length: 69\r\n\r\n\
    {\"id\":4711,\"token\":\"b0a1f2c3d4e5\",\"items\":[1,2,3],\"state\":\"accepted\"}";

/// A head longer than this is no request of a load generator.
const LONGEST_HEAD: usize = 16 << 10;
const LISTENER: u64 = u64::MAX;

/// Serves `address` until the process ends.
pub fn serve(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> anyhow::Result<()> {
    let listener = listen(address).with_context(|| format!("listening on {address}"))?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    let mut clients: Vec<Option<Client>> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut events = Vec::with_capacity(1024);
    let mut room = vec![0; 64 << 10];
    loop {
        events.clear();
        match epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("waiting for sockets"),
        }
        for event in &events {
            let key = event.data.u64();
            if key == LISTENER {
                accept_all(&listener, &epoll, tls.as_ref(), &mut clients, &mut free)?;
                continue;
            }
            let slot = usize::try_from(key)?;
            let is_over = clients[slot].as_mut().is_some_and(|client| client.answer(&mut room).is_err());
            if is_over {
                clients[slot] = None;
                free.push(slot);
            }
        }
    }
}

/// With room for all connections that come at once: one that finds none would wait for a second.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(4_096)?;
    Ok(socket.into())
}

fn accept_all(
    listener: &TcpListener,
    epoll: &rustix::fd::OwnedFd,
    tls: Option<&Arc<ServerConfig>>,
    clients: &mut Vec<Option<Client>>,
    free: &mut Vec<usize>,
) -> anyhow::Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("accepting a connection"),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let tls = tls.map(|config| ServerConnection::new(Arc::clone(config))).transpose()?.map(Box::new);
        let slot = free.pop().unwrap_or_else(|| {
            clients.push(None);
            clients.len() - 1
        });
        let key = epoll::EventData::new_u64(slot as u64);
        epoll::add(epoll, &stream, key, epoll::EventFlags::IN)?;
        clients[slot] = Some(Client { stream, tls, rest: Vec::new(), speaks: Speaks::Unknown, out: Vec::new() });
    }
}

struct Client {
    stream: TcpStream,
    tls: Option<Box<ServerConnection>>,
    /// The start of a request whose end is still to come.
    rest: Vec<u8>,
    speaks: Speaks,
    /// Frames that are to be sent, for their memory.
    out: Vec<u8>,
}

enum Speaks {
    Unknown,
    Http1,
    Http2,
}

/// The connection is of no more use.
struct Over;

impl Client {
    /// Reads once, and answers each request that is there.
    fn answer(&mut self, room: &mut [u8]) -> Result<(), Over> {
        let Self { stream, tls, rest, speaks, out } = self;
        let Some(tls) = tls else {
            let count = match stream.read(room) {
                Ok(0) => return Err(Over),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Over),
            };
            if matches!(speaks, Speaks::Unknown) {
                *speaks = if room.starts_with(b"PRI ") { Speaks::Http2 } else { Speaks::Http1 };
            }
            if matches!(speaks, Speaks::Http1) {
                return each_answer(rest, &room[..count], |answer| stream.write_all(answer).map_err(|_| Over));
            }
            rest.extend_from_slice(&room[..count]);
            let taken = frames::answer(rest, out).ok_or(Over)?;
            rest.drain(..taken);
            let written = stream.write_all(out).map_err(|_| Over);
            out.clear();
            return written;
        };
        match tls.read_tls(stream) {
            Ok(0) => return Err(Over),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(_) => return Err(Over),
        }
        let state = tls.process_new_packets().map_err(|_| Over)?;
        let plain = &mut room[..state.plaintext_bytes_to_read()];
        tls.reader().read_exact(plain).map_err(|_| Over)?;
        each_answer(rest, plain, |answer| tls.writer().write_all(answer).map_err(|_| Over))?;
        while tls.wants_write() {
            tls.write_tls(stream).map_err(|_| Over)?;
        }
        Ok(())
    }
}

/// Calls `send` with the answer of each request that ends in `read`, and keeps what is left in `rest`.
fn each_answer(rest: &mut Vec<u8>, read: &[u8], mut send: impl FnMut(&[u8]) -> Result<(), Over>) -> Result<(), Over> {
    if rest.is_empty() {
        let left = answered(read, &mut send)?;
        rest.extend_from_slice(left);
    } else {
        rest.extend_from_slice(read);
        let left = answered(rest, &mut send)?.len();
        rest.drain(..rest.len() - left);
    }
    if rest.len() > LONGEST_HEAD { Err(Over) } else { Ok(()) }
}

fn answered<'a>(mut bytes: &'a [u8], send: &mut impl FnMut(&[u8]) -> Result<(), Over>) -> Result<&'a [u8], Over> {
    while let Some(end) = memmem::find(bytes, b"\r\n\r\n") {
        send(if bytes.starts_with(b"GET /json") { JSON } else { PLAIN })?;
        bytes = &bytes[end + 4..];
    }
    Ok(bytes)
}
