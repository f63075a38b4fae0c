//! A report in Markdown: all of it, with links to its figures where they are written beside.

use super::{Origin, figures};
use crate::output::files::md::{escaped, table_of};
use crate::result::figure::Figure;
use crate::result::report::{Report, shown};
use crate::result::table::ResultTable;
use crate::text::{Msg, tr};

fn plain(text: &str) -> String {
    let mut out = Vec::new();
    escaped(text, &mut out);
    let out = String::from_utf8_lossy(&out).into_owned();
    // At the beginning of a line these would begin something.
    match out.chars().next() {
        Some('#' | '+' | '-' | '=' | '>') => format!("\\{out}"),
        _ => out,
    }
}

fn words(message: &Msg) -> String {
    plain(&message.to_string())
}

fn table(out: &mut String, table: &ResultTable) {
    let columns: Vec<(String, bool)> =
        table.columns.iter().map(|c| (c.heading.to_string(), c.column.kind.is_number())).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    out.push_str(&format!("**{}**\n\n{}\n", words(&table.title), table_of(&columns, &rows)));
    list(out, &table.notes, "");
}

fn list(out: &mut String, notes: &[Msg], mark: &str) {
    notes.iter().for_each(|n| out.push_str(&format!("{mark}{}\n\n", words(n))));
}

/// The text. `images` are the names of the files with its figures, in their order; without them they are left out, and that
/// is said.
pub(super) fn text(report: &Report, origin: &Origin, images: &[String]) -> String {
    let mut images = images.iter();
    let mut out = format!("# {}\n\n**{}**\n\n", words(&report.title), words(&report.verdict.sentence));
    let mut draw = |out: &mut String, drawn: &[Figure]| {
        for figure in drawn {
            if let Some(name) = images.next() {
                // A name with blanks or brackets stands between angles.
                let name = name.replace(['<', '>'], "_");
                out.push_str(&format!("![{}](<{name}>)\n\n", plain(&figure.title.to_string())));
            }
        }
    };
    if let Some(next) = &report.verdict.next {
        out.push_str(&format!("→ {}\n\n", words(next)));
    }
    list(&mut out, &report.warnings, "> ");
    if !report.checks.is_empty() {
        out.push_str(&format!("## {}\n\n", tr("ab-table-checks")));
        for check in &report.checks {
            out.push_str(&format!("- **{}** {}\n", words(&check.grade.word()), words(&check.words())));
        }
        out.push('\n');
    }
    out.push_str(&format!("## {}\n\n", tr("report-numbers")));
    report.tables.iter().for_each(|t| table(&mut out, t));
    draw(&mut out, &report.figures);
    list(&mut out, &report.notes, "");
    for pane in &report.panes {
        out.push_str(&format!("## {}\n\n", words(&Msg::new(pane.hint))));
        list(&mut out, &pane.notes, "> ");
        draw(&mut out, &pane.figures);
        pane.tables.iter().for_each(|t| table(&mut out, t));
    }
    if report.told().next().is_some() {
        out.push_str(&format!("## {}\n\n", tr("report-details")));
        report.told().for_each(|t| table(&mut out, t));
    }
    out.push_str(&format!("## {}\n\n", tr("report-origin")));
    for (name, value) in origin.facts() {
        out.push_str(&format!("- {}: {}\n", words(&name), plain(&value)));
    }
    if let Some(command) = origin.command() {
        let command = crate::text::safe::line(&command).replace('`', "'");
        out.push_str(&format!("- {}: `{command}`\n", words(&Msg::new("report-command"))));
    }
    let left = figures(report).len();
    if images.len() == 0 && left > 0 && !out.contains("](<") {
        out.push_str(&format!("- {}\n", words(&Msg::new("report-no-figures").with("count", left))));
    }
    out
}
