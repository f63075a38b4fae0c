//! Everything a person reads, in English and Japanese, and how wide it is on a terminal.
//!
//! A [`Msg`] is a text's name and its values; it becomes words only when it is shown, so the language can change while
//! the program runs. The words themselves are in `assets/text/*.ftl`. Nothing here knows about tables or the terminal.

mod bar;
pub mod fuzzy;
pub mod link;
pub mod number;
pub mod safe;

pub use bar::{bar, is_unicode, locale, spark, upright};

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language the program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Japanese.
    Ja,
}

static CURRENT: AtomicU8 = AtomicU8::new(0);

#[cfg(test)]
thread_local! {
    static OF_THREAD: std::cell::Cell<Option<Lang>> = const { std::cell::Cell::new(None) };
}

impl Lang {
    /// Every language, in the order of the switch.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Ja];

    /// The two-letter code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The language of a code or locale name (`ja`, `ja_JP.UTF-8`, `en-GB`), if we speak it.
    pub fn parse(name: &str) -> Option<Self> {
        let primary = name.split(['_', '-', '.', '@']).next().unwrap_or("");
        Self::ALL.into_iter().find(|l| l.code().eq_ignore_ascii_case(primary))
    }

    /// The language the environment asks for (`LC_ALL`, `LC_MESSAGES`, `LANG`), English if it names none of ours.
    pub fn from_env() -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|k| std::env::var(k).ok())
            .find(|v| !v.is_empty())
            .and_then(|v| Self::parse(&v))
            .unwrap_or(Self::En)
    }

    /// The language in force.
    pub fn current() -> Self {
        #[cfg(test)]
        if let Some(lang) = OF_THREAD.get() {
            return lang;
        }
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Ja,
            _ => Self::En,
        }
    }

    /// Puts this language in force for the whole process.
    pub fn make_current(self) {
        // Tests run side by side in one process, each in a thread of its own.
        #[cfg(test)]
        return OF_THREAD.set(Some(self));
        #[cfg(not(test))]
        CURRENT.store(self as u8, Ordering::Relaxed);
    }

    /// The source of this language's texts.
    pub fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("../../assets/text/en.ftl"),
            Self::Ja => include_str!("../../assets/text/ja.ftl"),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; 2] = [OnceLock::new(), OnceLock::new()];
        BUNDLES[self as usize].get_or_init(|| {
            let id = self.code().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![id]);
            bundle.set_use_isolating(false);
            bundle.set_formatter(Some(|value, _| match value {
                FluentValue::Number(n) => Some(number::grouped(&n.as_string())),
                _ => None,
            }));
            let resource = FluentResource::try_new(self.source().to_owned()).unwrap_or_else(|(partial, _)| partial);
            bundle.add_resource_overriding(resource);
            bundle
        })
    }
}

/// One value inside a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Text as it is.
    Text(String),
    /// A number; written with thousands separators, and decides the plural.
    Number(f64),
    /// Another message, put into words at the same moment.
    Msg(Msg),
}

impl From<&str> for Arg {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}
impl From<String> for Arg {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}
impl From<&String> for Arg {
    fn from(v: &String) -> Self {
        Self::Text(v.clone())
    }
}
impl From<Msg> for Arg {
    fn from(v: Msg) -> Self {
        Self::Msg(v)
    }
}
macro_rules! number_args {
    ($($t:ty),*) => { $(impl From<$t> for Arg { fn from(v: $t) -> Self { Self::Number(v as f64) } })* };
}
number_args!(usize, u64, u32, u16, u8, i64, i32, f64);

/// A text by name, with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Msg {
    /// The name of the text in the `.ftl` files.
    pub id: &'static str,
    args: Vec<(&'static str, Arg)>,
}

impl Msg {
    /// The text named `id`.
    pub const fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    /// The text named `id`, with the values of this one.
    pub fn renamed(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    /// With a value for the placeable `{ $key }`.
    pub fn with(mut self, key: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((key, value.into()));
        self
    }

    /// The words in one language; the name itself where a text is missing (a test forbids that).
    pub fn in_lang(&self, lang: Lang) -> String {
        self.attribute_in(lang, None)
    }

    /// An attribute of the text (`.synonyms`, `.example` …) in the language in force, empty if it has none.
    pub fn attribute(&self, name: &str) -> String {
        self.attribute_in(Lang::current(), Some(name))
    }

    fn attribute_in(&self, lang: Lang, attribute: Option<&str>) -> String {
        let bundle = lang.bundle();
        let pattern = bundle.get_message(self.id).and_then(|m| match attribute {
            None => m.value(),
            Some(name) => m.get_attribute(name).map(|a| a.value()),
        });
        let Some(pattern) = pattern else {
            return if attribute.is_some() { String::new() } else { self.id.to_owned() };
        };
        let mut args = FluentArgs::new();
        for (key, value) in &self.args {
            match value {
                Arg::Text(s) => args.set(*key, s.as_str()),
                Arg::Number(n) => args.set(*key, *n),
                Arg::Msg(m) => args.set(*key, m.in_lang(lang)),
            }
        }
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }
}

impl fmt::Display for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_lang(Lang::current()))
    }
}

/// The words of the text `id` in the language in force.
pub fn tr(id: &'static str) -> String {
    Msg::new(id).to_string()
}

/// Names in one line; of many the first, with how many more there are.
pub fn names<S: AsRef<str>>(names: &[S]) -> Msg {
    const NAMED: usize = 20;
    let joined = |names: &[S]| names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED) {
        // One more takes no more room than saying so.
        None | Some(0 | 1) => Msg::new("names-all").with("names", joined(names)),
        Some(more) => Msg::new("names-first").with("names", joined(&names[..NAMED])).with("count", more),
    }
}

/// The plain form of a wide ASCII character, as it is typed with a Japanese keyboard; any other as it is.
pub fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    }
}
