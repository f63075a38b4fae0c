//! `shape` and `sql`: steps in the order of their flags, several tables, and what is wrong with either.

use super::Place;

const USERS: &str = "id,name\n1,花子\n2,太郎\n3,次郎\n";
const ORDERS: &str = "user_id,at,price,qty\n\
    1,2026-11-20T23:50:00+09:00,100,2\n\
    1,2026-11-21T00:10:00+09:00,50,1\n\
    2,2026-11-20T12:00:00+09:00,n/a,3\n\
    9,2026-11-20T12:00:00+09:00,10,4\n";
/// Two events as Google Analytics 4 exports them to BigQuery, as JSON lines.
const EVENTS: &str = concat!(
    r#"{"event_name":"page_view","event_timestamp":1795132800000000,"user_pseudo_id":"a","event_params":[{"key":"page_title","value":{"string_value":"りんご","int_value":null,"float_value":null,"double_value":null}},{"key":"ga_session_id","value":{"string_value":null,"int_value":7,"float_value":null,"double_value":null}}]}"#,
    "\n",
    r#"{"event_name":"purchase","event_timestamp":1795136400000000,"user_pseudo_id":"a","event_params":[{"key":"value","value":{"string_value":null,"int_value":null,"float_value":null,"double_value":12.5}}]}"#,
    "\n"
);

fn place() -> Place {
    let place = Place::new();
    place.write("users.csv", USERS);
    place.write("orders.csv", ORDERS);
    place.write("events.jsonl", EVENTS);
    place
}

#[track_caller]
fn csv(place: &Place, words: &[&str]) -> String {
    let all: Vec<&str> = words.iter().copied().chain(["--format", "csv", "-q"]).collect();
    let outcome = place.run(&all).code(0);
    assert_eq!(outcome.err, "", "{words:?}");
    outcome.out
}

#[test]
fn steps_are_carried_out_in_the_order_of_their_flags() {
    let place = place();
    let shaped = csv(
        &place,
        &[
            "shape",
            "sales.csv",
            "--derive",
            "double = price * 2",
            "--rename",
            "double=twice",
            "--where",
            "twice > 1000",
            "--columns",
            "day,twice",
        ],
    );
    assert_eq!(shaped, "day,twice\n2026-11-01,2400.0\n2026-11-05,9000.0\n");
    // First the two first rows, then the condition; and the other way round.
    assert_eq!(
        csv(&place, &["shape", "sales.csv", "--first", "2", "--where", "country = 'JP'", "--columns", "day"]),
        "day\n2026-11-01\n"
    );
    assert_eq!(
        csv(&place, &["shape", "sales.csv", "--where", "country = 'JP'", "--first", "2", "--columns", "day"]),
        "day\n2026-11-01\n2026-11-03\n"
    );
    let pivoted =
        csv(&place, &["shape", "sales.csv", "--bucket", "day:month", "--pivot", "country:sum:price by day_month"]);
    assert_eq!(pivoted, "day_month,BR,JP,US\n2026-11-01,,6000.0,80.5\n");
    let long = csv(&place, &["shape", "users.csv", "--unpivot", "id,name", "--first", "3"]);
    assert_eq!(long, "name,value\nid,1\nname,花子\nid,2\n");
}

#[test]
fn what_cannot_be_converted_is_counted() {
    let place = place();
    let outcome =
        place.run(&["shape", "orders.csv", "--cast", "price:whole", "--columns", "price", "--format", "csv"]).code(0);
    assert_eq!(outcome.out, "price\n100\n50\n\"\"\n10\n");
    assert!(outcome.err.contains("1 value of “price”") && outcome.err.contains("“n/a”"), "{}", outcome.err);
}

#[test]
fn tables_are_joined() {
    let place = place();
    let joined =
        csv(&place, &["shape", "orders.csv", "--join", "users.csv on user_id=id", "--columns", "user_id,name"]);
    assert_eq!(joined, "user_id,name\n1,花子\n1,花子\n2,太郎\n9,\n");
    assert_eq!(csv(&place, &["shape", "users.csv", "--join", "orders.csv on id=user_id as anti"]), "id,name\n3,次郎\n");
    // Without a key, the one that names and values suggest.
    let outcome = place
        .run(&["shape", "orders.csv", "--join", "users.csv as inner", "--columns", "name", "--format", "csv"])
        .code(0);
    assert_eq!(outcome.out, "name\n花子\n花子\n太郎\n");
    assert!(outcome.err.contains("user_id=id"), "{}", outcome.err);
}

#[test]
fn another_table_is_read_as_its_options_say() {
    let place = place();
    // 花子 and 太郎 in Shift_JIS, with a mark between fields that nobody guesses and no names of columns.
    place.write("names.txt", b"1^\x89\xd4\x8e\x71\n2^\x91\xbe\x98\x59\n");
    let table = "names.txt with encoding=cp932 delimiter=^ header=no format=csv";
    let column = "column_2";
    let joined = csv(
        &place,
        &["shape", "orders.csv", "--join", &format!("{table} on user_id=column_1 as inner"), "--columns", column],
    );
    assert_eq!(joined, "column_2\n花子\n花子\n太郎\n");
    assert_eq!(csv(&place, &["sql", "select column_2 from names where column_1 = 2", table]), "column_2\n太郎\n");
    assert_eq!(csv(&place, &["sql", "select count(*) as n from n", &format!("n={table}")]), "n\n2\n");
    let recipe = "version = 1\nlocator = \"orders.csv\"\n[[steps]]\nop = \"join\"\nhow = \"inner\"\n\
        on = [{ left = \"user_id\", right = \"column_1\" }]\n\
        with = { table = \"names.txt\", open = { encoding = \"cp932\", delimiter = \"^\", header = false, format = \"csv\" } }\n";
    place.write("r.toml", recipe);
    assert_eq!(csv(&place, &["run", "r.toml", "--columns", column]), joined);
    place.write("slip.toml", recipe.replace("encoding", "encodng"));
    let told = place.run(&["run", "slip.toml"]).code(2);
    assert!(told.err.contains("line 7") && told.err.contains("Did you mean “encoding”?"), "{}", told.err);
    let told = place.run(&["shape", "orders.csv", "--join", "names.txt with encodng=cp932"]).code(2);
    assert!(told.err.contains("encodng=cp932") && told.err.contains("encoding=…"), "{}", told.err);
}

#[test]
fn events_of_google_analytics() {
    let place = place();
    let flat = csv(
        &place,
        &[
            "shape",
            "events.jsonl",
            "--params",
            "event_params:page_title,ga_session_id,value",
            "--columns",
            "event_name,page_title,ga_session_id,value",
        ],
    );
    assert_eq!(flat, "event_name,page_title,ga_session_id,value\npage_view,りんご,7,\npurchase,,,12.5\n");
    let sessions = csv(
        &place,
        &[
            "shape",
            "events.jsonl",
            "--sessions",
            "user_pseudo_id:event_timestamp:30m",
            "--columns",
            "session,session_number",
        ],
    );
    assert_eq!(sessions, "session,session_number\n1,1\n2,2\n");
    let days = csv(
        &place,
        &[
            "shape",
            "events.jsonl",
            "--cast",
            "event_timestamp:datetime:Asia/Tokyo",
            "--bucket",
            "event_timestamp:hour",
            "--columns",
            "event_timestamp_hour",
        ],
    );
    assert_eq!(days, "event_timestamp_hour\n2026-11-20T09:00:00+09:00\n2026-11-20T10:00:00+09:00\n");
}

#[test]
fn queries_over_files() {
    let place = place();
    let query =
        "select u.name, count(*) as n from orders o join users u on o.user_id = u.id group by u.name order by n desc";
    assert_eq!(csv(&place, &["sql", query, "orders.csv", "users.csv"]), "name,n\n花子,2\n太郎,1\n");
    assert_eq!(csv(&place, &["sql", "select max(id) as m from this", "users.csv"]), "m\n3\n");
    assert_eq!(csv(&place, &["sql", "select count(*) as n from a", "a=users.csv"]), "n\n3\n");
    place.run(&["export", "users.csv", "-o", "u.parquet"]).code(0);
    assert_eq!(csv(&place, &["sql", "select name from u where id > 2", "u.parquet"]), "name\n次郎\n");
    let json = place.run(&["sql", "select id from users where id < 0", "users.csv", "--fail-empty", "--json"]).code(6);
    assert!(json.out.contains("\"rows\""), "{}", json.out);
    // A conversion of the table library must not speak on the terminal.
    let quiet = place
        .run(&["sql", "select cast('2026-11-20' as date) as d from users limit 1", "users.csv", "--format", "csv"])
        .code(0);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("d\n2026-11-20\n", ""));
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let place = place();
    let wrong = |words: &[&str], says: &[&str]| {
        let outcome = place.run(words).code(2);
        assert_eq!(outcome.out, "", "{words:?}");
        for text in says {
            assert!(outcome.err.contains(text), "{words:?}: {}", outcome.err);
        }
    };
    wrong(&["shape", "sales.csv", "--derive", "x = price +"], &["▸", "character 8"]);
    wrong(&["shape", "sales.csv", "--derive", "x = prise * 2"], &["prise", "“price”"]);
    wrong(&["shape", "sales.csv", "--explode", "note"], &["note", "text"]);
    wrong(&["shape", "sales.csv", "--rename", "prise=p"], &["prise", "“price”"]);
    wrong(&["shape", "sales.csv", "--rename", "price=day"], &["“day”"]);
    wrong(&["shape", "sales.csv", "--cast", "price:money"], &["money", "whole"]);
    wrong(&["shape", "sales.csv", "--bucket", "day:day:Mars"], &["Mars", "Asia/Tokyo"]);
    wrong(&["shape", "sales.csv", "--join", "users.csv on note=id"], &["“note”", "“id”"]);
    wrong(&["shape", "sales.csv", "--join", "users.csv on day=name as outside"], &["outside", "left"]);
    wrong(&["sql", "drop table users", "users.csv"], &["drop", "SELECT"]);
    wrong(&["sql", "select nme from users", "users.csv"], &["select ▸nme"]);
    wrong(&["sql", "select name from usrs", "users.csv"], &["▸usrs", "users"]);
    wrong(&["sql", "select name frm users whre", "users.csv"], &["▸"]);
    wrong(&["sql", "select 1", "users.csv", "./users.csv"], &["users"]);
}
