//! What PostgreSQL is asked to do and how it is reached: costs, queries by hand, secured lines, passwords, tunnels; on real
//! servers.
#![cfg(unix)]

use std::net::{TcpListener, TcpStream};
use std::path::Path;

use super::postgres::{at, place, rows, run};
use super::{Outcome, Place};
use crate::postgres::{Database, PASSWORD, Server, USER, server, warehouse};

#[test]
fn what_would_take_too_much_is_refused_with_the_flag_that_allows_it() {
    let limited = place(&format!("{}max_rows = 1000\n", warehouse().connection("prod")));
    let words = ["rank", "prod:mart.m1", "--by", "k", "--top", "2", "--format", "csv"];
    let told = run(&limited, &words).code(5);
    assert!(
        told.err.contains("prod expects to handle 1,000,000 rows") && told.err.contains("--max-rows 1"),
        "{}",
        told.err
    );
    // The beginning of a table is no matter, nor are a few rows of one that has an order of its own.
    run(&limited, &["view", "prod:mart.m1", "--limit", "3"]).code(0);
    // What is going to be read counts, not what could be looked at.
    for (limit, most, code) in [("5", "10", 0), ("20", "50", 0), ("50", "20", 5), ("5", "3", 5)] {
        for more in [&[][..], &["--where", "k >= 0"]] {
            let words =
                ["view", "prod:mart.m1", "--columns", "k", "--limit", limit, "--max-rows", most, "--format", "csv"];
            let told = run(&limited, &[&words[..], more].concat()).code(code);
            let rows = if code == 0 { 1 + limit.parse::<usize>().unwrap() } else { 0 };
            assert_eq!(told.out.lines().count(), rows, "{limit} of {most}");
        }
    }
    // All rows are, wherever they are brought to.
    run(&limited, &["export", "prod:mart.m1", "-o", "all.parquet"]).code(5);
    assert!(!limited.path("all.parquet").exists());
    run(&limited, &["profile", "prod:mart.m1"]).code(5);
    // A view that groups reads all of them before it has a first row.
    run(&limited, &["view", "prod:mart.v_daily", "--limit", "3"]).code(5);
    // The flag the hint names lets it through.
    let flags: Vec<&str> = told.err.split_whitespace().skip_while(|w| *w != "--max-rows").take(2).collect();
    let told = run(&limited, &[&words[..], &[flags[0], flags[1].trim_end_matches(',')]].concat()).code(0);
    assert_eq!(told.out.lines().count(), 3);
    // A scan for few rows costs as much as one for many.
    let free = at(warehouse());
    let words = ["view", "prod:mart.m1", "--where", "nm = 'name_7' and k = 8", "--limit", "3"];
    let told = run(&free, &[&words[..], &["--max-cost", "100"]].concat()).code(5);
    assert!(told.err.contains("--max-cost ") && !told.err.contains("--max-rows "), "{}", told.err);
    run(&free, &words).code(0);
    assert!(run(&free, &[&words[..], &["--max-cost", "much"]].concat()).code(2).err.contains("much"));
    run(&free, &[&words[..], &["--max-cost", "-5"]].concat()).code(2);
}

#[test]
fn of_columns_that_an_answer_is_not_made_of_nothing_is_said() {
    let database = server().database();
    database.sql(
        "create table t as select i as id, 'k' || i % 2 as kind, point(i % 3, 0) as spot, i % 4 as n, \
         case when i = 300 then date 'infinity' else date '2026-01-01' end as day from generate_series(1, 400) i; \
         create view v as select * from t",
    );
    let place = at(&database);
    let text: String =
        (0..100_000).map(|i| format!("k{},{},{}\n", i % 2, i % 5, if i == 90_000 { "odd" } else { "7" })).collect();
    place.write("file.csv", &format!("kind,n,spot\n{text}"));
    for (table, text) in [("prod:public.v", "Shown as text"), ("file.csv", "is read as text")] {
        for (words, said) in [
            (&["rank", "--by", "kind"][..], false),
            (&["rank", "--by", "spot"], true),
            (&["rank", "--by", "kind", "--measure", "distinct:spot"], true),
            (&["chart", "--kind", "bar", "--x", "kind", "--format", "json"], false),
            (&["chart", "--kind", "bar", "--x", "spot", "--format", "json"], true),
            (&["ab", "--variant", "kind", "--metric", "n"], false),
            (&["ab", "--variant", "kind", "--metric", "n", "--segment", "spot"], true),
            (&["profile"], true),
        ] {
            let told = run(&place, &[&[words[0], table], &words[1..]].concat()).code(0);
            assert_eq!(told.err.contains(text), said, "{words:?}: {}", told.err);
            assert!(!told.err.contains("until the whole file"), "{}", told.err);
        }
    }
}

#[test]
fn one_query_by_hand() {
    let database = server().database();
    database.sql(
        "create table t as select g as id, 'k' || g % 3 as kind from generate_series(1, 30) g; create table u (n int); create sequence s",
    );
    let place = at(&database);
    let csv = |words: &[&str]| run(&place, &[words, &["--format", "csv"]].concat());
    let query = "/* the large ones; */ select kind, count(*) as n, max(id) from t group by kind order by 1;";
    assert_eq!(csv(&["view", "prod:sql", "--query", query]).code(0).out, "kind,n,max\nk0,10,30\nk1,10,28\nk2,10,29\n");
    assert_eq!(csv(&["view", "prod:", "--query", "select ';' as \"a;b\""]).code(0).out, "a;b\n;\n");
    // A comment before it is no flag.
    assert_eq!(csv(&["view", "prod:sql", "--query", "-- the one\nselect 1 as n"]).code(0).out, "n\n1\n");
    assert!(csv(&["view", "prod:sql", "--query", "-- the one"]).code(2).err.contains("there is none"));
    // Nobody has to wait for a transaction of ours that waits for a person.
    let held = "select current_setting('idle_in_transaction_session_timeout') as held, current_setting('transaction_read_only') as r";
    assert_eq!(csv(&["view", "prod:sql", "--query", held]).code(0).out, "held,r\n30s,on\n");
    // What is done with it is done there as well.
    let words = ["rank", "prod:sql", "--query", "select * from t where id > 3", "--by", "kind", "--top", "1", "-v"];
    let told = csv(&words).code(0);
    assert!(told.err.contains("Done at prod (PostgreSQL)"), "{}", told.err);
    assert!(told.out.lines().nth(1).unwrap().starts_with("k0,9"), "{}", told.out);
    let words = ["view", "prod:sql", "--query", "select id, kind from t", "--where", "id > 28", "--sort", "id:desc"];
    assert_eq!(csv(&words).code(0).out, "id,kind\n30,k0\n29,k2\n");
    // A recipe has it too.
    place.write("r.toml", "version = 1\nlocator = \"prod:sql\"\n\n[open]\nquery = \"select 1 as n\"\n");
    assert_eq!(csv(&["run", "r.toml"]).code(0).out, "n\n1\n");
    for (text, said) in [
        ("select 1; insert into u values (1)", "second statement"),
        ("insert into u values (1)", "does not begin a query"),
        ("drop table u", "does not begin a query"),
        (" ; ", "there is none"),
    ] {
        let told = run(&place, &["view", "prod:sql", "--query", text]).code(2);
        assert!(told.err.contains(said), "{text}: {}", told.err);
    }
    run(&place, &["view", "prod:sql"]).code(2);
    // What looks like a query and writes is refused by the session.
    run(&place, &["view", "prod:sql", "--query", "with x as (insert into u values (1) returning n) select * from x"])
        .code(1);
    let told = run(&place, &["view", "prod:sql", "--query", "select nextval('s')"]).code(5);
    assert!(told.err.contains("read-only"), "{}", told.err);
    assert_eq!(database.ask("select count(*) from u"), [["0"]]);
    // The place of an error is told: the character as it was written.
    let told = run(&place, &["view", "prod:sql", "--query", "select 東京,\n  nope from t"]).code(1);
    assert!(told.err.contains("(line 1:8)"), "{}", told.err);
    let told = run(&place, &["view", "prod:sql", "--query", "select 1,\n  nope from t"]).code(1);
    assert!(told.err.contains("(line 2:3)"), "{}", told.err);
}

#[test]
fn relations_are_found_by_some_of_their_letters() {
    let database = server().database();
    database.sql(
        "create schema mart; create view mart.v_daily_users as select 1 as x; create view mart.v_daily as select 1 as x; \
         create table daily_log (x int); create table other (x int); comment on table other is '日次の控え'",
    );
    let place = at(&database);
    let found = |words: &str| {
        let told = run(&place, &["sources", "prod:", "--match", words, "--format", "jsonl"]).code(0);
        let locator = |line: &str| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            entry["locator"].as_str().unwrap().to_owned()
        };
        told.out.lines().map(locator).collect::<Vec<_>>()
    };
    assert_eq!(found("vdu"), ["prod:mart.v_daily_users"]);
    assert_eq!(found("daily mart"), ["prod:mart.v_daily", "prod:mart.v_daily_users"]);
    assert_eq!(found("日次"), ["prod:public.other"]);
    assert_eq!(found("nothing like it"), [""; 0]);
}

/// A view of the settings of the session itself.
const SECURED: &str = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

fn asked(place: &Place, query: &str) -> Outcome {
    run(place, &["view", "prod:sql", "--query", query, "--format", "csv"])
}

#[test]
fn lines_are_secured_as_far_as_is_asked() {
    let secured = Server::start_secured();
    let database = secured.database();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/postgres/tls");
    let reached = |database: &Database<'_>, host: &str, mode: &str, authority: Option<&str>| {
        let mut config = database.connection("prod").replace("127.0.0.1", host);
        config.push_str(&format!("sslmode = \"{mode}\"\n"));
        if let Some(name) = authority {
            config.push_str(&format!("ca_file = {:?}\n", files.join(name)));
        }
        asked(&place(&config), SECURED)
    };
    for (host, mode, authority, code) in [
        ("127.0.0.1", "disable", None, 3),
        ("127.0.0.1", "prefer", None, 0),
        ("127.0.0.1", "require", None, 0),
        // With a file of authorities this is the next.
        ("127.0.0.1", "require", Some("other.pem"), 3),
        ("127.0.0.1", "require", Some("ca.pem"), 0),
        ("127.0.0.1", "verify-ca", Some("ca.pem"), 0),
        ("127.0.0.1", "verify-ca", Some("other.pem"), 3),
        ("127.0.0.1", "verify-ca", None, 3),
        ("localhost", "verify-full", Some("ca.pem"), 0),
        ("127.0.0.1", "verify-full", Some("ca.pem"), 3),
        ("localhost", "verify-full", Some("other.pem"), 3),
        ("localhost", "verify-full", Some("gone.pem"), 2),
    ] {
        let told = reached(&database, host, mode, authority).code(code);
        if code == 0 {
            assert_eq!(told.out, "ssl\ntrue\n", "{mode}");
        }
        assert!(!format!("{told:?}").contains(PASSWORD));
    }
    // A server that cannot.
    let plain = server().database();
    for (mode, code) in [("disable", 0), ("prefer", 0), ("require", 3), ("verify-ca", 3), ("verify-full", 3)] {
        let told = reached(&plain, "127.0.0.1", mode, Some("ca.pem")).code(code);
        if code == 0 {
            assert_eq!(told.out, "ssl\nfalse\n", "{mode}");
        }
    }
}

#[test]
fn services_and_passwords_are_found_where_libpq_finds_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = server().database();
    let who = "select current_user as who, current_database() as db";
    let wanted = format!("who,db\n{USER},{}\n", database.name);
    let plain = |place: &Place| {
        place.finish(place.program(&["view", "prod:sql", "--query", who, "--format", "csv"]).output().unwrap())
    };
    // A service, with its password in the home folder.
    let place = place("[connections.prod]\nkind = \"postgres\"\nservice = \"mart\"\n");
    let service = format!(
        "[other]\nhost=nowhere\n[mart]\nhost=127.0.0.1\nport={}\nuser={USER}\ndbname={}\n",
        database.port(),
        database.name
    );
    place.write("home/.pg_service.conf", &service);
    plain(&place).code(3);
    let passwords = place.write("home/.pgpass", format!("127.0.0.1:*:{}:{USER}:{PASSWORD}\n", database.name));
    // Others could read it.
    std::fs::set_permissions(&passwords, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(plain(&place).code(3).err.contains("passed over"));
    std::fs::set_permissions(&passwords, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(plain(&place).code(0).out, wanted);
    // Nothing but the kind, and the rest from variables.
    let variables = super::postgres::place("[connections.prod]\nkind = \"postgres\"\n");
    let mut program = variables.program(&["view", "prod:sql", "--query", who, "--format", "csv"]);
    program.envs([("PGHOST", "127.0.0.1"), ("PGUSER", USER), ("PGDATABASE", &database.name), ("PGPASSWORD", PASSWORD)]);
    program.env("PGPORT", database.port().to_string());
    assert_eq!(variables.finish(program.output().unwrap()).code(0).out, wanted);
    // A command that tells the password; one that fails is not taken for an empty password.
    for (command, code) in [("cat secret", 0), ("cat nothing", 2)] {
        let config = database.connection("prod").replace("env:WAREHOUSE_PASSWORD", &format!("command:{command}"));
        let place = super::postgres::place(&config);
        place.write("secret", format!("{PASSWORD}\n"));
        let told = plain(&place);
        assert!(!told.err.contains(PASSWORD));
        assert_eq!(told.code, Some(code), "{told:?}");
    }
}

/// Lets everything that comes to a port through to another.
fn forward(listener: &TcpListener, to: u16) {
    for near in listener.incoming().flatten() {
        let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
        for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
        }
    }
}

#[test]
fn a_command_opens_the_way_and_its_port_is_waited_for() {
    let database = server().database();
    let far = database.port();
    let near = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = |before: &str| {
        let reached = database.connection("prod").replace(&format!(":{far}/"), &format!(":{near}/"));
        format!("{reached}before = \"{before}\"\ntimeout = \"2s\"\n")
    };
    // A command that opens nothing.
    let told = asked(&place(&config("exit 3")), "select 1 as n").code(3);
    assert!(told.err.contains("did not open the way"), "{}", told.err);
    // The tunnel is up some time after the command has begun, and no sooner.
    let tunnelled = place(&config("touch begun; sleep 60").replace("2s", "60s"));
    let begun = tunnelled.path("begun");
    std::thread::spawn(move || {
        while !begun.exists() {
            std::thread::yield_now();
        }
        forward(&TcpListener::bind(("127.0.0.1", near)).unwrap(), far);
    });
    assert_eq!(asked(&tunnelled, "select 1 as n").code(0).out, "n\n1\n");
    assert!(rows(&run(&tunnelled, &["view", "prod:sql", "--query", "select 2 as n", "--json"]).code(0))[0]["n"] == 2);
}
