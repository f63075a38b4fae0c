//! `gen`: documents made from the registry, the key maps and the configuration's keys, so that they cannot go stale.

mod man;
mod markdown;
mod schema;

use clap_complete::Shell;

use crate::command::cli::{Values, program};
use crate::error::{Error, Result};
use crate::text::Msg;

use super::Settings;

pub fn run(values: &Values) -> Result<()> {
    Settings::load(values)?;
    let text = match values.text("artefact").unwrap_or_default() {
        "man" => man::page()?,
        "completions" => completions(values)?,
        "keys" => markdown::keys()?,
        "config-schema" => schema::schema(),
        _ => markdown::reference()?,
    };
    super::print(&text)
}

fn completions(values: &Values) -> Result<String> {
    let shell = match values.text("shell") {
        Some(name) => name.parse().ok(),
        None => Shell::from_env(),
    };
    let Some(shell) = shell else {
        let names: Vec<String> = <Shell as clap::ValueEnum>::value_variants().iter().map(Shell::to_string).collect();
        return Err(Error::usage(Msg::new("gen-shell")).hint(Msg::new("hint-one-of").with("names", names.join(", "))));
    };
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut program(), "mekiki", &mut out);
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// What the exit codes mean.
const EXITS: [(u8, &str); 8] = [
    (0, "exit-done"),
    (1, "exit-failed"),
    (2, "exit-usage"),
    (3, "exit-connect"),
    (4, "exit-timeout"),
    (5, "exit-refused"),
    (6, "exit-check"),
    (130, "exit-interrupted"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind::*;

    #[test]
    fn every_exit_code_is_explained() {
        let mut codes: Vec<u8> =
            [Failed, Usage, Connect, Timeout, Refused, Check, Interrupted].map(|k| k.exit_code()).into();
        codes.insert(0, 0);
        assert_eq!(EXITS.map(|(code, _)| code).to_vec(), codes);
    }

    #[test]
    fn every_shell_of_the_registry_is_one_the_generator_knows() {
        let gen_ = crate::command::Act::Gen.command().cli.unwrap();
        let crate::command::ParamKind::Choice(names) = gen_.params[1].kind else { panic!("no list of shells") };
        for name in names {
            assert!(name.parse::<Shell>().is_ok(), "{name}");
        }
        assert_eq!(names.len(), <Shell as clap::ValueEnum>::value_variants().len());
    }
}
