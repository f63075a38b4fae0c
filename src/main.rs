//! Chooses the front end and turns its outcome into an exit code. Nothing is decided here.

use std::process::ExitCode;

use mekiki::command::cli::{self, Invocation, Values};
use mekiki::error::Result;
use mekiki::{headless, tui};

fn main() -> ExitCode {
    mekiki::data::keep_freed_memory();
    mekiki::output::fail_at_limits();
    let (result, verbose) = match cli::parse(std::env::args_os(), headless::width()) {
        Ok(Invocation::Print(text)) => (headless::print(&text), false),
        Ok(Invocation::Headless { command, values }) => (headless::run(command, &values), values.has("verbose")),
        Ok(Invocation::Interactive(values)) if headless::is_terminal() => (interactive(&values), values.has("verbose")),
        Ok(Invocation::Interactive(values)) => (headless::instead_of_interface(&values), values.has("verbose")),
        Err(e) => (Err(e), false),
    };
    headless::finish(result, verbose)
}

fn interactive(values: &Values) -> Result<()> {
    let settings = headless::Settings::load(values)?;
    tui::run(tui::Options {
        locators: values.all("locator").to_vec(),
        open: values.open_options()?,
        config: settings.loaded.config,
        memory: settings.memory,
        config_file: values.text("config").map(Into::into).or_else(mekiki::config::user_file),
    })
}
