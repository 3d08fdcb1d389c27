//! The server's side of https.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate chain and its private key, as PEM.
#[derive(Clone)]
pub struct TlsIdentity {
    /// The server's certificate first.
    pub certificate_pem: String,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key_pem: String,
}

impl std::fmt::Debug for TlsIdentity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TlsIdentity").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

/// What can be wrong with an identity.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No PEM, or not of the kind it should be.
    #[error("reading the {what} as PEM")]
    Pem {
        /// `certificate` or `private key`.
        what: &'static str,
        /// What the parser found.
        source: pem::Error,
    },
    /// PEM, but not usable.
    #[error("using the certificate with the private key")]
    Unusable {
        /// What the TLS library says.
        #[from]
        source: rustls::Error,
    },
    /// No certificate could be made.
    #[error("making a self-signed certificate")]
    SelfSigned {
        /// What the generator says.
        #[from]
        source: rcgen::Error,
    },
}

/// A new certificate for `localhost`, `127.0.0.1` and `::1` that signs itself: a client trusts it when told to, in tests.
///
/// # Errors
/// [`TlsError::SelfSigned`]: the machine gives no random numbers.
pub fn self_signed() -> Result<TlsIdentity, TlsError> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)?;
    Ok(TlsIdentity { certificate_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem() })
}

pub(crate) fn acceptor(identity: &TlsIdentity) -> Result<TlsAcceptor, TlsError> {
    let in_certificate = |source| TlsError::Pem { what: "certificate", source };
    let chain = CertificateDer::pem_slice_iter(identity.certificate_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(in_certificate)?;
    if chain.is_empty() {
        return Err(in_certificate(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes())
        .map_err(|source| TlsError::Pem { what: "private key", source })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_identity_says_what_is_wrong() {
        let good = self_signed().unwrap();
        assert!(acceptor(&good).is_ok());
        let check = |certificate_pem: &str, key_pem: &str, expected: &str| {
            let identity = TlsIdentity { certificate_pem: certificate_pem.to_owned(), key_pem: key_pem.to_owned() };
            let error = acceptor(&identity).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected));
        };
        check("", &good.key_pem, "reading the certificate as PEM");
        check(&good.certificate_pem, "none", "reading the private key as PEM");
        let other = self_signed().unwrap();
        check(&good.certificate_pem, &other.key_pem, "using the certificate with the private key");
    }

    #[test]
    fn the_key_is_not_shown() {
        let identity = self_signed().unwrap();
        assert!(!format!("{identity:?}").contains("PRIVATE KEY"));
    }
}
