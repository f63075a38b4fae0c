//! Opening tables: a tab for each, read to its end in the background where its size is not known.

use std::sync::Arc;

use super::app::App;
use super::screen::modes;
use crate::data::Dataset;
use crate::engine::recipe::{self, Play};
use crate::engine::{Lane, Locator, Session};
use crate::error::Result;
use crate::source::{OpenOptions, Opened};
use crate::text::Msg;

/// The title of the task that reads a table to its end.
pub(super) const SETTLE: &str = "task-settle";

/// Puts a table or recipe on the list of what was opened lately.
pub(super) fn remember(locator: &Locator) {
    if let Some(locator) = locator.anywhere() {
        crate::config::remember(&locator.to_string());
    }
}

impl App {
    /// Opens what a locator names, in a new tab or in place of one. What was done to the table of that one is done to the
    /// new one. A recipe opens its table with its steps in force.
    pub fn open(&mut self, text: &str, options: OpenOptions, place: Option<u64>) {
        let locator = self.sources.parse(text);
        if locator.connection.is_none() && recipe::is_recipe(&locator.path) {
            self.open_recipe(&locator.path, options);
            return;
        }
        if self.connects_first(&locator) {
            return;
        }
        if options.query.is_none() && self.sources.is_folder(&locator) {
            self.act_sources(&super::act::one("locator", locator.to_string()));
            return;
        }
        if options.query.is_none() && self.sources.takes_statement(&locator) {
            self.write_statement(&locator, None);
            return;
        }
        self.open_table(locator, options, place, None);
    }

    /// The title of the task that opens what a locator names.
    pub(super) fn opening(&self, locator: &Locator) -> Msg {
        Msg::new("task-open").with("name", self.sources.spoken(locator))
    }

    /// Opens a table in a new tab and does a recipe's steps to it.
    pub(super) fn open_and_play(&mut self, locator: Locator, options: OpenOptions, play: Play) {
        self.open_table(locator, options, None, Some(play));
    }

    fn open_table(&mut self, locator: Locator, options: OpenOptions, place: Option<u64>, play: Option<Play>) {
        let sources = self.sources.clone();
        let (l, o) = (locator.clone(), options.clone());
        if self.sources.is_remote(&locator) {
            // What is asked is asked once: not again for a table that is open, nor where values are in the locator.
            let ask = place.is_none()
                && play.is_none()
                && !locator.path.contains('?')
                && options.parameters.is_empty()
                && options.max_age.is_none();
            self.spawn_apart(
                self.opening(&locator),
                place,
                move |context| {
                    if o.query.is_none() && sources.turns_out_folder(&l, &context.control)? {
                        return Ok(None);
                    }
                    let asks = if ask { sources.asks(&l, &context.control)? } else { Vec::new() };
                    match asks.is_empty() {
                        true => sources.open(&l, &o, &context.control).map(|opened| Some(Ok(opened))),
                        false => Ok(Some(Err(asks))),
                    }
                },
                move |app, opened| match opened {
                    Some(Ok(opened)) => app.opened(place, locator, options, opened, play),
                    Some(Err(asks)) => app.ask(&locator, asks),
                    None => app.act_sources(&super::act::one("locator", locator.to_string())),
                },
            );
            return;
        }
        self.start(
            self.opening(&locator),
            place,
            Lane::Opening,
            move |context| sources.open(&l, &o, &context.control),
            move |app, opened| match opened {
                Ok(opened) => app.opened(place, locator, options, opened, play),
                Err(e) => app.complain(&e),
            },
        );
    }

    pub(super) fn opened(
        &mut self,
        place: Option<u64>,
        locator: Locator,
        options: OpenOptions,
        opened: Opened,
        mut play: Option<Play>,
    ) {
        remember(&locator);
        let name = opened.title.clone();
        let tab = match place.and_then(|id| self.tabs.iter().position(|t| t.id == id)) {
            Some(i) => {
                self.current = i;
                let tab = &mut self.tabs[i];
                let steps = tab.session.now().steps.clone();
                play = (!steps.is_empty()).then(|| Play::of_steps(steps));
                tab.session = Session::new(opened.dataset);
                tab.title = opened.title;
                tab.changed(false);
                tab
            }
            None => self.add_tab(opened.title, opened.dataset),
        };
        tab.facts = opened.facts;
        tab.notices = opened.notices;
        tab.locator = Some((locator, options));
        // A table read again keeps the recipe it was opened by.
        tab.recipe = play.as_ref().and_then(|p| p.written.clone()).or(tab.recipe.take());
        let id = tab.id;
        let unsettled = !tab.session.base().row_count().is_exact();
        let missing = tab.session.base().table().missing();
        self.layers.clear();
        self.raw.push_back(modes::title(&format!("{name} - mekiki")));
        if unsettled {
            // Steps are done to the table as all of it reads.
            if let Some(tab) = self.tab_by_id(id) {
                tab.waiting = play;
            }
            self.settle(id);
        } else if let Some(play) = play {
            self.play(id, play);
        }
        if missing > 0 {
            self.say_missing("missing-told", missing);
        }
    }

    /// Has a table read anew whose columns turned out not to hold every value, unless something goes on with it: that ends
    /// here, too.
    pub(super) fn reread(&mut self, id: u64) {
        let busy = self.running().any(|t| t.tab == Some(id));
        if !busy && self.tab_by_id(id).is_some_and(|tab| tab.session.base().table().is_misread()) {
            self.settle(id);
        }
    }

    /// Puts a session in force that work has left with another reading of the table than a tab has.
    pub(super) fn read_otherwise(&mut self, id: u64, session: Session) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let table = session.base().table();
        if !Arc::ptr_eq(table, tab.session.base().table()) {
            tab.forget();
            tab.session = session;
            tab.learn();
        }
    }

    /// Has a table read to its end in the background, so that its size is known and its kinds are right.
    pub(super) fn settle(&mut self, id: u64) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let (base, session) = (tab.session.base().clone(), tab.session.clone());
        let title = Msg::new(SETTLE).with("name", &tab.title);
        let locator = tab.locator.as_ref().map(|(locator, _)| locator.clone());
        let remote = locator.is_some_and(|l| self.sources.is_remote(&l));
        let work = move |context: &crate::op::Context| {
            let better = base.table().settle(&context.control)?;
            let dataset = match better {
                Some(table) => Dataset::new(table),
                None => base.clone(),
            };
            // Counting could take long where the rows are; nobody has asked for it.
            if dataset.place().is_none() {
                dataset.count(&context.control)?;
            }
            let notices = dataset.table().notices();
            let facts = dataset.table().facts();
            let same = Arc::ptr_eq(dataset.table(), base.table());
            if same && notices.is_empty() && facts.is_empty() {
                return Ok(None);
            }
            // What was brought here, or made there of columns as they are, is right already.
            let right = same || (base.place().is_some() && session.now().dataset.place().is_none());
            let other = (!right).then(|| session.reread(dataset.clone(), context));
            context.control.check()?;
            Ok(Some((Opened { dataset, title: String::new(), facts, notices }, other)))
        };
        let then = move |app: &mut App, better| app.settled(id, better);
        match remote {
            true => self.spawn_apart(title, Some(id), work, then),
            false => self.spawn_ok(title, Some(id), work, then),
        }
    }

    fn settled(&mut self, id: u64, better: Option<(Opened, Option<Result<Session>>)>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let (mut replay, mut failed) = (None, None);
        if let Some((better, other)) = better {
            for fact in better.facts {
                if !tab.facts.contains(&fact) {
                    tab.facts.push(fact);
                }
            }
            if !Arc::ptr_eq(better.dataset.table(), tab.session.base().table()) {
                tab.forget();
                let steps = tab.session.now().steps.clone();
                let other = match other {
                    Some(Ok(other)) if other.now().steps == steps => Some(other),
                    Some(Ok(_)) => {
                        replay = Some(steps);
                        None
                    }
                    Some(Err(error)) => {
                        failed = Some(error);
                        None
                    }
                    None => None,
                };
                match other {
                    Some(other) => tab.session = other,
                    None => tab.session.rebase(better.dataset.table().clone()),
                }
            }
            tab.learn();
        }
        tab.changed(false);
        let waiting = tab.waiting.take();
        if let Some(steps) = replay {
            self.carry_out(id, steps);
        }
        failed.into_iter().for_each(|error| self.complain(&error));
        if let Some(play) = waiting {
            self.play(id, play);
        }
    }
}
