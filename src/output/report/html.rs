//! A report as one page that needs nothing else: no scripts, no network, figures drawn in it. Every word that comes from
//! data is escaped.

use super::Origin;
use crate::error::Result;
use crate::output::image::{self, ImageOptions};
use crate::result::figure::Figure;
use crate::result::report::{Check, Report, shown};
use crate::result::table::ResultTable;
use crate::text::{Lang, Msg, safe, tr};
use crate::value::Cell;

/// How it looks: on a phone, on a wide screen, in the dark and on paper.
const STYLE: &str = include_str!("style.css");

/// Text with nothing in it read as markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in safe::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn words(message: &Msg) -> String {
    escaped(&message.to_string())
}

fn heading(level: u8, text: &str) -> String {
    format!("<h{level}>{text}</h{level}>\n")
}

fn table(table: &ResultTable) -> String {
    let class = |i: usize| {
        let number = table.columns[i].column.kind.is_number();
        if number { " class=\"n\"" } else { "" }
    };
    let mut out = format!("<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead><tr>", words(&table.title));
    for (i, column) in table.columns.iter().enumerate() {
        out.push_str(&format!("<th scope=\"col\"{}>{}</th>", class(i), words(&column.heading)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate().take(table.columns.len()) {
            let text = escaped(&shown(cell));
            match (i, cell) {
                (0, Cell::Text(_)) => out.push_str(&format!("<th scope=\"row\">{text}</th>")),
                _ => out.push_str(&format!("<td{}>{text}</td>", class(i))),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out.push_str(&notes(&table.notes, "note"));
    out
}

fn figure(figure: &Figure) -> Result<String> {
    let drawn = image::svg(figure, &ImageOptions::default())?;
    let more: String = figure.notes.iter().map(|n| format!("<figcaption>{}</figcaption>\n", words(n))).collect();
    Ok(format!("<figure>\n{drawn}{more}</figure>\n"))
}

fn notes(notes: &[Msg], class: &str) -> String {
    notes.iter().map(|n| format!("<p class=\"{class}\">{}</p>\n", words(n))).collect()
}

fn checks(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let class = check.grade.name();
        format!("<li class=\"{class}\"><b>{}</b> {}</li>\n", words(&check.grade.word()), words(&check.words()))
    };
    match checks.is_empty() {
        true => String::new(),
        false => {
            let lines: String = checks.iter().map(line).collect();
            format!("{}<ul class=\"checks\">\n{lines}</ul>\n", heading(2, &escaped(&tr("ab-table-checks"))))
        }
    }
}

/// The page.
pub(super) fn page(report: &Report, origin: &Origin) -> Result<String> {
    let lang = Lang::current().code();
    let title = words(&report.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<header>\n<p class=\"what\">{title}</p>\n<h1>{}</h1>\n",
        words(&report.verdict.sentence)
    );
    if let Some(next) = &report.verdict.next {
        out.push_str(&format!("<p class=\"next\">→ {}</p>\n", words(next)));
    }
    out.push_str("</header>\n");
    out.push_str(&notes(&report.warnings, "warning"));
    out.push_str(&checks(&report.checks));
    out.push_str(&heading(2, &escaped(&tr("report-numbers"))));
    report.tables.iter().for_each(|t| out.push_str(&table(t)));
    for drawn in &report.figures {
        out.push_str(&figure(drawn)?);
    }
    out.push_str(&notes(&report.notes, "note"));
    for pane in &report.panes {
        out.push_str(&format!("<section>\n{}", heading(2, &words(&Msg::new(pane.hint)))));
        out.push_str(&notes(&pane.notes, "warning"));
        for drawn in &pane.figures {
            out.push_str(&figure(drawn)?);
        }
        pane.tables.iter().for_each(|t| out.push_str(&table(t)));
        out.push_str("</section>\n");
    }
    if report.told().next().is_some() {
        out.push_str(&format!("<section>\n{}", heading(2, &escaped(&tr("report-details")))));
        report.told().for_each(|t| out.push_str(&table(t)));
        out.push_str("</section>\n");
    }
    out.push_str(&format!("<footer>\n{}<dl>\n", heading(2, &escaped(&tr("report-origin")))));
    for (name, value) in origin.facts() {
        out.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", words(&name), escaped(&value)));
    }
    if let Some(command) = origin.command() {
        let name = words(&Msg::new("report-command"));
        out.push_str(&format!("<dt>{name}</dt><dd><code>{}</code></dd>\n", escaped(&command)));
    }
    let made = words(&Msg::new("report-made").with("version", env!("CARGO_PKG_VERSION")));
    out.push_str(&format!("</dl>\n<p class=\"note\">{made}</p>\n</footer>\n</main>\n</body>\n</html>\n"));
    Ok(out)
}
