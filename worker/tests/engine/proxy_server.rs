//! An HTTP proxy: it passes on what it is asked for, digs tunnels, and keeps what it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{Seen, read_request};

/// A proxy; dropping it ends it.
pub struct ProxyServer {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

/// What one must say to be let through: a whole header value.
type Login = Option<&'static str>;

impl ProxyServer {
    pub async fn start(login: Login) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).unwrap();
                clients.spawn(serve(tcp, login, Arc::clone(&log)));
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked for, as in the first lines: `GET http://host/path`.
    pub fn asked(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut client: TcpStream, login: Login, log: Arc<Mutex<Vec<Seen>>>) {
    let (mut buffer, mut upstream) = (Vec::new(), None);
    for position in 0.. {
        let Some(seen) = read_request(&mut client, &mut buffer, 0, position).await else { return };
        log.lock().unwrap().push(seen.clone());
        if login.is_some() && seen.header("proxy-authorization") != login {
            let refusal = b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
            if client.write_all(refusal).await.is_err() {
                return;
            }
            continue;
        }
        if seen.method == "CONNECT" {
            return tunnel(client, &seen.target).await;
        }
        if pass_on(&mut client, &mut upstream, &seen).await.is_none() {
            return;
        }
    }
}

async fn tunnel(mut client: TcpStream, authority: &str) {
    match TcpStream::connect(authority).await {
        Ok(mut upstream) => {
            upstream.set_nodelay(true).unwrap();
            // In two pieces: who reads it must not take the first for all of it.
            let _ = client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: a ").await;
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            let _ = client.write_all(b"proxy\r\n\r\n").await;
            let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
        }
        Err(_) => {
            let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await;
        }
    }
}

/// Asks the server that the request's URL names; bodies have lengths, both ways. `None`: a connection ended.
async fn pass_on(client: &mut TcpStream, upstream: &mut Option<TcpStream>, seen: &Seen) -> Option<()> {
    let rest = seen.target.strip_prefix("http://").expect("who asks a proxy gives a whole URL");
    let (authority, path) = rest.split_at(rest.find('/').unwrap());
    if upstream.is_none() {
        *upstream = Some(TcpStream::connect(authority).await.ok()?);
    }
    let server = upstream.as_mut()?;
    let mut request = format!("{} {path} HTTP/1.1\r\n", seen.method);
    for (name, value) in seen.headers.iter().filter(|(name, _)| !name.to_lowercase().starts_with("proxy-")) {
        request += &format!("{name}: {value}\r\n");
    }
    server.write_all(format!("{request}\r\n{}", seen.body).as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    loop {
        if server.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
        let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|text| text.parse::<usize>());
        if answer.len() >= end + 4 + length.unwrap().unwrap() {
            return client.write_all(&answer).await.ok();
        }
    }
}
