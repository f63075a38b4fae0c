//! `mekiki gen`: artefacts read off the registry, so that they cannot disagree with the program.

use crate::command::cli::{Values, params, parser};
use crate::command::keymap::{Keymap, PRESETS};
use crate::command::{COMMANDS, Menu, ParamKind};
use crate::error::{Error, Result};
use crate::text::{Msg, tr};

/// Prints the artefact asked for.
pub fn run(values: &Values) -> Result<u8> {
    let text = match values.one("artefact").unwrap_or_default() {
        "man" => man()?,
        "completions" => completions(values.one("shell").unwrap_or("bash"))?,
        "keys" => keys()?,
        "config-schema" => format!("{:#}\n", crate::config::schema()),
        _ => reference()?,
    };
    super::print(&text)?;
    Ok(0)
}

fn in_text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|e| Error::failed(Msg::new("error-data").with("cause", e.to_string())))
}

fn man() -> Result<String> {
    let mut out = Vec::new();
    let failed = |e: std::io::Error| Error::failed(Msg::new("error-data").with("cause", e.to_string()));
    clap_mangen::Man::new(parser()).render(&mut out).map_err(failed)?;
    in_text(out)
}

fn completions(shell: &str) -> Result<String> {
    use clap_complete::Shell;
    let shell: Shell = shell.parse().unwrap_or(Shell::Bash);
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut parser(), "mekiki", &mut out);
    in_text(out)
}

/// A table of commands and their keys in each preset.
fn keys() -> Result<String> {
    let presets = PRESETS.iter().map(|(name, _)| Keymap::preset(name)).collect::<Result<Vec<_>>>()?;
    let names: Vec<&str> = PRESETS.iter().map(|(n, _)| *n).collect();
    let mut out = format!("| {} | {} | |\n|---|{}---|\n", tr("cli-command"), names.join(" | "), "---|".repeat(names.len()));
    for command in COMMANDS.iter().filter(|c| c.screen.is_some()) {
        let keys: Vec<String> = presets
            .iter()
            .map(|p| p.keys(command).iter().map(|k| format!("`{k}`").replace('|', "\\|")).collect::<Vec<_>>().join(" "))
            .collect();
        out.push_str(&format!("| {} | {} | {} |\n", command.name, keys.join(" | "), command.help()));
    }
    Ok(out)
}

/// Everything that can be given, on one page.
fn reference() -> Result<String> {
    let mut out = format!("# mekiki\n\n{}\n\n## {}\n", tr("cli-about"), tr("cli-commands"));
    for (command, cli) in COMMANDS.iter().filter_map(|c| Some((c, c.cli?))) {
        out.push_str(&format!("\n### mekiki {}\n\n{}\n\n", command.name, command.help()));
        for param in params(&cli) {
            let text = Msg::new(param.text);
            let value = text.attribute("value");
            let flag = match (param.positional, param.kind) {
                (true, _) => value,
                (false, ParamKind::Flag) => format!("--{}", param.name),
                (false, _) => format!("--{} {value}", param.name),
            };
            let short = param.short.map(|c| format!("-{c}, ")).unwrap_or_default();
            let choices = match param.kind {
                ParamKind::Choice(choices) => format!(" ({})", choices.join(", ")),
                _ => String::new(),
            };
            out.push_str(&format!("- `{short}{flag}`: {text}{choices}\n"));
        }
        if !cli.examples.is_empty() {
            out.push_str("\n```sh\n");
            cli.examples.iter().for_each(|e| out.push_str(&format!("{e}\n")));
            out.push_str("```\n");
        }
    }
    out.push_str(&format!("\n## {}\n\n", tr("help-title")));
    let keymap = Keymap::preset("default")?;
    for menu in Menu::ALL {
        out.push_str(&format!("### {}\n\n", menu.title()));
        for command in COMMANDS.iter().filter(|c| c.menu == Some(menu) && c.screen.is_some()) {
            let keys: Vec<String> = keymap.keys(command).iter().map(|k| format!("`{k}`")).collect();
            out.push_str(&format!("- {} {}: {}\n", keys.join(" "), command.label(), command.help()));
        }
        out.push('\n');
    }
    Ok(out)
}
