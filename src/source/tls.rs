//! Whom a secured line trusts where that is not just the system's authorities: the authority a connection names besides
//! those, a server whose very certificate was named (which is what those have that sign for themselves), or, where that is
//! asked for, more. No data passes here.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// What is let pass although the chain of a server's certificate does not make it good.
#[derive(Debug)]
pub enum Pardon {
    /// Everything: nothing is asked of the certificate.
    All,
    /// Another name than the server's.
    Name(Arc<WebPkiServerVerifier>),
    /// One of these very certificates, under the server's name.
    Known(Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>),
}

/// A check of a server's certificate that lets something pass.
#[derive(Debug)]
pub struct Leniently {
    /// What.
    pub pardon: Pardon,
    /// What signatures are checked by.
    pub provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Leniently {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = match &self.pardon {
            Pardon::All => return Ok(ServerCertVerified::assertion()),
            Pardon::Name(chain) | Pardon::Known(chain, _) => chain,
        };
        match (chain.verify_server_cert(certificate, between, name, stapled, now), &self.pardon) {
            // The chain was found good before the name was looked at.
            (
                Err(rustls::Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )),
                Pardon::Name(_),
            ) => Ok(ServerCertVerified::assertion()),
            // An authority's certificate is none of a server to those who check chains; its dates were found good before.
            (
                Err(rustls::Error::InvalidCertificate(CertificateError::Other(_) | CertificateError::UnknownIssuer)),
                Pardon::Known(_, known),
            ) if known.iter().any(|known| known == certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            (found, _) => found,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A line that trusts the system's authorities and the certificates of a PEM file; why not, if the file is none.
pub fn trusting(pem: &[u8]) -> Result<ClientConfig, String> {
    let words = |e: &dyn std::fmt::Display| e.to_string();
    let known: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| words(&e))?;
    if known.is_empty() {
        return Err("PEM".to_owned());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in &known {
        roots.add(certificate.clone()).map_err(|e| words(&e))?;
    }
    let provider = Arc::new(ring::default_provider());
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let pardon = Pardon::Known(chain.map_err(|e| words(&e))?, known);
    let verifier = Leniently { pardon, provider: provider.clone() };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| words(&e))?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
