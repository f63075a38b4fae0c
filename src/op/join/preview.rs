//! What a join will do, before it is done: how many rows find a partner, and how many rows come of it. Reads the keys of
//! both tables once and nothing else.

use super::{How, Pair, Sides};
use crate::data::{Dataset, Flow};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::op::keys::ByKey;
use crate::text::{Msg, number};

/// Counts of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Rows of this table.
    pub left: u64,
    /// Rows of this table whose key the other has.
    pub left_met: u64,
    /// Rows of this table without a key.
    pub left_missing: u64,
    /// Rows of the other table.
    pub right: u64,
    /// Rows of the other table whose key this one has.
    pub right_met: u64,
    /// Pairs of rows with the same key.
    pub pairs: u64,
    /// Most rows of the other table with one key that this table has: the fan-out.
    pub most: u64,
}

impl Preview {
    /// Rows of the result.
    pub fn rows(&self, how: How) -> u64 {
        let alone = self.left - self.left_met;
        match how {
            How::Left => self.pairs + alone,
            How::Inner => self.pairs,
            How::Outer => self.pairs + alone + self.right - self.right_met,
            How::Anti => alone,
            How::Semi => self.left_met,
        }
    }

    /// In words.
    pub fn words(&self, how: How) -> Msg {
        let percent = if self.left == 0 { 0.0 } else { self.left_met as f64 / self.left as f64 };
        Msg::new(if self.most > 1 { "join-preview-fan-out" } else { "join-preview" })
            .with("met", self.left_met)
            .with("left", self.left)
            .with("percent", format!("{:.1}", percent * 100.0))
            .with("most", self.most)
            .with("rows", self.rows(how))
    }
}

/// Looks at the keys of two tables.
pub fn preview(left: &Dataset, right: &Dataset, on: &[Pair], context: &Context) -> Result<Preview> {
    /// Bytes for a key, with the room a table of them leaves free.
    const PER_KEY: u64 = 64;
    let sides = Sides::new(left.clone(), right.clone(), on)?;
    // For each key: how often here, how often there.
    let mut counts: ByKey<(u64, u64)> = ByKey::default();
    let mut out = Preview::default();
    let most = (context.memory / 2 / PER_KEY) as usize;
    for other in [true, false] {
        let (data, at) = if other { (&sides.right, &sides.right_keys) } else { (&sides.left, &sides.left_keys) };
        let inner: Vec<usize> = (0..at.len()).collect();
        data.scan(
            at,
            &context.control,
            |frame| sides.numbers(&frame, &inner),
            |keys| {
                for key in keys {
                    match (key, other) {
                        (Some(key), true) => counts.entry(key).or_default().1 += 1,
                        (Some(key), false) => {
                            // A key the other table lacks only needs to be counted.
                            if let Some(count) = counts.get_mut(&key) {
                                count.0 += 1;
                            }
                        }
                        (None, true) => {}
                        (None, false) => out.left_missing += 1,
                    }
                    if other { out.right += 1 } else { out.left += 1 }
                }
                if counts.len() > most {
                    return Err(Error::refused(
                        Msg::new("error-join-preview").with("limit", number::bytes(context.memory)),
                    ));
                }
                Ok(Flow::Continue)
            },
        )?;
    }
    for (here, there) in counts.values().filter(|(here, _)| *here > 0) {
        out.left_met += here;
        out.right_met += there;
        out.pairs += here * there;
        out.most = out.most.max(*there);
    }
    Ok(out)
}
