//! Which text encoding a file is in, and how its bytes become UTF-8.
//!
//! The mark at the beginning decides, then the pattern of NUL bytes (UTF-16), then validity as UTF-8, then statistics
//! around the first byte that is not ASCII. Nothing here knows about delimiters or tables, and nothing fails because of
//! bytes that cannot be decoded: they become U+FFFD and are counted.

use std::borrow::Cow;
use std::io::{Read, Write};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use crate::data::Control;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Bytes that the statistics look at.
const SAMPLE: usize = 256 * 1024;

/// What the beginning of a file says about its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The encoding; `None` while every byte is ASCII and more is to come.
    pub encoding: Option<&'static Encoding>,
    /// Length of the byte order mark, in bytes.
    pub mark: usize,
}

/// Finds the encoding of text from its first bytes. `whole` says that `head` is all there is.
pub fn detect(head: &[u8], whole: bool) -> Detected {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return Detected { encoding: Some(encoding), mark };
    }
    if let Some(encoding) = utf16_by_nulls(head) {
        return Detected { encoding: Some(encoding), mark: 0 };
    }
    let encoding = match first_non_ascii(head) {
        None if whole => Some(UTF_8),
        None => None,
        Some(at) => Some(around(&head[line_start(head, at)..], whole)),
    };
    Detected { encoding, mark: 0 }
}

/// Place of the first byte that decides about the encoding: one that is not ASCII, or the beginning of an ISO-2022-JP
/// escape sequence.
pub fn first_non_ascii(bytes: &[u8]) -> Option<usize> {
    let high = if bytes.is_ascii() { None } else { bytes.iter().position(|b| !b.is_ascii()) };
    let seven_bit = &bytes[..high.unwrap_or(bytes.len())];
    let escape =
        memchr::memchr_iter(0x1b, seven_bit).find(|i| matches!(seven_bit.get(i + 1..i + 3), Some(b"$B" | b"$@")));
    escape.or(high)
}

fn line_start(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |i| i + 1)
}

/// The encoding of text that is known to hold bytes outside ASCII and to be no UTF-16. `whole` says that nothing follows.
pub fn around(bytes: &[u8], whole: bool) -> &'static Encoding {
    let high = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(bytes.len());
    if first_non_ascii(bytes).is_some_and(|at| at < high) {
        return ISO_2022_JP;
    }
    if mostly_utf8(bytes, whole) {
        return UTF_8;
    }
    let (sample, last) = if bytes.len() > SAMPLE { (&bytes[..SAMPLE], false) } else { (bytes, whole) };
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, last);
    let japanese_locale = crate::text::Lang::from_env() == crate::text::Lang::Ja;
    let guess = detector.guess(japanese_locale.then_some(b"jp"), Utf8Detection::Deny);
    [SHIFT_JIS, EUC_JP].into_iter().filter(|e| *e != guess).find(|e| reads_as_japanese(e, sample)).map_or(guess, |e| {
        // Both readings may be without error; the one that reads as Japanese itself keeps the word.
        if (guess == SHIFT_JIS || guess == EUC_JP) && reads_as_japanese(guess, sample) { guess } else { e }
    })
}

/// Whether the bytes are UTF-8 but for a few damaged places.
fn mostly_utf8(bytes: &[u8], whole: bool) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        let characters = chunk.valid();
        good += characters.bytes().filter(|b| *b >= 0xc0).count();
        // Damaged bytes side by side are one place.
        if characters.is_empty() && bad > 0 {
            continue;
        }
        // A character cut off by the end of what was read is no damage.
        if !chunk.invalid().is_empty() && (whole || chunks.peek().is_some()) {
            bad += 1;
        }
    }
    bad == 0 || bad * 8 <= good
}

/// Whether bytes decode without error into text with kana among its characters outside ASCII.
fn reads_as_japanese(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() * 3 + 16);
    let (result, _, errors) = decoder.decode_to_string(bytes, &mut text, false);
    if errors || result != encoding_rs::CoderResult::InputEmpty {
        return false;
    }
    let (mut kana, mut other) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        match c {
            '\u{3041}'..='\u{30fe}' => kana += 1,
            // Half-width kana is what Latin text looks like when read as Shift_JIS.
            '\u{ff61}'..='\u{ff9f}' | '\u{e000}'..='\u{f8ff}' => other += 2,
            _ => other += 1,
        }
    }
    kana * 3 >= (kana + other).max(1)
}

/// UTF-16 without a mark: NUL bytes at every other place, and text when read so.
fn utf16_by_nulls(head: &[u8]) -> Option<&'static Encoding> {
    let bytes = &head[..head.len().min(16 * 1024) & !1];
    let nulls = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (nulls(0), nulls(1));
    let (encoding, many, few) = if odd > even { (UTF_16LE, odd, even) } else { (UTF_16BE, even, odd) };
    if bytes.len() < 4 || many * 10 < bytes.len() || few * 20 > many {
        return None;
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() * 2 + 16);
    let (_, _, errors) = decoder.decode_to_string(bytes, &mut text, false);
    let strange = |c: char| c < ' ' && !matches!(c, '\t' | '\r' | '\n');
    (!errors && !text.chars().any(strange)).then_some(encoding)
}

/// The encoding a person names: WHATWG labels and the names used in Japan. Unknown names are a usage error.
pub fn by_label(label: &str) -> Result<&'static Encoding> {
    let name = label.trim().to_ascii_lowercase().replace('_', "-");
    let found = match name.as_str() {
        "cp932" | "ms932" | "sjis-win" | "windows-932" | "shiftjis" => Some(SHIFT_JIS),
        "eucjp" | "ujis" => Some(EUC_JP),
        "utf16" | "utf-16" => Some(UTF_16LE),
        "utf-8-sig" | "utf8-sig" => Some(UTF_8),
        "latin-1" => Some(encoding_rs::WINDOWS_1252),
        _ => Encoding::for_label_no_replacement(label.trim().as_bytes())
            .or_else(|| Encoding::for_label_no_replacement(name.as_bytes())),
    };
    found.ok_or_else(|| {
        Error::usage(Msg::new("error-text-encoding").with("name", label)).hint(Msg::new("hint-text-encoding"))
    })
}

/// The name people know an encoding by.
pub fn name(encoding: &'static Encoding) -> &'static str {
    if encoding == SHIFT_JIS { "CP932" } else { encoding.name() }
}

/// Whether delimiters, quotes and line ends can be found in the bytes as they are. Where not, text has to be converted
/// as a whole first.
pub fn splits_as_ascii(encoding: &'static Encoding) -> bool {
    encoding.is_ascii_compatible()
}

/// Bytes as text, and how many places could not be decoded.
pub fn decode<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, u64) {
    if encoding == UTF_8 || bytes.is_ascii() {
        return match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), 0),
            Err(_) => {
                let bad = bytes.utf8_chunks().filter(|c| !c.invalid().is_empty()).count();
                (String::from_utf8_lossy(bytes), bad as u64)
            }
        };
    }
    let (text, errors) = encoding.decode_without_bom_handling(bytes);
    let bad = if errors { text.matches('\u{fffd}').count() as u64 } else { 0 };
    (text, bad)
}

/// Converts text of any encoding to UTF-8, in bounded memory; gives the number of places that could not be decoded.
/// Progress counts bytes read.
pub fn convert(
    encoding: &'static Encoding,
    mut from: impl Read,
    mut to: impl Write,
    control: &Control,
) -> std::io::Result<Result<u64>> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut input = vec![0u8; 256 * 1024];
    let mut text = String::with_capacity(input.len() * 3 + 16);
    let mut bad = 0;
    loop {
        if let Err(stopped) = control.check() {
            return Ok(Err(stopped));
        }
        let n = match from.read(&mut input) {
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let mut done = 0;
        loop {
            text.clear();
            let (result, read, errors) = decoder.decode_to_string(&input[done..n], &mut text, n == 0);
            done += read;
            if errors {
                bad += text.matches('\u{fffd}').count() as u64;
            }
            to.write_all(text.as_bytes())?;
            if result == encoding_rs::CoderResult::InputEmpty {
                break;
            }
        }
        control.advance(n as u64);
        if n == 0 {
            to.flush()?;
            return Ok(Ok(bad));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    const SHOP: &str = "商品名,都道府県,値段\nりんご,青森県,120\nみかん（大）,愛媛県,98\nコシヒカリ,新潟県,2400\n";

    #[test]
    fn japanese_is_recognised() {
        for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP, UTF_8] {
            assert_eq!(detect(&bytes(encoding, SHOP), true).encoding, Some(encoding), "{}", encoding.name());
        }
        // Names of prefectures alone, no kana.
        assert_eq!(around(&bytes(SHIFT_JIS, "id,県\n1,東京都\n2,大阪府\n3,北海道\n"), true), SHIFT_JIS);
    }

    #[test]
    fn other_languages_are_not_taken_for_japanese() {
        let french = "ville,été\nOrléans,déjà vu\nBesançon,où ça\nSète,maïs grillé\n";
        assert_eq!(around(&bytes(encoding_rs::WINDOWS_1252, french), true), encoding_rs::WINDOWS_1252);
        let russian = "город,страна\nМосква,Россия\nСанкт-Петербург,Россия\nНовосибирск,Россия\n";
        assert_eq!(around(&bytes(encoding_rs::WINDOWS_1251, russian), true), encoding_rs::WINDOWS_1251);
    }

    #[test]
    fn marks_and_nulls() {
        assert_eq!(detect(b"\xef\xbb\xbfa,b", true), Detected { encoding: Some(UTF_8), mark: 3 });
        assert_eq!(detect(b"\xff\xfea\0", true), Detected { encoding: Some(UTF_16LE), mark: 2 });
        for text in ["id,name\n1,x\n2,y\n", SHOP] {
            assert_eq!(detect(&utf16(text, false), true).encoding, Some(UTF_16LE));
            assert_eq!(detect(&utf16(text, true), true).encoding, Some(UTF_16BE));
        }
        assert_eq!(detect(b"a,b\n1,\0\0\0x\n2,y\n", true).encoding, Some(UTF_8));
    }

    #[test]
    fn ascii_waits_for_more() {
        assert_eq!(detect(b"a,b\n", false).encoding, None);
        assert_eq!(detect(b"a,b\n", true).encoding, Some(UTF_8));
        // A character cut in two by the end of the sample.
        assert_eq!(detect(&"a,東京".as_bytes()[..7], false).encoding, Some(UTF_8));
    }

    #[test]
    fn a_damaged_place_does_not_change_the_encoding() {
        let mut damaged = SHOP.repeat(3).into_bytes();
        damaged[2] = 0xff;
        assert_eq!(around(&damaged, true), UTF_8);
        assert!(decode(UTF_8, &damaged).1 >= 1);
    }

    #[test]
    fn labels() {
        for (label, want) in
            [("cp932", SHIFT_JIS), ("Shift_JIS", SHIFT_JIS), ("EUC-JP", EUC_JP), ("utf-16le", UTF_16LE)]
        {
            assert_eq!(by_label(label).ok(), Some(want));
        }
        assert_eq!(by_label("klingon").map_err(|e| e.kind).err(), Some(crate::error::ErrorKind::Usage));
    }

    #[test]
    fn conversion_of_a_long_text() {
        let text = SHOP.repeat(9_000);
        let mut out = Vec::new();
        let bad = convert(UTF_16BE, &utf16(&text, true)[..], &mut out, &Control::new());
        assert_eq!(bad.ok().and_then(|b| b.ok()), Some(0));
        assert!(out == text.as_bytes());
    }
}
