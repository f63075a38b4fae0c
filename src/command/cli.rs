//! The command line, built from the registry: parser, help in the language in force, errors in our words.

use std::collections::HashMap;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind as Clap};
use clap::{Arg, ArgAction, ArgMatches};

use super::{Act, COMMANDS, Cli, Command, GLOBAL, Param, ParamKind, READING, WRITING};
use crate::error::{Error, Result};
use crate::text::{Lang, Msg, tr};

/// What was given, by the names of params.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    given: HashMap<&'static str, Vec<String>>,
}

impl Values {
    /// The value of a param given once.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.given.get(name).and_then(|v| v.last()).map(String::as_str)
    }

    /// All values of a param.
    pub fn all(&self, name: &str) -> &[String] {
        self.given.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a switch was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// A whole number; an error names the flag.
    pub fn number(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.one(name) else { return Ok(None) };
        text.replace('_', "").parse().map(Some).map_err(|_| bad_value(name, text, "cli-a-number"))
    }

    /// A size in bytes.
    pub fn size(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.one(name) else { return Ok(None) };
        crate::config::parse_size(text).map(Some).ok_or_else(|| bad_value(name, text, "cli-a-size"))
    }

    /// A span of time: `30s`, `5m`, `1h`, or seconds.
    pub fn span(&self, name: &str) -> Result<Option<std::time::Duration>> {
        let Some(text) = self.one(name) else { return Ok(None) };
        let (digits, factor) = match text.strip_suffix("ms") {
            Some(d) => (d, 0.001),
            None => match text.chars().last() {
                Some('s') => (&text[..text.len() - 1], 1.0),
                Some('m') => (&text[..text.len() - 1], 60.0),
                Some('h') => (&text[..text.len() - 1], 3600.0),
                _ => (text, 1.0),
            },
        };
        let seconds = digits.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
        let span = seconds.and_then(|s| std::time::Duration::try_from_secs_f64(s * factor).ok());
        span.map(Some).ok_or_else(|| bad_value(name, text, "cli-a-span"))
    }
}

fn bad_value(name: &str, text: &str, wanted: &'static str) -> Error {
    Error::usage(Msg::new("error-cli-value").with("flag", format!("--{name}")).with("value", text).with("wanted", Msg::new(wanted)))
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// The interface, with these tables.
    Interactive(Values),
    /// One command without the interface.
    Headless(&'static Command, Values),
    /// Only a text: help or the version.
    Print(String),
}

/// The params of a command, shared ones included.
pub fn params(cli: &Cli) -> Vec<&'static Param> {
    let mut all: Vec<&Param> = cli.params.iter().collect();
    if cli.reads {
        all.extend(READING);
    }
    if cli.writes {
        all.extend(WRITING);
    }
    all.extend(GLOBAL);
    all
}

/// Flags that make sense before a table is looked at in the interface.
fn opening() -> Vec<&'static Param> {
    let names = ["encoding", "delimiter", "no-header", "all-text", "input-format", "max-memory"];
    READING.iter().filter(|p| names.contains(&p.name)).chain(GLOBAL).collect()
}

fn argument(param: &'static Param) -> Arg {
    let text = Msg::new(param.text);
    let mut help = text.to_string();
    let mut arg = Arg::new(param.name);
    let heading = if param.positional { "cli-arguments" } else { "cli-options" };
    arg = arg.help_heading(tr(heading)).required(param.required);
    if !param.positional {
        arg = arg.long(param.name);
    }
    if let Some(short) = param.short {
        arg = arg.short(short);
    }
    let value = text.attribute("value");
    if !value.is_empty() {
        arg = arg.value_name(value);
    }
    arg = match param.kind {
        ParamKind::Flag => arg.action(ArgAction::SetTrue),
        ParamKind::Choice(choices) => {
            help = format!("{help} ({})", choices.join(", "));
            arg.value_parser(clap::builder::PossibleValuesParser::new(choices)).hide_possible_values(true)
        }
        _ => arg.allow_hyphen_values(matches!(param.kind, ParamKind::Number | ParamKind::Path | ParamKind::Condition)),
    };
    if param.repeat {
        arg = arg.action(ArgAction::Append);
    }
    arg.help(help)
}

fn dressed(command: clap::Command, examples: &[&str]) -> clap::Command {
    let mut template = format!("{{about}}\n\n{}: {{usage}}\n\n{{all-args}}", tr("cli-usage"));
    if !examples.is_empty() {
        template.push_str(&format!("\n\n{}:\n", tr("cli-examples")));
        for example in examples {
            template.push_str(&format!("  {}\n", example.replace('{', "{{")));
        }
    }
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help(tr("cli-help")).help_heading(tr("cli-options"));
    command
        .help_template(template)
        .subcommand_help_heading(tr("cli-commands"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .color(clap::ColorChoice::Never)
        .arg(help)
}

/// The parser.
pub fn parser() -> clap::Command {
    let mut root = dressed(clap::Command::new("mekiki"), &["mekiki sales.parquet", "mekiki sample:events"])
        .about(tr("cli-about"))
        .version(env!("CARGO_PKG_VERSION"))
        .args_conflicts_with_subcommands(true)
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help(tr("cli-version"))
                .help_heading(tr("cli-options")),
        )
        .arg(
            Arg::new("locator")
                .action(ArgAction::Append)
                .value_name(Msg::new("param-locator").attribute("value"))
                .help(tr("param-locator"))
                .help_heading(tr("cli-arguments")),
        )
        .args(opening().into_iter().map(argument));
    for (command, cli) in COMMANDS.iter().filter_map(|c| Some((c, c.cli?))) {
        let sub = dressed(clap::Command::new(command.name), cli.examples)
            .about(command.help())
            .args(params(&cli).into_iter().map(argument));
        root = root.subcommand(sub);
    }
    let of = Arg::new("of").value_name(tr("cli-command")).help(tr("cli-help-of")).help_heading(tr("cli-arguments"));
    root.subcommand(dressed(clap::Command::new("help"), &[]).about(tr("cli-help")).arg(of))
}

fn collect(matches: &ArgMatches, params: &[&'static Param]) -> Values {
    let mut values = Values::default();
    for param in params {
        let found: Vec<String> = match param.kind {
            ParamKind::Flag if matches.get_flag(param.name) => vec![String::new()],
            ParamKind::Flag => continue,
            _ => matches.get_many::<String>(param.name).map(|v| v.cloned().collect()).unwrap_or_default(),
        };
        if !found.is_empty() {
            values.given.insert(param.name, found);
        }
    }
    values
}

/// The language asked for on the command line, before it is parsed: help and errors are to be in it.
pub fn language(args: &[OsString]) -> Option<Lang> {
    let mut args = args.iter().filter_map(|a| a.to_str());
    while let Some(arg) = args.next() {
        if arg == "--lang" {
            return args.next().and_then(Lang::parse);
        }
        if let Some(name) = arg.strip_prefix("--lang=") {
            return Lang::parse(name);
        }
    }
    None
}

/// Reads a command line, the program's name first.
pub fn parse(args: &[OsString]) -> Result<Invocation> {
    let matches = match parser().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(e) if matches!(e.kind(), Clap::DisplayHelp | Clap::DisplayVersion | Clap::DisplayHelpOnMissingArgumentOrSubcommand) => {
            return Ok(Invocation::Print(e.to_string()));
        }
        Err(e) => return Err(in_our_words(&e)),
    };
    match matches.subcommand() {
        None => {
            let mut values = collect(&matches, &opening());
            if let Some(locators) = matches.get_many::<String>("locator") {
                values.given.insert("locator", locators.cloned().collect());
            }
            Ok(Invocation::Interactive(values))
        }
        Some(("help", sub)) => {
            let mut root = parser();
            let text = match sub.get_one::<String>("of") {
                None => root.render_help().to_string(),
                Some(name) => match root.find_subcommand_mut(name) {
                    Some(found) => found.clone().bin_name(format!("mekiki {name}")).render_help().to_string(),
                    None => return Err(unknown_command(name)),
                },
            };
            Ok(Invocation::Print(text))
        }
        Some((name, sub)) => {
            let Some((command, cli)) = super::by_name(name).and_then(|c| Some((c, c.cli?))) else {
                return Err(unknown_command(name));
            };
            Ok(Invocation::Headless(command, collect(sub, &params(&cli))))
        }
    }
}

fn unknown_command(name: &str) -> Error {
    let names: Vec<&str> = COMMANDS.iter().filter(|c| c.cli.is_some()).map(|c| c.name).collect();
    Error::usage(Msg::new("error-cli-command").with("name", name)).hint(Msg::new("hint-one-of").with("names", names.join(", ")))
}

fn in_our_words(e: &clap::Error) -> Error {
    let context = |kind: ContextKind| match e.get(kind) {
        Some(ContextValue::String(s)) => s.clone(),
        Some(ContextValue::Strings(list)) => list.join(", "),
        Some(ContextValue::StyledStr(s)) => s.to_string(),
        _ => String::new(),
    };
    let flag = || context(ContextKind::InvalidArg);
    let error = match e.kind() {
        Clap::UnknownArgument | Clap::InvalidSubcommand => Error::usage(Msg::new("error-cli-unknown").with("flag", flag())),
        Clap::InvalidValue if context(ContextKind::InvalidValue).is_empty() => {
            Error::usage(Msg::new("error-cli-needs-value").with("flag", flag()))
        }
        Clap::InvalidValue => {
            let names = context(ContextKind::ValidValue);
            return Error::usage(
                Msg::new("error-cli-choice").with("flag", flag()).with("value", context(ContextKind::InvalidValue)),
            )
            .hint(Msg::new("hint-one-of").with("names", names));
        }
        Clap::MissingRequiredArgument => Error::usage(Msg::new("error-cli-missing").with("flag", flag())),
        Clap::ArgumentConflict => Error::usage(
            Msg::new("error-cli-twice").with("flag", flag()),
        ),
        Clap::InvalidUtf8 => Error::usage(Msg::new("error-cli-utf8")),
        _ => Error::usage(Msg::new("error-cli-other").with("cause", e.kind().to_string())),
    };
    let suggestion = context(ContextKind::SuggestedArg);
    if suggestion.is_empty() {
        error.hint(Msg::new("hint-cli-help"))
    } else {
        error.hint(Msg::new("hint-cli-suggestion").with("name", suggestion))
    }
}

/// Whether an act is one of the command line's own.
pub fn is_headless(act: Act) -> bool {
    act.command().cli.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Invocation> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse(&args)
    }

    #[test]
    fn the_parser_is_sound() {
        parser().debug_assert();
    }

    #[test]
    fn what_is_asked_for() {
        let Ok(Invocation::Headless(command, values)) = run("mekiki view a.csv --limit -1 --where x>1 --where y<2 --json") else {
            panic!("not a view")
        };
        assert_eq!((command.act, values.one("locator"), values.number("limit").unwrap()), (Act::View, Some("a.csv"), Some(-1)));
        assert_eq!(values.all("where"), ["x>1", "y<2"]);
        assert!(values.has("json") && !values.has("bom"));
        let Ok(Invocation::Interactive(values)) = run("mekiki a.csv ./view") else { panic!("not the interface") };
        assert_eq!(values.all("locator"), ["a.csv", "./view"]);
        assert!(matches!(run("mekiki help view"), Ok(Invocation::Print(t)) if t.contains("--where")));
        assert!(matches!(run("mekiki --version"), Ok(Invocation::Print(t)) if t.contains(env!("CARGO_PKG_VERSION"))));
    }

    #[test]
    fn what_is_wrong_names_the_flag() {
        for (line, part) in [
            ("mekiki view a.csv --limti 3", "--limti"),
            ("mekiki view", "LOCATOR"),
            ("mekiki gen nonsense", "nonsense"),
            ("mekiki view a.csv --lang fr", "fr"),
            ("mekiki view a.csv --where", "--where"),
        ] {
            let e = run(line).unwrap_err();
            assert_eq!(e.kind, crate::error::ErrorKind::Usage);
            assert!(e.message.in_lang(Lang::En).contains(part), "{line}: {e}");
        }
    }

    #[test]
    fn spans_and_sizes() {
        let Ok(Invocation::Headless(_, v)) = run("mekiki view a --timeout 1.5m --max-memory 2GB --seed x") else { panic!() };
        assert_eq!(v.span("timeout").unwrap(), Some(std::time::Duration::from_secs(90)));
        assert_eq!(v.size("max-memory").unwrap(), Some(2_000_000_000));
        assert!(v.number("seed").is_err());
    }
}
