//! Pixels as sixels (DEC STD 070), the images of terminals: bands six pixels high, one pass over a band for each colour.
//! Knows nothing of figures, and must not ask what the terminal can do.

use std::collections::HashMap;

/// Most colours a terminal need keep.
const COLOURS: usize = 256;

/// The sequence that shows the pixels (red, green and blue each, row by row), its beginning and end included. Colours
/// are told in percent, as the standard has it; where there are too many, rare ones become the nearest common ones.
pub fn encode((width, height): (u32, u32), rgb: &[u8]) -> Vec<u8> {
    let wide = width as usize;
    let (palette, places) = reduced(rgb);
    // Aspect 1:1, and pixels of no colour stay as they are.
    let mut out = format!("\x1bP0;1q\"1;1;{width};{height}").into_bytes();
    for (i, colour) in palette.iter().enumerate() {
        let [r, g, b] = colour.map(|c| (u32::from(c) * 100 + 127) / 255);
        out.extend_from_slice(format!("#{i};2;{r};{g};{b}").as_bytes());
    }
    for band in places.chunks(wide.max(1) * 6) {
        // For each colour of the band its sixels: bit by bit the rows in which it stands in a column.
        let mut rows: Vec<Option<Vec<u8>>> = vec![None; palette.len()];
        for (i, place) in band.iter().enumerate() {
            let sixels = rows[usize::from(*place)].get_or_insert_with(|| vec![0; wide]);
            sixels[i % wide] |= 1 << (i / wide);
        }
        for (colour, sixels) in rows.iter().enumerate().filter_map(|(i, row)| Some((i, row.as_ref()?))) {
            out.extend_from_slice(format!("#{colour}").as_bytes());
            let used = sixels.iter().rposition(|s| *s != 0).map_or(0, |i| i + 1);
            for run in sixels[..used].chunk_by(|a, b| a == b) {
                let symbol = b'?' + run[0];
                match run.len() {
                    n @ 0..4 => out.extend(std::iter::repeat_n(symbol, n)),
                    n => out.extend_from_slice(format!("!{n}{}", char::from(symbol)).as_bytes()),
                }
            }
            out.push(b'$');
        }
        out.push(b'-');
    }
    out.extend_from_slice(b"\x1b\\");
    out
}

/// The commonest colours, and for each pixel the place of its colour among them.
fn reduced(rgb: &[u8]) -> (Vec<[u8; 3]>, Vec<u8>) {
    let pixels = || rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]]);
    let mut counts: HashMap<[u8; 3], u64> = HashMap::new();
    pixels().for_each(|p| *counts.entry(p).or_default() += 1);
    let mut common: Vec<([u8; 3], u64)> = counts.iter().map(|(c, n)| (*c, *n)).collect();
    common.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let palette: Vec<[u8; 3]> = common.iter().take(COLOURS).map(|(c, _)| *c).collect();
    let distance =
        |a: &[u8; 3], b: &[u8; 3]| -> u32 { a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum() };
    let nearest = |colour: &[u8; 3]| (0..palette.len()).min_by_key(|i| distance(&palette[*i], colour)).unwrap_or(0);
    let places: HashMap<[u8; 3], u8> =
        common.iter().enumerate().map(|(i, (c, _))| (*c, if i < COLOURS { i } else { nearest(c) } as u8)).collect();
    let of = pixels().map(|p| places[&p]).collect();
    (palette, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decoder by the standard, for what the encoder uses of it: pixels by row, none where nothing was painted.
    fn decoded(bytes: &[u8]) -> (usize, usize, Vec<Option<[u8; 3]>>) {
        let text = std::str::from_utf8(bytes).unwrap();
        let body = text.strip_prefix("\x1bP0;1q").unwrap().strip_suffix("\x1b\\").unwrap();
        let mut rest = body.as_bytes();
        let number = |rest: &mut &[u8]| -> usize {
            let n = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let (digits, after) = rest.split_at(n);
            *rest = after;
            std::str::from_utf8(digits).unwrap().parse().unwrap()
        };
        let numbers = |rest: &mut &[u8]| {
            let mut found = vec![number(rest)];
            while rest.first() == Some(&b';') {
                *rest = &rest[1..];
                found.push(number(rest));
            }
            found
        };
        let (mut size, mut palette) = ((0, 0), HashMap::new());
        let (mut x, mut y, mut colour, mut pixels) = (0, 0, 0, Vec::new());
        while let Some(symbol) = rest.first().copied() {
            rest = &rest[1..];
            let mut times = 1;
            let mut sixel = symbol;
            match symbol {
                b'"' => {
                    let n = numbers(&mut rest);
                    size = (n[2], n[3]);
                    pixels = vec![None; size.0 * size.1];
                    continue;
                }
                b'#' => {
                    let n = numbers(&mut rest);
                    colour = n[0];
                    if n.len() == 5 {
                        palette.insert(colour, [n[2], n[3], n[4]].map(|p| ((p * 255 + 50) / 100) as u8));
                    }
                    continue;
                }
                b'$' => {
                    x = 0;
                    continue;
                }
                b'-' => {
                    (x, y) = (0, y + 6);
                    continue;
                }
                b'!' => {
                    times = number(&mut rest);
                    sixel = rest[0];
                    rest = &rest[1..];
                }
                _ => {}
            }
            assert!((b'?'..=b'~').contains(&sixel), "{sixel}");
            for _ in 0..times {
                for bit in (0..6).filter(|bit| (sixel - b'?') >> bit & 1 == 1) {
                    pixels[(y + bit) * size.0 + x] = Some(palette[&colour]);
                }
                x += 1;
            }
        }
        (size.0, size.1, pixels)
    }

    #[test]
    fn decoding_gives_the_pixels_back() {
        // Percents hold these colours exactly; seven rows are a whole band and a part.
        let colours = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [51, 102, 204]];
        let (width, height) = (11usize, 7usize);
        let at = |i: usize| colours[(i * i / 5 + i / width) % 4];
        let rgb: Vec<u8> = (0..width * height).flat_map(at).collect();
        let (w, h, pixels) = decoded(&encode((width as u32, height as u32), &rgb));
        assert_eq!((w, h), (width, height));
        let wanted: Vec<Option<[u8; 3]>> = (0..width * height).map(|i| Some(at(i))).collect();
        assert_eq!(pixels, wanted);
    }

    #[test]
    fn too_many_colours_become_near_ones() {
        let rgb: Vec<u8> = (0..40 * 40u32).flat_map(|i| [(i % 40 * 6) as u8, (i / 40 * 6) as u8, 90]).collect();
        let (palette, places) = reduced(&rgb);
        assert_eq!(palette.len(), 256);
        let far = rgb
            .chunks_exact(3)
            .zip(&places)
            .any(|(p, i)| palette[usize::from(*i)].iter().zip(p).any(|(a, b)| a.abs_diff(*b) > 230));
        assert!(!far);
        let (.., pixels) = decoded(&encode((40, 40), &rgb));
        assert!(pixels.iter().all(Option::is_some));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(encode((0, 0), &[]), b"\x1bP0;1q\"1;1;0;0\x1b\\");
    }
}
