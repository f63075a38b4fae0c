//! Chooses the front end and turns an error into an exit code. No logic.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use mekiki::command::cli::{self, Invocation, Values};
use mekiki::error::Result;
use mekiki::text::Lang;
use mekiki::{config, headless, tui};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let flag = cli::language(&args);
    flag.or_else(|| std::env::var("MEKIKI_LANG").ok().and_then(|l| Lang::parse(&l)))
        .unwrap_or_else(Lang::from_env)
        .make_current();
    let verbose = args.iter().any(|a| a == "-v" || a == "--verbose");
    match run(&args, flag) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            headless::report(&error, verbose);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

fn load(values: &Values, flag: Option<Lang>) -> Result<config::Loaded> {
    let loaded = config::load(values.one("config").map(std::path::Path::new))?;
    if let (None, Some(lang)) = (flag, loaded.config.lang.as_deref().and_then(Lang::parse)) {
        lang.make_current();
    }
    Ok(loaded)
}

fn run(args: &[OsString], flag: Option<Lang>) -> Result<u8> {
    match cli::parse(args)? {
        Invocation::Print(text) => headless::print(&text).map(|()| 0),
        Invocation::Headless(command, values) => headless::run(command, &values, &load(&values, flag)?),
        Invocation::Interactive(values) => {
            let loaded = load(&values, flag)?;
            let locators = values.all("locator").to_vec();
            if !std::io::stdout().is_terminal() && !locators.is_empty() {
                return headless::instead_of_interface(&values, &loaded);
            }
            let open = headless::open_options(&values)?;
            let memory = headless::memory(&values, &loaded)?;
            tui::run(tui::Options { locators, open, config: loaded.config, memory }).map(|()| 0)
        }
    }
}
