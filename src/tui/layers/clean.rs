//! What a cleaning would do, each finding with its reason and a tick. Knows findings; does nothing about them itself.

use std::any::Any;

use crossterm::event::{KeyCode, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::command::Act;
use crate::op::clean::{Doing, Finding, Findings};
use crate::text::{Msg, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement};
use crate::tui::theme::Role;

/// Lines beneath the list: the chosen finding's reason, and what would be left.
const FOOT: u16 = 4;

/// The value that asks to see the query in place of having it done.
pub const SHOW: &str = "show";

/// News that the findings will not come.
pub struct Failed;

/// An open preview.
pub struct Preview {
    title: String,
    /// What was found; none while it is being looked for.
    findings: Option<Findings>,
    failed: bool,
    scroll: Scroll,
    page: usize,
    /// Screen line of each finding drawn, for the mouse.
    lines: Vec<(u16, usize)>,
}

impl Preview {
    /// A preview whose findings are being gathered.
    pub fn new(name: &str) -> Self {
        Self {
            title: Msg::new("clean-preview").with("name", name).to_string(),
            findings: None,
            failed: false,
            scroll: Scroll::default(),
            page: 10,
            lines: Vec::new(),
        }
    }

    fn turn(&mut self, at: usize) {
        if let Some(finding) = self.findings.as_mut().and_then(|f| f.list.get_mut(at)) {
            finding.turn();
        }
    }

    fn doing(&self) -> Values {
        let list = self.findings.iter().flat_map(|f| &f.list);
        let doing: Vec<toml::Value> = list.map(|f| (f.doing as i64).into()).collect();
        [("doing".to_owned(), doing.into())].into_iter().collect()
    }

    fn is_there(&self) -> bool {
        self.findings.as_ref().is_some_and(|f| f.are_there() && !f.is_empty())
    }

    fn done(&self) -> Reply {
        match &self.findings {
            None if self.failed => Reply::Close,
            None => Reply::Handled,
            Some(findings) if findings.list.iter().all(|f| f.doing == Doing::Leave) => Reply::Close,
            // The foot says so; what was ticked stays to be corrected.
            Some(findings) if findings.receipt().columns_after == 0 => Reply::Handled,
            Some(_) => Reply::Run(Act::Clean, self.doing()),
        }
    }
}

fn tick(finding: &Finding) -> &'static str {
    match finding.doing {
        Doing::Leave => "[ ] ",
        _ => "[x] ",
    }
}

impl Layer for Preview {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let inner = frame(buf, Rect { height: area.height.saturating_sub(1), ..area }, &self.title, theme);
        let width = usize::from(inner.width);
        self.lines.clear();
        if inner.height == 0 {
            return None;
        }
        let Some(findings) = &self.findings else {
            put(
                buf,
                inner.x,
                inner.y,
                &tr(if self.failed { "clean-failed" } else { "clean-working" }),
                width,
                theme.style(Role::Dim),
            );
            return None;
        };
        if findings.is_empty() {
            put(buf, inner.x, inner.y, &tr("clean-nothing"), width, theme.style(Role::Plain));
            return None;
        }
        let foot = FOOT.min(inner.height / 2);
        let page = usize::from(inner.height - foot).max(1);
        self.page = page;
        self.scroll.follow(findings.list.len(), page);
        let effects = (width / 8).clamp(7, 10);
        let names = (width / 4).clamp(8, 32);
        for (i, finding) in findings.list.iter().enumerate().skip(self.scroll.top).take(page) {
            let y = inner.y + (i - self.scroll.top) as u16;
            let style = theme.style(match (i == self.scroll.at, finding.doing) {
                (true, _) => Role::Selected,
                (_, Doing::Leave) => Role::Dim,
                _ => Role::Plain,
            });
            let fit = |text: &str, room: usize| safe::pad(&safe::fit(text, room).text, room, false);
            let effect = fit(&finding.effect().word().to_string(), effects);
            let name = match &finding.column {
                Some(column) => fit(&safe::line(column), names),
                None => fit(&tr("clean-rows-all"), names),
            };
            let head = format!("{}{effect} {name} ", tick(finding));
            let why = fit(&finding.why.to_string(), width.saturating_sub(safe::width(&head)));
            put(buf, inner.x, y, &format!("{head}{why}"), width, style);
            self.lines.push((y, i));
        }
        let y = inner.bottom() - foot;
        if foot >= 3 {
            let place =
                Msg::new("clean-place").with("at", self.scroll.at + 1).with("count", findings.list.len()).to_string();
            put(buf, inner.x, y, &"─".repeat(width), width, theme.style(Role::Frame));
            put(buf, inner.x + 1, y, &format!(" {place} "), width.saturating_sub(1), theme.style(Role::Frame));
            if let Some(f) = findings.list.get(self.scroll.at) {
                let text = match &f.column {
                    Some(column) => format!("{} · {}: {}", column, f.kind.word(), f.why),
                    None => format!("{}: {}", f.kind.word(), f.why),
                };
                let (lines, _) = safe::wrap(&safe::line(&text), width, usize::from(foot) - 2);
                for (i, line) in lines.iter().take(usize::from(foot) - 2).enumerate() {
                    put(buf, inner.x, y + 1 + i as u16, line, width, theme.style(Role::Plain));
                }
            }
        }
        let receipt = findings.receipt();
        let (line, role) = match receipt.columns_after {
            0 => (Msg::new("clean-all-ticked").with("columns", receipt.columns_before), Role::Error),
            _ => (Msg::new("clean-would").with("receipt", receipt.line()), Role::Header),
        };
        let line = line.to_string();
        put(buf, inner.x, inner.bottom() - 1, &safe::fit(&line, width).text, width, theme.style(role));
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let len = self.findings.as_ref().map_or(0, |f| f.list.len());
        match input {
            Input::Mouse(mouse) => {
                match mouse.kind {
                    MouseEventKind::Down(_) => {
                        if let Some((_, at)) = self.lines.iter().find(|(y, _)| *y == mouse.row).copied() {
                            self.scroll.at = at;
                            self.turn(at);
                        }
                    }
                    _ => self.scroll.wheel(mouse, len, self.page),
                }
                Reply::Handled
            }
            Input::Paste(_) => Reply::Handled,
            Input::Key(key) => {
                if key.code == KeyCode::Char(' ') {
                    self.turn(self.scroll.at);
                    self.scroll.go(Move::Down, len, self.page);
                    return Reply::Handled;
                }
                if key.code == KeyCode::Char('Z') && self.is_there() {
                    let mut values = self.doing();
                    values.insert(SHOW.to_owned(), true.into());
                    return Reply::Stay(Act::Clean, values);
                }
                match movement(key, true) {
                    Some(Move::Enter) => self.done(),
                    Some(Move::Back) => Reply::Close,
                    Some(m) if self.scroll.go(m, len, self.page) => Reply::Handled,
                    Some(_) => Reply::Handled,
                    None => Reply::Ignored,
                }
            }
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        match &self.findings {
            Some(f) if !f.is_empty() => {
                let mut hints = vec![("↑↓", "hint-entries"), ("Space", "hint-tick"), ("Enter", "hint-clean")];
                if self.is_there() {
                    hints.push(("Z", "hint-its-sql"));
                }
                hints.push(("Esc", "hint-back"));
                hints
            }
            _ => vec![("Esc", "hint-back")],
        }
    }

    fn news(&mut self, news: &dyn Any) {
        if let Some(findings) = news.downcast_ref::<Findings>() {
            self.findings = Some(findings.clone());
        }
        self.failed |= news.is::<Failed>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::keymap::Keymap;
    use crate::data::{Control, Dataset};
    use crate::op::Context;
    use crate::op::clean::Clean;
    use crate::tui::theme::Theme;
    use crossterm::event::{KeyEvent, KeyModifiers};
    use polars::prelude::{Column, DataFrame};

    fn preview() -> Preview {
        let columns = vec![
            Column::new("数".into(), [1i64, 2, 1]),
            Column::new("none".into(), [None::<i64>; 3]),
            Column::new("twin".into(), [1i64, 2, 1]),
        ];
        let data = Dataset::from_frame(DataFrame::new(3, columns).unwrap());
        let findings = Clean::default().decide(&data, &Context::new(Control::new(), 1 << 30)).unwrap();
        let mut preview = Preview::new("t.csv");
        preview.news(&findings);
        preview
    }

    fn screen(preview: &mut Preview, width: u16, height: u16) -> String {
        let keymap = Keymap::default();
        let look = Look { theme: Theme::Mono, keymap: &keymap, links: &Default::default() };
        let area = Rect { x: 0, y: 0, width, height };
        let mut buf = Buffer::empty(area);
        preview.draw(&mut buf, area, &look);
        let line = |y: u16| (0..width).map(|x| buf[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
    }

    fn press(preview: &mut Preview, code: KeyCode) -> Reply {
        let keymap = Keymap::default();
        let look = Look { theme: Theme::Mono, keymap: &keymap, links: &Default::default() };
        preview.input(&Input::Key(KeyEvent::new(code, KeyModifiers::NONE)), &look)
    }

    #[test]
    fn a_cleaning_that_leaves_nothing_keeps_the_ticks() {
        let data = Dataset::from_frame(DataFrame::new(2, vec![Column::new("none".into(), [None::<i64>; 2])]).unwrap());
        let findings = Clean::default().decide(&data, &Context::new(Control::new(), 1 << 30)).unwrap();
        let mut p = Preview::new("t.csv");
        p.news(&findings);
        let all =
            |p: &mut Preview, doing: Doing| p.findings.as_mut().unwrap().list.iter_mut().for_each(|f| f.doing = doing);
        all(&mut p, Doing::Drop);
        assert!(matches!(press(&mut p, KeyCode::Enter), Reply::Handled));
        assert!(screen(&mut p, 80, 24).contains(&Msg::new("clean-all-ticked").with("columns", 1).to_string()));
        all(&mut p, Doing::Leave);
        assert!(matches!(press(&mut p, KeyCode::Enter), Reply::Close));
    }

    #[test]
    fn findings_are_shown_with_their_reasons_on_small_screens_too() {
        let mut p = preview();
        let text = screen(&mut p, 80, 24);
        assert!(text.contains("[x] dropped   none"), "{text}");
        assert!(text.contains("[x] dropped   twin                holds what 数"), "{text}");
        assert!(text.contains("2 rows × 1 column left; gone: 1 row, 2 columns"), "{text}");
        for (width, height) in [(40, 12), (20, 6), (6, 4), (2, 2), (1, 1)] {
            screen(&mut p, width, height);
        }
    }

    #[test]
    fn what_is_unticked_is_given_back() {
        let mut p = preview();
        press(&mut p, KeyCode::Char(' '));
        assert!(screen(&mut p, 80, 24).contains("[ ] kept      none"));
        let Reply::Run(Act::Clean, values) = press(&mut p, KeyCode::Enter) else { panic!("not applied") };
        let doing: Vec<i64> = values["doing"].as_array().unwrap().iter().filter_map(toml::Value::as_integer).collect();
        assert_eq!(doing, [Doing::Leave as i64, Doing::Drop as i64, Doing::Drop as i64]);
        press(&mut p, KeyCode::Char(' '));
        press(&mut p, KeyCode::Char(' '));
        assert!(matches!(press(&mut p, KeyCode::Enter), Reply::Close));
        assert!(matches!(press(&mut Preview::new("t"), KeyCode::Enter), Reply::Handled));
    }
}
