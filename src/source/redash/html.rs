//! Cells that are HTML, as the tables of a web page use them: their text, as a person would read it, and where they lead.
//! Cells are bytes as the server sent them; what is not UTF-8 stays as it is.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::text::link::is_link;

/// Angle brackets that begin no tag before the rest of a cell is taken as it is: each may have been followed to its end.
const STRANGE: usize = 100;

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

/// A name of at most eight ASCII letters and digits as a number, whatever its case.
const fn packed(name: &[u8]) -> u64 {
    let (mut all, mut i) = (0, 0);
    while i < name.len() {
        all = all << 8 | (name[i] | 0x20) as u64;
        i += 1;
    }
    all
}

const ANCHOR: u64 = packed(b"a");
const IMAGE: u64 = packed(b"img");
const BREAKS: [u64; 2] = [packed(b"br"), packed(b"hr")];
const BLOCKS: [u64; 6] = [packed(b"div"), packed(b"li"), packed(b"p"), packed(b"td"), packed(b"th"), packed(b"tr")];
const OTHERS: [u64; 24] = [
    packed(b"abbr"),
    packed(b"b"),
    packed(b"big"),
    packed(b"center"),
    packed(b"code"),
    packed(b"em"),
    packed(b"font"),
    packed(b"h1"),
    packed(b"h2"),
    packed(b"h3"),
    packed(b"h4"),
    packed(b"i"),
    packed(b"ol"),
    packed(b"pre"),
    packed(b"small"),
    packed(b"span"),
    packed(b"strong"),
    packed(b"sub"),
    packed(b"sup"),
    packed(b"table"),
    packed(b"tbody"),
    packed(b"thead"),
    packed(b"u"),
    packed(b"ul"),
];

/// The elements people write into cells; anything else in angle brackets is text.
fn element(name: &[u8]) -> Option<Element> {
    if name.is_empty() || name.len() > 8 {
        return None;
    }
    Some(match packed(name) {
        ANCHOR => Element::Anchor,
        IMAGE => Element::Image,
        name if BREAKS.contains(&name) => Element::Break,
        name if BLOCKS.contains(&name) => Element::Block,
        name if OTHERS.contains(&name) => Element::Other,
        _ => return None,
    })
}

/// A tag at the beginning of a text: its element, whether it closes it, the attributes that say something of it, each as it
/// stands first, and its length.
struct Tag<'a> {
    element: Element,
    closing: bool,
    href: Option<Value<'a>>,
    source: Option<Value<'a>>,
    alt: Option<Value<'a>>,
    length: usize,
}

/// The value of an attribute as it is written, and whether there may be character references in it.
#[derive(Clone, Copy)]
struct Value<'a>(&'a [u8], bool);

impl<'a> Value<'a> {
    fn read(self) -> Cow<'a, [u8]> {
        if self.1 { unescaped(self.0) } else { Cow::Borrowed(self.0) }
    }
}

/// How many bytes of `text` from `at` on are such ones.
fn run(text: &[u8], at: usize, such: impl Fn(u8) -> bool) -> usize {
    text[at..].iter().position(|b| !such(*b)).unwrap_or(text.len() - at)
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn tag(text: &[u8]) -> Option<Tag<'_>> {
    let closing = text.get(1) == Some(&b'/');
    let start = 1 + usize::from(closing);
    let mut at = start + run(text, start.min(text.len()), |b| b.is_ascii_alphanumeric());
    let element = element(text.get(start..at)?)?;
    let (mut href, mut source, mut alt) = (None, None, None);
    loop {
        at += run(text, at, |b| is_space(b) || b == b'/');
        if *text.get(at)? == b'>' {
            return Some(Tag { element, closing, href, source, alt, length: at + 1 });
        }
        // A name is at least one byte, whichever it is.
        let end = at + 1 + run(text, at + 1, |b| !is_space(b) && !matches!(b, b'/' | b'=' | b'>'));
        let name = &text[at..end];
        at = end + run(text, end, is_space);
        if text.get(at) != Some(&b'=') {
            at = end;
            continue;
        }
        at += 1 + run(text, at + 1, is_space);
        let value = match *text.get(at)? {
            quote @ (b'"' | b'\'') => {
                let from = at + 1;
                let mut end = from + memchr2(quote, b'&', &text[from..])?;
                let referring = text[end] == b'&';
                if referring {
                    end += memchr(quote, &text[end..])?;
                }
                at = end + 1;
                Value(&text[from..end], referring)
            }
            _ => {
                let length = run(text, at, |b| !is_space(b) && b != b'>');
                at += length;
                Value(&text[at - length..at], true)
            }
        };
        let kept = match name.len() {
            4 if name.eq_ignore_ascii_case(b"href") => &mut href,
            3 if name.eq_ignore_ascii_case(b"src") => &mut source,
            3 if name.eq_ignore_ascii_case(b"alt") => &mut alt,
            _ => continue,
        };
        kept.get_or_insert(value);
    }
}

/// The character a reference at the beginning of `text` stands for, and its length.
fn reference(text: &[u8]) -> Option<(char, usize)> {
    let end = memchr(b';', &text[..text.len().min(12)])?;
    let number = |text: &[u8], radix| {
        std::str::from_utf8(text).ok().and_then(|t| u32::from_str_radix(t, radix).ok()).and_then(char::from_u32)
    };
    let character = match &text[1..end] {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        b"nbsp" => Some(' '),
        [b'#', b'x' | b'X', hex @ ..] => number(hex, 16),
        [b'#', decimal @ ..] => number(decimal, 10),
        _ => None,
    };
    character.map(|c| (c, end + 1))
}

/// Adds what the `&` at the beginning of a text means, and gives the rest.
fn refer<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    match reference(text) {
        Some((c, length)) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            &text[length..]
        }
        None => {
            out.push(b'&');
            &text[1..]
        }
    }
}

/// A text without its character references.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'&', text).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut rest, mut out) = (text, Vec::with_capacity(text.len()));
    while let Some(at) = memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = refer(&rest[at..], &mut out);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// A text without the spaces around it, those of other scripts too.
fn trimmed(text: &[u8]) -> &[u8] {
    const WIDE: [&[u8]; 4] = ["\u{a0}".as_bytes(), "\u{2002}".as_bytes(), "\u{2003}".as_bytes(), "\u{3000}".as_bytes()];
    let mut text = text.trim_ascii();
    while let [first, .., last] = text
        && !(first.is_ascii() && last.is_ascii())
    {
        let within = WIDE.iter().find_map(|space| text.strip_prefix(*space).or_else(|| text.strip_suffix(*space)));
        match within {
            Some(within) => text = within.trim_ascii(),
            None => break,
        }
    }
    text
}

/// An attribute's value as an address of the web, if it is one.
fn web(value: Option<Value<'_>>) -> Option<Cow<'_, [u8]>> {
    let Value(address, referring) = value?;
    let address = trimmed(address);
    if !address.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"http")) {
        return None;
    }
    let address = Value(address, referring).read();
    std::str::from_utf8(&address).is_ok_and(is_link).then_some(address)
}

/// Adds what a person reads of a cell that is HTML to `out`, and says where it leads, if anywhere: the first address of
/// the web, else that of its picture. None, and nothing added, if the cell is not HTML. The text of a picture is its
/// description or the name of its file, of a link without text its address.
pub fn plain<'c>(cell: &'c [u8], out: &mut Vec<u8>) -> Option<Option<Cow<'c, [u8]>>> {
    let start = out.len();
    let mut rest = cell;
    let (mut found, mut strange) = (false, 0);
    let mut link: Option<(Value<'_>, usize)> = None;
    let (mut leads, mut picture) = (None, None);
    while let Some(at) = memchr2(b'<', b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if rest[0] == b'&' {
            rest = refer(rest, out);
            continue;
        }
        let Some(tag) = tag(rest) else {
            out.push(b'<');
            rest = &rest[1..];
            strange += 1;
            if strange > STRANGE {
                break;
            }
            continue;
        };
        found = true;
        match (tag.element, tag.closing) {
            (Element::Anchor, false) => {
                leads = leads.or_else(|| web(tag.href));
                link = tag.href.map(|href| (href, out.len()));
            }
            (Element::Anchor, true) => {
                if let Some((href, from)) = link.take()
                    && trimmed(&out[from..]).is_empty()
                {
                    out.extend_from_slice(&href.read());
                }
            }
            (Element::Image, _) => {
                picture = picture.or_else(|| web(tag.source));
                match tag.alt.map(Value::read).filter(|alt| !trimmed(alt).is_empty()) {
                    Some(alt) => out.extend_from_slice(&alt),
                    None => {
                        let source = tag.source.map(Value::read).unwrap_or_default();
                        let path = &source[..run(&source, 0, |b| !matches!(b, b'?' | b'#'))];
                        let path = &path[..path.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1)];
                        out.extend_from_slice(&path[path.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1)..]);
                    }
                }
            }
            (Element::Break, _) | (Element::Block, true)
                if !matches!(out[start..].last(), None | Some(b' ' | b'\n')) =>
            {
                out.push(b' ');
            }
            _ => {}
        }
        rest = &rest[tag.length..];
    }
    if !found {
        out.truncate(start);
        return None;
    }
    out.extend_from_slice(rest);
    let kept = trimmed(&out[start..]);
    if kept.len() < out.len() - start {
        let kept = kept.to_vec();
        out.truncate(start);
        out.extend_from_slice(&kept);
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
        let mut text = b"before".to_vec();
        let link = super::plain(cell.as_bytes(), &mut text);
        let text = String::from_utf8(text.strip_prefix(b"before")?.to_vec()).ok()?;
        assert!(link.is_some() || text.is_empty(), "{text}");
        Some(Plain { text, link: link?.map(|link| String::from_utf8_lossy(&link).into_owned()) })
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
            ("<a title=it's href=https://a.example/b/>x</a>", "x", Some("https://a.example/b/")),
            ("<IMG SRC=/a/b.png?x=1><BR/>\u{3000}", "b.png", None),
            ("&#20986;&#x53e3; &unknown; & <b>&lt;</b>", "出口 &unknown; & <", None),
            (r#"<a href="javascript:alert(1)">x</a>"#, "x", None),
            ("<a href=\"https://a.example/\u{1b}]8;;https://evil.example\">x</a>", "x", None),
            (r#"<a href="https://a.example/&#27;[2J">x</a>"#, "x", None),
            (r#"<a href="file:///etc/passwd">x</a>"#, "x", None),
        ] {
            let want = Plain { text: text.to_owned(), link: link.map(str::to_owned) };
            assert_eq!(plain(cell), Some(want), "{cell}");
        }
        let endless = "<a ".repeat(300_000);
        let behind = format!("{}<b>x</b>", "< ".repeat(300));
        for cell in
            [endless.as_str(), &behind, "a < b > c", "<unknown>", "1<2", "&amp;", "<a href=", "List<String>", ""]
        {
            assert_eq!(plain(cell), None, "{cell}");
        }
    }
}
