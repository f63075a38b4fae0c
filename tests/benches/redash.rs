//! The figures of Redash: a result of 50,000 rows and 12 columns landed, beside what it takes `serde_json` to read the same
//! bytes into typed columns, and a list of 10,000 queries narrowed key by key. The server is one of the tests'.

use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mekiki::data::Control;
use mekiki::source::{OpenOptions, redash};
use serde::Deserialize;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::fake::{Exchange, Fake};
use super::{ROUNDS, Terminal};

/// Names the server, in the process that lands.
pub const LAND: &str = "MEKIKI_BENCH_LAND";
const ROWS: usize = 50_000;
const QUERIES: usize = 10_000;

fn result() -> String {
    let names = ["view", "login", "purchase", "検索", "logout"];
    let row = |i: usize| {
        let user = i * 7919 % 9_973;
        json!({
            "event_id": i, "user_id": user, "revision": i % 17,
            "ts": format!("2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z", 1 + i % 28, i % 24, i % 60, i % 59, i % 1000),
            "ts_local": format!("2026-11-{:02}T{:02}:{:02}:{:02}", 1 + i % 28, i % 24, i % 60, i % 59),
            "event_name": names[i % 5], "is_mobile": i % 3 == 0,
            "amount": if i % 4 == 0 { Value::Null } else { json!((i % 10_000) as f64 / 100.0) },
            "ratio": (i % 997) as f64 / 997.0,
            "session_id": format!("{:08x}-{:04x}-4000-8000-{:012x}", i * 2_654_435_761 % 4_294_967_291, i % 65_521, i),
            "page_html": format!("<a href=\"https://shop.example.com/items/{user}?from=mail\">商品 {user}</a> <img src=\"/i/{user}.png\">"),
            "memo": format!("line {i}, and a remark that is about as long as remarks are"),
        })
    };
    let rows: Vec<Value> = (0..ROWS).map(row).collect();
    let types =
        ["integer", "integer", "integer", "datetime", "datetime", "string", "boolean", "float", "float", "string"];
    let names = "event_id user_id revision ts ts_local event_name is_mobile amount ratio session_id page_html memo";
    let column = |(i, name)| json!({ "name": name, "friendly_name": name, "type": types.get(i) });
    let columns: Vec<Value> = names.split(' ').enumerate().map(column).collect();
    json!({ "query_result": { "id": 3, "data": { "columns": columns, "rows": rows }, "retrieved_at": "2026-11-21T03:12:41.060Z" } })
        .to_string()
}

#[derive(Deserialize)]
struct Row<'a> {
    event_id: i64,
    user_id: i64,
    revision: i64,
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    ts_local: Cow<'a, str>,
    #[serde(borrow)]
    event_name: Cow<'a, str>,
    is_mobile: bool,
    amount: Option<f64>,
    ratio: f64,
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    #[serde(borrow)]
    page_html: Cow<'a, str>,
    #[serde(borrow)]
    memo: Cow<'a, str>,
}

/// The columns, each in one piece of memory.
#[derive(Default)]
struct Columns {
    whole: [Vec<i64>; 3],
    floats: [Vec<Option<f64>>; 2],
    flags: Vec<bool>,
    texts: [(String, Vec<usize>); 6],
}

impl Columns {
    fn push(&mut self, row: Row<'_>) {
        for (column, value) in self.whole.iter_mut().zip([row.event_id, row.user_id, row.revision]) {
            column.push(value);
        }
        for (column, value) in self.floats.iter_mut().zip([row.amount, Some(row.ratio)]) {
            column.push(value);
        }
        self.flags.push(row.is_mobile);
        let texts = [row.ts, row.ts_local, row.event_name, row.session_id, row.page_html, row.memo];
        for ((column, ends), value) in self.texts.iter_mut().zip(texts) {
            column.push_str(&value);
            ends.push(column.len());
        }
    }
}

struct Rows<'c>(&'c mut Columns);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Row>()? {
            self.0.push(row);
        }
        Ok(())
    }
}

/// Milliseconds `serde_json` takes to read the rows into columns.
fn skim(text: &str) -> f64 {
    let began = Instant::now();
    // The rows are all but a few hundred bytes of the whole.
    let from = text.find("\"rows\":").expect("rows") + 7;
    let mut columns = Columns::default();
    let mut reader = serde_json::Deserializer::from_str(&text[from..]);
    Rows(&mut columns).deserialize(&mut reader).expect("rows");
    assert_eq!(columns.flags.len(), ROWS);
    began.elapsed().as_secs_f64() * 1000.0
}

/// Lands the result of a server, or one in a file, and prints how many milliseconds that took from the beginning, how many megabytes were
/// held, and when it ended, in nanoseconds.
pub fn land(url: &str) {
    // As the program does.
    mekiki::data::keep_freed_memory();
    let control = Control::new();
    if !url.starts_with("http") {
        let bytes = std::fs::read(url).expect("a file");
        let began = Instant::now();
        let landed = redash::landed(bytes, &control).expect("landed");
        assert_eq!(landed.rows().known(), ROWS as u64);
        return told(began);
    }
    let table = format!("kind = 'redash'\nurl = '{url}'\napi_key = 'k'").parse().expect("settings");
    let source = redash::make("redash", &table).expect("a source");
    let began = Instant::now();
    let opened = source.open("5", &OpenOptions::default(), &control).expect("opened");
    let landed = opened.dataset.table().settle(&control).expect("landed").expect("another table");
    assert_eq!(landed.rows().known(), ROWS as u64);
    told(began);
}

/// Prints what a process that landed a result tells.
fn told(began: Instant) {
    let (took, ended) = (began.elapsed().as_secs_f64() * 1000.0, SystemTime::now());
    println!("{took} {} {}", peak(), ended.duration_since(UNIX_EPOCH).expect("a time after 1970").as_nanos());
}

/// The most memory this process held, in megabytes, where the system says so. What a parent learns of its child counts what
/// the parent held when the child began.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()).map_or(f64::NAN, |kb| kb * 1024.0 / 1e6)
}

/// Milliseconds until all of the reply has come, when nothing is done with it.
fn fetch(url: &str) -> f64 {
    let began = Instant::now();
    let mut line = TcpStream::connect(url.trim_start_matches("http://")).expect("a line");
    line.write_all(b"GET /api/queries/5/results.json HTTP/1.1\r\n\r\n").expect("asked");
    let (mut piece, mut all) = (vec![0; 1 << 18], 0);
    loop {
        match line.read(&mut piece).expect("an answer") {
            0 => break,
            n => all += n,
        }
    }
    assert!(all > ROWS);
    began.elapsed().as_secs_f64() * 1000.0
}

/// Lands what is at `url` in a process of its own: milliseconds, megabytes, and when it ended.
fn child(url: &str, cache: &Path) -> (f64, f64, SystemTime) {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .env(LAND, url)
        .env("MEKIKI_CACHE", cache)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut said = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut said).expect("words");
    child.wait().expect("it ends");
    let mut said = said.split_whitespace();
    let mut number = || said.next().expect("a number");
    let (took, held) = (number().parse().expect("milliseconds"), number().parse().expect("megabytes"));
    (took, held, UNIX_EPOCH + Duration::from_nanos(number().parse().expect("nanoseconds")))
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Prints all of them.
pub fn figures(folder: &Path) {
    let text = result();
    println!(
        "\n{:<44} {:>10} {:>10}",
        format!("a result of {ROWS} × 12, {} MB", text.len() / 1_000_000),
        "median ms",
        "peak MB"
    );
    let query = json!({ "id": 5, "name": "events", "query": "select 1", "latest_query_data_id": 3 }).to_string();
    let fake =
        Fake::new(vec![Exchange::get("/api/queries/5", &query), Exchange::get("/api/queries/5/results.json", &text)]);
    let (mut skimmed, mut fetched, mut whole, mut landed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut at_hand, mut peak, mut size) = (Vec::new(), 0f64, 0);
    let file = folder.join("result.json");
    std::fs::write(&file, &text).expect("written");
    for round in 0..ROUNDS {
        // In turn, so that whatever else the machine does is in all of them.
        skimmed.push(skim(&text));
        fetched.push(fetch(&fake.url));
        let cache = folder.join(format!("cache-{round}"));
        let (took, held, ended) = child(&fake.url, &cache);
        whole.push(took);
        peak = peak.max(held);
        landed.push(ended.duration_since(fake.began()).expect("an end after the beginning").as_secs_f64() * 1000.0);
        at_hand.push(child(&file.display().to_string(), &folder.join(format!("cache-file-{round}"))).0);
        let files = std::fs::read_dir(cache.join("landed")).expect("a cache").flatten();
        let parquet = files.filter(|f| f.path().extension().is_some_and(|e| e == "parquet"));
        size = parquet.map(|f| f.metadata().map_or(0, |m| m.len())).sum::<u64>();
    }
    let (skimmed, fetched, whole, landed) = (median(skimmed), median(fetched), median(whole), median(landed));
    println!("{:<44} {skimmed:>10.1}", "serde_json into typed columns");
    println!("{:<44} {fetched:>10.1}", "fetched and thrown away");
    println!("{:<44} {whole:>10.1} {peak:>10.0}", "opened and landed");
    println!("{:<44} {landed:>10.1}", "landed, from the first byte on");
    let at_hand = median(at_hand);
    println!("{:<44} {at_hand:>10.1}", "landed, the bytes at hand");
    let allowed = 3.0 * size as f64 / 1e6 + 50.0;
    let times = format!("{:.2}, {:.2}", landed / skimmed, at_hand / skimmed);
    println!("{:<44} {times:>10} {allowed:>10.0}", "times serde_json; 3 × Parquet + 50 MB");
    list(folder);
}

/// Narrows a list of many queries.
fn list(folder: &Path) {
    let names = ["売上レポート", "ユーザー一覧", "daily active users", "A/B test 結果"];
    let sql = "select date_trunc('day', ts) as day, count(distinct user_id) as users from events where country = 'JP' group by 1 order by 1";
    let query = |i: usize| json!({ "id": i, "name": format!("{} {i}", names[i % 4]), "query": sql, "tags": ["mart"], "latest_query_data_id": null });
    let pages = (1..=QUERIES / 250).map(|page| {
        let rows: Vec<Value> = (0..250).map(|i| query((page - 1) * 250 + i)).collect();
        let path = if page == 1 { String::new() } else { format!("&page={page}") };
        let list = json!({ "count": QUERIES, "page": page, "page_size": 250, "results": rows });
        Exchange::get(&format!("/api/queries?page_size=250{path}"), &list.to_string())
    });
    let fake = Fake::new(pages.collect());
    let config = folder.join("config.toml");
    let text = format!("[connections.team]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"k\"\n", fake.url);
    std::fs::write(&config, text).expect("written");
    let mut terminal = Terminal::start(&["--config", &config.display().to_string()], folder);
    terminal.until("team");
    terminal.keys("/team\r");
    terminal.until("daily active users 2");
    println!("\n{:<44} {:>10} {:>10}", format!("a list of {QUERIES} queries"), "median ms", "bytes");
    terminal.measure("the search begins", "/", 1);
    for key in ["u", "s", "e", "r"] {
        terminal.measure(&format!("“{key}”"), key, 1);
    }
    terminal.measure("everything erased", "\x15", 1);
    for key in ["売", "上"] {
        terminal.measure(&format!("“{key}”"), key, 1);
    }
    terminal.end();
}
