//! From a relation to the text of one read-only query. Everything a person or a table could have named is quoted here and
//! nowhere else.
//!
//! Operations are folded into one `select` as far as its order of evaluation allows (where, group by, select, order by,
//! limit), and nested where it does not.

use super::dialect::Dialect;
use super::fault;
use super::relation::{Aggregate, Comparison, Constant, Order, PLACE, Relation, Term};
use crate::text::Msg;

/// One `select` under construction.
#[derive(Default)]
struct Select {
    columns: Option<Vec<String>>,
    distinct: bool,
    from: String,
    filters: Vec<String>,
    group: Option<usize>,
    orders: Vec<String>,
    limit: Option<(u64, u64)>,
}

/// The text of a relation's query, or why this engine cannot carry it out exactly.
pub fn query(relation: &Relation, dialect: Dialect) -> Result<String, Msg> {
    Writer { dialect }.select(relation).map(|s| s.text(dialect))
}

/// The text of the statement that makes a view of this name give a relation's rows. Nothing here ever runs it.
pub fn view(name: &str, relation: &Relation, dialect: Dialect) -> Result<String, Msg> {
    let parts = super::parts(name.trim());
    if parts.iter().any(String::is_empty) {
        return Err(Msg::new("sql-view-name").with("name", name));
    }
    Ok(format!("create view {} as\n{}", dialect.table(&parts), query(relation, dialect)?))
}

/// The text of a condition or a value.
pub fn term(term: &Term, dialect: Dialect) -> Result<String, Msg> {
    Writer { dialect }.term(term)
}

impl Select {
    /// Whether what is selected is settled, so that nothing can be done to the rows it is made from.
    fn is_made(&self) -> bool {
        self.columns.is_some() || self.distinct
    }

    fn nested(self, dialect: Dialect) -> Self {
        let from = format!("(\n{}\n) t", self.text(dialect));
        // The order of what is nested binds nobody; the outer query has to say it again.
        let orders = if self.columns.is_none() { self.orders } else { Vec::new() };
        Self { from, orders, ..Self::default() }
    }

    fn text(&self, dialect: Dialect) -> String {
        let columns = self.columns.as_ref().map_or_else(|| "*".to_owned(), |c| c.join(", "));
        let distinct = if self.distinct { "distinct " } else { "" };
        let mut text = format!("select {distinct}{columns}\nfrom {}", self.from);
        if !self.filters.is_empty() {
            text.push_str("\nwhere ");
            text.push_str(&self.filters.join(" and "));
        }
        if let Some(columns) = self.group.filter(|n| *n > 0) {
            let places: Vec<String> = (1..=columns).map(|n| n.to_string()).collect();
            text.push_str("\ngroup by ");
            text.push_str(&places.join(", "));
        }
        if !self.orders.is_empty() {
            text.push_str("\norder by ");
            text.push_str(&self.orders.join(", "));
        }
        if let Some((rows, skip)) = self.limit {
            // Trino wants the rows skipped first, the others take either order but one.
            match (dialect, skip) {
                (_, 0) => text.push_str(&format!("\nlimit {rows}")),
                (Dialect::Trino, _) => text.push_str(&format!("\noffset {skip} limit {rows}")),
                _ => text.push_str(&format!("\nlimit {rows} offset {skip}")),
            }
        }
        text
    }
}

struct Writer {
    dialect: Dialect,
}

impl Writer {
    fn select(&self, relation: &Relation) -> Result<Select, Msg> {
        let d = self.dialect;
        let nest = |select: Select, when: bool| if when { select.nested(d) } else { select };
        Ok(match relation {
            Relation::Table(parts) => Select { from: d.table(parts), ..Select::default() },
            Relation::Query(text) => {
                let text = text.trim_end().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
                // On lines of its own, so that a comment at its end does not swallow the bracket.
                Select { from: format!("(\n{text}\n) t"), ..Select::default() }
            }
            Relation::Filter(from, condition) => {
                let inner = self.select(from)?;
                let made = inner.is_made() || inner.limit.is_some();
                let mut select = nest(inner, made);
                select.filters.push(self.bracketed(condition)?);
                select
            }
            Relation::Sort(from, by) => {
                let inner = self.select(from)?;
                let made = inner.is_made() || inner.limit.is_some();
                let mut select = nest(inner, made);
                let mut orders = by.iter().flat_map(|o| self.order(o)).collect::<Vec<_>>();
                for order in select.orders.drain(..) {
                    if !orders.contains(&order) {
                        orders.push(order);
                    }
                }
                select.orders = orders;
                select
            }
            Relation::Select(from, columns) => {
                let inner = self.select(from)?;
                let made = inner.is_made();
                let mut select = nest(inner, made);
                let mut named = Vec::new();
                let mut replaced = Vec::new();
                for (name, term) in columns {
                    let (text, name) = (self.term(term)?, d.identifier(name));
                    if text == name {
                        named.push(name);
                    } else {
                        named.push(format!("{text} as {name}"));
                        replaced.push(name);
                    }
                }
                replaced.retain(|name| select.orders.iter().any(|order| order.contains(name)));
                if !replaced.is_empty() {
                    // A bare name in an order means the column made, not the one it is made from.
                    let orders = select.orders.clone();
                    if select.limit.is_none() {
                        select.orders.clear();
                    }
                    select = select.nested(d);
                    let said =
                        |order: &String| replaced.iter().fold(order.clone(), |o, n| o.replace(n, &format!("t.{n}")));
                    select.orders = orders.iter().map(said).collect();
                }
                select.columns = Some(named);
                select
            }
            Relation::Limit(from, rows, skip) => {
                let inner = self.select(from)?;
                let made = inner.limit.is_some();
                let mut select = nest(inner, made);
                select.limit = Some((*rows, *skip));
                select
            }
            Relation::Numbered(from, name) => {
                let inner = self.select(from)?;
                let made = inner.is_made() || inner.limit.is_some();
                let mut select = nest(inner, made);
                let orders = std::mem::take(&mut select.orders);
                let order = if orders.is_empty() { String::new() } else { format!("order by {}", orders.join(", ")) };
                let number = format!("row_number() over ({order}) - 1 as {}", d.identifier(name));
                select.columns = Some(vec!["*".to_owned(), number]);
                Select { orders, ..select.nested(d) }
            }
            Relation::Group(from, by, measures) => {
                let inner = self.select(from)?;
                let made = inner.is_made() || inner.limit.is_some();
                let mut select = nest(inner, made);
                select.orders.clear();
                let mut columns: Vec<String> = by.iter().map(|n| d.identifier(n)).collect();
                for (name, aggregate) in measures {
                    columns.push(format!("{} as {}", self.aggregate(aggregate)?, d.identifier(name)));
                }
                select.columns = Some(columns);
                select.group = Some(by.len());
                select
            }
            Relation::Distinct(from) => {
                let inner = self.select(from)?;
                let made = inner.limit.is_some() || inner.distinct || inner.group.is_some();
                Select { distinct: true, orders: Vec::new(), ..nest(inner, made) }
            }
            Relation::Firsts(from, by) => {
                let inner = self.select(from)?;
                let made = inner.is_made() || inner.limit.is_some();
                let mut select = nest(inner, made);
                let by = by.iter().map(|t| self.term(t)).collect::<Result<Vec<_>, Msg>>()?.join(", ");
                // The order in which columns were made is not that of the query around them, unless it is said again.
                let orders = match std::mem::take(&mut select.orders) {
                    none if none.is_empty() => from.order().iter().flat_map(|o| self.order(o)).collect(),
                    orders => orders,
                };
                let order = if orders.is_empty() { String::new() } else { format!(" order by {}", orders.join(", ")) };
                let place = d.identifier(PLACE);
                let number = format!("row_number() over (partition by {by}{order}) as {place}");
                select.columns = Some(vec!["*".to_owned(), number]);
                let filters = vec![format!("{place} = 1")];
                Select { filters, orders, ..select.nested(d) }
            }
        })
    }

    fn order(&self, order: &Order) -> Vec<String> {
        self.dialect.order(&self.dialect.identifier(&order.column), order.descending, order.nature)
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<String, Msg> {
        let d = self.dialect;
        Ok(match aggregate {
            Aggregate::Count => "count(*)".to_owned(),
            Aggregate::Present(t) => match t {
                Term::If(condition, yes, no) if matches!((&**yes, &**no), (Term::Constant(_), Term::Null)) => {
                    d.count_where(&self.term(condition)?, &self.term(yes)?)
                }
                t => format!("count({})", self.term(t)?),
            },
            Aggregate::Distinct(t) => format!("count(distinct {})", self.term(t)?),
            Aggregate::Sum(t) => format!("coalesce(sum({}), 0)", self.term(t)?),
            Aggregate::Mean(t) => format!("cast(avg({}) as {})", self.term(t)?, d.real()),
            Aggregate::Min(t) => format!("min({})", self.term(t)?),
            Aggregate::Max(t) => format!("max({})", self.term(t)?),
            Aggregate::Deviation(t) => format!("cast(stddev_samp({}) as {})", self.term(t)?, d.real()),
            Aggregate::Lowest(t, shares, which) => d
                .lowest(&self.term(t)?, shares, *which)
                .ok_or_else(|| Msg::new("push-no-quantile").with("engine", d.name()))?,
            Aggregate::Varied(t) => {
                let t = self.term(t)?;
                format!("case when min({t}) <> max({t}) then 1 when min({t}) = max({t}) then 0 end")
            }
            Aggregate::WideSum(t) => d.wide_sum(&self.term(t)?),
            Aggregate::Quantile(t, share) => d
                .quantile(&format!("cast({} as {})", self.term(t)?, d.real()), *share)
                .ok_or_else(|| Msg::new("push-no-quantile").with("engine", d.name()))?,
        })
    }

    fn bracketed(&self, term: &Term) -> Result<String, Msg> {
        let text = self.term(term)?;
        Ok(match term {
            Term::Column(_) | Term::Constant(_) | Term::Null | Term::If(..) | Term::Held(..) => text,
            Term::Real(_) | Term::Text(_) | Term::Cast(..) => text,
            Term::Minus(..) | Term::Times(..) | Term::Call(..) => text,
            Term::Lower(_) | Term::LowerAscii(_) => text,
            _ => format!("({text})"),
        })
    }

    fn term(&self, term: &Term) -> Result<String, Msg> {
        let d = self.dialect;
        let constant =
            |c: &Constant| d.constant(c).ok_or_else(|| Msg::new("push-no-constant").with("engine", d.name()));
        let text = |t: &str| constant(&Constant::Text(t.to_owned()));
        Ok(match term {
            Term::Column(name) => d.identifier(name),
            Term::Constant(value) => constant(value)?,
            Term::Null => "null".to_owned(),
            Term::Not(t) => format!("not {}", self.bracketed(t)?),
            Term::All(parts) if parts.is_empty() => "true".to_owned(),
            Term::Any(parts) if parts.is_empty() => "false".to_owned(),
            Term::All(parts) if parts.len() == 1 => self.term(&parts[0])?,
            Term::All(parts) => self.joined(parts.iter(), " and ")?,
            Term::Any(parts) => self.joined(parts.iter(), " or ")?,
            Term::Compare(op, a, b) => format!("{} {} {}", self.bracketed(a)?, sign(*op), self.bracketed(b)?),
            Term::CompareText(op, a, b) => {
                format!("{} {} {}", d.by_code_points(&self.bracketed(a)?), sign(*op), self.bracketed(b)?)
            }
            Term::Within(t, list) => {
                let list = list.iter().map(constant).collect::<Result<Vec<_>, Msg>>()?;
                format!("{} in ({})", self.bracketed(t)?, list.join(", "))
            }
            Term::Missing(t) => format!("{} is null", self.bracketed(t)?),
            Term::NotANumber(t) => d.is_nan(&self.bracketed(t)?),
            Term::Held(t, column, range) => match d.is_held(&self.bracketed(t)?, *range) {
                Some(held) => {
                    let value = self.term(t)?;
                    let said = text(&fault::misfit(column))?;
                    // No text with such a beginning is a truth value.
                    let fails = format!("cast({said} || cast({value} as {}) as boolean)", d.text_type());
                    format!("case when {held} then {value} when {fails} then {value} end")
                }
                None => self.term(t)?,
            },
            Term::Contains(t, part) => d.contains(&self.bracketed(t)?, &text(part)?),
            Term::Starts(t, part) => d.starts(&self.bracketed(t)?, &text(part)?, part.chars().count()),
            Term::Ends(t, part) => d.ends(&self.bracketed(t)?, &text(part)?, part.chars().count()),
            Term::If(condition, yes, no) => {
                format!("case when {} then {} else {} end", self.term(condition)?, self.term(yes)?, self.term(no)?)
            }
            Term::Real(t) => match (&**t, self.term(t)?) {
                // Written so that it is one already.
                (Term::Constant(Constant::Float(_)), text) if !text.starts_with('\'') => text,
                (_, text) => format!("cast({text} as {})", d.real()),
            },
            Term::Text(t) => format!("cast({} as {})", self.term(t)?, d.text_type()),
            Term::Minus(a, b) => format!("({} - {})", self.bracketed(a)?, self.bracketed(b)?),
            Term::Times(a, b) => format!("({} * {})", self.bracketed(a)?, self.bracketed(b)?),
            Term::Local(t, zone) => d.local(&self.bracketed(t)?, &text(zone)?),
            Term::Seconds(t, range) => d
                .seconds(&self.bracketed(t)?, *range)
                .ok_or_else(|| Msg::new("push-no-constant").with("engine", d.name()))?,
            Term::Lot(parts, seed) => {
                // Missing is told from empty text.
                let part = |t: &Term| {
                    Ok(format!("coalesce({} || cast({} as {}), '-')", text("=")?, self.term(t)?, d.text_type()))
                };
                let parts = parts.iter().map(part).collect::<Result<Vec<_>, Msg>>()?;
                d.lot(&parts.join(" || '|' || "), *seed)
            }
            Term::Nth(t, order) => {
                let order = order.as_ref().map(|o| Ok(format!(" order by {}", self.term(o)?))).transpose()?;
                format!("row_number() over (partition by {}{})", self.term(t)?, order.unwrap_or_default())
            }
            Term::Total(t) => format!("coalesce(sum({}) over (), 0)", self.term(t)?),
            Term::Cast(t, to) => format!("cast({} as {})", self.term(t)?, d.type_name(*to)),
            Term::Call(call, of) => {
                let of = of.iter().map(|t| self.bracketed(t)).collect::<Result<Vec<_>, _>>()?;
                d.call(*call, &of).ok_or_else(|| Msg::new("push-no-function").with("engine", d.name()))?
            }
            Term::Differ(nature, a, b) => d.differ(&self.bracketed(a)?, &self.bracketed(b)?, *nature),
            Term::Matches(t, pattern) => d.matches(&self.bracketed(t)?, &text(pattern)?),
            Term::Lower(t) => format!("lower({})", self.term(t)?),
            Term::LowerAscii(t) => {
                let lower: String = ('a'..='z').collect();
                format!("translate({}, '{}', '{lower}')", self.term(t)?, lower.to_uppercase())
            }
            Term::Rounded(t, scale) => format!("round({}, {scale})", self.term(t)?),
            Term::Hex(t) => d.hex(&self.term(t)?),
            Term::Hash(parts) => match parts.as_slice() {
                [one] => d.hash(&self.term(one)?),
                several => {
                    let part = |t: &Term| Ok(format!("coalesce({}, '')", self.term(t)?));
                    d.hash(&several.iter().map(part).collect::<Result<Vec<_>, Msg>>()?.join(" || '|' || "))
                }
            },
        })
    }

    fn joined<'a>(&self, parts: impl Iterator<Item = &'a Term>, with: &str) -> Result<String, Msg> {
        Ok(parts.map(|p| self.bracketed(p)).collect::<Result<Vec<_>, _>>()?.join(with))
    }
}

fn sign(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "=",
        Comparison::Ne => "<>",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}
