//! Cells that are HTML, as the tables of a web page use them: their text, as a person would read it, and where they lead.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3, memrchr};

use crate::text::link::is_link;

/// What an element does to the text it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Anchor,
    Image,
    /// Ends a line.
    Break,
    /// Ends a line where it is closed.
    Block,
    /// Nothing.
    Other,
}

/// The elements people write into cells; anything else in angle brackets is text.
fn element(name: &str) -> Option<Element> {
    let mut lower = [0; 8];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"a" => Element::Anchor,
        b"img" => Element::Image,
        b"br" | b"hr" => Element::Break,
        b"div" | b"li" | b"p" | b"td" | b"th" | b"tr" => Element::Block,
        b"abbr" | b"b" | b"big" | b"center" | b"code" | b"em" | b"font" | b"h1" | b"h2" | b"h3" | b"h4" | b"i"
        | b"ol" | b"pre" | b"small" | b"span" | b"strong" | b"sub" | b"sup" | b"table" | b"tbody" | b"thead" | b"u"
        | b"ul" => Element::Other,
        _ => return None,
    })
}

/// A tag at the beginning of a text: its element, whether it closes it, its attributes, and its length.
struct Tag<'a> {
    element: Element,
    closing: bool,
    attributes: &'a str,
    length: usize,
}

fn tag(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let start = 1 + usize::from(closing);
    let length = text[start..].bytes().take_while(u8::is_ascii_alphanumeric).count();
    let element = element(&text[start..start + length])?;
    let (start, bytes) = (start + length, text.as_bytes());
    let mut at = start;
    loop {
        at += memchr3(b'>', b'"', b'\'', &bytes[at..])? + 1;
        match bytes[at - 1] {
            b'>' => return Some(Tag { element, closing, attributes: &text[start..at - 1], length: at }),
            quote => at += memchr(quote, &bytes[at..])? + 1,
        }
    }
}

/// The values of two attributes of a tag, each as it stands first.
fn values<'a>(attributes: &'a str, names: [&str; 2]) -> [Option<&'a str>; 2] {
    let mut found = [None; 2];
    let mut rest = attributes;
    loop {
        let space = rest.bytes().take_while(|b| b.is_ascii_whitespace() || *b == b'/').count();
        rest = &rest[space..];
        if rest.is_empty() {
            return found;
        }
        let mut ends = rest.bytes().skip(1);
        let ends = ends.position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'=')).map(|i| i + 1);
        let (name, behind) = rest.split_at(ends.unwrap_or(rest.len()));
        rest = behind;
        let Some(value) = behind.trim_ascii_start().strip_prefix('=') else { continue };
        let value = value.trim_ascii_start();
        let (value, behind) = match value.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => {
                let value = &value[1..];
                let end = memchr(*quote, value.as_bytes());
                (&value[..end.unwrap_or(value.len())], end.map_or("", |end| &value[end + 1..]))
            }
            _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        rest = behind;
        for (found, wanted) in found.iter_mut().zip(names) {
            if found.is_none() && name.eq_ignore_ascii_case(wanted) {
                *found = Some(value);
            }
        }
    }
}

/// Adds text without its character references.
fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
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
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    unescape(text, &mut out);
    Cow::Owned(out)
}

/// An attribute's value as an address of the web, if it is one.
fn web(value: Option<&str>) -> Option<Cow<'_, str>> {
    let address = match unescaped(value?) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    is_link(&address).then_some(address)
}

/// Adds what a person reads of a cell that is HTML to `out`, and says where it leads, if anywhere: the first address of
/// the web, else that of its picture. None, and nothing added, if the cell is not HTML. The text of a picture is its
/// description or the name of its file, of a link without text its address.
pub fn plain<'c>(cell: &'c str, out: &mut String) -> Option<Option<Cow<'c, str>>> {
    let start = out.len();
    let mut rest = cell;
    let mut found = false;
    let mut link: Option<(&str, usize)> = None;
    let (mut leads, mut picture) = (None, None);
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        unescape(&rest[..at], out);
        rest = &rest[at..];
        let Some(tag) = tag(rest) else {
            out.push('<');
            rest = &rest[1..];
            continue;
        };
        found = true;
        match (tag.element, tag.closing) {
            (Element::Anchor, false) => {
                let [href, _] = values(tag.attributes, ["href", ""]);
                leads = leads.or_else(|| web(href));
                link = href.map(|href| (href, out.len()));
            }
            (Element::Anchor, true) => {
                if let Some((href, from)) = link.take()
                    && out[from..].trim().is_empty()
                {
                    unescape(href, out);
                }
            }
            (Element::Image, _) => {
                let [source, alt] = values(tag.attributes, ["src", "alt"]);
                picture = picture.or_else(|| web(source));
                match alt.map(unescaped).filter(|alt| !alt.trim().is_empty()) {
                    Some(alt) => out.push_str(&alt),
                    None => {
                        let source = unescaped(source.unwrap_or_default());
                        let end = memchr2(b'?', b'#', source.as_bytes()).unwrap_or(source.len());
                        let path = source[..end].trim_end_matches('/');
                        out.push_str(&path[memrchr(b'/', path.as_bytes()).map_or(0, |i| i + 1)..]);
                    }
                }
            }
            (Element::Break, _) | (Element::Block, true) if out.len() > start && !out.ends_with([' ', '\n']) => {
                out.push(' ');
            }
            _ => {}
        }
        rest = &rest[tag.length..];
    }
    if !found {
        out.truncate(start);
        return None;
    }
    unescape(rest, out);
    out.truncate(start + out[start..].trim_end().len());
    let space = out.len() - start - out[start..].trim_start().len();
    if space > 0 {
        out.drain(start..start + space);
    }
    Some(leads.or(picture))
}

#[cfg(test)]
mod tests {
    /// A cell that was HTML: its text, and where it leads.
    #[derive(Debug, PartialEq)]
    struct Plain {
        text: String,
        link: Option<String>,
    }

    fn plain(cell: &str) -> Option<Plain> {
        let mut text = "before".to_owned();
        let link = super::plain(cell, &mut text);
        let text = text.strip_prefix("before")?.to_owned();
        assert!(link.is_some() || text.is_empty(), "{text}");
        Some(Plain { text, link: link?.map(String::from) })
    }

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
                r#"<a title="see href=https://no.example" HREF = 'https://yes.example'>x</a>"#,
                "x",
                Some("https://yes.example"),
            ),
            (r#"<img/src="https://img.example.com/a.png"alt=b / >"#, "b", Some(png)),
            (r#"<a href="https://a.example" href="https://b.example" =x y=>1</a>"#, "1", Some("https://a.example")),
            ("&nbsp; <p> one </p>two<br> ", "one two", None),
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
