//! Files on this machine.
