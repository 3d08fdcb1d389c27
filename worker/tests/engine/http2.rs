//! HTTP/2: the same statistics as with HTTP/1.1, over connections that requests share.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::Reason;
use swarmgate_domain::*;
use swarmgate_worker::EngineOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::framed_server::*;
use crate::support::*;

fn framed(model: LoadModel) -> Scenario {
    let mut scenario = scenario(model);
    scenario.http.version = HttpVersion::Http2;
    scenario
}

/// A user that asks for `/` and then thinks.
fn asking(model: LoadModel, think_time: ThinkTime) -> Scenario {
    let mut scenario = framed(model);
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step];
    scenario.kinds[0].think_time = think_time;
    scenario
}

async fn run_bounded(scenario: &Scenario, target: &str, duration: Micros, connections: u32) -> Stats {
    let options = EngineOptions { threads: Some(1), connections: Some(connections), ..EngineOptions::default() };
    total(&intervals(begun_with(spec(scenario, target, duration), options).await).await)
}

/// Good and bad statuses, redirects, time-outs, resets and connections that the server ended, mixed by path.
async fn mixed_server() -> FramedServer {
    let setup = Setup { requests: Some(40), ..Setup::default() };
    FramedServer::with(setup, |seen| match seen.target.split('?').next().unwrap() {
        "/ok" => reply(200, "fine"),
        "/bad" => reply(503, ""),
        "/from" => reply(302, "").with("location", "/to?x=1"),
        "/to" => reply(200, "there"),
        "/slow" => reply(200, "late").after(120),
        "/reset" => End::Reset(Reason::INTERNAL_ERROR).into(),
        "/cut" => End::Cut(Bytes::from_static(b"half"), Reason::CANCEL).into(),
        _ => reply(404, ""),
    })
    .await
}

async fn counts_equal_the_servers(model: LoadModel, duration: Micros, connections: Option<u32>) {
    let server = mixed_server().await;
    let mut scenario = framed(model);
    let mut slow = request(&mut scenario, "GET", "/slow");
    slow.timeout = ms(60);
    let steps = ["/ok", "/bad", "/from", "/reset", "/cut"].map(|path| get(&mut scenario, path));
    let mut post = request(&mut scenario, "POST", "/ok");
    post.body = Body::Raw(Template::text("x".repeat(100)));
    scenario.kinds[0].flow =
        [steps.to_vec(), vec![send(slow), send(post), Step::Think(ThinkTime::Constant(ms(3)))]].concat();
    let options = EngineOptions { threads: Some(2), connections, ..EngineOptions::default() };
    let stats = total(&intervals(begun_with(spec(&scenario, &server.url(), duration), options).await).await);
    let of = |method: &str, path: &str| entry(&stats, method, path);
    for path in ["/ok", "/bad", "/from", "/slow", "/reset", "/cut"] {
        let ours: u64 = ["GET", "POST"].map(|method| of(method, path).count() + of(method, path).cut_off).iter().sum();
        assert_eq!(ours, server.count(path), "{path}");
    }
    assert_eq!(of("GET", "/from").redirects, server.count("/to"));
    assert!(of("GET", "/ok").succeeded.count >= 10, "{:?}", of("GET", "/ok"));
    assert_eq!((of("GET", "/ok").failed.count, of("POST", "/ok").failed.count), (0, 0));
    assert_eq!(of("GET", "/bad").statuses, [(503, server.count("/bad"))].into());
    let (slow, cut, reset) = (of("GET", "/slow"), of("GET", "/cut"), of("GET", "/reset"));
    assert_eq!(errors(&slow), [(ErrorKind::Timeout, "no answer within 60ms".into(), slow.failed.count)]);
    let words = "the server reset the stream: CANCEL";
    assert_eq!(errors(&cut), [(ErrorKind::Reset, words.into(), cut.failed.count)]);
    assert_eq!(cut.body_bytes, 4 * server.count("/cut"));
    let words = "the server reset the stream: INTERNAL_ERROR";
    assert_eq!(errors(&reset), [(ErrorKind::Reset, words.into(), reset.failed.count)]);
    let bodies = of("GET", "/ok").body_bytes + of("POST", "/ok").body_bytes;
    assert_eq!(bodies, 4 * server.count("/ok"));
    assert!(of("POST", "/ok").sent_bytes >= 100 * of("POST", "/ok").succeeded.count);
    assert_eq!(stats.entries.values().map(|entry| entry.clock_faults).sum::<u64>(), 0);
    assert_eq!(stats.generator.connections_opened, server.connections() as u64);
    assert!(server.seen().iter().all(|seen| seen.position < 45), "connections were to be ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_equal_the_servers_in_a_closed_run() {
    counts_equal_the_servers(closed(8, ms(1_000)), ms(1_000), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_equal_the_servers_in_an_open_run_on_shared_connections() {
    counts_equal_the_servers(open(60.0, ms(1_000), 200), ms(1_000), Some(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_the_same_as_in_http_1() {
    let server = FramedServer::start(|seen| match seen.target.as_str() {
        "/login" => reply(200, r#"{"token": "t1"}"#).with("set-cookie", "sid=5; Path=/").with("x-id", "7"),
        _ => reply(200, "ok"),
    })
    .await;
    let mut scenario = framed(closed(1, ms(100)));
    scenario.http.headers = vec![("X-All".into(), Template::text("a"))];
    let (token, id) = (slot(&mut scenario, "token"), slot(&mut scenario, "id"));
    let mut login = request(&mut scenario, "POST", "/login");
    login.body = Body::Json(Template::text(r#"{"user":"ann"}"#));
    login.checks = vec![
        Check::Status(vec![(200, 200)]),
        Check::Header { name: "x-id".into(), expect: Expect::Equals(Template::text("7")) },
        Check::Json { path: "$.token".into(), expect: Expect::Present },
    ];
    login.captures = vec![
        Capture { slot: token, from: CaptureFrom::Json("$.token".into()) },
        Capture { slot: id, from: CaptureFrom::Header("x-id".into()) },
    ];
    let mut items = request(&mut scenario, "GET", "/items");
    items.url = Template(vec![Part::Text("/items/".into()), Part::Captured(id)]);
    items.query = vec![(Template::text("q"), Template::text("a b"))];
    items.auth = Some(Auth::Bearer(Template(vec![Part::Captured(token)])));
    scenario.kinds[0].flow = vec![send(login), send(items), Step::Think(ThinkTime::Constant(ms(500)))];
    let stats = run(&scenario, &server.url(), ms(100)).await;
    assert_eq!(errors(&entry(&stats, "POST", "/login")), []);
    let [login, items] = &server.seen()[..] else { panic!("{:?}", server.seen()) };
    assert_eq!((login.method.as_str(), login.body.as_str()), ("POST", r#"{"user":"ann"}"#));
    assert_eq!((login.header("content-type"), login.header("content-length")), (Some("application/json"), Some("14")));
    assert_eq!(login.header(":authority"), Some(server.address.to_string().as_str()));
    assert_eq!((login.header("x-all"), login.header("host"), login.header("connection")), (Some("a"), None, None));
    assert_eq!(items.target, "/items/7?q=a%20b");
    assert_eq!((items.header("authorization"), items.header("cookie")), (Some("Bearer t1"), Some("sid=5")));
    assert_eq!((login.connection, items.connection, items.position), (0, 0, 1));
}

/// The server stalls for 400 ms: response time shows it for all arrivals that were due meanwhile, service time for few.
#[tokio::test(flavor = "multi_thread")]
async fn a_stall_shows_in_the_response_time() {
    let setup = Setup { streams: Some(1), ..Setup::default() };
    let server =
        FramedServer::with(setup, |seen| reply(200, "").after(if seen.position == 20 { 400 } else { 0 })).await;
    // One connection with one request at a time, so that whoever comes during the stall waits for it.
    let scenario = asking(open(100.0, ms(1_000), 1_000), ThinkTime::None);
    let stats = run_bounded(&scenario, &server.url(), ms(1_000), 1).await;
    let entry = entry(&stats, "GET", "/");
    assert_eq!((entry.succeeded.count, server.connections(), server.peak()), (100, 1, 1));
    let p80 = |histogram: &Histogram| histogram.percentile(80.0).unwrap();
    assert!(p80(&entry.succeeded.response) > ms(100), "{}", p80(&entry.succeeded.response));
    assert!(p80(&entry.succeeded.service) < ms(50), "{}", p80(&entry.succeeded.service));
    assert!(entry.pool_wait.max().unwrap() > ms(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_share_connections_beyond_the_bound() {
    for (streams, peak) in [(None, 20), (Some(3), 6)] {
        let setup = Setup { streams, ..Setup::default() };
        let server = FramedServer::with(setup, |_| reply(200, "x").after(30)).await;
        let scenario = asking(closed(20, ms(400)), ThinkTime::None);
        let stats = run_bounded(&scenario, &server.url(), ms(400), 2).await;
        let entry = entry(&stats, "GET", "/");
        assert_eq!((server.connections(), entry.failed.count, errors(&entry)), (2, 0, vec![]));
        assert_eq!(entry.succeeded.count + entry.cut_off, server.count("/"));
        assert!(server.peak() <= peak && server.peak() > peak / 2, "{} of {peak} at a time", server.peak());
        // At first all but two wait until the server said how many requests it takes; where it takes all, nobody does again.
        let waited = entry.pool_wait.count();
        assert!(if streams.is_none() { waited <= 18 } else { waited > 18 }, "{waited} waited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_has_a_connection_of_its_own_by_default() {
    let server = FramedServer::start(|_| reply(200, "")).await;
    let scenario = asking(closed(5, ms(200)), ThinkTime::Constant(ms(10)));
    run(&scenario, &server.url(), ms(200)).await;
    assert_eq!(server.connections(), 5);
    let seen = server.seen();
    let of = |connection| seen.iter().filter(|seen| seen.connection == connection).count();
    assert!((0..5).all(|connection| of(connection) >= 3), "{}", seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_as_the_scenario_says() {
    for (reuse, per_connection) in [(ConnectionReuse::PerRequest, 1), (ConnectionReuse::PerIteration, 2)] {
        let server = FramedServer::start(|_| reply(200, "")).await;
        let mut scenario = asking(closed(2, ms(200)), ThinkTime::Constant(ms(10)));
        scenario.http.connections = reuse;
        let again = scenario.kinds[0].flow[0].clone();
        scenario.kinds[0].flow.push(again);
        let stats = run(&scenario, &server.url(), ms(200)).await;
        let entry = entry(&stats, "GET", "/");
        assert_eq!(errors(&entry), []);
        assert!(entry.succeeded.count >= 10);
        assert_eq!(server.connections() as u64, entry.succeeded.count / per_connection, "{reuse:?}");
        // At the bound too, where a request never goes over a connection that another one had.
        let server = FramedServer::start(|_| reply(200, "")).await;
        let stats = run_bounded(&scenario, &server.url(), ms(200), 1).await;
        assert_eq!(errors(&crate::support::entry(&stats, "GET", "/")), []);
        assert!(server.seen().iter().all(|seen| reuse == ConnectionReuse::PerIteration || seen.position == 0));
    }
}

/// Refused streams were not looked at: they are sent again, whatever the method, and counted once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_sent_again() {
    let asked = AtomicUsize::new(0);
    let server = FramedServer::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) % 3 {
        2 => reply(200, ""),
        _ => End::Reset(Reason::REFUSED_STREAM).into(),
    })
    .await;
    let mut scenario = framed(closed(1, ms(200)));
    let post = request(&mut scenario, "POST", "/");
    scenario.kinds[0].flow = vec![send(post), Step::Think(ThinkTime::Constant(ms(10)))];
    let stats = run(&scenario, &server.url(), ms(200)).await;
    let entry = entry(&stats, "POST", "/");
    assert_eq!((entry.succeeded.count, errors(&entry)), (server.count("/"), vec![]));
    assert!(entry.succeeded.count >= 5);

    let server = FramedServer::start(|_| End::Reset(Reason::REFUSED_STREAM).into()).await;
    let stats = run(&scenario, &server.url(), ms(100)).await;
    let entry = crate::support::entry(&stats, "POST", "/");
    let expected = (ErrorKind::Reset, "the server refused the stream".to_owned(), entry.failed.count);
    assert_eq!(errors(&entry), [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_that_were_closed_are_replaced() {
    let server = FramedServer::start(|seen| if seen.position == 3 { End::Close.into() } else { reply(200, "") }).await;
    let mut scenario = asking(closed(2, ms(300)), ThinkTime::Constant(ms(10)));
    let stats = run(&scenario, &server.url(), ms(300)).await;
    // A GET may be sent again: it is answered on the next connection.
    assert_eq!(errors(&entry(&stats, "GET", "/")), []);
    assert!(server.connections() > 4);

    let server = FramedServer::start(|_| End::Close.into()).await;
    let post = request(&mut scenario, "POST", "/");
    scenario.kinds[0].flow = vec![send(post)];
    let stats = run(&scenario, &server.url(), ms(100)).await;
    let entry = entry(&stats, "POST", "/");
    // Closed with bytes of ours unread, a connection ends by a reset rather than by its end.
    let ends = ["connection closed before an answer", "connection reset", "connection closed while sending"];
    let errors = errors(&entry);
    assert!(
        errors.iter().all(|(kind, text, _)| *kind == ErrorKind::Reset && ends.contains(&text.as_str())),
        "{errors:?}"
    );
    assert_eq!(errors.iter().map(|(_, _, count)| count).sum::<u64>(), server.count("/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_go_through_the_windows() {
    let server = FramedServer::start(|_| reply(200, vec![b'x'; 6 << 20])).await;
    let mut scenario = framed(closed(2, ms(400)));
    let mut post = request(&mut scenario, "POST", "/");
    post.body = Body::Raw(Template::text("y".repeat(1 << 20)));
    // A body is kept up to 10 MiB.
    post.checks = vec![Check::Body(Expect::Contains(Template::text("xxxx")))];
    scenario.kinds[0].flow = vec![send(post)];
    let stats = run(&scenario, &server.url(), ms(400)).await;
    let entry = entry(&stats, "POST", "/");
    assert_eq!(errors(&entry), []);
    assert!(entry.succeeded.count >= 2, "{}", entry.succeeded.count);
    assert!(server.seen().iter().all(|seen| seen.body.len() == 1 << 20));
    assert!(entry.body_bytes >= entry.succeeded.count * (6 << 20));
    assert!(entry.received_bytes > entry.body_bytes && entry.received_bytes < entry.body_bytes * 101 / 100);
    assert!(entry.sent_bytes >= entry.succeeded.count << 20);
}

fn acceptor(protocols: &[&[u8]]) -> tokio_rustls::TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config))
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_it_is_agreed_on() {
    for (protocols, error) in [
        (&[&b"h2"[..], b"http/1.1"][..], None),
        (&[b"http/1.1"], Some("the server does not offer HTTP/2: leave out `http: 2`")),
        (&[], Some("the server does not offer HTTP/2: leave out `http: 2`")),
    ] {
        let setup = Setup { tls: Some(acceptor(protocols)), ..Setup::default() };
        let server = FramedServer::with(setup, |_| reply(200, "secret")).await;
        let mut scenario = asking(closed(2, ms(200)), ThinkTime::Constant(ms(20)));
        scenario.http.tls = TlsTrust::AcceptAny;
        let url = format!("https://localhost:{}", server.address.port());
        let entry = entry(&run(&scenario, &url, ms(200)).await, "GET", "/");
        match error {
            None => {
                assert_eq!((errors(&entry), server.connections()), (vec![], 2));
                assert_eq!((entry.succeeded.count, entry.tls.count()), (server.count("/"), 2));
                assert_eq!(server.seen()[0].header(":scheme"), Some("https"));
            }
            Some(error) => assert_eq!(errors(&entry), [(ErrorKind::Tls, error.to_owned(), entry.failed.count)]),
        }
    }
}

/// What a server does with a connection.
type Manner = fn(TcpStream) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// The errors of users who meet a server that behaves so.
async fn errors_with(manner: Manner) -> Vec<(ErrorKind, String, u64)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut clients = JoinSet::new();
        while let Ok((tcp, _)) = listener.accept().await {
            clients.spawn(manner(tcp));
        }
    });
    let mut scenario = framed(closed(1, ms(150)));
    let mut request = request(&mut scenario, "GET", "/");
    request.timeout = ms(100);
    scenario.kinds[0].flow = vec![send(request), Step::Think(ThinkTime::Constant(ms(200)))];
    errors(&entry(&run(&scenario, &format!("http://{address}"), ms(150)).await, "GET", "/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_misbehave_get_the_right_error() {
    let check = async |manner: Manner, kind: ErrorKind, words: &str| {
        assert_eq!(errors_with(manner).await, [(kind, words.to_owned(), 1)]);
    };
    let http_1: Manner = |mut tcp| {
        Box::pin(async move {
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
            let _ = tcp.read(&mut [0; 1024]).await;
        })
    };
    check(http_1, ErrorKind::BadResponse, "the server speaks HTTP/1.1 only: leave out `http: 2`").await;
    let silent: Manner =
        |mut tcp| Box::pin(async move { while tcp.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {} });
    check(silent, ErrorKind::Timeout, "no answer within 100ms").await;
    let closing: Manner = |tcp| Box::pin(async move { drop(tcp) });
    let words = errors_with(closing).await;
    assert_eq!((words.len(), words[0].0), (1, ErrorKind::Reset), "{words:?}");
    let garbage: Manner = |mut tcp| {
        Box::pin(async move {
            // A SETTINGS frame of 5 bytes: allowed are multiples of 6.
            let _ = tcp.write_all(&[0, 0, 5, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]).await;
            while tcp.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {}
        })
    };
    check(garbage, ErrorKind::BadResponse, "not HTTP/2: PROTOCOL_ERROR").await;
    let tired: Manner = |mut tcp| {
        Box::pin(async move {
            // SETTINGS, then GOAWAY for reason 11 with stream 1 as the last: it was looked at.
            let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11];
            let _ = tcp.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
            let _ = tcp.read(&mut [0; 1024]).await;
            let _ = tcp.write_all(&goaway).await;
            // Only its half: where the client still writes to a socket that is gone, this is what it tells of.
            let _ = tcp.shutdown().await;
            while tcp.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {}
        })
    };
    check(tired, ErrorKind::Reset, "connection closed before an answer").await;
    let refusing: Manner = |mut tcp| {
        Box::pin(async move {
            // The same with stream 0 as the last: nothing was looked at, each time.
            let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
            let _ = tcp.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
            let _ = tcp.read(&mut [0; 1024]).await;
            let _ = tcp.write_all(&goaway).await;
            while tcp.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {}
        })
    };
    check(refusing, ErrorKind::Reset, "the server ended the connection: ENHANCE_YOUR_CALM").await;
}

/// A server that takes no request at all keeps nobody for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_allows_no_streams_hangs_nobody() {
    let setup = Setup { streams: Some(0), ..Setup::default() };
    let server = FramedServer::with(setup, |_| reply(200, "")).await;
    let mut scenario = framed(closed(3, ms(300)));
    let mut request = request(&mut scenario, "GET", "/");
    request.timeout = ms(50);
    scenario.kinds[0].flow = vec![send(request)];
    let stats = run_bounded(&scenario, &server.url(), ms(300), 2).await;
    let entry = entry(&stats, "GET", "/");
    assert!(entry.failed.count >= 4, "{}", entry.failed.count);
    assert_eq!(entry.succeeded.count, 0);
}
