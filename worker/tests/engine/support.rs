//! A server that does as it is told and keeps the exact count, scenarios in a few words, and a run from start to end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use swarmgate_domain::*;
use swarmgate_service::ports::{LoadEngine, LoadRun, MeasuredInterval, Secrets, ShardSpec};
use swarmgate_worker::{Engine, EngineOptions};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Which connection it came over, and as which of its requests; both from 0.
    pub connection: usize,
    pub position: usize,
    /// When its head was there.
    pub at: SystemTime,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What the server does next.
#[derive(Clone, Debug)]
pub enum Act {
    Send(Vec<u8>),
    Wait(u64),
    Close,
    Reset,
}

/// A server; dropping it ends it.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

type Respond = Arc<dyn Fn(&Seen) -> Vec<Act> + Send + Sync>;

impl Server {
    pub async fn start(respond: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::with_tls(respond, None).await
    }

    pub async fn with_tls(
        respond: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
        tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, connections) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let (log, count, respond): (_, _, Respond) = (Arc::clone(&seen), Arc::clone(&connections), Arc::new(respond));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (log, respond, tls) = (Arc::clone(&log), Arc::clone(&respond), tls.clone());
                clients.spawn(async move {
                    match tls {
                        None => serve(tcp, number, &log, &respond, |tcp| tcp.set_zero_linger().unwrap()).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, number, &log, &respond, |_| {}).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, seen, connections, _tasks: tasks }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How often each path was asked for, queries left out.
    pub fn by_path(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for seen in self.seen() {
            *counts.entry(seen.target.split('?').next().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    connection: usize,
    log: &Mutex<Vec<Seen>>,
    respond: &Respond,
    reset: impl Fn(&S),
) {
    let mut buffer = Vec::new();
    for position in 0.. {
        let Some(seen) = read_request(&mut stream, &mut buffer, connection, position).await else { return };
        log.lock().unwrap().push(seen.clone());
        for act in respond(&seen) {
            match act {
                Act::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
                Act::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Act::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Act::Reset => return reset(&stream),
            }
        }
    }
}

/// The next request of a connection, whatever it asks for; `None` at its end.
pub async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    connection: usize,
    position: usize,
) -> Option<Seen> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let at = SystemTime::now();
    let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    assert_eq!(first.next(), Some("HTTP/1.1"));
    let headers: Vec<(String, String)> = lines
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap())
        .collect();
    let length = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, v)| v.parse().unwrap());
    while buffer.len() < head_end + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&buffer[head_end..head_end + length]).into_owned();
    buffer.drain(..head_end + length);
    Some(Seen { method, target, headers, body, connection, position, at })
}

/// An answer with a status, further headers (each with its line end) and a body.
pub fn answer(status: u16, headers: &str, body: &str) -> Vec<Act> {
    raw(&format!("HTTP/1.1 {status} Words\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()))
}

/// These bytes.
pub fn raw(bytes: &str) -> Vec<Act> {
    vec![Act::Send(bytes.as_bytes().to_vec())]
}

/// Closes each connection at once.
pub async fn closing_server() -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            drop::<TcpStream>(tcp)
        }
    });
    (address, tasks)
}

pub fn ms(n: u64) -> Micros {
    Micros::from_millis(n)
}

/// A scenario of one kind of user with an empty flow, no think time, and a quarter of a second of grace.
pub fn scenario(model: LoadModel) -> Scenario {
    Scenario {
        name: "test".into(),
        description: None,
        labels: BTreeMap::new(),
        target: None,
        loads: vec![Load { name: "main".into(), kind: None, model }],
        kinds: vec![UserKind {
            name: "user".into(),
            weight: 1.0,
            think_time: ThinkTime::None,
            think_after: ThinkAfter::Iteration,
            on_start: Vec::new(),
            flow: Vec::new(),
            on_stop: Vec::new(),
        }],
        http: HttpSettings {
            headers: Vec::new(),
            auth: Auth::None,
            cookies: Cookies::Session,
            connections: ConnectionReuse::KeepAlive,
            connect_timeout: ms(1_000),
            tls: TlsTrust::Verify,
            version: HttpVersion::Http1,
            proxy: None,
        },
        data: Vec::new(),
        slots: 0,
        script: None,
        slot_names: Vec::new(),
        names: Vec::new(),
        thresholds: Vec::new(),
        interval: None,
        grace: ms(250),
    }
}

/// `users` from the start to the end.
pub fn closed(users: u32, duration: Micros) -> LoadModel {
    let at = |at| CurvePoint { at, value: f64::from(users) };
    LoadModel::Closed(UserCurve::new(vec![at(Micros::ZERO), at(duration)]).unwrap())
}

/// So many starts per second.
pub fn open(per_second: f64, duration: Micros, max_users: u32) -> LoadModel {
    LoadModel::Open { rate: RateCurve::constant(per_second, duration), max_users }
}

/// A request counted under its method and path.
pub fn request(scenario: &mut Scenario, method: &str, path: &str) -> Request {
    let name = EntryName::request(method, path);
    Request {
        name: named(scenario, name),
        method: method.into(),
        url: Template::text(path),
        query: Vec::new(),
        headers: Vec::new(),
        body: Body::Empty,
        auth: None,
        checks: Vec::new(),
        captures: Vec::new(),
        timeout: ms(2_000),
        redirects: 5,
    }
}

/// The number of a name, which is added if it is new.
pub fn named(scenario: &mut Scenario, name: EntryName) -> NameId {
    let at = scenario.names.iter().position(|n| *n == name).unwrap_or_else(|| {
        scenario.names.push(name);
        scenario.names.len() - 1
    });
    NameId(u16::try_from(at).unwrap())
}

/// A step that sends `request`.
pub fn send(request: Request) -> Step {
    Step::Request(Box::new(request))
}

/// A step that gets a path.
pub fn get(scenario: &mut Scenario, path: &str) -> Step {
    let request = request(scenario, "GET", path);
    send(request)
}

/// A slot for a captured value.
pub fn slot(scenario: &mut Scenario, name: &str) -> SlotId {
    scenario.slot_names.push(name.into());
    scenario.slots += 1;
    SlotId(scenario.slots - 1)
}

/// What a shard is made of.
pub fn spec(scenario: &Scenario, target: &str, duration: Micros) -> ShardSpec {
    ShardSpec {
        shard: ShardId(0),
        shards: 1,
        scenario: Arc::new(scenario.clone()),
        data: Arc::default(),
        target: target.into(),
        interval: ms(200),
        duration,
        secrets: Secrets::default(),
        seed: 7,
    }
}

pub fn unix_now() -> Micros {
    Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap())
}

/// A run that was begun now.
pub async fn begun(spec: ShardSpec) -> Box<dyn LoadRun> {
    begun_with(spec, EngineOptions { threads: Some(2), ..EngineOptions::default() }).await
}

pub async fn begun_with(spec: ShardSpec, options: EngineOptions) -> Box<dyn LoadRun> {
    let mut run = Engine::new(options).prepare(spec).await.unwrap();
    run.begin(unix_now() + ms(20));
    run
}

/// All intervals of a run, which must be without gaps.
pub async fn intervals(mut run: Box<dyn LoadRun>) -> Vec<MeasuredInterval> {
    let mut all: Vec<MeasuredInterval> = Vec::new();
    while let Some(interval) = run.next().await {
        if let Some(last) = all.last() {
            assert_eq!((last.interval.next(), last.to), (interval.interval, interval.from));
        }
        all.push(interval);
    }
    all
}

/// Everything measured.
pub fn total(intervals: &[MeasuredInterval]) -> Stats {
    let mut total = Stats::default();
    intervals.iter().for_each(|interval| total.add(&interval.stats));
    total
}

/// Runs a scenario to its end.
pub async fn run(scenario: &Scenario, target: &str, duration: Micros) -> Stats {
    total(&intervals(begun(spec(scenario, target, duration)).await).await)
}

/// The same with the sockets of io_uring or of epoll.
pub async fn run_by(scenario: &Scenario, target: &str, duration: Micros, io_uring: bool) -> Stats {
    let options = EngineOptions { threads: Some(2), io_uring, ..EngineOptions::default() };
    total(&intervals(begun_with(spec(scenario, target, duration), options).await).await)
}

/// What was counted under a method and path.
pub fn entry(stats: &Stats, method: &str, path: &str) -> EntryStats {
    let name = EntryName::request(method, path);
    stats.entries.get(&name).cloned().unwrap_or_default()
}

/// Kinds and details of failures, with their counts.
pub fn errors(entry: &EntryStats) -> Vec<(ErrorKind, String, u64)> {
    entry.errors.iter().map(|(key, stats)| (key.kind, key.detail.clone(), stats.count)).collect()
}
