//! 64-bit hashes for counting different values. Not for anything an adversary may choose.

use xxhash_rust::xxh3::xxh3_64;

/// Longest value, in bytes, that [`short`] takes.
pub const SHORT: usize = 12;

/// Mixes 64 bits so that every bit of the result depends on every bit given. One to one: two numbers never collide.
/// The finalizer of MurmurHash3 with the constants of D. Stafford's variant 13.
#[inline(always)]
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The hash of a value of up to [`SHORT`] bytes, packed: its length in the low 32 bits, its bytes above, zeros after.
#[inline(always)]
pub fn short(packed: u128) -> u64 {
    let (low, high) = (packed as u64, (packed >> 64) as u64);
    // Each half goes through a one-to-one map first, so that no short value can make the other half vanish.
    mix(low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mix(high ^ 0xa076_1d64_78bd_642f))
}

/// The hash of a value of more than [`SHORT`] bytes.
#[inline]
pub fn long(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// The hash of 128 bits.
#[inline(always)]
pub fn wide(x: u128) -> u64 {
    short(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn spreads_neighbours_over_all_bits() {
        for f in [mix as fn(u64) -> u64, |x| short(u128::from(x) << 32), |x| short(u128::from(x) << 64 | 12)] {
            let hashes: Vec<u64> = (0..100_000).map(f).collect();
            assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
            for bit in 0..64 {
                let ones = hashes.iter().filter(|h| *h >> bit & 1 == 1).count();
                // 50,000 ± 5 standard deviations of 158.
                assert!((49_200..50_800).contains(&ones), "bit {bit}: {ones}");
            }
        }
    }
}
