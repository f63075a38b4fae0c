//! PostgreSQL from the command line, on a real server.
#![cfg(unix)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Outcome, Place};
use crate::postgres::{Database, PASSWORD, Server, USER, server, warehouse};

/// Longest wait for something to happen on the server; only a failing test waits as long.
const DEADLINE: Duration = Duration::from_secs(60);

pub(super) fn place(config: &str) -> Place {
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    place.write("home/config/mekiki/config.toml", config);
    place
}

pub(super) fn at(database: &Database<'_>) -> Place {
    place(&database.connection("prod"))
}

pub(super) fn run(place: &Place, words: &[&str]) -> Outcome {
    place.finish(place.program(words).env("WAREHOUSE_PASSWORD", PASSWORD).output().unwrap())
}

pub(super) fn rows(told: &Outcome) -> Vec<Value> {
    let mut all: Value = serde_json::from_str(&told.out).unwrap_or_else(|e| panic!("{e}: {told:?}"));
    all["rows"].take().as_array().unwrap().clone()
}

#[test]
fn what_is_there_is_listed() {
    let place = at(warehouse());
    let told = run(&place, &["sources", "prod:"]).code(0);
    assert!(told.out.contains("prod:mart") && told.out.contains("4 tables and views"), "{}", told.out);
    let told = run(&place, &["sources", "prod:mart", "--format", "jsonl"]).code(0);
    let entries: Vec<Value> = told.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let names: Vec<&str> = entries.iter().map(|e| e["locator"].as_str().unwrap()).collect();
    // Views first.
    assert_eq!(names, ["prod:mart.v_daily", "prod:mart.mv_k", "prod:mart.alltypes", "prod:mart.m1"]);
    let remarks: Vec<&str> = entries.iter().map(|e| e["remark"].as_str().unwrap()).collect();
    assert_eq!(remarks[0], "view · 日次");
    assert!(remarks[2].contains("すべての型") && remarks[3].contains("about 1,000,000 rows"), "{remarks:?}");
    let told = run(&place, &["sources", "prod:nosuch"]).code(2);
    assert!(told.err.contains("no schema “nosuch”") && told.out.is_empty(), "{told:?}");
    let told = run(&place, &["sources", "prod:", "--match", "daily"]).code(0);
    assert!(told.out.contains("prod:mart.v_daily") && !told.out.contains("m1"), "{}", told.out);
    let told = run(&place, &["doctor"]).code(0);
    assert!(told.out.contains("PostgreSQL 1") && told.out.contains(&format!("as {USER}")), "{}", told.out);
    assert!(!format!("{told:?}").contains(PASSWORD));
}

#[test]
fn every_type_is_right_or_said_to_be_odd() {
    let place = at(warehouse());
    let told = run(&place, &["view", "prod:mart.alltypes", "--format", "json"]).code(0);
    let one = json!({
        "id": 1, "b": true, "i2": 1, "i8": 1, "f4": 1.5, "f8": 1.5, "num": "1.5", "num102": 1.5,
        "num400": "1.50000000000000000000", "t": "日本語", "vc": "vc", "c": "c", "nm": "nm", "by": "0xdeadbeef",
        "d": "2024-02-29", "tm": "12:34:56.789", "tmtz": "12:34:56+09", "ts": "2024-02-29 12:34:56.123456",
        "tstz": "2024-02-29 03:34:56.123456+00", "iv": "P1M2DT3H4M5S", "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "j": "{\"a\":1}", "jb": "{\"a\": 1}", "ia": "{1,2,NULL}", "ta": "{a,\"b,c\"}", "ia2": "{{1,2},{3,4}}", "e": "ok",
        "ip": "10.0.0.1/24", "ci": "10.0.0.0/24", "mac": "08:00:2b:01:02:03", "mon": "$12.34", "pt": "(1,2)", "r": "[1,5)",
        "x": "<a/>", "bits": "101", "vb": "10101", "tsv": "'a' 'cat' 'fat'", "o": "42", "hst": "{ok}"
    });
    let two = json!({
        "id": 2, "num": "NaN", "num102": -99999999.99,
        "num400": "12345678901234567890123456789012345678.12345678901234567890", "d": "0044-03-15 BC", "ts": "infinity", "tstz": "-infinity", "ia": "{}"
    });
    let three = json!({
        "id": 3, "b": false, "i2": -1, "i8": -9223372036854775808i64, "f8": -0.0,
        "num": "99999999999999999999999999999999999999999999999999", "t": "", "vc": " ", "c": "", "nm": "", "by": "0x",
        "d": "infinity", "tm": "24:00:00", "ts": "4713-01-01 00:00:00 BC", "tstz": "294276-12-31 23:59:59+00", "iv": "P-1Y", "j": "null", "jb": "null", "ta": "{NULL}",
        "ia2": "{}", "e": "sad", "ip": "::1/128", "ci": "::/0", "mon": "-$1.00", "r": "empty", "vb": ""
    });
    let found = rows(&told);
    assert_eq!(found.len(), 3);
    for (found, wanted) in found.iter().zip([one, two, three]) {
        for (name, value) in found.as_object().unwrap() {
            let wanted = wanted.get(name).unwrap_or(&Value::Null);
            let digits = if name == "num102" { value.to_string().replace("1.50", "1.5") } else { value.to_string() };
            assert_eq!((name, digits), (name, wanted.to_string()));
        }
    }
    for said in [
        "no such type here: tmtz, iv, ia, ta, ia2, ip, ci, mac, mon, pt, r, x, bits, vb, tsv, o, hst",
        "too far away): num, num400, d, tm, ts, tstz",
        "3 numbers that are NaN or infinite",
    ] {
        assert!(told.err.contains(said), "{said}: {}", told.err);
    }
}

#[test]
fn values_without_a_place_are_text_on_every_road() {
    let database = server().database();
    // Each first value that no column of its type holds here comes later than any beginning.
    database.sql(
        "create table late as select g as id, \
         case when g = 6000 then date 'infinity' else date '2026-01-01' + g % 300 end as d, \
         case when g = 7000 then 'NaN' else (g % 1000)::numeric(12,2) end as n, \
         case when g = 8000 then time '24:00' else time '00:00' + g * interval '1 second' end as tm, \
         case when g = 20000 then timestamptz '-infinity' else timestamptz '2026-01-01 00:00+00' end as at, \
         'k' || g % 50 as k from generate_series(1, 30000) g; \
         alter table late set (autovacuum_enabled = off); create view vlate as select * from late; \
         create view early as select * from late where id < 5000",
    );
    let place = at(&database);
    let there = |sql: &str| -> Vec<String> { database.ask(sql).iter().map(|row| row.join(",")).collect() };
    let lines = |told: &Outcome| told.out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let all = there("select * from late");
    let said = "infinite, NaN, 24:00, too many digits, too far away): ";
    let rows = |words: &[&str]| run(&place, words).code(0);
    let told = rows(&["export", "prod:vlate", "-o", "-", "--format", "csv"]);
    assert!(lines(&told) == all && told.err.contains(&format!("{said}d, n, tm, at")), "{}", told.err);
    // A window, a longer one that stops before the last of them, and a beginning that has none.
    for limit in [9000, 15000] {
        let told = rows(&["view", "prod:vlate", "--limit", &limit.to_string(), "--format", "csv"]);
        let typed = |line: &String| line.replace("2026-01-01 00:00:00+00", "2026-01-01T00:00:00Z");
        let wanted: Vec<String> = all[..limit].iter().map(typed).collect();
        assert!(lines(&told) == wanted && told.err.contains(&format!("{said}d, n, tm\n")), "{}", told.err);
    }
    let told = rows(&["view", "prod:vlate", "--limit", "2", "--format", "csv"]);
    assert!(!told.err.contains(said), "{}", told.err);
    // Conditions find them, whether or not they have been seen, and so do those on a copy.
    rows(&["export", "prod:vlate", "-o", "copy.parquet"]);
    for condition in ["d > '2026-10-20' and id > 5900", "tm >= '23:59:59'", "d is not missing and id = 6000"] {
        let wanted = there(&format!("select id, d, tm from late where {}", condition.replace("missing", "null")));
        for from in ["prod:vlate", "copy.parquet"] {
            let words =
                ["view", from, "--where", condition, "--columns", "id,d,tm", "--limit", "-1", "--format", "csv"];
            assert_eq!(lines(&rows(&words)), wanted, "{from} {condition}");
        }
    }
    // Answers, counted there, are those of the copy.
    for words in [
        &[
            "rank",
            "",
            "--by",
            "k",
            "--measure",
            "distinct:d",
            "--measure",
            "present:tm",
            "--top",
            "3",
            "--format",
            "csv",
        ][..],
        &["rank", "", "--by", "d", "--measure", "count", "--top", "400", "--format", "csv"],
        &["profile", "", "--columns", "id,d,n,tm,at,k", "--format", "csv"],
    ] {
        let on = |from: &str| rows(&words.iter().map(|w| if w.is_empty() { from } else { w }).collect::<Vec<_>>()).out;
        assert_eq!(on("prod:vlate"), on("copy.parquet"), "{words:?}");
    }
    // What is computed from such a column, in a new one or in a condition, is computed from text, as from the copy; it says
    // why, and what to do: as days again, those that are none are missing and counted.
    for words in [
        &["shape", "", "--derive", "y = year(d)", "--columns", "id,y", "-o", "-", "--format", "csv"][..],
        &["view", "", "--where", "year(d) = 2026", "--limit", "-1", "--format", "csv"],
        &["rank", "", "--by", "k", "--measure", "sum:n"],
    ] {
        let on =
            |from: &str| run(&place, &words.iter().map(|w| if w.is_empty() { from } else { w }).collect::<Vec<_>>());
        let (there, here) = (on("prod:vlate").code(2), on("copy.parquet").code(2));
        assert!(there.out.is_empty() && there.err.ends_with(&here.err), "{}\n{}", there.err, here.err);
        assert_eq!(there.err.matches(said).count(), 1, "{}", there.err);
    }
    let made = ["--cast", "d:date", "--derive", "y = year(d)", "--columns", "id,y", "-o", "-", "--format", "csv"];
    let on = |from: &str| rows(&[&["shape", from], &made[..]].concat());
    let (there, here) = (on("prod:vlate"), on("copy.parquet"));
    assert_eq!(lines(&there)[5998..6000], ["5999,2026", "6000,"]);
    assert_eq!(there.out, here.out);
    // Those it does not hold are left out: dates stay dates.
    let told = rows(&["export", "prod:early", "-o", "-", "--format", "json"]);
    assert!(told.out.contains("\"type\":\"date\"") || told.out.contains("\"type\": \"date\""), "{}", &told.out[..400]);
    // The server remembers what it saw when it last looked.
    database.sql("analyze late");
    let told = rows(&["view", "prod:late", "--limit", "2", "--format", "csv"]);
    assert!(told.err.contains(said), "{}", told.err);
}

#[test]
fn text_made_of_other_types_can_be_compared_and_sorted() {
    let place = at(warehouse());
    let ids = |words: &[&str]| {
        let all = [&["view", "prod:mart.alltypes", "--columns", "id", "--format", "json"], words].concat();
        rows(&run(&place, &all).code(0)).iter().map(|r| r["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--where", "e = 'nobody feels so'"]), [0; 0]);
    assert_eq!(ids(&["--where", "e = 'sad'"]), [3]);
    assert_eq!(ids(&["--where", "u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]), [1]);
    assert_eq!(ids(&["--where", "c = 'c'"]), [1]);
    assert_eq!(ids(&["--where", "j = 'null'"]), [3]);
    assert_eq!(ids(&["--where", "d is missing", "--sort", "id:desc"]), [0; 0]);
    assert_eq!(ids(&["--where", "ts = 'infinity'"]), [2]);
    assert_eq!(ids(&["--where", "id > 1", "--sort", "iv"]), [3, 2]);
    assert_eq!(ids(&["--where", "tm is missing"]), [2]);
    assert_eq!(ids(&["--sort", "num:desc"]), [2, 3, 1]);
}

#[test]
fn a_copy_gives_the_same_bytes() {
    let database = server().database();
    database.sql(
        "create table sales as select g as id, 'k' || g % 7 as kind, (g * 7919 % 1000)::numeric(12,2) / 4 as raw, \
         (g * 104729 % 100000)::numeric(12,2) as amount, g * 0.25::float8 as x, \
         case when g % 11 = 0 then null else date '2026-01-01' + g % 300 end as day, \
         timestamptz '2026-01-01 00:00+00' + g * interval '1 hour' as stamp from generate_series(1, 3000) g",
    );
    let place = at(&database);
    run(&place, &["export", "prod:public.sales", "-o", "copy.parquet"]).code(0);
    for words in [
        &["view", "", "--where", "kind = 'k3' and day >= '2026-06-01'", "--sort", "amount:desc,id", "--limit", "9"][..],
        &["view", "", "--where", "stamp < '2026-01-03T05:00:00Z'"],
        &["view", "", "--where", "upper(kind) = 'K1'", "--sort", "id:desc", "--limit", "5"],
        &[
            "rank",
            "",
            "--by",
            "kind",
            "--measure",
            "count",
            "--measure",
            "sum:amount",
            "--measure",
            "median:x",
            "--top",
            "3",
        ],
        &["rank", "", "--by", "day", "--measure", "mean:x", "--top", "4", "--others"],
        &["rank", "", "--by", "kind", "--measure", "sum:amount", "--top", "2", "--others"],
        &["rank", "", "--by", "stamp", "--measure", "sum:raw", "--top", "4"],
        &["profile", ""],
        &["export", "", "-o", "-"],
    ] {
        let with = |locator: &str| {
            let words: Vec<&str> = words.iter().map(|w| if w.is_empty() { locator } else { w }).collect();
            run(&place, &[&words[..], &["--format", "csv"]].concat()).code(0)
        };
        let (there, here) = (with("prod:public.sales").out, with("copy.parquet").out);
        match words[0] {
            "profile" => assert_eq!(rounded(&there), rounded(&here)),
            _ => assert_eq!(there, here, "{words:?}"),
        }
    }
}

#[test]
fn rows_that_several_processes_could_give_keep_their_order() {
    let place = at(warehouse());
    // So many rows that the server would share the work out.
    let plan = warehouse().ask("explain select * from mart.m1 where k = 7");
    assert!(plan[0][0].contains("Gather"), "{plan:?}");
    let told =
        run(&place, &["export", "prod:mart.m1", "--where", "k = 7", "--columns", "id", "-o", "-", "--format", "csv"])
            .code(0);
    let wanted: String = (0..1000).map(|i| format!("{}\n", i * 1000 + 7)).collect();
    assert!(told.out == format!("id\n{wanted}"), "{}", told.out);
}

/// The fields of lines; what is added in another order may differ in its last digits.
fn rounded(csv: &str) -> Vec<String> {
    let field = |text: &str| match text.parse::<f64>() {
        Ok(x) => format!("{x:.12e}"),
        // A span without its seconds.
        Err(_) if text.starts_with('P') => text.split('M').next().unwrap_or_default().to_owned(),
        Err(_) => text.to_owned(),
    };
    csv.split([',', '\n']).map(field).collect()
}

#[test]
fn only_the_answer_travels() {
    let place = at(warehouse());
    let words = ["rank", "prod:mart.m1", "--by", "k", "--measure", "sum:amt", "--top", "5", "--format", "csv", "-v"];
    let told = run(&place, &words).code(0);
    assert!(told.err.contains("Done at prod (PostgreSQL)"), "{}", told.err);
    let wanted = warehouse().ask("select k, sum(amt) from mart.m1 group by 1 order by 2 desc, 1 limit 5");
    let found: Vec<Vec<&str>> = told.out.lines().skip(1).map(|l| l.split(',').take(2).collect()).collect();
    assert_eq!(found, wanted);
    let told =
        run(&place, &["view", "prod:mart.m1", "--where", "k = 7 and nm like '%07'", "--limit", "2", "-v"]).code(0);
    assert!(told.err.contains("Not done at prod but here"), "{}", told.err);
}

#[test]
fn names_are_only_names() {
    let database = server().database();
    let columns: Vec<String> = (0..1600).map(|i| format!("c{i} int")).collect();
    database.sql(&format!(
        "create schema \"Sales 売上\"; \
         create table \"Sales 売上\".\"o'Neil \"\"x\"\"; drop\" (\"A b\" int, \"日本\" text, \"q\"\"q\" int, \"select\" int); \
         insert into \"Sales 売上\".\"o'Neil \"\"x\"\"; drop\" values (1, '東京', 2, 3), (2, null, null, null); \
         create table wide ({}); insert into wide (c0, c1599) values (1, 2)",
        columns.join(", ")
    ));
    let place = at(&database);
    let told = run(&place, &["sources", "prod:Sales 売上", "--format", "jsonl"]).code(0);
    let entry: Value = serde_json::from_str(told.out.trim()).unwrap();
    let locator = entry["locator"].as_str().unwrap();
    let words = ["view", locator, "--where", "\"A b\" = 1 and \"q\"\"q\" = 2", "--sort", "日本", "--format", "csv"];
    assert_eq!(run(&place, &words).code(0).out, "A b,日本,\"q\"\"q\",select\n1,東京,2,3\n");
    let told =
        run(&place, &["rank", locator, "--by", "select,日本", "--measure", "sum:q\"q", "--format", "csv"]).code(0);
    assert!(told.out.starts_with("select,日本,\"sum_q\"\"q\""), "{}", told.out);
    let told = run(&place, &["view", "prod:wide", "--format", "json"]).code(0);
    assert_eq!(rows(&told)[0].as_object().unwrap().len(), 1600);
    assert_eq!(rows(&told)[0]["c1599"], 2);
    // A table in no schema that is looked in, and no name at all.
    run(&place, &["view", "prod:nowhere"]).code(1);
    run(&place, &["view", "prod:a.b.c.d"]).code(2);
}

#[test]
fn rights_are_kept_to() {
    let database = server().database();
    let user = format!("reader_{}", database.name);
    database.sql(&format!(
        "create role {user} login password '{PASSWORD}'; \
         create table people (id int, name text, salary int); insert into people values (1, 'a', 100); \
         grant select (id, name) on people to {user}; \
         create table secret (x int); \
         create table log (x int); \
         create function writes() returns int language sql as 'insert into log values (1) returning x'; \
         create view writing as select writes() as x"
    ));
    let reader = place(&database.connection_as("prod", &user));
    let told = run(&reader, &["view", "prod:people", "--format", "csv"]).code(0);
    assert_eq!(told.out, "id,name\n1,a\n");
    assert!(told.err.contains("may not read") && told.err.contains("salary"), "{}", told.err);
    let told = run(&reader, &["view", "prod:people", "--where", "id = 1", "--format", "csv"]).code(0);
    assert_eq!(told.out, "id,name\n1,a\n");
    let told = run(&reader, &["export", "prod:people", "-o", "-", "--format", "csv"]).code(0);
    assert_eq!(told.out, "id,name\n1,a\n");
    let told = run(&reader, &["view", "prod:secret"]).code(1);
    assert!(told.err.contains("permission denied") && told.err.contains("Choose columns"), "{}", told.err);
    // Even who may write does not.
    let keeper = at(&database);
    let told = run(&keeper, &["view", "prod:writing"]).code(5);
    assert!(told.err.contains("read-only"), "{}", told.err);
    assert_eq!(database.ask("select count(*) from log"), [["0"]]);
}

#[test]
fn ways_that_lead_nowhere_are_told_apart() {
    let database = server().database();
    database.sql("create view slow as select g, pg_sleep(0.05)::text as nap from generate_series(1, 100000) g");
    let wrong = at(&database);
    let told = wrong.finish(wrong.program(&["view", "prod:slow"]).env("WAREHOUSE_PASSWORD", "guess").output().unwrap());
    assert!(told.code(3).err.contains("Check user and password"));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone =
        place(&format!("[connections.prod]\nkind = \"postgres\"\nurl = \"postgres://x@127.0.0.1:{nobody}/x\"\n"));
    assert!(run(&gone, &["view", "prod:slow"]).code(3).err.contains("cannot be reached"));
    let told = run(&place(&format!("{}time_limit = \"1s\"\n", database.connection("prod"))), &["view", "prod:slow"]);
    assert!(told.code(4).err.contains("time_limit"));
    run(&wrong, &["view", "prod:slow", "--timeout", "500ms"]).code(4);
    assert_eq!(busy(&database), 0, "what was given up is not running any more");
}

/// Statements of the program that are running in a database.
fn busy(database: &Database<'_>) -> usize {
    let sql = format!(
        "select 1 from pg_stat_activity where application_name = 'mekiki' and state = 'active' and datname = '{}'",
        database.name
    );
    database.ask(&sql).len()
}

#[track_caller]
fn wait(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < until, "waited for {what}");
    }
}

/// An export of a view that never ends by itself, and what becomes of it when something is done to it.
fn interrupted(database: &Database<'_>, act: impl FnOnce(u32)) -> Outcome {
    let place = at(database);
    place.write("out.csv", "before");
    let mut program = place.program(&["export", "prod:endless", "-o", "out.csv"]);
    program.env("WAREHOUSE_PASSWORD", PASSWORD).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = program.spawn().unwrap();
    let copying =
        "select 1 from pg_stat_activity where state = 'active' and query like 'copy%' and datname = current_database()";
    wait("the rows to come", || database.ask(copying).len() == 1);
    act(child.id());
    let told = place.finish(child.wait_with_output().unwrap());
    // A file is whole or as it was.
    assert_eq!(std::fs::read_to_string(place.path("out.csv")).unwrap(), "before");
    told
}

const ENDLESS: &str = "create view endless as select g, pg_sleep(case when g % 5000 = 0 then 0.1 else 0 end)::text as nap \
     from generate_series(1, 40000000) g";

#[test]
fn stopping_stops_the_server() {
    let database = server().database();
    database.sql(ENDLESS);
    interrupted(&database, |id| {
        // SAFETY: sends a signal to a child that has not been waited for.
        assert_eq!(unsafe { libc::kill(i32::try_from(id).unwrap(), libc::SIGINT) }, 0);
    })
    .code(130);
    wait("the statement to be gone", || busy(&database) == 0);
}

#[test]
fn a_session_that_ends_is_an_error() {
    let database = server().database();
    database.sql(ENDLESS);
    let ended = interrupted(&database, |_| {
        database.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mekiki' and datname = current_database()");
    });
    assert!(ended.code(3).err.contains("terminating connection"));
    // A server of its own, since it does not survive.
    let server = Server::start();
    let database = server.database();
    database.sql(ENDLESS);
    let ended = interrupted(&database, |_| server.kill());
    assert!(ended.code(3).err.contains("prod"));
}

#[test]
fn rows_that_fail_and_rows_that_are_long() {
    let database = server().database();
    database.sql(
        "create view breaks as select g, 1 / (5000 - g) as q from generate_series(1, 10000) g; \
         create table long as select 1 as id, repeat('あ', 22369621) as t",
    );
    let place = at(&database);
    // The beginning is there, the rest is an error, and no part of a file is left.
    let told = run(&place, &["view", "prod:breaks", "--limit", "2", "--format", "csv"]).code(0);
    assert_eq!(told.out, "g,q\n1,0\n2,0\n");
    let told = run(&place, &["export", "prod:breaks", "-o", "broken.csv"]).code(1);
    assert!(told.err.contains("division by zero") && !place.path("broken.csv").exists(), "{}", told.err);
    // What the server cannot add up is added up here, and that is said.
    database.sql("create view huge as select 'a' as k, 9e307::float8 as x from generate_series(1, 10)");
    let told = run(&place, &["rank", "prod:huge", "--by", "k", "--measure", "mean:x", "--format", "csv"]).code(0);
    assert_eq!(told.out, "k,mean_x\na,inf\n");
    assert!(told.err.contains("Not done at prod but here") && told.err.contains("overflow"), "{}", told.err);
    run(&place, &["export", "prod:long", "-o", "long.csv"]).code(0);
    let text = std::fs::read_to_string(place.path("long.csv")).unwrap();
    assert_eq!(text.len(), "id,t\n1,".len() + 67_108_863 + 1);
}

#[test]
#[ignore = "takes 3 GB of memory and of disk"]
fn a_cell_of_a_gigabyte_arrives() {
    let database = server().database();
    database.sql("create table giga as select 1 as id, repeat('x', 1073741000) as t");
    let place = at(&database);
    run(&place, &["export", "prod:giga", "-o", "giga.csv"]).code(0);
    let written = std::fs::metadata(place.path("giga.csv")).unwrap().len();
    assert_eq!(written, "id,t\n1,\n".len() as u64 + 1_073_741_000);
}
