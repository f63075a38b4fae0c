//! `clean`: what there is to clean, the cleaned table, and the receipt.

use crate::error::{Error, ErrorKind, Result};
use crate::op::clean::{Clean, Target};
use crate::output::Format;
use crate::result::receipt::{Effect, Receipt};
use crate::text::{Msg, number};

use super::report;
use super::run::Run;

/// Findings told line by line beside a written file.
const TOLD: usize = 20;

pub fn run(run: &Run) -> Result<()> {
    let clean = step(run)?;
    let values = run.values;
    let json = values.has("json");
    // A query is of the rows that would be left, never of what was found.
    let query = values.has("create-view") || values.text("format").is_some_and(|f| f.eq_ignore_ascii_case("sql"));
    let writes = values.has("output") || query;
    if query && json && !values.has("output") {
        return Err(Error::usage(Msg::new("cli-conflict").with("one", "--json").with("two", "--format sql")));
    }
    if json && values.text("output") == Some("-") {
        return Err(Error::usage(Msg::new("cli-conflict").with("one", "--json").with("two", "-o -")));
    }
    let destination = match writes {
        true => run.destination_of(None, false)?,
        false => run.destination(Some(Format::Term))?,
    };
    let limit = run.limit(None)?;
    let dataset = run.rows(None)?;
    let findings = {
        let _progress = run.progress(false);
        clean.decide(&dataset, &run.context)?
    };
    run.notices_of(&dataset);
    run.notices(&findings.notes);
    // What is only asked about is told even where nothing would be left.
    let receipt = findings.receipt();
    if writes {
        let (cleaned, _) = findings.apply(&dataset)?;
        run.write(&cleaned, limit, &destination)?;
        if json {
            run.write_json(&receipt.to_json(), &run.standard_output(Format::Json)?)?;
        }
        tell(run, &receipt);
    } else if destination.format() == Format::Json {
        run.write_json(&receipt.to_json(), &destination)?;
    } else {
        run.write_list(&receipt.to_table(), &destination)?;
        if !run.settings.quiet {
            report::done(&Msg::new("clean-would").with("receipt", receipt.line()));
        }
    }
    if values.has("check") && receipt.drops() {
        let error = Msg::new("clean-check")
            .with("rows", receipt.rows_before - receipt.rows_after)
            .with("columns", receipt.columns_before - receipt.columns_after);
        return Err(Error::new(ErrorKind::Check, error));
    }
    run.check_rows(receipt.rows_after)
}

/// The receipt for people, a line for each thing done.
fn tell(run: &Run, receipt: &Receipt) {
    if run.settings.quiet {
        return;
    }
    report::done(&receipt.line());
    let done =
        receipt.entries.iter().filter(|e| matches!(e.effect, Effect::Dropped | Effect::Changed | Effect::Masked));
    for entry in done.clone().take(TOLD) {
        let line = match &entry.column {
            Some(column) => Msg::new("clean-line")
                .with("effect", entry.effect.word())
                .with("column", column)
                .with("why", entry.why.clone()),
            None => Msg::new("clean-line-rows").with("effect", entry.effect.word()).with("why", entry.why.clone()),
        };
        report::done(&line);
    }
    let more = done.count().saturating_sub(TOLD);
    if more > 0 {
        report::done(&Msg::new("clean-more").with("count", more));
    }
}

/// The step the flags describe.
fn step(run: &Run) -> Result<Clean> {
    let values = run.values;
    let mut clean = Clean {
        keys: values.list("keys"),
        keep: values.list("keep"),
        numbers_alike: values.has("numbers-alike"),
        nearly_empty: share(run, "nearly-empty")?,
        nearly_constant: share(run, "nearly-constant")?,
        drop: values.list("drop"),
        mask: values.list("mask"),
        trim: values.list("trim"),
        fold: values.list("fold"),
        sentinels: values.list("sentinels"),
        ..Clean::default()
    };
    for word in values.list("without") {
        let switch = match word.as_str() {
            "missing-null" => &mut clean.missing_null,
            "missing-nan" => &mut clean.missing_nan,
            "missing-empty" => &mut clean.missing_empty,
            "constant" => &mut clean.constant,
            "constant-or-missing" => &mut clean.constant_or_missing,
            "identical" => &mut clean.identical,
            "renamed" => &mut clean.renamed,
            "duplicate-rows" => &mut clean.duplicate_rows,
            _ => {
                let error = Msg::new("cli-bad-value").with("flag", "--without").with("value", word);
                return Err(Error::usage(error).hint(Msg::new("clean-hint-without")));
            }
        };
        *switch = false;
    }
    for text in values.list("cast") {
        let (column, target) = text.rsplit_once(':').unwrap_or((&text, ""));
        let target = Target::ALL.into_iter().find(|t| t.name() == target).ok_or_else(|| {
            let error = Msg::new("cli-bad-value").with("flag", "--cast").with("value", text.clone());
            Error::usage(error).hint(Msg::new("clean-hint-cast"))
        })?;
        clean.cast.insert(column.to_owned(), target);
    }
    Ok(clean)
}

/// A share between 0 and 1, or in percent.
fn share(run: &Run, name: &str) -> Result<Option<f64>> {
    let Some(text) = run.values.text(name) else { return Ok(None) };
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map(|p| p / 100.0),
        None => text.parse::<f64>(),
    };
    match number {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(Some(share)),
        Ok(share) => Err(Error::usage(Msg::new("clean-bad-share").with("share", number::readable(share, 4)))),
        Err(_) => {
            let error = Msg::new("cli-bad-value").with("flag", format!("--{name}")).with("value", text);
            Err(Error::usage(error).hint(Msg::new("clean-hint-share")))
        }
    }
}
