//! What is on a server: schemas, views before tables, columns with what the server knows of their values. One query for
//! all relations, kept until it is asked for anew.

use super::line::Line;
use crate::data::{About, Control, Known};
use crate::error::Result;
use crate::sql::Dialect;
use crate::sql::complete::Nameable;
use crate::text::{Msg, number};

/// What sort of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A view.
    View,
    /// A view whose rows are stored.
    Materialised,
    /// A table, partitioned or not.
    Table,
    /// A table that is somewhere else again.
    Foreign,
}

/// A relation as the catalogue has it.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its sort.
    pub sort: Sort,
    /// What somebody wrote about it.
    pub comment: String,
    /// Rows the server thinks there are.
    pub rows: Option<u64>,
    /// Bytes it takes there.
    pub bytes: Option<u64>,
    /// Whether this user may read it.
    pub readable: bool,
}

impl Relation {
    /// The remark beside its name.
    pub fn remark(&self) -> String {
        let id = match self.sort {
            Sort::View => "postgres-view",
            Sort::Materialised => "postgres-materialised",
            Sort::Table => "postgres-table",
            Sort::Foreign => "postgres-foreign",
        };
        let mut parts = vec![Msg::new(id).to_string()];
        if !self.readable {
            parts.push(Msg::new("postgres-no-right").to_string());
        }
        if let Some(rows) = self.rows {
            parts.push(Msg::new("postgres-about-rows").with("rows", rows).to_string());
        }
        if let Some(bytes) = self.bytes {
            parts.push(number::bytes(bytes));
        }
        if !self.comment.is_empty() {
            parts.push(self.comment.clone());
        }
        parts.join(" · ")
    }
}

const RELATIONS: &str = "
select n.nspname::text, c.relname::text, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
       c.reltuples::float8,
       case when c.relkind in ('r', 'm') then pg_total_relation_size(c.oid) else -1 end::int8,
       has_schema_privilege(n.oid, 'usage') and (has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select'))
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('v', 'm', 'r', 'p', 'f') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1, case c.relkind when 'v' then 0 when 'm' then 1 when 'f' then 3 else 2 end, 2";

/// Redshift's catalogue is that of an older server, and lists views that bind late elsewhere; `svv_tables` has them all.
const RELATIONS_REDSHIFT: &str = "
select table_schema::text, table_name::text, case table_type when 'VIEW' then 'v' when 'EXTERNAL TABLE' then 'f' else 'r' end::text,
       coalesce(remarks, '')::text, -1::float8, -1::int8, true
from svv_tables where table_schema not in ('pg_catalog', 'information_schema', 'pg_internal')
order by 1, case table_type when 'VIEW' then 0 when 'EXTERNAL TABLE' then 3 else 2 end, 2";

/// Every relation a person could look at, views first in each schema.
pub fn relations(line: &Line, redshift: bool, control: &Control) -> Result<Vec<Relation>> {
    let sql = if redshift { RELATIONS_REDSHIFT } else { RELATIONS };
    let rows = line.run(control, line.client().query(sql, &[]))?;
    let text = |row: &tokio_postgres::Row, i: usize| row.try_get::<_, String>(i).unwrap_or_default();
    Ok(rows
        .iter()
        .map(|row| Relation {
            schema: text(row, 0),
            name: text(row, 1),
            sort: match text(row, 2).as_str() {
                "v" => Sort::View,
                "m" => Sort::Materialised,
                "f" => Sort::Foreign,
                _ => Sort::Table,
            },
            comment: text(row, 3),
            rows: row.try_get::<_, f64>(4).ok().filter(|n| *n >= 0.0).map(|n| n as u64),
            bytes: row.try_get::<_, i64>(5).ok().and_then(|n| u64::try_from(n).ok()),
            readable: row.try_get::<_, bool>(6).unwrap_or(true),
        })
        .collect())
}

/// Every column of every relation; the relations that need no schema are named without.
const COLUMNS: &str = "
select n.nspname::text, c.relname::text, pg_table_is_visible(c.oid), a.attname::text, format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('v', 'm', 'r', 'p', 'f') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1, 2, a.attnum limit 200000";

const COLUMNS_REDSHIFT: &str = "
select table_schema::text, table_name::text, table_schema = 'public', column_name::text, data_type::text
from svv_columns where table_schema not in ('pg_catalog', 'information_schema', 'pg_internal')
order by 1, 2, ordinal_position limit 200000";

/// What a query can name.
pub fn nameable(line: &Line, redshift: bool, control: &Control) -> Result<Vec<Nameable>> {
    let (sql, dialect) = match redshift {
        true => (COLUMNS_REDSHIFT, Dialect::Redshift),
        false => (COLUMNS, Dialect::Postgres),
    };
    let rows = line.run(control, line.client().query(sql, &[]))?;
    // Names in other letters than these stand in quotes.
    let plain = |c: char| c == '_' || c.is_ascii_digit() || c.is_lowercase() || (c.is_alphabetic() && !c.is_ascii());
    let written = |name: String| match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name,
        false => dialect.identifier(&name),
    };
    let mut tables: Vec<Nameable> = Vec::new();
    for row in &rows {
        let text = |i: usize| row.try_get::<_, String>(i).unwrap_or_default();
        let name = match row.try_get::<_, bool>(2).unwrap_or(false) {
            true => written(text(1)),
            false => format!("{}.{}", written(text(0)), written(text(1))),
        };
        let column = (written(text(3)), text(4));
        match tables.last_mut() {
            Some(table) if table.name == name => table.columns.push(column),
            _ => tables.push(Nameable { name, columns: vec![column] }),
        }
    }
    Ok(tables)
}

/// The columns of a table or view that this user may not read.
pub fn denied(line: &Line, name: &str, control: &Control) -> Result<Vec<String>> {
    const SQL: &str = "select attname::text from pg_catalog.pg_attribute \
                       where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped \
                       and not has_column_privilege(attrelid, attnum, 'select')";
    let rows = line.run(control, line.client().query(SQL, &[&name]))?;
    Ok(rows.iter().filter_map(|row| row.try_get(0).ok()).collect())
}

/// What the server says of a column: its type and comment, and its statistics where it has any. Scans nothing.
pub fn told(line: &Line, name: &str, column: &str, control: &Control) -> Result<Option<About>> {
    const SQL: &str = "select c.reltuples::float8, s.null_frac::float8, s.n_distinct::float8, \
         s.most_common_vals::text::text[], s.most_common_freqs::float8[], \
         to_char(greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)), \
         'YYYY-MM-DD HH24:MI'), format_type(a.atttypid, a.atttypmod), \
         coalesce(col_description(a.attrelid, a.attnum), '') \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
         left join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname \
         where c.oid = to_regclass($1::text) and a.attname = $2::text order by s.inherited desc nulls last limit 1";
    let rows = line.run(control, line.client().query(SQL, &[&name, &column]))?;
    let Some(row) = rows.first() else { return Ok(None) };
    let count = row.try_get::<_, f64>(0).ok().filter(|n| *n >= 0.0);
    let distinct = row.try_get::<_, f64>(2).ok().filter(|n| *n != 0.0);
    let distinct = distinct.and_then(|n| if n > 0.0 { Some(n) } else { count.map(|rows| -n * rows) });
    let values: Vec<Option<String>> = row.try_get(3).unwrap_or_default();
    let shares: Vec<f64> = row.try_get(4).unwrap_or_default();
    let known = row.try_get::<_, f64>(1).ok().map(|missing| Known {
        rows: count.map(|n| n as u64),
        missing,
        distinct: distinct.map(|n| n.round() as u64),
        common: values.into_iter().zip(shares).filter_map(|(value, share)| Some((value?, share))).collect(),
        when: row.try_get(5).unwrap_or_default(),
    });
    let text = |i: usize| row.try_get(i).unwrap_or_default();
    Ok(Some(About { type_name: text(6), comment: text(7), known }))
}

/// The columns of a table of whose values the server remembers, from when it last looked at them, some that most programs
/// have not: infinite days and numbers, NaN, the time 24:00. Scans nothing.
pub fn odd(line: &Line, name: &str, control: &Control) -> Result<Vec<String>> {
    // Names that are known before the statistics are looked at are found by their index.
    const SQL: &str = "select distinct s.attname::text from pg_catalog.pg_stats s \
         join pg_catalog.pg_attribute a on a.attrelid = to_regclass($1::text) and a.attname = s.attname \
         where s.schemaname = (select n.nspname from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1::text)) \
         and s.tablename = (select relname from pg_catalog.pg_class where oid = to_regclass($1::text)) \
         and a.atttypid in ('numeric'::regtype, 'date'::regtype, 'time'::regtype, 'timestamp'::regtype, \
         'timestamptz'::regtype) \
         and concat(s.most_common_vals::text, s.histogram_bounds::text) ~* '(infinity|nan|24:00:00)'";
    let rows = line.run(control, line.client().query(SQL, &[&name]))?;
    Ok(rows.iter().filter_map(|row| row.try_get(0).ok()).collect())
}

/// The query that tells about the columns of a relation: type, comment, and what the server has found out about the values
/// when it last looked. Scans nothing.
pub fn about(schema: &str, name: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    format!(
        "select a.attname::text as \"column\", format_type(a.atttypid, a.atttypmod) as type, \
         coalesce(col_description(a.attrelid, a.attnum), '') as comment, \
         has_column_privilege(a.attrelid, a.attnum, 'select') as readable, \
         s.null_frac::float8 as missing_share, \
         case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * c.reltuples end::float8 as about_distinct, \
         s.most_common_vals::text as common_values \
         from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         left join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname \
         where n.nspname = {} and c.relname = {} and a.attnum > 0 and not a.attisdropped order by a.attnum",
        quoted(schema),
        quoted(name)
    )
}
