//! Servers whose certificates no authority of the system signed: refused with the remedy named, trusted once it is taken.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{KEY, source_of, words};
use crate::data::Control;
use crate::error::ErrorKind;
use crate::source::Source as _;

const KEY_FILE: &str = include_str!("../../../tests/fixtures/tls/server.key");

/// The address of a server that shows this certificate and says who asks.
fn server(certificate: &str) -> String {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY_FILE.as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for line in listener.incoming().flatten() {
            let mut line = BufReader::new(StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), line));
            let mut header = String::new();
            // A client that does not trust the certificate goes away.
            while line.read_line(&mut header).is_ok_and(|n| n > 0) && header.trim() != "" {
                header.clear();
            }
            let body = r#"{"user": {"name": "Ana"}, "client_config": {"version": "26.3.0"}}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = write!(line.get_mut(), "{head}Content-Length: {}\r\n\r\n{body}", body.len());
            line.get_mut().conn.send_close_notify();
            let _ = line.get_mut().flush();
        }
    });
    url
}

fn file(name: &str) -> String {
    format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn an_authority_of_ones_own_is_named_by_the_remedy_and_then_trusted() {
    let signed = include_str!("../../../tests/fixtures/tls/server.pem");
    let own = include_str!("../../../tests/fixtures/tls/own.pem");
    for (certificate, good, wrong) in [(signed, "authority.pem", "own.pem"), (own, "own.pem", "authority.pem")] {
        let url = server(certificate);
        let check = |more: &str| source_of(&url, KEY, more).check(&Control::new());
        for settings in [String::new(), format!("ca_file = '{}'", file(wrong))] {
            let error = check(&settings).unwrap_err();
            assert_eq!((error.kind, error.hint.as_ref().unwrap().id), (ErrorKind::Connect, "hint-http-tls"));
            assert!(words(&error).contains("ca_file") && !words(&error).contains(KEY), "{error:?}");
        }
        let found = check(&format!("ca_file = '{}'", file(good))).unwrap();
        assert!(found.to_string().contains("Ana"), "{good}: {found}");
        // The name has to be right all the same.
        let other = url.replace("127.0.0.1", "127.0.0.2");
        let error = source_of(&other, KEY, &format!("ca_file = '{}'", file(good))).check(&Control::new()).unwrap_err();
        assert_eq!((error.kind, error.hint.as_ref().unwrap().id), (ErrorKind::Connect, "hint-http-tls"));
    }
    let none = source_of("https://127.0.0.1:1", KEY, &format!("ca_file = '{}'", file("server.key")));
    assert_eq!(none.check(&Control::new()).unwrap_err().message.id, "error-http-ca");
}
