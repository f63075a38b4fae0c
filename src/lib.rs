//! mekiki
