//! Every way an answer may be framed or broken, over real sockets.

use std::net::SocketAddr;

use swarmgate_domain::*;

use crate::support::*;

/// One user asks the server once (and maybe again) for `/`; gives what was counted, and how many connections there were.
async fn ask(acts: Vec<Act>, change: impl FnOnce(&mut Request)) -> (EntryStats, usize) {
    ask_by(acts, change, true).await
}

async fn ask_by(acts: Vec<Act>, change: impl FnOnce(&mut Request), io_uring: bool) -> (EntryStats, usize) {
    let server = Server::start(move |_| acts.clone()).await;
    let mut scenario = scenario(closed(1, ms(150)));
    let mut request = request(&mut scenario, "GET", "/");
    change(&mut request);
    let method = request.method.clone();
    scenario.names[0].method = method.clone();
    scenario.kinds[0].flow = vec![send(request), Step::Think(ThinkTime::Constant(ms(100)))];
    let stats = run_by(&scenario, &server.url(), ms(150), io_uring).await;
    (entry(&stats, &method, "/"), server.connections())
}

/// Two requests succeed, with so many bytes of body each, over so many connections.
async fn good(acts: Vec<Act>, body_bytes: u64, connections: usize) {
    for io_uring in [true, false] {
        let (entry, opened) = ask_by(acts.clone(), |_| {}, io_uring).await;
        let text = format!("{acts:?}, io_uring {io_uring}: {:?}", errors(&entry));
        assert_eq!((entry.succeeded.count, entry.failed.count), (2, 0), "{text}");
        assert_eq!((entry.body_bytes, opened), (2 * body_bytes, connections), "{text}");
    }
}

/// All requests fail, in this way.
async fn bad(acts: Vec<Act>, kind: ErrorKind, detail: &str) {
    for io_uring in [true, false] {
        let (entry, _) = ask_by(acts.clone(), |request| request.timeout = ms(60), io_uring).await;
        let got: Vec<_> = errors(&entry).into_iter().map(|(kind, detail, _)| (kind, detail)).collect();
        assert_eq!(got, [(kind, detail.to_owned())], "{acts:?}, io_uring {io_uring}");
        assert_eq!(entry.succeeded.count, 0);
    }
}

/// Each byte in a packet of its own, with a millisecond now and then.
fn byte_by_byte(text: &str) -> Vec<Act> {
    let pause = |n: usize| if n.is_multiple_of(8) { vec![Act::Wait(1)] } else { Vec::new() };
    text.bytes().enumerate().flat_map(|(n, byte)| [vec![Act::Send(vec![byte])], pause(n)].concat()).collect()
}

fn then_close(text: &str) -> Vec<Act> {
    [raw(text), vec![Act::Close]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_framing_ends_where_it_ends() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: t\r\n\r\n";
    good(answer(200, "", "hello"), 5, 1).await;
    good(raw(chunked), 9, 1).await;
    good(byte_by_byte(chunked), 9, 1).await;
    good(byte_by_byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), 3, 1).await;
    good(raw("HTTP/1.1 204 No Content\r\n\r\n"), 0, 1).await;
    good(raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"), 0, 1).await;
    good(then_close("HTTP/1.1 200 OK\r\n\r\nuntil the end"), 13, 2).await;
    good(raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), 1, 1).await;
    good(then_close("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"), 1, 2).await;
    good(then_close("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"), 1, 2).await;
    good(raw("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx"), 1, 1).await;
    // Bytes behind the end, and two framings at once: right, but the connection is not used again.
    good(raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 500 Surplus\r\n\r\n"), 1, 2).await;
    good(raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), 1, 2)
        .await;
    good(raw("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nxy"), 2, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_head_has_no_body() {
    let acts = raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    let (entry, connections) = ask(acts, |request| request.method = "HEAD".into()).await;
    assert_eq!((entry.succeeded.count, entry.body_bytes, connections), (2, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_pass_through() {
    let mut acts = raw("HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n");
    acts.extend((0..12).map(|_| Act::Send(vec![b'x'; 1_000_000])));
    good(acts.clone(), 12_000_000, 1).await;
    // Longer than what is kept: a check that reads the body says so.
    let contains = |request: &mut Request| request.checks = vec![Check::Body(Expect::Contains(Template::text("x")))];
    let (entry, _) = ask(acts, contains).await;
    let detail = "body: \"x\" in it expected, longer than 10 MiB found";
    assert_eq!(errors(&entry)[0].1, detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_named() {
    use ErrorKind::{BadResponse, Reset, Timeout};
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    bad(raw("SSH-2.0-OpenSSH_9.6\r\n"), BadResponse, "not HTTP/1.1").await;
    bad(raw("HTTP/2 200 OK\r\n\r\n"), BadResponse, "not HTTP/1.1").await;
    bad(raw("HTTP/1.1 2x0 OK\r\n\r\n"), BadResponse, "bad status line").await;
    bad(raw("HTTP/1.1 099 Low\r\n\r\n"), BadResponse, "bad status line").await;
    bad(raw("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), BadResponse, "bad header").await;
    bad(raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), BadResponse, "bad content-length").await;
    bad(raw("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"), BadResponse, "bad content-length").await;
    bad(raw("HTTP/1.1 101 Switching Protocols\r\n\r\n"), BadResponse, "unasked switch of protocols").await;
    bad(raw(&format!("{chunked}xyz\r\n")), BadResponse, "bad chunk size").await;
    bad(raw(&format!("{chunked}fffffffffffffffff\r\n")), BadResponse, "bad chunk size").await;
    bad(raw(&format!("{chunked}1\r\nxy\r\n")), BadResponse, "bad end of chunk").await;
    bad(raw(&format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(300))), BadResponse, "more than 256 headers").await;
    bad(raw(&format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(70_000))), BadResponse, "head longer than 64 KiB").await;
    bad(raw(&format!("{chunked}1;{}", "y".repeat(20_000))), BadResponse, "endless chunk line or trailers").await;
    bad(
        then_close("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
        Reset,
        "connection closed in the middle of an answer",
    )
    .await;
    bad(then_close("HTTP/1.1 200"), Reset, "connection closed in the middle of an answer").await;
    bad(vec![Act::Close], Reset, "connection closed before an answer").await;
    bad(
        [raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), vec![Act::Wait(10), Act::Reset]].concat(),
        Reset,
        "connection reset",
    )
    .await;
    bad(vec![Act::Wait(200)], Timeout, "no answer within 60ms").await;
    bad(
        [raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), vec![Act::Wait(200)]].concat(),
        Timeout,
        "no answer within 60ms",
    )
    .await;
}

/// A server that is always about to answer keeps nobody longer than the timeout.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_trickles_in_is_given_up() {
    let trickle = |text: &str| -> Vec<Act> {
        text.bytes().cycle().take(100).flat_map(|byte| [Act::Send(vec![byte]), Act::Wait(10)]).collect()
    };
    bad(trickle("HTTP/1.1 200 OK\r\nX: "), ErrorKind::Timeout, "no answer within 60ms").await;
    let body = [raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), trickle("x")].concat();
    bad(body, ErrorKind::Timeout, "no answer within 60ms").await;
}

/// A server that sends interim answers without end is not read without end.
#[tokio::test(flavor = "multi_thread")]
async fn endless_interim_answers_are_bounded() {
    let acts =
        (0..100).map(|_| Act::Send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(100).into_bytes())).collect();
    bad(acts, ErrorKind::BadResponse, "head longer than 64 KiB").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_refused() {
    let (_held, address) = nobody_listens();
    let mut scenario = scenario(closed(1, ms(100)));
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, Step::Think(ThinkTime::Constant(ms(10)))];
    let stats = run(&scenario, &format!("http://{address}"), ms(100)).await;
    let entry = entry(&stats, "GET", "/");
    assert_eq!(errors(&entry), [(ErrorKind::Refused, "connection refused".into(), entry.count())]);
    assert_eq!((entry.sent_bytes, entry.cut_off), (0, 0));
}

/// A port of our own that refuses: it is held, so that no other test comes to listen there.
fn nobody_listens() -> (tokio::net::TcpSocket, SocketAddr) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Without think time, users would do nothing but be refused, as fast as they can.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_backs_off() {
    let (_held, address) = nobody_listens();
    let mut scenario = scenario(closed(1, ms(500)));
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step];
    let stats = run(&scenario, &format!("http://{address}"), ms(500)).await;
    let entry = entry(&stats, "GET", "/");
    // 5 to 10 ms, 10 to 20, and so on: 250 ms are over after 8 waits at the latest of the shortest.
    assert!((1..=10).contains(&entry.failed.count), "{} attempts", entry.failed.count);
    assert_eq!(entry.failed.count, errors(&entry)[0].2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_closed_at_once_is_reset() {
    let (address, _tasks) = closing_server().await;
    let mut scenario = scenario(closed(1, ms(100)));
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, Step::Think(ThinkTime::Constant(ms(10)))];
    let stats = run(&scenario, &format!("http://{address}"), ms(100)).await;
    let kinds: Vec<_> = errors(&entry(&stats, "GET", "/")).into_iter().map(|error| error.0).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == ErrorKind::Reset), "{kinds:?}");
}

/// An answer that comes before the request's body was read is an answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_is_taken() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        use tokio::io::AsyncWriteExt;
        let mut held = Vec::new();
        while let Ok((mut tcp, _)) = listener.accept().await {
            tcp.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            held.push(tcp);
        }
    });
    let mut scenario = scenario(closed(1, ms(100)));
    let mut post = request(&mut scenario, "POST", "/");
    post.body = Body::Raw(Template::text("x".repeat(20_000_000)));
    post.checks = vec![Check::Status(vec![(413, 413)])];
    scenario.kinds[0].flow = vec![send(post), Step::Think(ThinkTime::Constant(ms(300)))];
    let stats = run(&scenario, &format!("http://{address}"), ms(100)).await;
    let entry = entry(&stats, "POST", "/");
    assert_eq!((entry.succeeded.count, entry.failed.count), (1, 0), "{:?}", errors(&entry));
    assert!(entry.sent_bytes < 20_000_000);
}

/// A server whose line of new connections is full lets nobody in, and says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn connecting_has_its_own_limit() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(tcp)) =
        tokio::time::timeout(std::time::Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await
    {
        held.push(tcp);
    }
    let mut scenario = scenario(closed(1, ms(100)));
    scenario.http.connect_timeout = ms(60);
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, Step::Think(ThinkTime::Constant(ms(200)))];
    let stats = run(&scenario, &format!("http://{address}"), ms(100)).await;
    let entry = entry(&stats, "GET", "/");
    assert_eq!(errors(&entry), [(ErrorKind::Timeout, "no connection within 60ms".to_owned(), 1)]);
    assert!(entry.failed.service.min().unwrap() >= ms(60));
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// An answer whose body says that it is gzip.
fn gzipped(body: &[u8]) -> Vec<Act> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
    vec![Act::Send([head.as_bytes(), body].concat())]
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_counted_as_sent_and_decoded_for_who_reads_them() {
    let body = gzip(&format!(r#"{{"ok": true, "padding": "{}"}}"#, "x".repeat(5_000)));
    let is_ok = || Check::Json { path: "$.ok".into(), expect: Expect::Equals(Template::text("true")) };
    let (entry, _) = ask(gzipped(&body), |request| request.checks = vec![is_ok()]).await;
    assert_eq!((entry.succeeded.count, errors(&entry)), (2, vec![]));
    assert_eq!(entry.body_bytes, 2 * body.len() as u64);

    // What nobody reads may be anything; what somebody reads may not.
    let broken = &body[..body.len() - 8];
    let (entry, _) = ask(gzipped(broken), |_| {}).await;
    assert_eq!(entry.succeeded.count, 2);
    let (entry, _) = ask(gzipped(broken), |request| request.checks = vec![is_ok()]).await;
    let words = "json $.ok: \"true\" expected, a body that is no gzip found";
    assert_eq!(errors(&entry), [(ErrorKind::CheckFailed, words.to_owned(), 2)]);
    let bomb = gzip(&"0".repeat(20 << 20));
    let body_check = |request: &mut Request| request.checks = vec![Check::Body(Expect::Present)];
    let (entry, _) = ask(gzipped(&bomb), body_check).await;
    let words = "body: anything expected, longer than 10 MiB found";
    assert_eq!(errors(&entry), [(ErrorKind::CheckFailed, words.to_owned(), entry.failed.count)]);
}
