//! The same server over https.

use std::net::TcpStream;
use std::sync::Arc;

use swarmgate_workload::{Workload, WorkloadError, self_signed};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{Client, get};

#[test]
fn https_serves_and_counts_as_http_does() {
    let identity = self_signed().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let workload = Workload::builder().tls(identity).start().unwrap();
    assert!(workload.url("/").starts_with("https://127.0.0.1:"));
    for name in ["localhost", "127.0.0.1"] {
        let session = ClientConnection::new(config.clone(), ServerName::try_from(name).unwrap()).unwrap();
        let stream = StreamOwned::new(session, TcpStream::connect(workload.addr()).unwrap());
        let mut client = Client { stream };
        client.send(&["/", "/delay?ms=1"].map(get).concat());
        assert_eq!((client.answer().status, client.answer().status), (200, 200));
        assert_eq!(client.get("/bytes?n=1000000").body.len(), 1_000_000);
        assert_eq!(client.get("/close").text(), "closing\n");
        assert!(client.rest().is_empty(), "the session is closed as TLS asks for");
    }
    let stats = workload.stats();
    assert_eq!((stats.answered, stats.aborted, stats.connections.accepted), (8, 0, 2));

    Client::connect(&workload).send(&get("/"));
    while workload.stats().connections.tls_failed == 0 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(workload.shutdown().received, 8, "plain HTTP is no TLS");
}

#[test]
fn an_identity_that_cannot_be_used_is_an_error() {
    let mut identity = self_signed().unwrap();
    identity.key_pem.clear();
    let error = Workload::builder().tls(identity).start().unwrap_err();
    assert!(matches!(error, WorkloadError::Tls(_)), "{error}");
}
