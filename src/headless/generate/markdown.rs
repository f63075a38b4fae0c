//! The list of keys and the reference, in Markdown.

use std::fmt::Write as _;

use crate::command::cli::{command_usage, program_usage};
use crate::command::keymap::{Keymap, PRESETS};
use crate::command::{COMMANDS, GLOBAL, OPENING, Param};
use crate::config::KEYS;
use crate::error::Result;
use crate::sql::expr::Function;
use crate::text::{Msg, tr};

use super::EXITS;

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Something to be typed, inside a cell.
fn code(text: &str) -> String {
    match text.contains('`') {
        true => format!("`` {} ``", cell(text)),
        false => format!("`{}`", cell(text)),
    }
}

fn row(out: &mut String, cells: &[String]) {
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn head(out: &mut String, cells: &[String]) {
    row(out, cells);
    row(out, &vec!["---".to_owned(); cells.len()]);
}

/// The page of keys.
pub fn keys() -> Result<String> {
    let mut out = format!("# {}\n\n{}\n\n", tr("gen-keys-title"), tr("gen-keys-about"));
    key_table(&mut out)?;
    Ok(out)
}

fn key_table(out: &mut String) -> Result<()> {
    let maps = PRESETS.iter().map(|(name, _)| Keymap::preset(name)).collect::<Result<Vec<_>>>()?;
    let mut headings = vec![tr("gen-column-command"), tr("gen-column-name")];
    headings.extend(PRESETS.iter().map(|(name, _)| Msg::new("gen-column-keys").with("name", *name).to_string()));
    headings.push(tr("gen-column-help"));
    head(out, &headings);
    for command in COMMANDS.iter().filter(|c| c.screen.is_some()) {
        let mut cells = vec![cell(&command.label().to_string()), code(command.name)];
        for map in &maps {
            let keys: Vec<String> = map.keys(command).iter().map(|k| code(&k.to_string())).collect();
            cells.push(keys.join(" "));
        }
        cells.push(cell(&command.help()));
        row(out, &cells);
    }
    Ok(())
}

/// The reference: commands with their options, keys, settings, exit codes.
pub fn reference() -> Result<String> {
    let mut out = format!(
        "# mekiki: {}\n\n{}\n\n```\n{}\n```\n\n",
        tr("gen-reference-title"),
        tr("cli-about"),
        program_usage().join("\n")
    );
    options(&mut out, "cli-heading-input", OPENING);
    options(&mut out, "cli-heading-shared", GLOBAL);
    let _ = writeln!(out, "## {}\n", tr("gen-commands-title"));
    for (command, cli) in COMMANDS.iter().filter_map(|c| Some((c, c.cli.as_ref()?))) {
        let usage = command_usage(command, cli);
        let _ =
            writeln!(out, "### mekiki {}\n\n{}\n\n```\n{usage}\n```\n", command.words().join(" "), command.cli_help());
        for (heading, params) in cli.groups() {
            // What is the same for all stands at the top.
            if heading != "cli-heading-input" {
                options(&mut out, heading, params);
            }
        }
        let keys = command.json_help();
        if !keys.is_empty() {
            let _ = writeln!(out, "{}\n\n```\n{keys}\n```\n", tr("cli-heading-json"));
        }
        let _ = writeln!(out, "{}\n\n```sh\n{}\n```\n", tr("cli-heading-examples"), cli.examples.join("\n"));
    }
    let _ = writeln!(out, "## {}\n", tr("gen-keys-title"));
    key_table(&mut out)?;
    let _ = writeln!(out, "\n## {}\n", tr("functions-title"));
    head(&mut out, &[tr("gen-column-name"), tr("gen-column-help"), tr("gen-column-example")]);
    for f in Function::ALL {
        row(
            &mut out,
            &[code(&f.signature()), cell(&f.meaning().to_string()), code(&format!("{} = {}", f.example, f.gives))],
        );
    }
    let _ = writeln!(out, "\n## {}\n", tr("gen-settings-title"));
    head(&mut out, &[tr("gen-column-name"), tr("gen-column-help")]);
    for key in KEYS {
        row(&mut out, &[code(key.name), cell(&key.help().to_string())]);
    }
    let _ = writeln!(out, "\n## {}\n", tr("gen-exit-title"));
    head(&mut out, &[tr("gen-column-code"), tr("gen-column-help")]);
    for (number, id) in EXITS {
        row(&mut out, &[number.to_string(), tr(id)]);
    }
    Ok(out)
}

fn options(out: &mut String, heading: &'static str, params: &[Param]) {
    let flags: Vec<&Param> = params.iter().filter(|p| !p.positional).collect();
    if flags.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}\n", tr(heading));
    head(out, &[tr("gen-column-flag"), tr("gen-column-help")]);
    for param in flags {
        let short = param.short.map_or_else(String::new, |c| format!("-{c}, "));
        let flag = format!("{short}--{} {}", param.name, param.placeholder());
        row(out, &[code(flag.trim_end()), cell(&param.help())]);
    }
    out.push('\n');
}
