//! Which rows of a stretch hold a value, 64 rows at a time.

/// A bitmap with one bit for each row, the lowest bit of a byte first; set where there is a value.
#[derive(Clone, Copy)]
pub(in crate::op) struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Bits<'a> {
    /// A bitmap whose first row is bit `offset` of `bytes`.
    pub fn new((bytes, offset, _len): (&'a [u8], usize, usize)) -> Self {
        Self { bytes, offset }
    }

    /// Whether row `row` holds a value.
    #[inline(always)]
    pub fn get(self, row: usize) -> bool {
        let bit = self.offset + row;
        self.bytes.get(bit / 8).is_some_and(|b| b >> (bit % 8) & 1 == 1)
    }

    /// The bits of 64 rows from `row` on; zeros after the end.
    #[inline(always)]
    pub(in crate::op) fn word(self, row: usize) -> u64 {
        let (byte, shift) = ((self.offset + row) / 8, (self.offset + row) % 8);
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let mut nine = [0u8; 9];
        match rest.first_chunk::<9>() {
            Some(all) => nine = *all,
            None => nine[..rest.len()].copy_from_slice(rest),
        }
        let [low @ .., high] = nine;
        u64::from_le_bytes(low) >> shift | u64::from(high) << 1 << (63 - shift)
    }

    /// Moves the values there are of `values`, whose first is row `row`, to the front of `out`, and says how many.
    #[inline]
    pub fn pack<T: Copy>(self, values: &[T], row: usize, out: &mut [T]) -> usize {
        let mut n = 0;
        for (i, values) in values.chunks(64).enumerate() {
            let mut word = self.word(row + i * 64);
            if word == u64::MAX {
                out[n..n + values.len()].copy_from_slice(values);
                n += values.len();
            } else if word != 0 {
                for v in values {
                    out[n] = *v;
                    n += (word & 1) as usize;
                    word >>= 1;
                }
            }
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_at_any_offset() {
        let bytes: Vec<u8> = (0..40u32).map(|i| (i * 37 + i * i) as u8).chain([255; 20]).collect();
        let set = |bit: usize| bytes[bit / 8] >> (bit % 8) & 1 == 1;
        for offset in [0, 1, 7, 8, 13, 64, 317] {
            let rows = bytes.len() * 8 - offset;
            let bits = Bits::new((&bytes, offset, rows));
            for (row, len) in [(0, rows), (3, 100.min(rows - 3)), (rows - 1, 1)] {
                let values: Vec<usize> = (row..row + len).collect();
                let mut out = vec![0; len + 1];
                let n = bits.pack(&values, row, &mut out);
                let want: Vec<usize> = values.iter().copied().filter(|r| set(offset + r)).collect();
                assert_eq!(out[..n], want);
                assert!(values.iter().all(|r| bits.get(*r) == set(offset + r)));
            }
        }
    }
}
