//! Colours by role. The terminal's own foreground and background are kept; meaning is carried by bold, reverse and dim
//! first and by colour second, so that light, dark and colourless terminals all show it.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Plain,
    /// Names of columns.
    Header,
    /// Secondary text: kinds, remarks.
    Dim,
    /// The cell under the cursor.
    Cursor,
    /// Missing values and other marks in place of a value.
    Mark,
    /// What was searched for.
    Match,
    /// The title line.
    Title,
    /// A removable condition and other chips.
    Chip,
    /// A warning chip or notice.
    Warn,
    /// An error.
    Error,
    /// A key in the line of hints.
    Key,
    /// The frame of a layer.
    Frame,
    /// The chosen entry of a list.
    Selected,
    /// Bars and sparklines.
    Bar,
}

/// A choice of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// No colours, attributes only.
    Mono,
    /// The terminal's sixteen colours; legible on light and dark.
    Auto,
    /// Colours for a light background.
    Light,
    /// Colours for a dark background.
    Dark,
    /// Okabe and Ito's palette, told apart with every kind of colour vision.
    ColourBlind,
}

impl Theme {
    /// Every theme a person can choose, by name.
    pub const ALL: [(&'static str, Theme); 5] = [
        ("auto", Theme::Auto),
        ("light", Theme::Light),
        ("dark", Theme::Dark),
        ("colour-blind", Theme::ColourBlind),
        ("mono", Theme::Mono),
    ];

    /// The theme of a name. `NO_COLOR` and `TERM=dumb` make every theme colourless.
    pub fn from_name(name: &str) -> Option<Self> {
        let colourless = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let theme = Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)?;
        Some(if colourless { Self::Mono } else { theme })
    }

    /// The next theme in the list.
    pub fn next(self) -> Self {
        let i = Self::ALL.iter().position(|(_, t)| *t == self).unwrap_or(0);
        Self::ALL[(i + 1) % Self::ALL.len()].1
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, t)| *t == self).map_or("auto", |(n, _)| n)
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::default();
        let base = match role {
            Role::Plain | Role::Frame => plain,
            Role::Header => plain.add_modifier(Modifier::BOLD),
            Role::Dim | Role::Mark => plain.add_modifier(Modifier::DIM),
            Role::Cursor | Role::Selected => plain.add_modifier(Modifier::REVERSED),
            Role::Match => plain.add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
            Role::Title | Role::Key => plain.add_modifier(Modifier::BOLD),
            Role::Chip | Role::Warn => plain,
            Role::Error => plain.add_modifier(Modifier::BOLD),
            Role::Bar => plain,
        };
        match self.colour(role) {
            Some(colour) => base.fg(colour),
            None => base,
        }
    }

    fn colour(self, role: Role) -> Option<Color> {
        // Foregrounds only: a background would have to suit every terminal's own.
        let [accent, chip, warn, error, bar] = match self {
            Self::Mono => return None,
            Self::Auto => [Color::Blue, Color::Cyan, Color::Magenta, Color::Red, Color::Blue],
            Self::Light => {
                [Color::Indexed(25), Color::Indexed(30), Color::Indexed(130), Color::Indexed(124), Color::Indexed(25)]
            }
            Self::Dark => {
                [Color::Indexed(117), Color::Indexed(80), Color::Indexed(215), Color::Indexed(203), Color::Indexed(75)]
            }
            Self::ColourBlind => {
                [Color::Indexed(32), Color::Indexed(36), Color::Indexed(172), Color::Indexed(166), Color::Indexed(32)]
            }
        };
        match role {
            Role::Key | Role::Frame => Some(accent),
            Role::Chip => Some(chip),
            Role::Warn => Some(warn),
            Role::Error | Role::Match => Some(error),
            Role::Bar => Some(bar),
            _ => None,
        }
    }
}
