//! Cells that are HTML, as the tables of a web page use them: their text, as a person would read it, and where they lead.

use crate::text::link::is_link;

/// Elements people write into cells; anything else in angle brackets is text.
const ELEMENTS: [&str; 30] = [
    "a", "abbr", "b", "big", "br", "center", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "hr", "i", "img",
    "li", "ol", "p", "pre", "small", "span", "strong", "sub", "sup", "table", "td", "u", "ul",
];

/// A tag at the beginning of a text: its name, whether it closes, its attributes, and its length.
struct Tag<'a> {
    name: String,
    closing: bool,
    attributes: &'a str,
    length: usize,
}

fn tag(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let name = inner[..end].to_ascii_lowercase();
    if !ELEMENTS.contains(&name.as_str()) && !matches!(name.as_str(), "tr" | "th" | "tbody" | "thead") {
        return None;
    }
    let rest = &inner[end..];
    let mut quote = None;
    let close = rest.char_indices().find(|(_, c)| match (quote, c) {
        (Some(q), c) if q == *c => {
            quote = None;
            false
        }
        (None, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        (None, '>') => true,
        _ => false,
    })?;
    let attributes = &rest[..close.0];
    let length = text.len() - rest.len() + close.0 + 1;
    Some(Tag { name, closing, attributes, length })
}

/// The value of an attribute.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let lower = attributes.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find(name) {
        let at = from + found;
        from = at + name.len();
        let alone = at == 0 || lower.as_bytes()[at - 1].is_ascii_whitespace();
        let Some(value) = attributes[from..].trim_start().strip_prefix('=').filter(|_| alone) else { continue };
        let value = value.trim_start();
        let text = match value.chars().next() {
            Some(q @ ('"' | '\'')) => value[1..].split(q).next(),
            _ => value.split(char::is_whitespace).next(),
        };
        return text.map(unescaped);
    }
    None
}

/// Text without character references.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(i, _)| i);
        let character = end.and_then(|end| {
            let name = &rest[1..end];
            let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
            match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some(' '),
                _ => match name.strip_prefix('#')? {
                    hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16),
                    decimal => number(decimal, 10),
                },
            }
        });
        match (character, end) {
            (Some(c), Some(end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A cell that was HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Its text.
    pub text: String,
    /// The first address of the web it leads to, else that of its picture.
    pub link: Option<String>,
}

/// A cell that is HTML; none if it is not. The text of a picture is its description or the name of its file, of a link
/// without text its address.
pub fn plain(cell: &str) -> Option<Plain> {
    let mut out = String::new();
    let mut rest = cell;
    let mut found = false;
    let mut link: Option<(String, usize)> = None;
    let (mut leads, mut picture): (Option<String>, Option<String>) = (None, None);
    let web = |address: Option<String>| address.map(|a| a.trim().to_owned()).filter(|a| is_link(a));
    while let Some(at) = rest.find('<') {
        out.push_str(&unescaped(&rest[..at]));
        rest = &rest[at..];
        let Some(tag) = tag(rest) else {
            out.push('<');
            rest = &rest[1..];
            continue;
        };
        found = true;
        match (tag.name.as_str(), tag.closing) {
            ("a", false) => {
                let href = attribute(tag.attributes, "href");
                leads = leads.or_else(|| web(href.clone()));
                link = href.map(|href| (href, out.len()));
            }
            ("a", true) => {
                if let Some((href, start)) = link.take()
                    && out[start..].trim().is_empty()
                {
                    out.push_str(&href);
                }
            }
            ("img", _) => {
                picture = picture.or_else(|| web(attribute(tag.attributes, "src")));
                let alt = attribute(tag.attributes, "alt").filter(|a| !a.trim().is_empty());
                let file = || {
                    let source = attribute(tag.attributes, "src")?;
                    let path = source.split(['?', '#']).next().unwrap_or_default();
                    Some(path.rsplit('/').find(|p| !p.is_empty()).unwrap_or_default().to_owned())
                };
                out.push_str(&alt.or_else(file).unwrap_or_default());
            }
            ("br" | "hr", _) | ("div" | "p" | "li" | "tr" | "td" | "th", true)
                if !out.ends_with([' ', '\n']) && !out.is_empty() =>
            {
                out.push(' ');
            }
            _ => {}
        }
        rest = &rest[tag.length..];
    }
    if !found {
        return None;
    }
    out.push_str(&unescaped(rest));
    Some(Plain { text: out.trim().to_owned(), link: leads.or(picture) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_what_is_read() {
        let (png, jpg) = ("https://img.example.com/a.png", "https://img.example.com/p/4.jpg");
        for (cell, text, link) in [
            (r#"<img src="https://img.example.com/a.png" width=40>"#, "a.png", Some(png)),
            (r#"<img alt="赤い靴" src="x.png"/>"#, "赤い靴", None),
            (
                r#"<a href="https://example.com/?q=寿司&x=1">リンク</a>"#,
                "リンク",
                Some("https://example.com/?q=寿司&x=1"),
            ),
            (
                r#"<a href="https://example.com/?a=1&amp;b=2"></a>"#,
                "https://example.com/?a=1&b=2",
                Some("https://example.com/?a=1&b=2"),
            ),
            (r#"<a href="u"><img src="https://img.example.com/p/4.jpg"></a>"#, "4.jpg", Some(jpg)),
            (
                "<a href=https://one.example>1</a> <a href='https://two.example'>2</a>",
                "1 2",
                Some("https://one.example"),
            ),
            ("<b>bold</b> & <i>it</i>", "bold & it", None),
            ("one<br>two<div>three</div>four", "one twothree four", None),
            (r#"<a title="a > b" href=u>x</a> 1 < 2"#, "x 1 < 2", None),
            (r#"<a href="javascript:alert(1)">x</a>"#, "x", None),
            ("<a href=\"https://a.example/\u{1b}]8;;https://evil.example\">x</a>", "x", None),
            (r#"<a href="https://a.example/&#27;[2J">x</a>"#, "x", None),
            (r#"<a href="file:///etc/passwd">x</a>"#, "x", None),
        ] {
            let want = Plain { text: text.to_owned(), link: link.map(str::to_owned) };
            assert_eq!(plain(cell), Some(want), "{cell}");
        }
        for cell in ["a < b > c", "<unknown>", "1<2", "&amp;", "<a href=", "List<String>", ""] {
            assert_eq!(plain(cell), None, "{cell}");
        }
    }
}
