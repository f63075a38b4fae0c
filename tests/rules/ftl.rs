//! Reads the files of texts: messages, attributes and the values they ask for. It does not put them into words.

use std::collections::{BTreeMap, BTreeSet};

use mekiki::text::Lang;

/// One message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its pattern.
    pub value: String,
    /// Its attributes' patterns by name.
    pub attributes: BTreeMap<String, String>,
}

impl Message {
    /// Its pattern and those of its attributes, with the attribute's name (empty for the value).
    pub fn patterns(&self) -> impl Iterator<Item = (&str, &str)> {
        std::iter::once(("", self.value.as_str())).chain(self.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }
}

/// The messages of a text file in their order, an id standing twice if it is defined twice; or a line that is none.
pub fn parse(text: &str) -> Result<Vec<(String, Message)>, String> {
    let mut messages: Vec<(String, Message)> = Vec::new();
    let mut attribute: Option<String> = None;
    for (i, line) in text.lines().enumerate() {
        let bad = || format!("line {}: {line}", i + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (id, value) = line.split_once('=').ok_or_else(bad)?;
            messages.push((id.trim().to_owned(), Message { value: value.trim().to_owned(), ..Message::default() }));
            attribute = None;
            continue;
        }
        let (_, message) = messages.last_mut().ok_or_else(bad)?;
        let inner = line.trim();
        if let Some((name, value)) = inner.strip_prefix('.').and_then(|l| l.split_once('=')) {
            let name = name.trim().to_owned();
            if message.attributes.insert(name.clone(), value.trim().to_owned()).is_some() {
                return Err(bad());
            }
            attribute = Some(name);
        } else {
            let pattern = match &attribute {
                None => &mut message.value,
                Some(name) => message.attributes.get_mut(name).ok_or_else(bad)?,
            };
            pattern.push('\n');
            pattern.push_str(inner);
        }
    }
    Ok(messages)
}

/// The messages of a language by id.
pub fn messages(lang: Lang) -> BTreeMap<String, Message> {
    parse(lang.source()).unwrap().into_iter().collect()
}

/// What stands in the placeables of a pattern.
fn placeables(pattern: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    for c in pattern.chars() {
        match c {
            '{' => {
                depth += 1;
                found.push(String::new());
            }
            '}' => depth = depth.saturating_sub(1),
            c if depth > 0 => found.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The values a pattern asks for.
pub fn variables(pattern: &str) -> BTreeSet<String> {
    let inside = placeables(pattern).join(" ");
    inside.split('$').skip(1).map(|rest| rest.chars().take_while(|c| is_name(*c)).collect()).collect()
}

/// Other messages a pattern holds.
pub fn references(pattern: &str) -> BTreeSet<String> {
    placeables(pattern)
        .into_iter()
        .map(|p| p.trim().split('.').next().unwrap_or("").to_owned())
        .filter(|p| !p.is_empty() && p.chars().all(is_name))
        .collect()
}

/// The words of a pattern outside its placeables.
pub fn words(pattern: &str) -> String {
    let mut depth = 0usize;
    let mut words = String::new();
    for c in pattern.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => words.push(c),
            _ => {}
        }
    }
    words
}

#[test]
fn texts_are_read() {
    let text = "# note\n\n## Group\nhello = Hi { $name }, { $n ->\n    [one] one\n   *[other] { $n } of { other-id }\n}\n    .help = More\n        and { $more }\nbye = Bye\nbye = Twice\n";
    let messages = parse(text).unwrap();
    let ids: Vec<_> = messages.iter().map(|m| m.0.as_str()).collect();
    assert_eq!(ids, ["hello", "bye", "bye"]);
    let hello = &messages[0].1;
    assert_eq!(variables(&hello.value).into_iter().collect::<Vec<_>>(), ["n", "name"]);
    assert_eq!(references(&hello.value).into_iter().collect::<Vec<_>>(), ["other-id"]);
    assert_eq!(words("a { $x } b"), "a  b");
    assert_eq!(hello.attributes["help"], "More\nand { $more }");
    assert_eq!(hello.patterns().count(), 2);
    for bad in ["hello", "    .help = before any message", "a = b\n  .x = 1\n  .x = 2"] {
        assert!(parse(bad).is_err(), "{bad}");
    }
}
