//! Hash maps for values out of one table, where nobody gains by choosing them badly.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::op::sketch::hash;

/// A map hashed with few instructions.
pub type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Mixes what it is given.
#[derive(Clone, Copy, Default)]
pub struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash::mix(self.0 ^ hash::long(bytes));
    }
    fn write_u8(&mut self, v: u8) {
        self.write_u64(v.into());
    }
    fn write_u32(&mut self, v: u32) {
        self.write_u64(v.into());
    }
    fn write_u64(&mut self, v: u64) {
        self.0 = hash::mix(self.0.rotate_left(23) ^ v.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    fn write_u128(&mut self, v: u128) {
        self.write_u64(hash::wide(v));
    }
    fn write_usize(&mut self, v: usize) {
        self.write_u64(v as u64);
    }
    fn write_isize(&mut self, v: isize) {
        self.write_u64(v as u64);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
