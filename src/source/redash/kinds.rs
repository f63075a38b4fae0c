//! What a column of a result can be, and what its values say it is. Redash's own word for it breaks ties only.

/// The type Redash names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// `integer`
    Integer,
    /// `float`
    Float,
    /// `boolean`
    Boolean,
    /// `string`
    Text,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// None, or one that is not known.
    None,
}

impl Hint {
    /// The hint of a name.
    pub fn of(name: Option<&str>) -> Self {
        match name {
            Some("integer") => Self::Integer,
            Some("float") => Self::Float,
            Some("boolean") => Self::Boolean,
            Some("string") => Self::Text,
            Some("date") => Self::Date,
            Some("datetime") => Self::DateTime,
            _ => Self::None,
        }
    }
}

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` and `false`.
    Boolean,
    /// 64-bit whole numbers.
    Integer,
    /// Doubles.
    Float,
    /// Days.
    Date,
    /// Date and time that belong to no zone, in microseconds.
    Local,
    /// Instants in microseconds; in Japan's zone if every one was written in it.
    Instant {
        /// Every offset was Japan's.
        tokyo: bool,
    },
    /// Text; nested values as JSON.
    Text,
}

/// What was seen in a column, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(pub(super) u16);

impl Seen {
    pub(super) const BOOL: u16 = 1;
    pub(super) const INT: u16 = 2;
    /// A whole number of 64 bits that no double holds.
    pub(super) const BIG: u16 = 4;
    pub(super) const FLOAT: u16 = 8;
    /// A number beyond 64 bits.
    pub(super) const HUGE: u16 = 16;
    pub(super) const DATE: u16 = 32;
    pub(super) const LOCAL: u16 = 64;
    pub(super) const UTC: u16 = 128;
    pub(super) const TOKYO: u16 = 256;
    pub(super) const WORDS: u16 = 512;
    pub(super) const NESTED: u16 = 1024;

    fn within(self, set: u16) -> bool {
        self.0 & !set == 0
    }

    /// The narrowest type that loses nothing.
    pub fn best(self, hint: Hint) -> Type {
        let dates = Self::DATE | Self::LOCAL;
        match self {
            s if s.0 == 0 => match hint {
                Hint::Integer => Type::Integer,
                Hint::Float => Type::Float,
                Hint::Boolean => Type::Boolean,
                Hint::Date => Type::Date,
                Hint::DateTime => Type::Local,
                _ => Type::Text,
            },
            s if s.within(Self::BOOL) => Type::Boolean,
            s if s.within(Self::INT) && hint == Hint::Float => Type::Float,
            s if s.within(Self::INT | Self::BIG) => Type::Integer,
            s if s.within(Self::INT | Self::FLOAT) => Type::Float,
            s if s.within(Self::DATE) && hint != Hint::DateTime => Type::Date,
            s if s.within(Self::LOCAL) || (hint == Hint::DateTime && s.within(dates)) => Type::Local,
            s if s.within(Self::UTC | Self::TOKYO) => Type::Instant { tokyo: s.0 & Self::UTC == 0 },
            _ => Type::Text,
        }
    }

    /// Whether values of several kinds became text.
    pub fn mixed(self) -> bool {
        let kinds = [Self::BOOL, Self::INT | Self::BIG | Self::FLOAT | Self::HUGE, Self::WORDS, Self::NESTED]
            .into_iter()
            .filter(|k| self.0 & k != 0)
            .count();
        kinds > 1 || (self.0 & Self::LOCAL != 0 && self.0 & (Self::UTC | Self::TOKYO) != 0)
    }

    /// Whether numbers became text so that no digit is lost.
    pub fn digits(self) -> bool {
        self.0 & Self::HUGE != 0 || (self.0 & Self::BIG != 0 && self.0 & Self::FLOAT != 0)
    }
}
