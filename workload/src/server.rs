//! The server's threads: one accepts and hands the sockets round, each serves its share on a runtime of its own.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tracing::{error, warn};

use crate::connection;
use crate::counts::Shard;
use crate::request_log::RequestLog;
use crate::shared::Shared;

/// Sockets that wait for their thread; beyond that new ones wait in the kernel.
const MAX_WAITING_SOCKETS: usize = 1_024;
/// Connections that wait in the kernel to be accepted; the kernel may allow fewer.
const BACKLOG: i32 = 16_384;
/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait for a free file descriptor after there was none.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the connections of one thread use.
#[derive(Clone)]
pub(crate) struct ThreadContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) shard: Arc<Shard>,
    pub(crate) log: Option<RequestLog>,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// An accepted socket and its number, counted from 1.
type Accepted = (TcpStream, u64);

/// The running threads.
pub(crate) struct Threads {
    stop: watch::Sender<bool>,
    handles: Vec<JoinHandle<()>>,
}

/// Listens on `address`, in a way that a second server on the same port is refused.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?; // connections of an earlier server in TIME_WAIT do not keep the port
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Threads {
    /// Starts one thread a context; the first also accepts.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be had; those started before end.
    pub(crate) fn start(listener: TcpListener, contexts: Vec<ThreadContext>) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut threads = Self { stop, handles: Vec::new() };
        let (queues, sockets): (Vec<_>, Vec<_>) = contexts.iter().map(|_| mpsc::channel(MAX_WAITING_SOCKETS)).unzip();
        let mut acceptor = Some(Acceptor { listener, queues });
        for (context, sockets) in contexts.into_iter().zip(sockets) {
            let (ready, started) = sync_channel(1);
            let thread = Thread { context, sockets, stopped: stopped.clone(), acceptor: acceptor.take() };
            let name = format!("workload-{}", threads.handles.len());
            threads.handles.push(std::thread::Builder::new().name(name).spawn(move || thread.run(ready))?);
            started.recv().map_err(io::Error::other)??;
        }
        Ok(threads)
    }

    /// Ends all threads, cutting off what they serve, and waits for them.
    pub(crate) fn stop(&mut self) {
        self.stop.send_replace(true);
        for handle in self.handles.drain(..) {
            if handle.join().is_err() {
                error!("workload thread panicked");
            }
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Thread {
    context: ThreadContext,
    sockets: mpsc::Receiver<Accepted>,
    stopped: watch::Receiver<bool>,
    acceptor: Option<Acceptor>,
}

impl Thread {
    fn run(self, ready: SyncSender<io::Result<()>>) {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                // Whoever started this thread waits for the answer.
                let _ = ready.send(Ok(()));
                runtime.block_on(self.serve());
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    }

    /// Owns the tasks of all connections; they end with it.
    async fn serve(mut self) {
        let context = Arc::new(self.context);
        let mut tasks = JoinSet::new();
        if let Some(acceptor) = self.acceptor {
            tasks.spawn(acceptor.run());
        }
        loop {
            tokio::select! {
                _ = self.stopped.wait_for(|stopped| *stopped) => return,
                Some((socket, id)) = self.sockets.recv() => { tasks.spawn(serve_socket(socket, id, context.clone())); }
                Some(ended) = tasks.join_next() => if let Err(error) = ended { error!(%error, "connection panicked") },
            }
        }
    }
}

/// Accepts, and hands the sockets to the threads in turn, so that each has as many as the others.
struct Acceptor {
    listener: TcpListener,
    queues: Vec<mpsc::Sender<Accepted>>,
}

impl Acceptor {
    async fn run(self) {
        let listener = match tokio::net::TcpListener::from_std(self.listener) {
            Ok(listener) => listener,
            Err(error) => return error!(%error, "listening socket could not be watched"),
        };
        let turns = self.queues.iter().cycle();
        for (id, queue) in (1..).zip(turns) {
            let socket = accept(&listener).await;
            if queue.send((socket, id)).await.is_err() {
                return; // the server ends
            }
        }
    }
}

/// The next connection, taken off this thread's runtime: another will serve it.
async fn accept(listener: &tokio::net::TcpListener) -> TcpStream {
    loop {
        match listener.accept().await.and_then(|(socket, _)| socket.into_std()) {
            Ok(socket) => return socket,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {} // by its client, while it waited
            Err(error) => {
                warn!(%error, "connection could not be accepted, will retry");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Counts a connection as open until it is dropped.
struct Open<'c>(&'c Shard);

impl<'c> Open<'c> {
    fn new(shard: &'c Shard) -> Self {
        shard.lock().opened();
        Self(shard)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.lock().closed();
    }
}

async fn serve_socket(socket: TcpStream, id: u64, context: Arc<ThreadContext>) {
    let _open = Open::new(&context.shard);
    let socket = match prepared(socket) {
        Ok(socket) => socket,
        Err(error) => return warn!(%error, "connection could not be set up"),
    };
    let Some(tls) = &context.tls else { return connection::serve(socket, id, &context).await };
    match tokio::time::timeout(HANDSHAKE, tls.accept(socket)).await {
        Ok(Ok(stream)) => Box::pin(connection::serve(stream, id, &context)).await,
        Ok(Err(_)) | Err(_) => context.shard.lock().tls_failed(),
    }
}

fn prepared(socket: TcpStream) -> io::Result<tokio::net::TcpStream> {
    socket.set_nodelay(true)?;
    tokio::net::TcpStream::from_std(socket)
}
