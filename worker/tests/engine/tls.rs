//! https, with a certificate that nobody signed.

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use swarmgate_domain::*;
use tokio_rustls::TlsAcceptor;

use crate::support::*;

pub fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn asked(trust: TlsTrust, act: fn() -> Vec<Act>) -> (EntryStats, Server) {
    let server = Server::with_tls(move |_| act(), Some(acceptor())).await;
    let mut scenario = scenario(closed(2, ms(200)));
    scenario.http.tls = trust;
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, Step::Think(ThinkTime::Constant(ms(20)))];
    let stats = run(&scenario, &format!("https://localhost:{}", server.address.port()), ms(200)).await;
    (entry(&stats, "GET", "/"), server)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_certificate_will_do_where_asked() {
    let (entry, server) = asked(TlsTrust::AcceptAny, || answer(200, "", "secret")).await;
    assert_eq!(entry.failed.count, 0, "{:?}", errors(&entry));
    assert_eq!((entry.succeeded.count, server.connections()), (server.seen().len() as u64, 2));
    assert!(entry.succeeded.count >= 8);
    assert_eq!((entry.connect.count(), entry.tls.count()), (2, 2));
    let port = server.address.port();
    assert_eq!(server.seen()[0].header("host"), Some(format!("localhost:{port}").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_certificate_is_a_failure_of_its_kind() {
    let (entry, server) = asked(TlsTrust::Verify, || answer(200, "", "secret")).await;
    assert_eq!((entry.succeeded.count, server.seen().len()), (0, 0));
    let expected = (ErrorKind::Tls, "the certificate is of an unknown issuer".to_owned(), entry.failed.count);
    assert_eq!(errors(&entry), [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_tls_connections_that_were_closed_are_replaced() {
    let close = || [answer(200, "", "bye"), vec![Act::Wait(2), Act::Close]].concat();
    let (entry, server) = asked(TlsTrust::AcceptAny, close).await;
    assert_eq!((entry.failed.count, entry.succeeded.count), (0, server.connections() as u64), "{:?}", errors(&entry));
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_no_tls() {
    let mut scenario = scenario(closed(1, ms(100)));
    scenario.http.tls = TlsTrust::AcceptAny;
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, Step::Think(ThinkTime::Constant(ms(200)))];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut tcp, _)) = listener.accept().await {
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let stats = run(&scenario, &format!("https://{address}"), ms(100)).await;
    assert_eq!(errors(&entry(&stats, "GET", "/")), [(ErrorKind::Tls, "what came is no TLS".to_owned(), 1)]);
}
