//! How much travels when the work is done where the rows are: what a server sends is counted on its way.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Place;
use crate::postgres::{PASSWORD, server};

/// Hands on what goes to and fro between a port of its own and another one; counts what comes back.
fn counting(to: u16) -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicU64::new(0));
    let counted = count.clone();
    fn hand_on(mut from: TcpStream, mut to: TcpStream, count: Option<Arc<AtomicU64>>) {
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(n @ 1..) = from.read(&mut bytes) {
                if let Some(count) = &count {
                    count.fetch_add(n as u64, Ordering::SeqCst);
                }
                if to.write_all(&bytes[..n]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            hand_on(client.try_clone().unwrap(), server.try_clone().unwrap(), None);
            hand_on(server, client, Some(counted.clone()));
        }
    });
    (port, count)
}

#[test]
fn rankings_and_analyses_of_many_rows_move_less_than_ten_kilobytes() {
    let database = server().database();
    database.sql(
        "create table t as select i as id, case when i % 2 = 0 then 'A' else 'B' end as variant, i % 11 = 0 as converted,
           (i * 7919 % 1000)::float8 / 7 as revenue, i % 997 as pre, date '2026-11-01' + i % 14 as day,
           repeat('x', 100) as memo, (array['ios','android','web'])[1 + i % 3] as device from generate_series(1, 50000) i;
         create view v as select * from t",
    );
    let (port, count) = counting(server().port);
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let direct = format!(":{}/", server().port);
    let config = database.connection("prod").replace(&direct, &format!(":{port}/"));
    place.write("home/config/mekiki/config.toml", &config);
    let words: [&[&str]; 5] = [
        &["rank", "prod:v", "--by", "device", "--measure", "mean:revenue"],
        // Many groups, few of which are asked for, and an amount whose mean is asked for first.
        &["rank", "prod:v", "--by", "pre", "--measure", "sum:id"],
        &["ab", "prod:v", "--variant", "variant", "--metric", "id", "--json"],
        &["ab", "prod:v", "--variant", "variant", "--metric", "converted", "--json"],
        &[
            "ab",
            "prod:v",
            "--variant",
            "variant",
            "--metric",
            "revenue",
            "--covariate",
            "pre",
            "--segment",
            "device",
            "--json",
        ],
    ];
    for words in words {
        let before = count.load(Ordering::SeqCst);
        let told = place.finish(place.program(words).env("WAREHOUSE_PASSWORD", PASSWORD).output().unwrap()).code(0);
        let moved = count.load(Ordering::SeqCst) - before;
        assert!((500..10_000).contains(&moved), "{words:?}: {moved} bytes\n{}", told.out);
    }
}
