//! Addresses that cells lead to: which may be given to a terminal, and the columns they stand in.
//!
//! A column `NAME_link` says where the cells of `NAME` lead. Nothing here opens anything.

/// What is added to a column's name for the column of its links.
const SUFFIX: &str = "_link";
/// Longest address that is given to a terminal; common ones take no more.
const LONGEST: usize = 2_083;

/// Whether an address may be given to a terminal: of the web, and nothing in it that could drive one.
pub fn is_link(text: &str) -> bool {
    let web = ["https://", "http://"]
        .iter()
        .any(|p| text.get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)) && text.len() > p.len());
    let hostile = |c: char| {
        c.is_control()
            || c.is_whitespace()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    // The usual case, looked at all at once.
    let graphic = || text.bytes().fold(true, |all, b| all & b.is_ascii_graphic());
    web && text.len() <= LONGEST && (graphic() || !text.chars().any(hostile))
}

/// An address as terminals take it: characters beyond ASCII in percent.
pub fn encoded(link: &str) -> String {
    let mut out = String::with_capacity(link.len());
    for byte in link.bytes() {
        match byte {
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The name for the column of a column's links; another one if that is `taken`.
pub fn beside(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let wanted = format!("{name}{SUFFIX}");
    match taken(&wanted) {
        false => wanted,
        true => (2..).map(|n| format!("{wanted}_{n}")).find(|n| !taken(n)).unwrap_or(wanted),
    }
}

/// The name of the column that says where the cells of this one lead.
pub fn column_of(name: &str) -> String {
    format!("{name}{SUFFIX}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_of_the_web_are_links() {
        for good in ["https://example.com/?q=寿司&x=1", "HTTP://a/b", "http://[::1]:80/"] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https://a b",
            "https://a\u{1b}]8;;x",
            "https://a\u{9c}",
            "https://a\n",
            "https://a\u{202e}",
            "//a/b",
            "see https://a",
            "é",
        ] {
            assert!(!is_link(bad), "{bad:?}");
        }
        assert!(!is_link(&format!("https://{}", "a".repeat(3_000))));
        assert_eq!(encoded("https://a/寿?x=%20"), "https://a/%E5%AF%BF?x=%20");
        assert_eq!(beside("a", |n| n == "a_link"), "a_link_2");
    }
}
