//! mekiki

pub mod tui {
    pub mod screen;
}
