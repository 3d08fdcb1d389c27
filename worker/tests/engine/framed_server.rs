//! A server that speaks HTTP/2, does as it is told, and keeps the exact count of what it handled.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::support::Seen;

/// What becomes of a request, after a while.
pub struct Reply {
    pub wait_ms: u64,
    pub end: End,
}

pub enum End {
    /// A status, headers, a body.
    Answer(u16, Vec<(&'static str, &'static str)>, Bytes),
    /// A part of a body, and then this.
    Cut(Bytes, Reason),
    /// The stream is reset.
    Reset(Reason),
    /// The connection ends, without a word.
    Close,
}

/// An answer at once.
pub fn reply(status: u16, body: impl Into<Bytes>) -> Reply {
    Reply { wait_ms: 0, end: End::Answer(status, Vec::new(), body.into()) }
}

impl Reply {
    /// The same after a while.
    pub fn after(self, wait_ms: u64) -> Self {
        Self { wait_ms, ..self }
    }

    /// The same with a header.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        if let End::Answer(_, headers, _) = &mut self.end {
            headers.push((name, value));
        }
        self
    }
}

impl From<End> for Reply {
    fn from(end: End) -> Self {
        Self { wait_ms: 0, end }
    }
}

/// How a server is set up.
#[derive(Clone, Default)]
pub struct Setup {
    pub tls: Option<TlsAcceptor>,
    /// How many requests may be under way on a connection.
    pub streams: Option<u32>,
    /// After so many requests, a connection is ended in an orderly way.
    pub requests: Option<usize>,
}

/// What a server counts.
#[derive(Default)]
pub struct Counts {
    pub seen: Mutex<Vec<Seen>>,
    pub connections: AtomicUsize,
    present: AtomicUsize,
    /// The most requests that were under way at a time.
    pub peak: AtomicUsize,
}

type Respond = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// A server; dropping it ends it.
pub struct FramedServer {
    pub address: SocketAddr,
    pub counts: Arc<Counts>,
    _tasks: JoinSet<()>,
}

impl FramedServer {
    pub async fn start(respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Setup::default(), respond).await
    }

    pub async fn with(setup: Setup, respond: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let (respond, its_counts): (Respond, _) = (Arc::new(respond), Arc::clone(&counts));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).unwrap();
                let number = its_counts.connections.fetch_add(1, Ordering::SeqCst);
                let (counts, respond, setup) = (Arc::clone(&its_counts), Arc::clone(&respond), setup.clone());
                clients.spawn(async move {
                    match setup.tls.clone() {
                        None => serve(tcp, number, setup, counts, respond).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, number, setup, counts, respond).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, counts, _tasks: tasks }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.counts.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub fn peak(&self) -> usize {
        self.counts.peak.load(Ordering::SeqCst)
    }

    /// How often a path was asked for, queries left out.
    pub fn count(&self, path: &str) -> u64 {
        self.seen().iter().filter(|seen| seen.target.split('?').next() == Some(path)).count() as u64
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    number: usize,
    setup: Setup,
    counts: Arc<Counts>,
    respond: Respond,
) {
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(1 << 16);
    if let Some(streams) = setup.streams {
        builder.max_concurrent_streams(streams);
    }
    let Ok(mut connection) = builder.handshake(stream).await else { return };
    let (close, mut closes) = mpsc::channel::<()>(1);
    let mut handlers = JoinSet::new();
    let mut position = 0;
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(Ok((request, send))) = accepted else { break };
                if setup.requests == Some(position + 1) {
                    connection.graceful_shutdown();
                }
                handlers.spawn(handle(request, send, number, position, Arc::clone(&counts), Arc::clone(&respond), close.clone()));
                position += 1;
            }
            _ = closes.recv() => return,
            Some(ended) = handlers.join_next() => ended.unwrap(),
        }
    }
}

async fn handle(
    request: Request<RecvStream>,
    mut send: SendResponse<Bytes>,
    connection: usize,
    position: usize,
    counts: Arc<Counts>,
    respond: Respond,
    close: mpsc::Sender<()>,
) {
    let at = SystemTime::now();
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    while let Some(data) = incoming.data().await {
        let Ok(data) = data else { return };
        incoming.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut headers: Vec<_> = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.push((":authority".to_owned(), head.uri.authority().unwrap().to_string()));
    headers.push((":scheme".to_owned(), head.uri.scheme_str().unwrap().to_owned()));
    let target = head.uri.path_and_query().unwrap().to_string();
    let body = String::from_utf8_lossy(&body).into_owned();
    let seen = Seen { method: head.method.to_string(), target, headers, body, connection, position, at };
    let Reply { wait_ms, end } = respond(&seen);
    // Who refuses a stream says that the request was not handled.
    if !matches!(end, End::Reset(Reason::REFUSED_STREAM)) {
        counts.seen.lock().unwrap().push(seen);
    }
    let present = counts.present.fetch_add(1, Ordering::SeqCst) + 1;
    counts.peak.fetch_max(present, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    counts.present.fetch_sub(1, Ordering::SeqCst);
    // Sending fails where the client gave up.
    match end {
        End::Answer(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let response = response.body(()).unwrap();
            if let Ok(mut stream) = send.send_response(response, body.is_empty())
                && !body.is_empty()
            {
                let _ = stream.send_data(body, true);
            }
        }
        End::Cut(body, reason) => {
            if let Ok(mut stream) = send.send_response(Response::new(()), false) {
                let _ = stream.send_data(body, false);
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.send_reset(reason);
            }
        }
        End::Reset(reason) => send.send_reset(reason),
        End::Close => {
            close.send(()).await.unwrap();
            // Not to be dropped before the connection is: that would reset the stream.
            std::future::pending().await
        }
    }
}
