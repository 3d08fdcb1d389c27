//! Sockets without a system call for each read and write: Linux' io_uring.
//!
//! What is to be sent is gathered and handed to the kernel in one call, and what came lies in [`buffers`] when that call returns. A connection
//! receives by one request to the kernel that goes on until the connection ends. tokio still waits for everything: before it does, the ring
//! has its [`turn`], and when something is complete while it waits, a file of the ring's wakes it.
//!
//! Needs Linux 6.1 and a sandbox that allows it, which many containers' does not. Where there is none, sockets are tokio's, by epoll.
#![expect(
    unsafe_code,
    reason = "the kernel reads and writes memory that we keep for it; nothing of that is seen outside of this module"
)]

mod buffers;
mod prefetch;
mod request;
mod socket;
mod stream;
mod traffic;

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::{Rc, Weak};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

pub use self::stream::RingStream;
use self::traffic::Traffic;

thread_local! {
    /// The ring of this thread.
    static RING: RefCell<Weak<Ring>> = const { RefCell::new(Weak::new()) };
}

/// Lets this thread's ring, if it has one, have its turn: hands over what is to be sent, and wakes those for whom something came. To be called
/// whenever the thread has nothing else to do.
pub fn turn() {
    if let Some(ring) = RING.with_borrow(Weak::upgrade) {
        ring.0.borrow_mut().turn();
    }
}

/// Whether there can be one.
pub fn has_ring() -> bool {
    Traffic::new(0).is_ok()
}

/// The io_uring of a thread.
pub struct Ring(RefCell<Traffic>);

impl Ring {
    /// Makes the ring of this thread, inside a runtime that calls [`turn`] before it waits, for connections whose users are tasks of
    /// `task_size` bytes.
    ///
    /// # Errors
    /// There is none to be had: the kernel is too old, or a sandbox forbids it.
    pub fn start(task_size: usize) -> io::Result<Rc<Self>> {
        let (traffic, file) = Traffic::new(task_size)?;
        #[expect(
            deprecated,
            reason = "what replaces it is unsafe for files that may be closed meanwhile; this one is owned"
        )]
        let file = AsyncFd::with_interest(file, Interest::READABLE)?;
        let ring = Rc::new(Self(RefCell::new(traffic)));
        tokio::task::spawn_local(wait_with_tokio(file));
        RING.set(Rc::downgrade(&ring));
        Ok(ring)
    }

    /// Takes a connection over from tokio.
    ///
    /// # Errors
    /// tokio does not let go of it.
    pub fn adopt(self: &Rc<Self>, tcp: tokio::net::TcpStream) -> io::Result<RingStream> {
        let at = self.0.borrow_mut().add(tcp.into_std()?);
        Ok(RingStream::new(Rc::clone(self), at))
    }
}

/// Has tokio wake up when something is complete. All else is done by [`turn`], before it waits again.
async fn wait_with_tokio(file: AsyncFd<OwnedFd>) {
    while let Ok(mut ready) = file.readable().await {
        ready.clear_ready();
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::task::Poll;
    use std::thread;

    use tokio::io::ReadBuf;
    use tokio::runtime::{Builder, LocalOptions};

    use super::*;

    /// Runs `user` with a connection on a ring, whose other end `server` has.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn meet<F: Future<Output = ()>>(
        server: impl FnOnce(TcpStream) + Send + 'static,
        user: impl FnOnce(RingStream) -> F,
    ) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || server(listener.accept().unwrap().0));
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().on_thread_park(turn).build_local(LocalOptions::default()).unwrap();
        runtime.block_on(async {
            let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
            match Ring::start(0) {
                Ok(ring) => user(ring.adopt(tcp).unwrap()).await,
                Err(error) => eprintln!("skipped: there is no io_uring here: {error}"),
            }
        });
        let _ = server.join();
    }

    async fn read(stream: &mut RingStream) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 10_000];
        let count = poll_fn(|cx| {
            let mut buffer = ReadBuf::new(&mut bytes);
            stream.poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
        })
        .await?;
        bytes.truncate(count);
        Ok(bytes)
    }

    async fn write(stream: &mut RingStream, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let count = poll_fn(|cx| stream.poll_write(cx, bytes)).await.unwrap();
            bytes = &bytes[count..];
        }
    }

    #[test]
    fn bytes_come_as_they_were_sent() {
        let sent: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 251) as u8).collect();
        let expected = sent.clone();
        let echo = |mut tcp: TcpStream| {
            let (mut reader, mut bytes) = (tcp.try_clone().unwrap(), Vec::new());
            let reads = thread::spawn(move || {
                reader.read_to_end(&mut bytes).unwrap();
                bytes
            });
            tcp.write_all(b"first").unwrap();
            tcp.write_all(&reads.join().unwrap()).unwrap();
        };
        meet(echo, async |mut stream| {
            assert_eq!(read(&mut stream).await.unwrap(), b"first");
            write(&mut stream, &sent).await;
            while stream.poll_flush().is_pending() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            stream.end_sending();
            let mut got = Vec::new();
            loop {
                let bytes = read(&mut stream).await.unwrap();
                if bytes.is_empty() {
                    break;
                }
                got.extend(bytes);
            }
            assert!(got == expected, "{} bytes of {}", got.len(), expected.len());
            assert!(!stream.is_usable());
        });
    }

    #[test]
    fn what_comes_unasked_makes_it_unusable() {
        let server = |mut tcp: TcpStream| {
            let _ = tcp.read(&mut [0; 10]);
            tcp.write_all(b"answer").unwrap();
            let _ = tcp.read(&mut [0; 10]);
            // Until the other side has enough of it.
            while tcp.write_all(&[0; 10_000]).is_ok() {}
        };
        meet(server, async |mut stream| {
            write(&mut stream, b"request").await;
            assert_eq!(read(&mut stream).await.unwrap(), b"answer");
            assert!(stream.is_usable());
            write(&mut stream, b"request").await;
            stream.rest();
            while stream.is_usable() || stream.poll_flush().is_pending() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            assert!(matches!(
                poll_fn(|cx| Poll::Ready(stream.poll_read(cx, &mut ReadBuf::new(&mut [0])))).await,
                Poll::Ready(Ok(()))
            ));
        });
    }

    #[test]
    fn one_that_is_dropped_is_closed() {
        let server = |mut tcp: TcpStream| {
            let mut bytes = Vec::new();
            let _ = tcp.read_to_end(&mut bytes);
            tcp.shutdown(Shutdown::Both).ok();
        };
        meet(server, async |mut stream| {
            write(&mut stream, &[7; 100_000]).await;
            assert!(poll_fn(|cx| Poll::Ready(stream.poll_read(cx, &mut ReadBuf::new(&mut [0])))).await.is_pending());
            drop(stream);
        });
    }
}
