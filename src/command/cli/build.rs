//! The parser, built from the registry. Says what may be given, never what it means.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, Styles};
use clap::{Arg, ArgAction, ColorChoice};

use crate::command::{COMMANDS, Cli, Command, GLOBAL, LOCATORS, OPENING, Param, ParamKind};
use crate::text::tr;

/// The whole command line, with its words in the language in force.
pub fn program() -> clap::Command {
    let mut program = bare("mekiki")
        .about(tr("cli-about"))
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_value_name("COMMAND")
        .args_override_self(true)
        .arg(argument(&LOCATORS))
        .args(OPENING.iter().map(|p| argument(p).help_heading(tr("cli-heading-input"))))
        .args(GLOBAL.iter().map(|p| argument(p).global(true).help_heading(tr("cli-heading-shared"))))
        .arg(help_flag())
        .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version).help(tr("cli-version")));
    for (command, cli) in COMMANDS.iter().filter_map(|c| Some((c, c.cli.as_ref()?))) {
        program = match *command.words() {
            [first, second] => program.mut_subcommand(first, |under| under.subcommand(one(command, cli, second))),
            _ => program.subcommand(one(command, cli, command.name)),
        };
    }
    let mut names: Vec<&str> = Vec::new();
    for word in COMMANDS.iter().filter(|c| c.cli.is_some()).flat_map(Command::words) {
        if !names.contains(&word) {
            names.push(word);
        }
    }
    let topic =
        Arg::new("command").value_name("COMMAND").value_parser(PossibleValuesParser::new(names)).num_args(0..=2);
    program.subcommand(bare("help").about(tr("cli-help")).arg(topic.help(tr("cli-help-command"))).arg(help_flag()))
}

/// The parser of one command, called `name`.
fn one(command: &Command, cli: &Cli, name: &'static str) -> clap::Command {
    let mut sub = bare(name).about(command.cli_help()).args_override_self(true).arg(help_flag());
    for (heading, params) in cli.groups() {
        sub = sub.args(params.iter().map(|p| match p.positional {
            true => argument(p),
            false => argument(p).help_heading(tr(heading)),
        }));
    }
    sub
}

/// A command with nothing of the parser's own words in it.
fn bare(name: &'static str) -> clap::Command {
    clap::Command::new(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .color(ColorChoice::Never)
        .styles(Styles::plain())
}

fn help_flag() -> Arg {
    Arg::new("help").short('h').long("help").action(ArgAction::Help).help(tr("cli-help-flag"))
}

fn argument(param: &'static Param) -> Arg {
    let mut arg = Arg::new(param.name).help(param.help()).required(param.required);
    if !param.positional {
        arg = arg.long(param.name);
        if let Some(short) = param.short {
            arg = arg.short(short);
        }
    }
    if param.kind == ParamKind::Flag {
        return arg.action(ArgAction::SetTrue);
    }
    arg = arg.action(if param.repeat { ArgAction::Append } else { ArgAction::Set });
    if param.positional && param.repeat {
        arg = arg.num_args(0..);
    }
    match param.kind {
        ParamKind::Choice(words) => arg
            .value_parser(PossibleValuesParser::new(words))
            .hide_possible_values(true)
            .value_name(if param.positional { param.name.to_uppercase() } else { words.join("|") }),
        kind => arg
            .value_name(param.placeholder())
            .allow_negative_numbers(kind == ParamKind::Number)
            .allow_hyphen_values(matches!(kind, ParamKind::Quantity | ParamKind::Statement))
            .value_parser(NonEmptyStringValueParser::new())
            .value_hint(match kind {
                ParamKind::Locator | ParamKind::Path => clap::ValueHint::AnyPath,
                _ => clap::ValueHint::Other,
            }),
    }
}
