//! Numerical tools of the A/B statistics: elementary functions kept exact where the plain formula cancels, Gauss–Legendre
//! rules, and root finding. It knows nothing of experiments.

pub mod gauss;
pub mod law;
pub mod normal;
pub mod random;
pub mod roots;
pub mod solve;
pub mod special;
pub mod tails;
