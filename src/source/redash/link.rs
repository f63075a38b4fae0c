//! What can follow a connection's name, and links copied from a browser: both name the same things. A key in a link is
//! kept apart from what it names, so that no locator ever holds one.

use url::Url;
use url::form_urlencoded::{Serializer, parse};

use crate::error::{Error, Result};
use crate::text::Msg;

/// One thing on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// The top: everything below.
    Top,
    /// A list of queries.
    Queries(Which),
    /// A query with the values of its parameters.
    Query { id: u64, given: Vec<(String, String)> },
    /// What is known about a query.
    Card(u64),
    /// A stored result.
    Stored(u64),
    /// All dashboards.
    Dashboards,
    /// A dashboard, by number or by name.
    Dashboard(String),
    /// All data sources.
    DataSources,
    /// The tables of a data source.
    Schema(u64),
    /// A statement on a data source, by its number or name.
    Sql { source: String, query: Option<String> },
    /// A query or a statement whose rows stay with its data source, which is asked for each thing anew.
    Live(Box<Thing>),
}

/// Which queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All, or those that match words.
    All(String),
    /// The person's own.
    Mine,
    /// Favourites.
    Favourites,
    /// Looked at lately.
    Recent,
    /// Archived.
    Archived,
    /// All tags.
    Tags,
    /// With this tag.
    Tag(String),
}

impl Thing {
    /// Reads what follows the connection's name.
    pub fn parse(path: &str) -> Result<Self> {
        if let Some(rest) = path.trim_start_matches('/').strip_prefix("live/") {
            return match Self::parse(rest)? {
                of @ (Self::Query { .. } | Self::Sql { .. }) => Ok(Self::Live(Box::new(of))),
                other => Err(super::no_table(&other.path())),
            };
        }
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        let plain = plain.split('#').next().unwrap_or_default().trim_matches('/');
        let query = query.split('#').next().unwrap_or_default();
        let bad = || {
            // What stands behind the question mark may be a key.
            Error::usage(Msg::new("error-redash-locator").with("path", plain)).hint(Msg::new("hint-redash-locator"))
        };
        let (head, rest) = plain.split_once('/').unwrap_or((plain, ""));
        let number =
            |text: &str| text.split(['-', '/', '.']).next().and_then(|n| n.parse::<u64>().ok()).ok_or_else(bad);
        let search =
            || parse(query.as_bytes()).find(|(k, _)| k == "q").map(|(_, v)| v.into_owned()).unwrap_or_default();
        Ok(match (head, rest) {
            ("", "") if query.is_empty() => Self::Top,
            ("" | "queries" | "all", "") => Self::Queries(Which::All(search())),
            ("mine" | "my", "") | ("queries", "my") => Self::Queries(Which::Mine),
            ("favorites" | "favourites", "") | ("queries", "favorites") => Self::Queries(Which::Favourites),
            ("recent", "") => Self::Queries(Which::Recent),
            ("archive" | "archived", "") | ("queries", "archive") => Self::Queries(Which::Archived),
            ("tags", "") => Self::Queries(Which::Tags),
            ("tags", tag) => Self::Queries(Which::Tag(tag.to_owned())),
            ("card", id) => Self::Card(number(id)?),
            ("results", id) => Self::Stored(number(id)?),
            ("dashboards", "") => Self::Dashboards,
            ("dashboards" | "dashboard", id) => Self::Dashboard(id.to_owned()),
            ("data-sources", "") => Self::DataSources,
            ("data-sources", id) => Self::Schema(number(id)?),
            ("sql", source) if !source.is_empty() => {
                Self::Sql { source: source.to_owned(), query: Some(search()).filter(|q| !q.trim().is_empty()) }
            }
            ("queries", id) => Self::Query { id: number(id)?, given: given(query) },
            (id, "") => Self::Query { id: id.parse().map_err(|_| bad())?, given: given(query) },
            _ => return Err(bad()),
        })
    }

    /// What follows the connection's name, in the shortest form.
    pub fn path(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Queries(Which::All(words)) if words.is_empty() => "queries".to_owned(),
            Self::Queries(Which::All(words)) => {
                format!("queries?{}", Serializer::new(String::new()).append_pair("q", words).finish())
            }
            Self::Queries(Which::Mine) => "mine".to_owned(),
            Self::Queries(Which::Favourites) => "favorites".to_owned(),
            Self::Queries(Which::Recent) => "recent".to_owned(),
            Self::Queries(Which::Archived) => "archive".to_owned(),
            Self::Queries(Which::Tags) => "tags".to_owned(),
            Self::Queries(Which::Tag(tag)) => format!("tags/{tag}"),
            Self::Query { id, given } if given.is_empty() => id.to_string(),
            Self::Query { id, given } => {
                let mut query = Serializer::new(String::new());
                for (name, value) in given {
                    query.append_pair(&format!("p_{name}"), value);
                }
                format!("{id}?{}", query.finish())
            }
            Self::Card(id) => format!("card/{id}"),
            Self::Stored(id) => format!("results/{id}"),
            Self::Dashboards => "dashboards".to_owned(),
            Self::Dashboard(id) => format!("dashboards/{id}"),
            Self::DataSources => "data-sources".to_owned(),
            Self::Schema(id) => format!("data-sources/{id}"),
            Self::Sql { source, query: None } => format!("sql/{source}"),
            Self::Sql { source, query: Some(query) } => {
                format!("sql/{source}?{}", Serializer::new(String::new()).append_pair("q", query).finish())
            }
            Self::Live(of) => format!("live/{}", of.path()),
        }
    }
}

impl Thing {
    /// What it is, whether its rows were kept or stay where they are.
    pub fn plain(&self) -> &Self {
        match self {
            Self::Live(of) => of,
            other => other,
        }
    }

    /// Another thing of which the rows are where those of this one are.
    pub fn beside(&self, other: Self) -> Self {
        match self {
            Self::Live(_) => Self::Live(Box::new(other)),
            _ => other,
        }
    }

    /// Where it is found on the server, below its base.
    pub fn page(&self) -> String {
        match self {
            Self::Query { .. } => format!("queries/{}", self.path()),
            Self::Card(id) => format!("queries/{id}"),
            Self::Stored(id) => format!("api/query_results/{id}.json"),
            Self::Dashboard(id) if !id.bytes().all(|b| b.is_ascii_digit()) => format!("dashboard/{id}"),
            Self::Top => "queries".to_owned(),
            Self::Live(of) => of.page(),
            other => other.path(),
        }
    }
}

/// The parameters in the query part of a link: `p_name=value`; both ends of a range written apart come together.
fn given(query: &str) -> Vec<(String, String)> {
    let mut given: Vec<(String, String)> = Vec::new();
    let mut starts: Vec<(String, String)> = Vec::new();
    for (key, value) in parse(query.as_bytes()) {
        let Some(name) = key.strip_prefix("p_") else { continue };
        if let Some(name) = name.strip_suffix(".start") {
            starts.push((name.to_owned(), value.into_owned()));
        } else if let Some(name) = name.strip_suffix(".end") {
            let start = starts.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
            given.push((name.to_owned(), format!("{start}--{value}")));
        } else {
            given.push((name.to_owned(), value.into_owned()));
        }
    }
    given
}

/// A locator with the values in it written out.
pub fn spoken(locator: &str) -> String {
    let Some((place, values)) = locator.split_once('?') else { return locator.to_owned() };
    let pairs = parse(values.as_bytes()).map(|(name, value)| format!("{name}={value}"));
    format!("{place}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// A link, taken apart.
pub struct Link {
    /// Where the server's paths begin, with a slash at the end.
    pub base: Url,
    /// What it names there.
    pub thing: Thing,
    /// The key that stood in it.
    pub key: Option<String>,
}

/// Reads a link to something on a Redash server. None if it is no link to one.
pub fn read(text: &str) -> Option<Link> {
    let mut url = Url::parse(text.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())?;
    let query = url.query().unwrap_or_default().to_owned();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let parts: Vec<String> = url.path_segments()?.map(str::to_owned).collect();
    // What is known begins at one of these; what stands before is the sub-path or the organisation.
    let at = parts
        .iter()
        .position(|p| matches!(p.as_str(), "api" | "queries" | "dashboards" | "dashboard" | "query_results"))?;
    let (before, mut after) = parts.split_at(at);
    if after.first().is_some_and(|p| p == "api") {
        after = &after[1..];
    }
    let id = |text: Option<&String>| text.and_then(|t| t.split(['-', '.', '#']).next()?.parse::<u64>().ok());
    let thing = match after.first().map(String::as_str)? {
        "queries" => match (id(after.get(1)), after.get(2).map(String::as_str), id(after.get(3))) {
            (Some(_), Some("results"), Some(result)) => Thing::Stored(result),
            (Some(id), ..) => Thing::Query { id, given: given(&query) },
            (None, ..) => Thing::parse(&after.join("/")).ok()?,
        },
        "query_results" => Thing::Stored(id(after.get(1))?),
        "dashboards" | "dashboard" => match after.get(1) {
            Some(name) if !name.is_empty() => {
                let id = name.split('-').next().filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
                Thing::Dashboard(id.unwrap_or(name).to_owned())
            }
            _ => Thing::Dashboards,
        },
        _ => return None,
    };
    let mut base = url;
    base.set_path(&before.iter().map(|p| format!("/{p}")).collect::<String>());
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    // A key is letters and digits; other text may mean something else where settings are read, such as a command.
    let plain = |v: &str| !v.is_empty() && v.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let key = parse(query.as_bytes()).find(|(k, v)| k == "api_key" && plain(v)).map(|(_, v)| v.into_owned());
    Some(Link { base, thing, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locators_are_read_and_written() {
        for path in [
            "",
            "2000",
            "2000?p_x=1",
            "2000?p_d=2025-01-01--2025-01-31&p_uid=a%26b",
            "card/7",
            "results/31",
            "queries",
            "queries?q=%E5%AF%BF%E5%8F%B8",
            "mine",
            "favorites",
            "recent",
            "archive",
            "tags",
            "tags/kpi",
            "dashboards",
            "dashboards/3",
            "data-sources",
            "data-sources/1",
            "sql/1",
            "sql/本番 warehouse",
            "sql/1?q=select+1+as+%22%E5%AF%BF%22%2C+2+%23",
            "live/2000?p_x=1",
            "live/sql/1",
            "live/sql/1?q=select+1",
        ] {
            assert_eq!(Thing::parse(path).unwrap().path(), path);
        }
        assert_eq!(Thing::parse("queries/2000/source?p_x=1#5").unwrap().path(), "2000?p_x=1");
        assert_eq!(
            Thing::parse("7?p_r.start=2025-01-01&p_r.end=2025-01-31").unwrap(),
            Thing::Query { id: 7, given: vec![("r".into(), "2025-01-01--2025-01-31".into())] }
        );
        assert!(Thing::parse("nothing").is_err());
        assert!(Thing::parse("card/x").is_err());
        assert!(Thing::parse("live/dashboards").is_err() && Thing::parse("live/live/1").is_err());
    }

    #[test]
    fn links_lose_their_key_and_keep_their_sub_path() {
        for (link, base, path) in [
            ("https://r.example.com/queries/2000#tab", "https://r.example.com/", "2000"),
            (
                "https://r.example.com/queries/2000/source?p_uid=%E5%AF%BF",
                "https://r.example.com/",
                "2000?p_uid=%E5%AF%BF",
            ),
            (
                "https://u:pw@r.example.com:8443/redash/api/queries/2000/results.csv?api_key=SECRET",
                "https://r.example.com:8443/redash/",
                "2000",
            ),
            ("http://r/acme/api/queries/7/results/31.json?api_key=SECRET", "http://r/acme/", "results/31"),
            ("http://r/dashboards/3-sales", "http://r/", "dashboards/3"),
            ("http://r/dashboard/sales", "http://r/", "dashboards/sales"),
            ("http://r/api/query_results/12.json", "http://r/", "results/12"),
            ("http://r/queries", "http://r/", "queries"),
        ] {
            let found = read(link).unwrap();
            assert_eq!((found.base.as_str(), found.thing.path().as_str()), (base, path), "{link}");
            assert_eq!(found.key.as_deref(), link.contains("SECRET").then_some("SECRET"), "{link}");
            // The page of what was found leads there again.
            let page = format!("{base}{}", found.thing.page());
            assert_eq!(read(&page).unwrap().thing.path(), path, "{page}");
        }
        for other in ["https://example.com/data.csv", "queries/2000", "ftp://r/queries/1", "https://r/"] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
