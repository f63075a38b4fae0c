//! The manual page: one page for all commands.

use std::io::Write as _;

use clap_mangen::Man;

use crate::command::cli::program;
use crate::error::{Error, Result, system};
use crate::text::{Msg, tr};

use super::EXITS;

/// The page, in roff.
pub fn page() -> Result<String> {
    let mut out = Vec::new();
    write(&mut out)
        .map_err(|e| Error::failed(Msg::new("error-output").with("cause", system::words(&e))).caused_by(e))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn write(out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut program = program();
    program.build();
    let man = Man::new(program.clone());
    man.render_title(out)?;
    let mut text = Vec::new();
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    out.extend(headings(&text, "SH"));
    writeln!(out, ".SH {}", tr("gen-man-commands"))?;
    let under = |c: &clap::Command| -> Vec<(String, clap::Command)> {
        let name = c.get_name().to_owned();
        let second = c.get_subcommands().map(|s| (format!("{name} {}", s.get_name()), s.clone())).collect::<Vec<_>>();
        [(name, c.clone())].into_iter().chain(second).collect()
    };
    for (name, command) in program.get_subcommands().flat_map(under) {
        writeln!(out, ".SS mekiki {name}")?;
        let man = Man::new(command);
        let mut text = Vec::new();
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        out.extend(headings(&text, "B"));
    }
    writeln!(out, ".SH {}", tr("gen-exit-title"))?;
    for (code, id) in EXITS {
        writeln!(out, ".TP\n{code}\n{}", tr(id))?;
    }
    Ok(())
}

/// Puts the generator's own headings into the language in force, at the level of `request`.
fn headings(text: &[u8], request: &str) -> Vec<u8> {
    const OWN: [(&str, &str); 4] = [
        ("NAME", "gen-man-name"),
        ("SYNOPSIS", "gen-man-synopsis"),
        ("DESCRIPTION", "gen-man-description"),
        ("OPTIONS", "gen-man-options"),
    ];
    let mut out = String::new();
    for line in String::from_utf8_lossy(text).lines() {
        match line.strip_prefix(".SH ") {
            None => out.push_str(line),
            // Below a command's own heading its description needs none.
            Some("DESCRIPTION") if request != "SH" => continue,
            Some(heading) => {
                let heading = heading.trim_matches('"');
                let words = OWN.iter().find(|(own, _)| *own == heading).map(|(_, id)| tr(id));
                if request != "SH" {
                    out.push_str(".PP\n");
                }
                out.push_str(&format!(".{request} \"{}\"", words.as_deref().unwrap_or(heading)));
            }
        }
        out.push('\n');
    }
    out.into_bytes()
}
