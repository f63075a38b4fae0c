//! The secured line to a server, by the modes libpq names. No data passes here.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{Settings, SslMode};
use crate::error::{Error, ErrorKind, Result};
use crate::source::tls::{Leniently, Pardon};
use crate::text::Msg;

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
    let leniently = |pardon| Arc::new(Leniently { pardon, provider: provider.clone() });
    let config = match (settings.sslmode, file) {
        (SslMode::VerifyFull, _) => builder.with_root_certificates(roots(file)?).with_no_client_auth(),
        (SslMode::VerifyCa, _) | (SslMode::Require, Some(_)) => builder
            .dangerous()
            .with_custom_certificate_verifier(leniently(Pardon::Name(chain(file)?)))
            .with_no_client_auth(),
        _ => builder.dangerous().with_custom_certificate_verifier(leniently(Pardon::All)).with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}
