//! Which colour a role is. One table for images and for terminals, told apart with every kind of colour vision.

use crate::result::figure::Role;

/// A colour: red, green, blue.
pub type Rgb = (u8, u8, u8);

/// The colours of groups: M. Okabe and K. Ito, "Color universal design" (2008), the darkest contrasts first.
const SERIES: [Rgb; 8] = [
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (86, 180, 233),
    (240, 228, 66),
    (68, 68, 68),
];
/// Pale to strong, of even steps in lightness.
const LEVELS: [Rgb; 4] = [(222, 235, 247), (146, 197, 222), (49, 130, 189), (8, 48, 107)];
/// Less than neutral, neutral, more.
const DIVERGING: [Rgb; 5] = [(33, 102, 172), (146, 197, 222), (240, 240, 240), (244, 165, 130), (178, 24, 43)];

fn between(stops: &[Rgb], share: f32) -> Rgb {
    let last = stops.len() - 1;
    let place = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) } * last as f32;
    let i = (place as usize).min(last - 1);
    let part = place - i as f32;
    let (a, b) = (stops[i], stops[i + 1]);
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The colour of a role on white.
pub fn rgb(role: Role) -> Rgb {
    match role {
        Role::Series(i) => SERIES[usize::from(i) % SERIES.len()],
        Role::Others => (160, 160, 160),
        Role::Emphasis => (213, 94, 0),
        Role::Muted => (187, 187, 187),
        Role::Ink => (51, 51, 51),
        Role::Rise => (213, 94, 0),
        Role::Fall => (0, 114, 178),
        Role::Level(v) => between(&LEVELS, v),
        Role::Diverging(v) => between(&DIVERGING, (v + 1.0) / 2.0),
    }
}

/// The nearest of the 256 colours of a terminal, outside the sixteen that a person may have changed. Groups have fixed
/// ones that are legible on light and dark backgrounds.
pub fn indexed(role: Role) -> u8 {
    const GROUPS: [u8; 8] = [32, 172, 36, 175, 166, 74, 178, 244];
    match role {
        Role::Series(i) => return GROUPS[usize::from(i) % GROUPS.len()],
        Role::Others | Role::Muted => return 245,
        Role::Ink => return 245,
        Role::Rise | Role::Emphasis => return 166,
        Role::Fall => return 32,
        Role::Level(v) => {
            // Pale to strong, none of them lost on white or black.
            const BLUES: [u8; 8] = [153, 117, 75, 39, 33, 27, 26, 25];
            let share = if v.is_nan() { 0.0 } else { v.clamp(0.0, 1.0) };
            return BLUES[(share * 7.0).round() as usize];
        }
        Role::Diverging(_) => {}
    }
    let (r, g, b) = rgb(role);
    let step = |v: u8| match v {
        0..=47 => 0,
        48..=114 => 1,
        v => (v - 35) / 40,
    };
    16 + 36 * step(r) + 6 * step(g) + step(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middles() {
        assert_eq!(rgb(Role::Level(0.0)), LEVELS[0]);
        assert_eq!(rgb(Role::Level(1.0)), LEVELS[3]);
        assert_eq!(rgb(Role::Level(f32::NAN)), LEVELS[0]);
        assert_eq!(rgb(Role::Diverging(0.0)), DIVERGING[2]);
        assert_eq!(rgb(Role::Series(9)), rgb(Role::Series(1)));
        assert_eq!((indexed(Role::Level(0.0)), indexed(Role::Level(1.0))), (153, 25));
        // The cube's 95, 135, 175, 215 and 255 beside 0.
        assert_eq!(indexed(Role::Diverging(0.0)), 255 - 24);
    }
}
