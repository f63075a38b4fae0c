//! Whether a text a person wrote is one query and nothing else. What the query means is for the engine to say.

use crate::text::Msg;

/// Words a query begins with.
const BEGINS: [&str; 4] = ["select", "with", "values", "table"];

/// The one query in a text, without what ends it; why it is none, else.
pub fn query(text: &str) -> Result<&str, Msg> {
    let mut first: Option<usize> = None;
    let mut end: Option<usize> = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let next = skipped(text, at);
        if next > at {
            at = next;
            continue;
        }
        match (c, end) {
            (';', None) if first.is_some() => end = Some(at),
            (c, _) if c == ';' || c.is_whitespace() => {}
            (_, Some(_)) => return Err(Msg::new("error-statement-second")),
            _ => {
                first.get_or_insert(at);
                at = held(text, at);
                continue;
            }
        }
        at += c.len_utf8();
    }
    let Some(first) = first else { return Err(Msg::new("error-statement-missing")) };
    let begin = text[first..].trim_start_matches(['(', ' ', '\t', '\n', '\r']);
    let word: String = begin.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if !BEGINS.iter().any(|b| word.eq_ignore_ascii_case(b)) {
        let word = if word.is_empty() { begin.chars().take(1).collect() } else { word };
        return Err(Msg::new("error-statement-no-query").with("word", word).with("words", BEGINS.join(", ")));
    }
    Ok(text[first..end.unwrap_or(text.len())].trim_end())
}

/// The byte after the comment that begins at one; that byte itself if none does.
fn skipped(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    if rest.starts_with("--") {
        return at + rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return at;
    }
    let mut depth = 0;
    let mut i = 0;
    while i < rest.len() {
        match rest.as_bytes().get(i..i + 2) {
            Some(b"/*") => (depth, i) = (depth + 1, i + 2),
            Some(b"*/") => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return at + i;
        }
    }
    text.len()
}

/// The byte after the word, the text in quotes or the single character that begins at one.
fn held(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let after = |i: Option<usize>, length: usize| i.map_or(text.len(), |i| at + i + length);
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    match rest.chars().next() {
        Some('$') => {
            // Dollar quotes have a name or none between the signs.
            let tag = rest[1..].find('$').map(|i| &rest[..i + 2]);
            let named = |tag: &&str| tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
            match tag.filter(named) {
                Some(tag) => after(rest[tag.len()..].find(tag), 2 * tag.len()),
                None => at + 1,
            }
        }
        Some(quote @ ('\'' | '"')) => {
            // Only texts that are marked so take a backslash as one.
            let head = text[..at].trim_end_matches(['e', 'E']);
            let escapes = quote == '\'' && head.len() + 1 == at && !head.ends_with(is_word);
            let mut chars = rest.char_indices().skip(1);
            while let Some((i, c)) = chars.next() {
                if c == '\\' && escapes {
                    chars.next();
                } else if c == quote {
                    // A doubled quote begins the next piece of the same text.
                    return at + i + 1;
                }
            }
            text.len()
        }
        Some(c) if is_word(c) && !matches!(c, 'e' | 'E') => at + rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()),
        Some(c) => at + c.len_utf8(),
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_query_is_taken_without_its_end() {
        for (text, want) in [
            ("select 1", "select 1"),
            ("  SELECT 1 ;\n ; ", "SELECT 1"),
            (
                "-- why\n/* a /* b */ ; */ with x as (select 1) select * from x; -- that is all ;",
                "with x as (select 1) select * from x",
            ),
            ("select ';', ';''', \"a;b\" from t", "select ';', ';''', \"a;b\" from t"),
            ("select e'\\';', 'a\\'", "select e'\\';', 'a\\'"),
            ("select $$;$$, $x$ $$;' $x$, a$b from t;", "select $$;$$, $x$ $$;' $x$, a$b from t"),
            ("(select 1) union (select 2);", "(select 1) union (select 2)"),
            ("values (1)", "values (1)"),
            ("select '東京;' as 都市", "select '東京;' as 都市"),
            ("select 'open;", "select 'open;"),
            ("select type'x', e'\\\\'; --", "select type'x', e'\\\\'"),
        ] {
            assert_eq!(query(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, id) in [
            ("", "error-statement-missing"),
            (" ; -- nothing", "error-statement-missing"),
            ("select 1; select 2", "error-statement-second"),
            ("select 1;/* */ drop table t", "error-statement-second"),
            ("select 'a\\'; drop table t --'", "error-statement-second"),
            ("select e'a'; drop table t --'", "error-statement-second"),
            ("select $a$ $b$ $a$; drop table t", "error-statement-second"),
            ("drop table t", "error-statement-no-query"),
            ("copy t to program 'x'", "error-statement-no-query"),
            ("set role admin", "error-statement-no-query"),
            ("'select'", "error-statement-no-query"),
        ] {
            assert_eq!(query(text).unwrap_err().id, id, "{text}");
        }
        for odd in ["$", "$a", "/*", "/*/", "é", "e", "e'", "\\", "'''", "\u{0}"] {
            let _ = query(odd);
        }
    }
}
