//! Saving the session as a recipe, and opening a recipe: its table with its steps in force.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::opening::remember;
use super::super::tab::Tab;
use super::files::{expanded, stem};
use super::{one, text_of};
use crate::command::Act;
use crate::engine::Locator;
use crate::engine::recipe::{Place, Play, Recipe, Saved};
use crate::error::{Error, Result};
use crate::output::{Target, write_text};
use crate::source::OpenOptions;
use crate::text::{Msg, tr};

/// Marks values that are those of a recipe's variables; each variable stands under its name with [`VARIABLE`] before it.
pub(super) const FILLED: &str = "filled";
const VARIABLE: &str = "variable ";

impl App {
    /// Asks where to save, and saves what was done to the table in front.
    pub(in crate::tui) fn act_save_recipe(&mut self, values: &Values) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        self.saved(tab, Path::new(""))?;
        let Some(typed) = text_of(values, "output") else {
            let path = format!("{}.toml", stem(&tab.title));
            self.push(Prompt::new(Msg::new("prompt-save-recipe"), Act::SaveRecipe, "output", path, Vec::new()));
            return Ok(());
        };
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(());
        }
        let mut path = expanded(typed);
        if path.extension().is_none() {
            path.set_extension("toml");
        }
        let shown = path.display().to_string();
        if path.exists() && text_of(values, "replace").is_none() {
            let mut again = values.clone();
            again.insert("replace".to_owned(), "yes".into());
            let items = vec![
                Item { label: tr("export-keep"), ..Item::default() },
                Item { label: tr("export-replace"), run: Some((Act::SaveRecipe, again)), ..Item::default() },
            ];
            self.push(List::new(Msg::new("recipe-exists").with("path", shown).to_string(), items));
            return Ok(());
        }
        let saved = self.saved(tab, path.parent().unwrap_or(Path::new("")))?;
        write_text(&saved.print()?, &Target::File(path))?;
        remember(&Locator { connection: None, path: shown.clone() });
        let said = match saved.lost {
            0 => Msg::new("recipe-saved").with("path", shown),
            lost => Msg::new("recipe-saved-without").with("path", shown).with("count", lost),
        };
        self.say(said.to_string());
        Ok(())
    }

    /// What a tab is saved as, into a recipe in `folder`. A result's steps begin with those of the table it was made
    /// from, and so does its recipe.
    fn saved(&self, tab: &Tab, folder: &Path) -> Result<Saved> {
        let steps = tab.session.now().steps.clone();
        let mut root = tab;
        while root.locator.is_none() {
            let origin = root.origin.as_ref().map(|o| o.tab);
            root = match self.tabs.iter().find(|t| Some(t.id) == origin) {
                Some(tab) => tab,
                None if origin.is_some() => return Err(Error::failed(Msg::new("error-origin-closed"))),
                None => return Err(unsaved()),
            };
        }
        let Some((locator, open)) = &root.locator else { return Err(unsaved()) };
        if tab.id != root.id && steps.iter().all(|s| s.is_view() || s.is_look()) {
            return Err(unsaved());
        }
        let here = std::env::current_dir().unwrap_or_default();
        let place = Place { folder, here: &here, sources: &self.sources };
        let schema = root.session.base().schema();
        Saved::new(&locator.to_string(), open.clone(), schema, &steps, root.recipe.as_deref(), &place)
    }

    /// Reads a recipe; asks for the values it leaves open, or opens its table at once.
    pub(in crate::tui) fn open_recipe(&mut self, path: &str, options: OpenOptions) {
        self.load_recipe(path, move |app, recipe, path| {
            let variables = recipe.variables();
            if variables.is_empty() {
                return app.play_filled(&recipe, &BTreeMap::new(), options);
            }
            let fields = variables.into_iter().map(|v| {
                let label = Msg::new("recipe-value").with("name", &v.name);
                Field::text(format!("{VARIABLE}{}", v.name), label, v.default.unwrap_or_default())
            });
            let title = Msg::new("recipe-values").with("path", &path).to_string();
            let form = Form::new(title, Act::Open, fields.collect(), tr("recipe-values-note"));
            let mut given = one("locator", path);
            given.insert(FILLED.to_owned(), true.into());
            app.push(form.carrying(given));
            Ok(())
        });
    }

    /// Opens a recipe's table with the values of its form.
    pub(in crate::tui) fn open_filled(&mut self, path: &str, values: &Values) {
        let variable = |(name, value): (&String, &toml::Value)| {
            Some((name.strip_prefix(VARIABLE)?.to_owned(), value.as_str()?.to_owned()))
        };
        let given: BTreeMap<String, String> = values.iter().filter_map(variable).collect();
        self.load_recipe(path, move |app, recipe, _| app.play_filled(&recipe, &given, OpenOptions::default()));
    }

    fn load_recipe(&mut self, path: &str, then: impl FnOnce(&mut App, Recipe, String) -> Result<()> + Send + 'static) {
        let (path, shown) = (expanded(path), path.to_owned());
        self.spawn_ok(
            Msg::new("task-open").with("name", &shown),
            None,
            move |_| Recipe::load(&path),
            move |app, recipe| {
                remember(&Locator { connection: None, path: shown.clone() });
                if let Err(e) = then(app, recipe, shown) {
                    app.complain(&e);
                }
            },
        );
    }

    fn play_filled(&mut self, recipe: &Recipe, given: &BTreeMap<String, String>, options: OpenOptions) -> Result<()> {
        let play = recipe.fill(given, &self.sources)?;
        let locator = self.sources.parse(&play.locator);
        let options = options.over(play.open.clone());
        self.open_and_play(locator, options, play);
        Ok(())
    }

    /// Puts the steps of a recipe in force on a tab whose table has been read, each so that it can be undone.
    pub(in crate::tui) fn play(&mut self, id: u64, play: Play) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let base = tab.session.base().clone();
        let title = Msg::new("task-recipe").with("name", &tab.title);
        let mut notices = match play.check(base.schema()) {
            Ok(notices) => notices,
            Err(e) => return self.complain(&e),
        };
        if play.outputs() > 0 {
            notices.push(Msg::new("notice-recipe-outputs").with("count", play.outputs()));
        }
        tab.notices.extend(notices.iter().filter(|n| !tab.notices.contains(n)).cloned().collect::<Vec<_>>());
        if let Some(notice) = notices.first() {
            self.say(notice.to_string());
        }
        if !play.steps().is_empty() {
            self.follow(id, title, base, play);
        }
    }
}

fn unsaved() -> Error {
    Error::usage(Msg::new("error-recipe-result")).hint(Msg::new("hint-recipe-result"))
}
