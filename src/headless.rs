//! The program without the interface: carries out one command and writes what comes of it.
//!
//! Standard output carries data and nothing else; everything for people goes to standard error. Nothing is asked.

mod ab;
mod chart;
mod clean;
mod compare;
mod destination;
mod doctor;
mod export;
mod generate;
mod importance;
mod plan;
mod profile;
mod progress;
mod rank;
mod replay;
mod report;
mod rows;
mod run;
mod sent;
mod settings;
mod shape;
mod signals;
mod sources;
mod sql;
mod terminal;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use crate::command::cli::Values;
use crate::command::{Act, Command};
use crate::data::panicked;
use crate::error::{Error, Result};
use crate::output::{Target, write_text};
use crate::text::Msg;

pub use settings::Settings;
pub use terminal::{is_terminal, width};

use run::Run;

/// Carries out a command that was given with these values.
pub fn run(command: &Command, values: &Values) -> Result<()> {
    if !values.has("verbose") {
        // A panic of a library comes back as an error; its own words would stand between those for people.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let work = || match command.act {
        Act::Doctor => doctor::run(values),
        Act::Gen => generate::run(values),
        act => {
            let run = Run::new(values)?;
            let carry_out = || match act {
                Act::View => view::run(&run),
                Act::Export => export::run(&run),
                Act::Profile => profile::run(&run),
                Act::Rank => rank::run(&run),
                Act::Clean => clean::run(&run),
                Act::Chart => chart::run(&run),
                Act::Ab => ab::run(&run),
                Act::AbPlan => plan::run(&run),
                Act::AbWizard => plan::wizard(&run),
                Act::Importance => importance::run(&run),
                Act::Sources => sources::run(&run),
                Act::Shape => shape::run(&run),
                Act::Sql => sql::run(&run),
                Act::Compare => compare::run(&run),
                Act::Run => replay::run(&run),
                _ => Err(Error::usage(Msg::new("cli-unknown-command").with("name", command.name))),
            };
            let mut done = carry_out();
            while done.as_ref().is_err_and(|error| run.rereads(error)) {
                done = carry_out();
            }
            if done.is_err() {
                run.tell_opened();
            }
            run.tell_sent();
            done
        }
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(panicked(&*payload)))
}

/// Shows a table where the interface was asked for and there is no terminal to show it on.
pub fn instead_of_interface(values: &Values) -> Result<()> {
    match values.all("locator") {
        [] => Err(Error::usage(Msg::new("error-no-terminal")).hint(Msg::new("cli-hint-program"))),
        [one] => {
            if crate::engine::recipe::is_recipe(one) {
                return run(Act::Run.command(), &values.clone().renamed("locator", "recipe"));
            }
            if !values.has("quiet") {
                report::notice(&Msg::new("cli-no-terminal"));
            }
            run(Act::View.command(), values)
        }
        _ => Err(Error::usage(Msg::new("error-no-terminal")).hint(Msg::new("cli-hint-one-table"))),
    }
}

/// Prints a text that was asked for.
pub fn print(text: &str) -> Result<()> {
    write_text(text, &Target::Stdout).map(drop)
}

/// Reports a failure to the person, if there was one, and gives the code the process ends with.
pub fn finish(result: Result<()>, verbose: bool) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&error, verbose);
            ExitCode::from(error.kind.exit_code())
        }
    }
}
