//! The numbers of a figure for machines: as JSON and as a table. Words are in the language in force.

use serde_json::{Value, json};

use super::figure::{Axis, Direction, Figure, Layer, Mark, Panel, Role, Spacing};
use super::table::{ResultColumn, ResultTable};
use crate::text::Msg;
use crate::value::{Cell, Column, Kind, time};

/// A role's name for machines.
fn role(role: Role) -> Value {
    match role {
        Role::Series(i) => json!(format!("series-{i}")),
        Role::Others => json!("others"),
        Role::Emphasis => json!("emphasis"),
        Role::Muted => json!("muted"),
        Role::Ink => json!("ink"),
        Role::Rise => json!("rise"),
        Role::Fall => json!("fall"),
        Role::Level(v) => json!({"level": number(f64::from(v))}),
        Role::Diverging(v) => json!({"diverging": number(f64::from(v))}),
    }
}

/// A number; null where it is none.
fn number(v: f64) -> Value {
    if v.is_finite() { json!(v) } else { Value::Null }
}

fn spacing(s: Spacing) -> &'static str {
    match s {
        Spacing::Linear => "linear",
        Spacing::Log => "log",
        Spacing::Time => "time",
        Spacing::Category => "category",
    }
}

fn axis(a: &Axis) -> Value {
    let ticks: Vec<Value> = a.ticks.iter().map(|t| json!({"at": number(t.at), "text": t.text.to_string()})).collect();
    json!({
        "label": a.label.as_ref().map(ToString::to_string), "spacing": spacing(a.spacing),
        "from": number(a.lo), "to": number(a.hi), "ticks": ticks,
    })
}

fn layer(l: &Layer) -> Value {
    let pair = |p: &(f64, f64)| json!([number(p.0), number(p.1)]);
    let pairs = |points: &[(f64, f64)]| points.iter().map(pair).collect::<Vec<Value>>();
    match l {
        Layer::Bars { lying, bars } => {
            let bars: Vec<Value> = bars
                .iter()
                .map(|b| json!({"sides": pair(&b.sides), "from": number(b.from), "to": number(b.to), "role": role(b.role)}))
                .collect();
            json!({"kind": "bars", "lying": lying, "bars": bars})
        }
        Layer::Line { points, role: r, dashed, steps, .. } => {
            json!({"kind": "line", "role": role(*r), "dashed": dashed, "steps": steps, "points": pairs(points)})
        }
        Layer::Area { points, role: r } => {
            let points: Vec<Value> = points.iter().map(|p| json!([number(p.0), number(p.1), number(p.2)])).collect();
            json!({"kind": "area", "role": role(*r), "points": points})
        }
        Layer::Points { points, roles, size } => {
            let roles: Vec<Value> = roles.iter().map(|r| role(*r)).collect();
            json!({"kind": "points", "size": size, "roles": roles, "points": pairs(points)})
        }
        Layer::Boxes { lying, boxes } => {
            let boxes: Vec<Value> = boxes
                .iter()
                .map(|b| {
                    let outliers: Vec<Value> = b.outliers.iter().map(|v| number(*v)).collect();
                    json!({
                        "sides": pair(&b.sides), "low": number(b.low), "q1": number(b.q1), "median": number(b.median),
                        "q3": number(b.q3), "high": number(b.high), "outliers": outliers, "role": role(b.role),
                    })
                })
                .collect();
            json!({"kind": "boxes", "lying": lying, "boxes": boxes})
        }
        Layer::Intervals { lying, intervals } => {
            let intervals: Vec<Value> = intervals
                .iter()
                .map(|i| {
                    json!({"at": number(i.at), "low": number(i.low), "mid": number(i.mid), "high": number(i.high), "role": role(i.role)})
                })
                .collect();
            json!({"kind": "intervals", "lying": lying, "intervals": intervals})
        }
        Layer::Heat { cells } => {
            let cells: Vec<Value> = cells
                .iter()
                .map(|c| json!({"x": pair(&c.x), "y": pair(&c.y), "value": number(c.value), "role": role(c.role)}))
                .collect();
            json!({"kind": "heat", "cells": cells})
        }
        Layer::Rule { direction, at, role: r, dashed, label } => {
            let direction = match direction {
                Direction::Across => "across",
                Direction::Up => "up",
            };
            let label = label.as_ref().map(ToString::to_string);
            json!({"kind": "rule", "direction": direction, "at": number(*at), "role": role(*r), "dashed": dashed, "label": label})
        }
        Layer::Text { x, y, text, role: r, .. } => {
            json!({"kind": "text", "x": number(*x), "y": number(*y), "text": text.to_string(), "role": role(*r)})
        }
    }
}

impl Figure {
    /// As JSON. Keys: `schema_version`, `title`, `subtitle`, `notes`, `panels` [{`title`, `x`, `y`, `layers`}], `legend`
    /// {`title`, `keys`}, `ramp`; of an axis `label`, `spacing`, `from`, `to`, `ticks`. Moments are seconds since
    /// 1970-01-01T00:00 in the zone shown, categories are 0, 1, 2, … in the order of the ticks.
    pub fn to_json(&self) -> Value {
        let panels: Vec<Value> = self
            .panels
            .iter()
            .map(|p| {
                let layers: Vec<Value> = p.layers.iter().map(layer).collect();
                json!({"title": p.title.as_ref().map(ToString::to_string), "x": axis(&p.x), "y": axis(&p.y), "layers": layers})
            })
            .collect();
        let keys: Vec<Value> = self
            .legend
            .iter()
            .map(|k| {
                let mark = match k.mark {
                    Mark::Fill => "fill",
                    Mark::Line => "line",
                    Mark::Point => "point",
                };
                json!({"role": role(k.role), "mark": mark, "label": k.label.to_string()})
            })
            .collect();
        let ramp = self
            .ramp
            .as_ref()
            .map(|r| json!({"label": r.label.to_string(), "from": r.lo, "to": r.hi, "diverging": r.diverging}));
        json!({
            "schema_version": 1,
            "title": self.title.to_string(),
            "subtitle": self.subtitle.as_ref().map(ToString::to_string),
            "notes": self.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "panels": panels,
            "legend": {"title": self.legend_title.as_ref().map(ToString::to_string), "keys": keys},
            "ramp": ramp,
        })
    }

    /// As a table with a row for each mark that is drawn: panel, layer, group, where it stands along x and y in words and
    /// numbers of the axes, and its numbers. Rules and words are left out: they say nothing that is not there already.
    pub fn to_table(&self) -> ResultTable {
        let columns = [
            ("panel", Kind::Text, "drawn-panel"),
            ("layer", Kind::Text, "drawn-layer"),
            ("group", Kind::Text, "drawn-group"),
            ("x", Kind::Text, "drawn-x"),
            ("x_to", Kind::Text, "drawn-x-to"),
            ("y", Kind::Text, "drawn-y"),
            ("y_to", Kind::Text, "drawn-y-to"),
            ("value", Kind::Float, "drawn-value"),
        ];
        let columns = columns
            .map(|(name, kind, heading)| ResultColumn {
                column: Column { name: name.into(), kind },
                heading: Msg::new(heading),
            })
            .into();
        let rows = self.panels.iter().flat_map(|p| p.layers.iter().flat_map(|l| self.rows(p, l))).collect();
        ResultTable { title: Msg::new("drawn-title"), columns, rows, notes: self.notes.clone() }
    }

    fn rows(&self, p: &Panel, layer: &Layer) -> Vec<Vec<Cell<'static>>> {
        let text = |t: String| if t.is_empty() { Cell::Null } else { Cell::Text(t.into()) };
        let row = |name: &str,
                   role: Role,
                   x: (Cell<'static>, Cell<'static>),
                   y: (Cell<'static>, Cell<'static>),
                   value: Option<f64>| {
            let group = self.legend.iter().find(|k| k.role == role).map(|k| k.label.to_string()).unwrap_or_default();
            vec![
                text(p.title.as_ref().map(ToString::to_string).unwrap_or_default()),
                text(name.to_owned()),
                text(group),
                x.0,
                x.1,
                y.0,
                y.1,
                value.filter(|v| v.is_finite()).map_or(Cell::Null, Cell::Float),
            ]
        };
        let one = |a: &Axis, v: f64| (place(a, v), Cell::Null);
        // A bar stands on a category, or from one side to the other.
        let across = |a: &Axis, (lo, hi): (f64, f64)| match a.spacing {
            Spacing::Category => one(a, ((lo + hi) / 2.0).round()),
            _ => (place(a, lo), place(a, hi)),
        };
        match layer {
            Layer::Bars { lying, bars } => bars
                .iter()
                .map(|b| {
                    let none = (Cell::Null, Cell::Null);
                    let (x, y) = if *lying { (none, across(&p.y, b.sides)) } else { (across(&p.x, b.sides), none) };
                    // What is on top of another begins where that ends.
                    let value =
                        if b.from == b.to || b.from == p.x.lo || b.from == p.y.lo { b.to } else { b.to - b.from };
                    row("bar", b.role, x, y, Some(value))
                })
                .collect(),
            Layer::Line { points, role, .. } => {
                points.iter().map(|t| row("line", *role, one(&p.x, t.0), one(&p.y, t.1), None)).collect()
            }
            Layer::Points { points, roles, .. } => points
                .iter()
                .enumerate()
                .map(|(i, t)| {
                    let role = roles.get(i).or(roles.last()).copied().unwrap_or(Role::Ink);
                    row("point", role, one(&p.x, t.0), one(&p.y, t.1), None)
                })
                .collect(),
            Layer::Area { points, role } => points
                .iter()
                .map(|t| row("area", *role, one(&p.x, t.0), (place(&p.y, t.1), place(&p.y, t.2)), None))
                .collect(),
            Layer::Boxes { lying, boxes } => boxes
                .iter()
                .flat_map(|b| {
                    let parts = [("low", b.low), ("q1", b.q1), ("median", b.median), ("q3", b.q3), ("high", b.high)];
                    let at = across(if *lying { &p.y } else { &p.x }, b.sides);
                    let none = (Cell::Null, Cell::Null);
                    let (x, y) = if *lying { (none, at) } else { (at, none) };
                    let outliers = b.outliers.iter().map(|v| ("outlier", *v));
                    let all: Vec<_> = parts.into_iter().chain(outliers).collect();
                    all.into_iter()
                        .map(|(name, v)| row(name, b.role, x.clone(), y.clone(), Some(v)))
                        .collect::<Vec<_>>()
                })
                .collect(),
            Layer::Intervals { lying, intervals } => intervals
                .iter()
                .flat_map(|i| {
                    let at = one(if *lying { &p.y } else { &p.x }, i.at);
                    let none = (Cell::Null, Cell::Null);
                    let (x, y) = if *lying { (none, at) } else { (at, none) };
                    [("low", i.low), ("mid", i.mid), ("high", i.high)]
                        .map(|(n, v)| row(n, i.role, x.clone(), y.clone(), Some(v)))
                })
                .collect(),
            Layer::Heat { cells } => {
                cells.iter().map(|c| row("cell", c.role, across(&p.x, c.x), across(&p.y, c.y), Some(c.value))).collect()
            }
            Layer::Rule { .. } | Layer::Text { .. } => Vec::new(),
        }
    }
}

/// A place on an axis in the axis's own words.
fn place(axis: &Axis, v: f64) -> Cell<'static> {
    if !v.is_finite() {
        return Cell::Null;
    }
    let text = match axis.spacing {
        Spacing::Category => {
            let tick = axis.ticks.iter().find(|t| t.at == v.round());
            tick.map_or_else(|| v.to_string(), |t| t.text.to_string())
        }
        Spacing::Time => {
            let day = (v / 86_400.0).floor();
            let clock = ((v - day * 86_400.0) * 1e6).round() as i64 * 1000;
            match clock {
                0 => time::date(day as i64),
                clock => format!("{}T{}", time::date(day as i64), time::clock(clock)),
            }
        }
        _ => Cell::Float(v).plain(),
    };
    Cell::Text(text.into())
}
