//! The secured line to a server, by the modes libpq names. No data passes here.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{Settings, SslMode};
use crate::error::{Error, ErrorKind, Result};
use crate::text::Msg;

/// What is asked of the server's certificate.
#[derive(Debug)]
struct Leniently {
    /// None: nothing is asked.
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Leniently {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(certificate, between, name, stapled, now) {
            // The chain was found good before the name was looked at.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn failed(e: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Connect, Msg::new("error-postgres-tls").with("cause", e.to_string()))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|e| {
                let mut error = Error::io(path, e);
                error.kind = ErrorKind::Usage;
                error
            })?;
            for certificate in CertificateDer::pem_slice_iter(&bytes) {
                roots.add(certificate.map_err(failed)?).map_err(failed)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

/// The line these settings ask for.
pub fn connector(settings: &Settings) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(failed)?;
    let chain = |file: Option<&Path>| -> Result<Arc<WebPkiServerVerifier>> {
        let roots = Arc::new(roots(file)?);
        WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().map_err(failed)
    };
    let file = settings.ca_file.as_deref();
    let leniently = |chain| Arc::new(Leniently { chain, provider: provider.clone() });
    let config = match (settings.sslmode, file) {
        (SslMode::VerifyFull, _) => builder.with_root_certificates(roots(file)?).with_no_client_auth(),
        (SslMode::VerifyCa, _) | (SslMode::Require, Some(_)) => {
            builder.dangerous().with_custom_certificate_verifier(leniently(Some(chain(file)?))).with_no_client_auth()
        }
        _ => builder.dangerous().with_custom_certificate_verifier(leniently(None)).with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}
