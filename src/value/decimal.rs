//! Numbers written in decimal digits, as the doubles they are.

/// Largest whole number up to which every whole number is a double.
pub const EXACT: u64 = 1 << 53;
/// Powers of ten that are doubles.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The double nearest to `digits` times a power of ten; none where the two are not both doubles, whose product or quotient
/// is the nearest one (Clinger 1990).
#[inline]
pub fn scaled(digits: u64, scale: i32) -> Option<f64> {
    let power = POWERS.get(scale.unsigned_abs() as usize).filter(|_| digits <= EXACT)?;
    Some(if scale < 0 { digits as f64 / power } else { digits as f64 * power })
}
