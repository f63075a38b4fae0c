//! Files on this machine.

pub mod delimited;
pub mod encoding;
