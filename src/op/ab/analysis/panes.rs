//! What a report shows on request: the comparison by day and by segment, in words and drawings.

use super::answer::Answer;
use super::daily::Track;
use super::judge::digits;
use super::parts::Parts;
use super::read::day_words;
use super::tell::{column, text};
use super::words::{Digits, p_words};
use super::{Ab, Gathered, draw};
use crate::result::report::Pane;
use crate::result::table::ResultTable;
use crate::text::Msg;
use crate::value::{Cell, Kind};

/// A metric's numbers by day and segment, in the order of its comparisons, and which of these is shown first.
pub struct Of<'a> {
    pub answer: &'a Answer,
    pub by: Vec<(Option<Track>, Option<Parts>)>,
    pub shown: usize,
}

/// The parts there are.
pub fn panes(ab: &Ab, gathered: &Gathered, all: &[Of<'_>]) -> Vec<Pane> {
    let mut days = Pane { key: "t", hint: "hint-ab-days", notes: Vec::new(), tables: Vec::new(), figures: Vec::new() };
    let mut segments = Pane { key: "s", hint: "hint-ab-segments", ..days.clone() };
    for of in all {
        let versus = of.answer.versus.iter().zip(&of.by).enumerate();
        for (i, (v, (track, parts))) in versus {
            let digits = digits(of.answer, v);
            if let Some(track) = track {
                days.tables.push(by_day(gathered, of.answer, v.arm, track, digits));
                if i == of.shown {
                    days.figures.extend(draw::daily(gathered, of.answer, track, v.arm));
                    for note in day_notes(gathered, of.answer, track) {
                        if !days.notes.contains(&note) {
                            days.notes.push(note);
                        }
                    }
                }
            }
            if let Some(parts) = parts {
                segments.tables.push(by_segment(ab, gathered, of.answer, v.arm, parts, digits));
                if let Some(mix) = parts.mix.filter(|_| i == of.shown) {
                    let name = of.answer.name.clone().unwrap_or_default();
                    let note = Msg::new("ab-note-mix").with("metric", name).with("p", p_words(mix.two_sided));
                    segments.notes.push(note);
                }
            }
        }
    }
    segments.notes.insert(0, Msg::new("ab-note-segments"));
    [days, segments].into_iter().filter(|p| !p.tables.is_empty()).collect()
}

fn day_notes(gathered: &Gathered, answer: &Answer, track: &Track) -> Vec<Msg> {
    let mut notes = Vec::new();
    if let Some(day) = track.decide_from() {
        notes.push(Msg::new("ab-note-decide-from").with("day", day_words(day, gathered.dates)));
    }
    notes.push(Msg::new("ab-note-band"));
    if let Some(trend) = &track.trend {
        let name = answer.name.clone().unwrap_or_default();
        notes.push(Msg::new("ab-note-trend").with("metric", name).with("p", p_words(trend.test.two_sided)));
    }
    notes
}

fn title(id: &'static str, gathered: &Gathered, answer: &Answer, arm: usize) -> Msg {
    Msg::new(id)
        .with("metric", answer.name.clone().unwrap_or_default())
        .with("arm", &gathered.names[arm])
        .with("baseline", &gathered.names[0])
}

fn by_day(gathered: &Gathered, answer: &Answer, arm: usize, track: &Track, digits: Digits) -> ResultTable {
    let difference = if answer.is_rate { "ab-head-points" } else { "ab-head-difference" };
    let columns = vec![
        column("day", Kind::Text, Msg::new("ab-head-day")),
        column("n_baseline", Kind::Integer, Msg::new("ab-head-n-of").with("arm", &gathered.names[0])),
        column("n_arm", Kind::Integer, Msg::new("ab-head-n-of").with("arm", &gathered.names[arm])),
        column("difference", Kind::Text, Msg::new(difference)),
        column("cumulative", Kind::Text, Msg::new("ab-head-so-far")),
        column("interval", Kind::Text, Msg::new("ab-head-so-far-interval")),
    ];
    let rows = track.rows.iter().map(|r| {
        vec![
            text(day_words(r.day, gathered.dates)),
            Cell::Int(r.n[0].into()),
            Cell::Int(r.n[1].into()),
            r.difference.map_or(Cell::Null, |d| text(digits.signed(d))),
            r.so_far.map_or(Cell::Null, |s| text(digits.signed(s.0))),
            r.so_far.map_or(Cell::Null, |s| text(digits.range(s.1))),
        ]
    });
    ResultTable {
        title: title("ab-table-days", gathered, answer, arm),
        columns,
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn by_segment(ab: &Ab, gathered: &Gathered, answer: &Answer, arm: usize, parts: &Parts, digits: Digits) -> ResultTable {
    let difference = if answer.is_rate { "ab-head-points" } else { "ab-head-difference" };
    let of = |id: &'static str, at: usize| Msg::new(id).with("arm", &gathered.names[at]);
    let columns = vec![
        column(
            "segment",
            Kind::Text,
            Msg::new("ab-head-segment").with("column", ab.segment.clone().unwrap_or_default()),
        ),
        column("n_baseline", Kind::Integer, of("ab-head-n-of", 0)),
        column("n_arm", Kind::Integer, of("ab-head-n-of", arm)),
        column("baseline", Kind::Text, of("ab-head-value-of", 0)),
        column("arm", Kind::Text, of("ab-head-value-of", arm)),
        column("difference", Kind::Text, Msg::new(difference)),
        column("interval", Kind::Text, Msg::new("ab-head-segment-interval")),
    ];
    let value = |v: Option<f64>, n: u64| v.map_or(Cell::Null, |v| text(digits.observed(v, n)));
    let rows = parts.rows.iter().map(|r| {
        let gap = r.values[0].zip(r.values[1]).map(|(b, a)| a - b);
        vec![
            text(&gathered.segment_names[r.segment]),
            Cell::Int(r.n[0].into()),
            Cell::Int(r.n[1].into()),
            value(r.values[0], r.n[0]),
            value(r.values[1], r.n[1]),
            gap.map_or(Cell::Null, |d| text(digits.signed(d))),
            r.difference.map_or(Cell::Null, |d| text(digits.range(d.1))),
        ]
    });
    let title = title("ab-table-segments", gathered, answer, arm);
    ResultTable { title, columns, rows: rows.collect(), notes: Vec::new() }
}
