//! Through a proxy: requests, tunnels, logins, and that it is no way to where load never goes.

use swarmgate_domain::*;
use swarmgate_service::ports::{LoadEngine, Secrets};
use swarmgate_worker::{Engine, EngineOptions};
use tokio::net::TcpListener;

use crate::framed_server::{FramedServer, reply};
use crate::proxy_server::ProxyServer;
use crate::support::*;

/// A user that gets `/` through the proxy at `url`, and thinks.
fn through(url: &str, login: Option<ProxyLogin>) -> Scenario {
    let mut scenario = scenario(closed(2, ms(200)));
    scenario.http.proxy = Some(Proxy { url: url.to_owned(), login });
    scenario.http.tls = TlsTrust::AcceptAny;
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, Step::Think(ThinkTime::Constant(ms(20)))];
    scenario
}

fn login(user: &str, password: &str) -> Option<ProxyLogin> {
    Some(ProxyLogin { user: Template::text(user), password: Template(vec![Part::Secret(password.to_owned())]) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_asked_for_whole_urls() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/deep/a" => answer(302, "Location: b\r\nSet-Cookie: deep=1\r\n", ""),
        _ => answer(200, "", "ok"),
    })
    .await;
    let proxy = ProxyServer::start(None).await;
    let mut scenario = through(&proxy.url(), None);
    let deep = get(&mut scenario, "/deep/a");
    let mut post = request(&mut scenario, "POST", "/post");
    post.query = vec![(Template::text("user"), Template(vec![Part::UserId]))];
    post.body = Body::Raw(Template::text("hello"));
    scenario.kinds[0].flow.extend([deep, send(post)]);
    let stats = run(&scenario, &server.url(), ms(200)).await;
    assert!(stats.entries.values().all(|entry| entry.failed.count == 0), "{stats:?}");
    let url = server.url();
    let asked = proxy.asked();
    for line in ["GET {}/", "GET {}/deep/a", "GET {}/deep/b", "POST {}/post?user=1"] {
        assert!(asked.contains(&line.replace("{}", &url)), "{line} in {asked:?}");
    }
    let served = server.by_path();
    let of = |method, path| entry(&stats, method, path);
    assert_eq!(of("GET", "/").succeeded.count, served["/"]);
    assert_eq!(
        (of("GET", "/deep/a").redirects, of("POST", "/post").succeeded.count),
        (served["/deep/b"], served["/post"])
    );
    // Cookies go by the path, not by all of the URL.
    let deep_b = server.seen().into_iter().find(|seen| seen.target == "/deep/b").unwrap();
    assert_eq!((deep_b.header("cookie"), deep_b.header("host")), (Some("deep=1"), Some(&url[7..])));
    assert_eq!(stats.generator.connections_opened, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn https_goes_through_a_tunnel() {
    let server = Server::with_tls(|_| answer(200, "", "secret"), Some(crate::tls::acceptor())).await;
    let proxy = ProxyServer::start(None).await;
    let url = format!("https://localhost:{}", server.address.port());
    let stats = run(&through(&proxy.url(), None), &url, ms(200)).await;
    let entry = entry(&stats, "GET", "/");
    assert_eq!((errors(&entry), entry.succeeded.count), (vec![], server.seen().len() as u64));
    assert_eq!((entry.connect.count(), entry.tls.count()), (2, 2));
    assert_eq!(proxy.asked(), vec![format!("CONNECT localhost:{}", server.address.port()); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_goes_through_a_tunnel_whatever_the_scheme() {
    let server = FramedServer::start(|_| reply(200, "ok")).await;
    let proxy = ProxyServer::start(None).await;
    let mut scenario = through(&proxy.url(), None);
    scenario.http.version = HttpVersion::Http2;
    let stats = run(&scenario, &server.url(), ms(200)).await;
    let entry = entry(&stats, "GET", "/");
    assert_eq!((errors(&entry), entry.succeeded.count), (vec![], server.count("/")));
    assert!(entry.succeeded.count > 8);
    assert_eq!(proxy.asked(), vec![format!("CONNECT {}", server.address); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_told_who_asks() {
    let plain = Server::start(|_| answer(200, "", "ok")).await;
    let tls = Server::with_tls(|_| answer(200, "", "ok"), Some(crate::tls::acceptor())).await;
    // `ann:pass word`
    let proxy = ProxyServer::start(Some("Basic YW5uOnBhc3Mgd29yZA==")).await;
    let secrets = || Secrets([("key".to_owned(), "pass word".to_owned())].into());
    for (url, is_plain) in [(plain.url(), true), (format!("https://{}", tls.address), false)] {
        let told = through(&proxy.url(), login("ann", "key"));
        let mut spec = spec(&told, &url, ms(200));
        spec.secrets = secrets();
        let stats = total(&intervals(begun(spec).await).await);
        assert_eq!(errors(&entry(&stats, "GET", "/")), []);
        assert!(entry(&stats, "GET", "/").succeeded.count > 8);
        let stats = run(&through(&proxy.url(), None), &url, ms(100)).await;
        let (kind, words) = match is_plain {
            true => (ErrorKind::Status, "status 407"),
            false => (ErrorKind::Refused, "proxy: it wants another name or password (407)"),
        };
        let entry = entry(&stats, "GET", "/");
        assert_eq!(errors(&entry), [(kind, words.to_owned(), entry.failed.count)]);
    }
    let servers = [plain.seen(), tls.seen()].concat();
    assert!(
        servers.iter().all(|seen| seen.header("proxy-authorization").is_none()),
        "that is none of the server's business"
    );
    let error = Engine::default().prepare(spec(&through(&proxy.url(), login("ann", "key")), &plain.url(), ms(1))).await;
    let error = error.err().unwrap();
    let expected = format!("preparing the proxy `{}`: the secret `key` is not known to this worker", proxy.url());
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_lead_there_is_named() {
    let check = async |proxy: String, target: String, kind: ErrorKind, words: &str| {
        let mut scenario = through(&proxy, None);
        scenario.http.connect_timeout = ms(60);
        let entry = entry(&run(&scenario, &target, ms(100)).await, "GET", "/");
        assert_eq!(errors(&entry), [(kind, words.to_owned(), entry.failed.count)]);
    };
    let free = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let nobody = free().await.local_addr().unwrap();
    let tls = || format!("https://{nobody}");
    check(format!("http://{nobody}"), tls(), ErrorKind::Refused, "proxy: connection refused").await;
    let proxy = ProxyServer::start(None).await;
    check(proxy.url(), tls(), ErrorKind::Refused, "proxy: it does not lead there (502)").await;
    let silent = free().await;
    let address = silent.local_addr().unwrap();
    check(format!("http://{address}"), tls(), ErrorKind::Timeout, "proxy: no tunnel within 60ms").await;
    let (closing, _tasks) = closing_server().await;
    let entry = entry(&run(&through(&format!("http://{closing}"), None), &tls(), ms(100)).await, "GET", "/");
    assert_eq!(entry.errors.keys().next().unwrap().kind, ErrorKind::Reset);
}

async fn refused(scenario: &Scenario, target: &str, allowed: AllowedTargets) -> (String, String) {
    let engine = Engine::new(EngineOptions { allowed, ..EngineOptions::default() });
    let error = engine.prepare(spec(scenario, target, ms(100))).await.err().unwrap();
    (error.to_string(), error.hint)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_no_way_to_where_load_never_goes() {
    let proxy = ProxyServer::start(None).await;
    let scenario = through(&proxy.url(), None);
    for target in ["http://169.254.169.254", "https://[fe80::1]", "http://metadata.google.internal"] {
        let (words, _) = refused(&scenario, target, AllowedTargets::Any).await;
        assert!(words.contains("which is never loaded"), "{words}");
    }
    // A name that only the proxy can look up could be that of anything.
    let (words, hint) = refused(&scenario, "http://no-such-host.invalid", AllowedTargets::Any).await;
    assert!(words.starts_with("looking up the address of no-such-host.invalid: "), "{words}");
    assert!(hint.contains("through a proxy too"), "{hint}");
    // A metadata service takes whole URLs too, and the proxy is what is connected to.
    let scenario = through("http://169.254.169.254", None);
    let (words, _) = refused(&scenario, "http://127.0.0.1:1", AllowedTargets::Any).await;
    assert!(words.contains("`169.254.169.254` is a link-local address"), "{words}");

    let listed = |pattern: &str| AllowedTargets::Listed(vec![pattern.parse().unwrap()]);
    let (words, _) = refused(&through(&proxy.url(), None), "http://localhost:1", listed("localhost")).await;
    assert!(words.contains("`127.0.0.1` is not on the list"), "{words}");
    let (words, _) = refused(&through(&proxy.url(), None), "http://localhost:1", listed("127.0.0.1")).await;
    assert!(words.contains("`localhost` is not on the list"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_do_not_lead_there_either() {
    let server = Server::start(|_| answer(302, "Location: http://169.254.169.254/latest/meta-data/\r\n", "")).await;
    let proxy = ProxyServer::start(None).await;
    let stats = run(&through(&proxy.url(), None), &server.url(), ms(100)).await;
    let entry = entry(&stats, "GET", "/");
    let [(kind, words, count)] = &errors(&entry)[..] else { panic!("{:?}", errors(&entry)) };
    assert_eq!((*kind, *count), (ErrorKind::Redirect, entry.failed.count));
    assert!(words.contains("link-local"), "{words}");
    assert!(proxy.asked().iter().all(|line| !line.contains("169.254")), "{:?}", proxy.asked());
}
