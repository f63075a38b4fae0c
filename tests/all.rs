//! Every test that looks at the program or the repository from outside, in one binary.

mod cli;
mod fake;
mod figure;
mod fuzz;
#[cfg(unix)]
mod postgres;
mod pty;
mod rules;
