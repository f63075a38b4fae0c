//! The open chart as a picture in the terminal itself: made for the size of the screen, sent after the cells, taken away
//! before anything else is painted.

use super::super::app::App;
use super::super::layer::Pictured;
use super::super::layers::picture::PictureView;
use super::super::picture::{Able, Way, may_ask};
use crate::text::{Msg, number, tr};

/// A picture on its way to the screen, or on it.
pub struct Picture {
    way: Way,
    size: (u16, u16),
    bytes: Option<Vec<u8>>,
    on: bool,
}

impl App {
    /// What the terminal has said about itself.
    pub(in crate::tui) fn terminal_answered(&mut self, able: Able) {
        self.able = Some(able);
    }

    /// Shows the open chart as a picture, if the terminal can.
    pub(in crate::tui) fn show_picture(&mut self) {
        match self.able {
            None => self.say(tr("chart-picture-again")),
            Some(Able { way: None, .. }) => self.say(tr("chart-picture-none")),
            Some(_) if self.figure().is_some() => self.push(PictureView),
            Some(_) => self.say(tr("chart-working")),
        }
    }

    /// Before the screen is drawn: has a picture made where one is to stand, and takes one away that has no place any more.
    pub(in crate::tui) fn settle_picture(&mut self) {
        let top = self.layers.last().map_or(Pictured::No, |layer| layer.pictured());
        may_ask(top == Pictured::Offered && self.able.is_none());
        if self.redraw
            && let Some(picture) = &mut self.picture
        {
            picture.on = false;
        }
        let stays = self.picture.as_ref().is_some_and(|p| top == Pictured::Shown && p.size == self.size);
        if !stays && let Some(old) = self.picture.take() {
            self.raw.push_back(old.way.clear().to_vec());
            self.redraw = true;
            self.touch();
        }
        if top == Pictured::Shown && self.picture.is_none() {
            self.make_picture();
        }
    }

    fn make_picture(&mut self) {
        let (Some(Able { way: Some(way), cell }), Some(figure)) = (self.able, self.figure().cloned()) else {
            return self.leave_picture();
        };
        let size = self.size;
        self.picture = Some(Picture { way, size, bytes: None, on: false });
        let cells = (size.0, size.1.saturating_sub(1));
        self.spawn(
            Msg::new("task-picture"),
            None,
            move |_| way.show(&figure, cells, cell),
            move |app, made| match made {
                Ok(bytes) => {
                    let Some(picture) = app.picture.as_mut().filter(|p| p.size == size && p.bytes.is_none()) else {
                        return;
                    };
                    let told = number::bytes(bytes.len() as u64);
                    picture.bytes = Some(bytes);
                    app.say(Msg::new("chart-picture-sent").with("size", told).with("way", way.name()).to_string());
                }
                Err(e) => {
                    app.leave_picture();
                    app.complain(&e);
                }
            },
        );
    }

    fn leave_picture(&mut self) {
        self.layers.retain(|layer| layer.pictured() != Pictured::Shown);
        self.touch();
    }

    /// After the screen was drawn: the picture that is to stand on it and does not yet.
    pub(in crate::tui) fn take_picture(&mut self) -> Option<Vec<u8>> {
        let picture = self.picture.as_mut().filter(|p| !p.on && self.dirty.is_none())?;
        let bytes = picture.bytes.clone()?;
        picture.on = true;
        Some(bytes)
    }
}
