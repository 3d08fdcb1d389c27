//! Which HTTP is spoken, and through what: the report says it, and counts what the server counted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Response;
use swarmgate_domain::ErrorKind;
use swarmgate_workload::Workload;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::support::{Place, entry};

/// A server that speaks HTTP/2 and nothing else: the status that a path ends with. Counts by path; ends with its runtime.
struct FramedServer {
    address: SocketAddr,
    counts: Arc<Mutex<BTreeMap<String, u64>>>,
    _runtime: Runtime,
}

impl FramedServer {
    fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let counts: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
        let its_counts = Arc::clone(&counts);
        let mut accepting = JoinSet::new();
        accepting.spawn_on(
            async move {
                let mut clients = JoinSet::new();
                while let Ok((tcp, _)) = listener.accept().await {
                    clients.spawn(serve(tcp, Arc::clone(&its_counts)));
                }
            },
            runtime.handle(),
        );
        accepting.detach_all();
        Self { address, counts, _runtime: runtime }
    }

    fn count(&self, path: &str) -> u64 {
        self.counts.lock().expect("nobody panics with it").get(path).copied().unwrap_or_default()
    }
}

async fn serve(tcp: tokio::net::TcpStream, counts: Arc<Mutex<BTreeMap<String, u64>>>) {
    let Ok(mut connection) = h2::server::handshake(tcp).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let path = request.uri().path().to_owned();
        let status: u16 = path.rsplit('/').next().and_then(|last| last.parse().ok()).unwrap_or(200);
        *counts.lock().expect("nobody panics with it").entry(path).or_default() += 1;
        let response = Response::builder().status(status).body(()).expect("it is one");
        // Fails where the client is gone.
        if let Ok(mut body) = respond.send_response(response, false) {
            let _ = body.send_data(Bytes::from_static(b"hello"), true);
        }
    }
}

#[test]
fn http_2_is_counted_as_the_server_counted_it() {
    let (place, server) = (Place::new(), FramedServer::start());
    place.write(
        "a.yaml",
        "http: 2\nload: { users: 20, spawn_rate: 20/s, duration: 3s }\nthink_time: 1ms..20ms\nflow: [ GET /, GET /status/503 ]\n\
         thresholds: [ 'error_rate < 60%' ]\n",
    );
    let target = format!("http://{}", server.address);
    let ran = place.run(&["run", "a.yaml", "--target", &target, "--out", "out", "--quiet", "--workers", "2"]);
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    assert_eq!(summary.environment["engine"], "swarmgate http/2");
    assert!(summary.total.count > 500, "only {} requests", summary.total.count);
    for (name, status) in [("/", 200), ("/status/503", 503)] {
        let ours = entry(&summary, name);
        assert_eq!(
            (ours.count + ours.cut_off, ours.statuses[&status]),
            (server.count(name), server.count(name)),
            "{name}"
        );
    }
    // The report shows it too.
    let page = std::fs::read_to_string(place.path("out/index.html")).expect("the report is there");
    assert!(page.contains("swarmgate http/2"));
}

#[test]
fn a_server_that_speaks_http_1_only_is_said_to() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("a.yaml", "http: 2\nload: { users: 1, duration: 1s }\nthink_time: 200ms\nflow: [ GET / ]\n");
    let ran = place.run(&["run", "a.yaml", "--target", &server.url(""), "--out", "out", "--quiet"]);
    server.shutdown();
    // On a machine that is too busy it is inconclusive.
    assert!(ran.code == 1 || ran.code == 3, "{ran:?}");
    let [failure] = &place.summary("out").failures[..] else { panic!("{:?}", place.summary("out").failures) };
    assert_eq!(failure.kind, ErrorKind::BadResponse);
    assert_eq!(failure.detail, "the server speaks HTTP/1.1 only: leave out `http: 2`");
}

/// Answers for every server. What it was asked is on `heads`.
fn proxy(heads: Arc<Mutex<Vec<String>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let heads = Arc::clone(&heads);
            std::thread::spawn(move || answer_all(&client, &heads));
        }
    });
    address
}

fn answer_all(mut client: &TcpStream, heads: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(client.take(1 << 20));
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).is_ok_and(|count| count == 0) {
                return;
            }
        }
        heads.lock().expect("nobody panics with it").push(head);
        if client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
            return;
        }
    }
}

#[test]
fn a_proxy_is_told_a_secret_that_is_written_nowhere() {
    let place = Place::new();
    let heads = Arc::default();
    let proxy = format!("http://{}", proxy(Arc::clone(&heads)));
    place.write(
        "a.yaml",
        "proxy: { url: '${env:THE_PROXY}', user: ann, password: '${secret:the-proxy}' }\n\
         load: { users: 1, duration: 1s }\nthink_time: 100ms\nflow: [ GET /a ]\n",
    );
    // Nobody listens there: the proxy answers for it, and nothing else is asked first.
    let target = "http://127.0.0.1:1";
    let mut command = place.command(&["run", "a.yaml", "--target", target, "--out", "out", "--quiet"]);
    command.env("THE_PROXY", &proxy).env("SWARMGATE_SECRET_THE_PROXY", "hunter-2-hunter");
    let ran = command.output().expect("the command can be started");
    assert!(matches!(ran.status.code(), Some(0 | 3)), "{ran:?}");
    let summary = place.summary("out");
    assert_eq!(summary.environment["engine"], format!("swarmgate http/1.1, through {proxy}"));
    let heads = heads.lock().expect("nobody panics with it");
    assert_eq!(entry(&summary, "/a").count, heads.len() as u64);
    // `ann:hunter-2-hunter`
    let login = "YW5uOmh1bnRlci0yLWh1bnRlcg==";
    assert!(heads.iter().all(|head| head.starts_with("GET http://127.0.0.1:1/a HTTP/1.1\r\n")), "{heads:?}");
    assert!(heads.iter().all(|head| head.contains(&format!("Proxy-Authorization: Basic {login}\r\n"))), "{heads:?}");
    for path in files_below(place.path("out")) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("it can be read")).into_owned();
        assert!(!text.contains("hunter-2") && !text.contains(login), "{} holds the password", path.display());
    }
    drop(heads);

    let ran = place.run(&["run", "a.yaml", "--target", target, "--quiet"]);
    assert!(ran.stderr.contains("the environment has no `THE_PROXY`"), "{ran:?}");
}

#[test]
fn a_proxy_where_nobody_listens_is_named_before_the_test() {
    let place = Place::new();
    place.write("a.yaml", "proxy: 'http://127.0.0.1:1'\nload: { users: 1, duration: 1s }\nflow: [ GET /a ]\n");
    let ran = place.run(&["run", "a.yaml", "--target", "http://127.0.0.1:2", "--quiet"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("proxy `http://127.0.0.1:1`: connecting to 127.0.0.1:1: "), "{ran:?}");
}

#[test]
fn variables_for_proxies_are_not_looked_at_and_that_is_said() {
    let place = Place::new();
    let mut command = place.command(&["run", "http://127.0.0.1:1/", "--quiet"]);
    let ran = command.env("HTTP_PROXY", "http://127.0.0.1:2").env_remove("HTTPS_PROXY").env_remove("https_proxy");
    let ran = ran.output().expect("the command can be started");
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(words.contains("HTTP_PROXY is not looked at"), "{words}");
}

fn files_below(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    paths.flat_map(|path| if path.is_dir() { files_below(path) } else { vec![path] }).collect()
}
