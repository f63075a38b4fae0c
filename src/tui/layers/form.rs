//! A form: fields filled in with guesses, to accept with Enter or to correct.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyModifiers, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use super::list::{Item, List};
use crate::command::Act;
use crate::text::{Msg, safe};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Values, centred, frame, is_outside, movement, turned};
use crate::tui::outside::Edited;
use crate::tui::theme::{Role, Theme};

/// Choices that are turned through one by one; more of them are chosen from in a list.
const TURNED: usize = 12;
/// The value that tells which entry of the list was chosen.
const CHOSEN: &str = "chosen";

/// What a field holds.
pub enum Field {
    /// Text to type.
    Text(LineEdit),
    /// Text to type that nobody may read over a shoulder.
    Secret(LineEdit),
    /// One of some choices; the value and its word.
    Choice(Vec<(String, String)>, usize),
    /// Some of several choices.
    Several(Several),
}

impl Field {
    /// Whether its choices are too many to turn through.
    fn is_long(&self) -> bool {
        match self {
            Self::Choice(choices, _) => choices.len() > TURNED,
            Self::Several(several) => several.choices.len() > TURNED,
            Self::Text(_) | Self::Secret(_) => false,
        }
    }
}

/// Choices of which any number holds.
pub struct Several {
    /// Values and their words.
    choices: Vec<(String, String)>,
    ticked: Vec<bool>,
    at: usize,
}

impl Several {
    /// The values as one text, with commas between them; as JSON where one has a comma itself.
    fn text(&self) -> String {
        let values: Vec<&str> = self.of(|c| c.0.as_str()).collect();
        match values.iter().any(|v| v.contains([',', '[', '"']) || v.trim() != *v) {
            true => serde_json::json!(values).to_string(),
            false => values.join(","),
        }
    }

    fn of<'a, T>(&'a self, of: impl Fn(&'a (String, String)) -> T) -> impl Iterator<Item = T> {
        self.choices.iter().zip(&self.ticked).filter(|(_, ticked)| **ticked).map(move |(choice, _)| of(choice))
    }

    /// Draws them; while they are `chosen`, gives the cells of each that is on screen.
    fn draw(
        &self,
        buf: &mut Buffer,
        (x, y): (u16, u16),
        room: usize,
        chosen: bool,
        theme: Theme,
    ) -> Vec<(Range<u16>, usize)> {
        let mut spots = Vec::new();
        // Of many, those that hold are shown; the list has the others.
        if !chosen || self.choices.len() > TURNED {
            let role = if chosen { Role::Selected } else { Role::Plain };
            let words = self.of(|c| safe::line(&c.1)).collect::<Vec<_>>().join(", ");
            put(buf, x, y, &safe::fit(&format!("‹ {words} ›"), room).text, room, theme.style(role));
            return spots;
        }
        let piece =
            |i: usize| format!("{} {}", if self.ticked[i] { "[x]" } else { "[ ]" }, safe::line(&self.choices[i].1));
        // As many before the one under the cursor as there is room for.
        let mut first = self.at;
        let mut used = safe::width(&piece(self.at)) + 4;
        while first > 0 && used + safe::width(&piece(first - 1)) + 2 <= room {
            first -= 1;
            used += safe::width(&piece(first)) + 2;
        }
        let end = usize::from(x) + room;
        let mut left = put(buf, x, y, if first > 0 { "‹ " } else { "" }, room, theme.style(Role::Dim));
        for i in first..self.choices.len() {
            let room = end.saturating_sub(usize::from(left));
            let text = piece(i);
            if i > self.at && safe::width(&text) + 2 > room {
                put(buf, left, y, "›", room, theme.style(Role::Dim));
                break;
            }
            let style = theme.style(if i == self.at { Role::Selected } else { Role::Plain });
            let from = left;
            left = put(buf, left, y, &safe::fit(&text, room).text, room, style);
            spots.push((from..left, i));
            left = put(buf, left, y, "  ", end.saturating_sub(usize::from(left)), theme.style(Role::Plain));
        }
        spots
    }

    fn tick(&mut self) {
        if let Some(ticked) = self.ticked.get_mut(self.at) {
            *ticked = !*ticked;
        }
    }

    fn go(&mut self, movement: Option<Move>, code: KeyCode) {
        let n = self.choices.len().max(1);
        match (movement, code) {
            (Some(Move::Left), _) => self.at = turn(n, self.at, false),
            (Some(Move::Right), _) => self.at = turn(n, self.at, true),
            (_, KeyCode::Char(' ')) => self.tick(),
            (_, KeyCode::Char(c)) => {
                // To the next one whose word begins so.
                let begins = |i: &usize| self.choices[*i].1.to_lowercase().starts_with(&c.to_lowercase().to_string());
                if let Some(found) = (1..=n).map(|step| (self.at + step) % n).find(begins) {
                    self.at = found;
                }
            }
            _ => {}
        }
    }
}

/// A field with its name and label.
pub struct Entry {
    /// The param it fills.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Its content.
    pub field: Field,
    /// What it is for; stands beneath the form while the field is chosen.
    pub help: String,
}

impl Entry {
    /// A line of text.
    pub fn text(name: impl Into<String>, label: Msg, value: impl Into<String>) -> Self {
        Self::of(name, label, Field::Text(LineEdit::new(value)))
    }

    /// A line that is not shown.
    pub fn secret(name: impl Into<String>, label: Msg, value: impl Into<String>) -> Self {
        Self::of(name, label, Field::Secret(LineEdit::new(value)))
    }

    fn of(name: impl Into<String>, label: Msg, field: Field) -> Self {
        Self { name: name.into(), label: label.to_string(), field, help: String::new() }
    }

    /// With a sentence that explains it.
    pub fn helped(mut self, help: String) -> Self {
        self.help = help;
        self
    }

    /// A choice.
    pub fn choice(name: impl Into<String>, label: Msg, choices: Vec<(String, String)>, at: usize) -> Self {
        Self::of(name, label, Field::Choice(choices, at))
    }

    /// Choices of which any number holds; ticked are the values for which that is so.
    pub fn several(name: impl Into<String>, label: Msg, choices: Vec<(String, String)>, on: &[String]) -> Self {
        let ticked = choices.iter().map(|(value, _)| on.contains(value)).collect();
        Self::of(name, label, Field::Several(Several { choices, ticked, at: 0 }))
    }

    /// A switch.
    pub fn switch(name: impl Into<String>, label: Msg, on: bool) -> Self {
        let words = vec![("false".to_owned(), crate::text::tr("no")), ("true".to_owned(), crate::text::tr("yes"))];
        Self::choice(name, label, words, usize::from(on))
    }
}

/// An open form.
pub struct Form {
    title: String,
    act: Act,
    entries: Vec<Entry>,
    at: usize,
    note: String,
    /// Values that go with those of the fields.
    carried: Values,
    /// Whether it stays until what it asked for is done.
    stays: bool,
    /// Where its fields stand, for the mouse.
    spots: Vec<Spot>,
    /// The choices of the field in front as a list, while one is chosen from it.
    list: Option<List>,
}

/// Where a field stands on screen.
struct Spot {
    y: u16,
    field: usize,
    /// The first cell of its content, and how many there are.
    x: u16,
    room: usize,
    /// The cells of each of several choices.
    choices: Vec<(Range<u16>, usize)>,
}

impl Form {
    /// A form whose values go to `act`; `note` stands beneath.
    pub fn new(title: String, act: Act, entries: Vec<Entry>, note: String) -> Self {
        Self { title, act, entries, at: 0, note, carried: Values::new(), stays: false, spots: Vec::new(), list: None }
    }

    /// With values that are not shown and go to the command with the others.
    pub fn carrying(mut self, values: Values) -> Self {
        self.carried = values;
        self
    }

    /// That stays until what it asked for is done, so that nothing typed is lost when it fails.
    pub fn staying(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Opens the choices of the field in front as a list, narrowed by what was typed.
    fn open_list(&mut self, typed: &str) {
        let Some(entry) = self.entries.get(self.at) else { return };
        let item = |(value, word): &(String, String)| Item {
            label: word.clone(),
            remark: if value == word { String::new() } else { value.clone() },
            ..Item::default()
        };
        let run = |i: usize| Some((self.act, Values::from_iter([(CHOSEN.to_owned(), toml::Value::try_from(i).ok()?)])));
        let list = match &entry.field {
            Field::Choice(choices, at) => {
                let items = choices.iter().enumerate().map(|(i, c)| Item { run: run(i), ..item(c) });
                List::new(entry.label.clone(), items.collect()).at(*at)
            }
            Field::Several(several) => {
                let items = several.choices.iter().zip(&several.ticked).map(|(c, t)| Item { ticked: *t, ..item(c) });
                List::new(entry.label.clone(), items.collect()).ticked(self.act).at(several.at)
            }
            Field::Text(_) | Field::Secret(_) => return,
        };
        self.list = Some(if typed.is_empty() { list } else { list.narrowed(typed) });
    }

    /// What the list does with an input; where something was chosen, the field has it and the list is gone.
    fn in_list(&mut self, mut list: List, input: &Input, look: &Look<'_>) {
        match (list.input(input, look), self.entries.get_mut(self.at).map(|e| &mut e.field)) {
            (Reply::Close, _) => {}
            (Reply::Run(_, values) | Reply::Stay(_, values), Some(Field::Choice(_, at))) => {
                let chosen = values.get(CHOSEN).and_then(toml::Value::as_integer);
                *at = chosen.and_then(|i| usize::try_from(i).ok()).unwrap_or(*at);
            }
            (Reply::Run(..), Some(Field::Several(several))) => {
                several.ticked = list.ticks().collect();
                several.at = several.ticked.iter().position(|ticked| *ticked).unwrap_or(0);
            }
            _ => self.list = Some(list),
        }
    }

    /// A click: on another field it chooses that; on the content of the chosen one it does what Space would, or puts the
    /// cursor there.
    fn click(&mut self, column: u16, row: u16) {
        let Some(spot) = self.spots.iter().find(|spot| spot.y == row) else { return };
        let was = std::mem::replace(&mut self.at, spot.field);
        let Some(cell) = column.checked_sub(spot.x).map(usize::from) else { return };
        let chosen = was == spot.field;
        match self.entries.get_mut(spot.field).map(|e| &mut e.field) {
            Some(Field::Text(edit)) => edit.point(cell, spot.room),
            Some(field) if chosen && field.is_long() && cell > 1 => {
                self.open_list("");
            }
            Some(Field::Choice(choices, at)) if chosen => {
                // The arrow before the word turns back.
                let word = choices.get(*at).map_or(0, |c| safe::width(&safe::line(&c.1)));
                if cell < word + 4 {
                    *at = turn(choices.len(), *at, cell > 1);
                }
            }
            Some(Field::Several(several)) if chosen => {
                if let Some((_, i)) = spot.choices.iter().find(|(cells, _)| cells.contains(&column)) {
                    several.at = *i;
                    several.tick();
                }
            }
            _ => {}
        }
    }

    fn values(&self) -> Values {
        self.entries
            .iter()
            .map(|e| {
                let value = match &e.field {
                    Field::Text(edit) | Field::Secret(edit) => edit.text().to_owned(),
                    Field::Choice(choices, i) => choices.get(*i).map(|c| c.0.clone()).unwrap_or_default(),
                    Field::Several(several) => several.text(),
                };
                (e.name.clone(), value.into())
            })
            .chain(self.carried.clone())
            .collect()
    }
}

/// The choice after (`forward`) or before one of so many, going round.
fn turn(choices: usize, at: usize, forward: bool) -> usize {
    let n = choices.max(1);
    (at + if forward { 1 } else { n - 1 }) % n
}

impl Layer for Form {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let room = usize::from(screen.width.saturating_sub(4)).clamp(8, 66);
        let wrapped = |text: &str| if text.is_empty() { Vec::new() } else { safe::wrap(text, room, 6).0 };
        // The box keeps its size from field to field.
        let lines = self.entries.iter().map(|e| wrapped(&e.help).len()).max().unwrap_or(0);
        let help = self.entries.get(self.at).map(|e| wrapped(&e.help)).unwrap_or_default();
        let note = if help.is_empty() { wrapped(&self.note) } else { help };
        let height = (self.entries.len() + note.len().max(lines) + 3) as u16;
        let inner = frame(buf, centred(screen, 72, height), &self.title, theme);
        let width = usize::from(inner.width);
        let labels = self.entries.iter().map(|e| safe::width(&e.label)).max().unwrap_or(0).min(width / 2);
        let mut cursor = None;
        self.spots.clear();
        // What is told stays in sight where there are more fields than lines.
        let foot = note.len().max(lines) + 1;
        let page = usize::from(inner.height);
        let page = if page > foot + 3 { page - foot } else { page.max(1) };
        let top = (self.at + 1).saturating_sub(page);
        for (i, e) in self.entries.iter().enumerate().skip(top).take(page) {
            let y = inner.y + (i - top) as u16;
            let role = if i == self.at { Role::Key } else { Role::Plain };
            put(buf, inner.x, y, &safe::fit(&e.label, labels).text, labels, theme.style(role));
            let x = inner.x + labels as u16 + 2;
            let room = width.saturating_sub(labels + 2);
            let mut spots = Vec::new();
            match &e.field {
                Field::Text(edit) => {
                    let place = edit.draw(buf, x, y, room, theme.style(Role::Plain));
                    if i == self.at {
                        cursor = Some(place);
                    }
                }
                Field::Secret(edit) => {
                    let place = edit.masked().draw(buf, x, y, room, theme.style(Role::Plain));
                    if i == self.at {
                        cursor = Some(place);
                    }
                }
                Field::Choice(choices, at) => {
                    let word = choices.get(*at).map(|c| c.1.as_str()).unwrap_or_default();
                    let role = if i == self.at { Role::Selected } else { Role::Plain };
                    put(buf, x, y, &format!("‹ {} ›", safe::line(word)), room, theme.style(role));
                }
                Field::Several(several) => spots = several.draw(buf, (x, y), room, i == self.at, theme),
            }
            self.spots.push(Spot { y, field: i, x, room, choices: spots });
        }
        for (i, line) in note.iter().enumerate() {
            let y = inner.y + (self.entries.len().min(page) + 1 + i) as u16;
            if y < inner.bottom() {
                put(buf, inner.x, y, line, width, theme.style(Role::Dim));
            }
        }
        match &mut self.list {
            Some(list) => list.draw(buf, area, look),
            None => cursor,
        }
    }

    fn input(&mut self, input: &Input, look: &Look<'_>) -> Reply {
        if let Some(list) = self.list.take() {
            self.in_list(list, input, look);
            return Reply::Handled;
        }
        let last = self.entries.len().saturating_sub(1);
        let Some(entry) = self.entries.get_mut(self.at) else { return Reply::Close };
        match input {
            Input::Mouse(mouse) => match (mouse.kind, turned(mouse)) {
                (MouseEventKind::Down(_), _) => self.click(mouse.column, mouse.row),
                (_, Some(Move::Up)) => self.at = self.at.saturating_sub(1),
                (_, Some(Move::Down)) => self.at = (self.at + 1).min(last),
                _ => {}
            },
            Input::Paste(text) => {
                if let Field::Text(edit) | Field::Secret(edit) = &mut entry.field {
                    edit.insert(text);
                }
            }
            Input::Key(key) => match (movement(key, false), key.code) {
                (Some(Move::Enter), _) if self.stays => return Reply::Stay(self.act, self.values()),
                (Some(Move::Enter), _) => return Reply::Run(self.act, self.values()),
                (Some(Move::Back), _) => return Reply::Close,
                (Some(Move::Up), _) | (_, KeyCode::BackTab) => self.at = if self.at == 0 { last } else { self.at - 1 },
                (Some(Move::Down), _) | (_, KeyCode::Tab) => self.at = if self.at == last { 0 } else { self.at + 1 },
                (_, _) if is_outside(key) => {
                    if let Field::Text(edit) = &entry.field {
                        return Reply::Outside(edit.text().to_owned(), ".txt");
                    }
                }
                (None, KeyCode::Char(c))
                    if entry.field.is_long() && (key.modifiers - KeyModifiers::SHIFT).is_empty() =>
                {
                    self.open_list(c.to_string().trim());
                }
                (m, code) => match &mut entry.field {
                    Field::Text(edit) | Field::Secret(edit) => {
                        edit.key(key);
                    }
                    Field::Choice(choices, at) => match (m, code) {
                        (Some(Move::Left), _) => *at = turn(choices.len(), *at, false),
                        (Some(Move::Right), _) | (_, KeyCode::Char(' ')) => *at = turn(choices.len(), *at, true),
                        _ => {}
                    },
                    Field::Several(several) if several.choices.len() > TURNED => {}
                    Field::Several(several) => several.go(m, code),
                },
            },
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        if let Some(list) = &self.list {
            return list.hints();
        }
        let mut hints = vec![("Enter", "hint-accept"), ("↑↓", "hint-fields")];
        match self.entries.get(self.at).map(|e| &e.field) {
            Some(field @ Field::Choice(..)) if field.is_long() => {
                hints.extend([("←→", "hint-change"), ("Space", "hint-list")]);
            }
            Some(field) if field.is_long() => hints.push(("Space", "hint-list")),
            Some(Field::Choice(..)) => hints.push(("←→", "hint-change")),
            Some(Field::Text(_)) => hints.push(("Ctrl-O", "hint-outside")),
            Some(Field::Several(_)) => hints.extend([("←→", "hint-change"), ("Space", "hint-tick")]),
            _ => {}
        }
        hints.push(("Esc", "hint-cancel"));
        hints
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn news(&mut self, news: &dyn std::any::Any) {
        if let (Some(Edited(text)), Some(Entry { field: Field::Text(edit), .. })) =
            (news.downcast_ref(), self.entries.get_mut(self.at))
        {
            *edit = LineEdit::default();
            edit.insert(text);
        }
    }
}
