//! Tables of customers: one row each, segmented as they are.

use std::collections::BTreeMap;
use std::io::Write;

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::table::{Column, Feature, Table, Unit, Values};
use hashbrown::HashMap;

use crate::error::Error;
use crate::ingest::Role;
use crate::ingest::cell::{Cell, OwnedCell};
use crate::ingest::plan::Plan;
use crate::ingest::source::{Position, Row, Sink, Source, scan};
use crate::outcome::{Input, Rejected, SourceNote};
use crate::write::{Rejects, defuse};

/// A table of customers, with an account of its rows.
pub(crate) struct Given {
    pub(crate) table: Table,
    pub(crate) input: Input,
    pub(crate) sources: Vec<SourceNote>,
    pub(crate) warnings: Vec<String>,
}

/// Most different words in a column of categories.
const MOST_CATEGORIES: usize = 50;

/// What a column of the table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holding {
    Numbers,
    Categories,
}

/// A column that will be read.
struct Chosen {
    name: String,
    holding: Holding,
}

/// Reads a table of customers; rejected rows go to `rejects` as CSV.
///
/// # Errors
/// When a source cannot be read, or names a customer twice.
pub(crate) fn read(plan: &Plan, rejects: &mut Rejects) -> Result<Given, Error> {
    writeln!(rejects, "reason,source,row,customer_id,detail").map_err(Error::io("rejects.csv"))?;
    let (chosen, selections, warnings) = choose_columns(plan)?;
    let mut rows: Vec<(String, Position, Vec<OwnedCell>)> = Vec::new();
    let mut counts: BTreeMap<Reason, u64> = BTreeMap::new();
    let mut rows_by_source = vec![0_u64; plan.sources.len()];
    let new_sink = |source: usize| TableSink::new(&plan.sources[source], plan.roles[source].comma, &chosen);
    scan(&plan.sources, &selections, false, new_sink, |sink| {
        for (reason, n) in sink.counts {
            *counts.entry(reason).or_default() += n;
        }
        rows.extend(sink.rows);
        for (source, n) in sink.rows_by_source {
            rows_by_source[source] += n;
        }
        let bytes = sink.out.into_inner().expect("writing to memory cannot fail");
        rejects.write_all(&bytes).map_err(Error::io("rejects.csv"))
    })?;
    refuse_repeats(plan, &rows)?;
    let rows_kept = rows.len() as u64;
    let rows_read = rows_kept + counts.values().sum::<u64>();
    if rows.is_empty() {
        let why = counts.iter().map(|(r, n)| format!("{n} × {}", r.text())).collect::<Vec<_>>().join(", ");
        return Err(Error::NothingKept { rows: rows_read, why });
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let table = to_table(plan, &chosen, rows);
    let rejected = |(reason, n): (&Reason, &u64)| Rejected {
        reason: reason.key().to_owned(),
        text: reason.text().to_owned(),
        rows: *n,
        customers: 0,
        revenue: Money::ZERO,
    };
    let input = Input {
        rows_read,
        rows_kept,
        revenue_read: Money::ZERO,
        revenue_kept: Money::ZERO,
        rejected: counts.iter().map(rejected).collect(),
        observed: Vec::new(),
        first_day: None,
        last_day: None,
        orders: 0,
    };
    let note = |(source, rows): (&Source, u64)| SourceNote {
        path: source.file.name.clone(),
        format: source.describe(),
        rows,
    };
    Ok(Given { table, input, sources: plan.sources.iter().zip(rows_by_source).map(note).collect(), warnings })
}

/// Decides which columns of the first source are numbers and which categories; the others are left out, and said so.
#[expect(clippy::type_complexity, reason = "three results of one decision")]
fn choose_columns(plan: &Plan) -> Result<(Vec<Chosen>, Vec<Vec<Option<usize>>>, Vec<String>), Error> {
    let mut warnings = plan.warnings.clone();
    let (source, roles) = (&plan.sources[0], &plan.roles[0]);
    let sample = source.sample(2000)?;
    let mut chosen = Vec::new();
    for (column, name) in source.columns().iter().enumerate() {
        if roles.found.get(&Role::Customer).is_some_and(|f| f.column == column) || name.is_empty() {
            continue;
        }
        let cells = || {
            sample
                .iter()
                .map(|r| r.get(column).map_or(Cell::Empty, OwnedCell::borrow))
                .filter(|c| !c.is_nothing())
        };
        let (n, numbers) =
            cells().fold((0, 0), |(n, m), c| (n + 1, m + usize::from(c.float(roles.comma).is_some())));
        let mut words: Vec<OwnedCell> = cells().map(OwnedCell::from).collect();
        words.dedup();
        let distinct = distinct_texts(&words);
        if n > 0 && numbers * 10 >= n * 6 {
            chosen.push(Chosen { name: name.clone(), holding: Holding::Numbers });
        } else if n > 0 && distinct <= MOST_CATEGORIES && distinct * 2 <= n {
            chosen.push(Chosen { name: name.clone(), holding: Holding::Categories });
        } else {
            warnings.push(format!(
                "column {name:?} is left out: {}",
                if n == 0 { "it has no values" } else { "it is neither numbers nor categories" }
            ));
        }
    }
    let column_of = |source: &Source, name: &str| source.columns().iter().position(|c| c == name);
    let mut selections = Vec::new();
    for (source, roles) in plan.sources.iter().zip(&plan.roles) {
        let id = roles.found.get(&Role::Customer).map(|f| f.column);
        selections
            .push(std::iter::once(id).chain(chosen.iter().map(|c| column_of(source, &c.name))).collect());
    }
    Ok((chosen, selections, warnings))
}

fn distinct_texts(cells: &[OwnedCell]) -> usize {
    let mut texts: Vec<String> = cells
        .iter()
        .map(|c| {
            let mut text = String::new();
            c.borrow().write_text(&mut text);
            text
        })
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts.len()
}

/// Takes the rows of a part of the table.
struct TableSink<'a> {
    path: &'a str,
    comma: bool,
    chosen: &'a [Chosen],
    rows: Vec<(String, Position, Vec<OwnedCell>)>,
    rows_by_source: HashMap<usize, u64>,
    counts: BTreeMap<Reason, u64>,
    out: csv::Writer<Vec<u8>>,
}

impl<'a> TableSink<'a> {
    fn new(source: &'a Source, comma: bool, chosen: &'a [Chosen]) -> Self {
        Self {
            path: &source.file.name,
            comma,
            chosen,
            rows: Vec::new(),
            rows_by_source: HashMap::new(),
            counts: BTreeMap::new(),
            out: csv::Writer::from_writer(Vec::new()),
        }
    }

    fn reject(&mut self, reason: Reason, position: Position, id: &str, detail: &str) -> Result<(), Error> {
        *self.counts.entry(reason).or_default() += 1;
        let row = position.row().to_string();
        let record = [reason.key(), &defuse(self.path), &row, &defuse(id), &defuse(detail)];
        self.out
            .write_record(record)
            .map_err(|e| Error::Io { path: "rejects.csv".to_owned(), source: e.into() })
    }
}

impl Sink for TableSink<'_> {
    fn row(&mut self, position: Position, row: &impl Row) -> Result<(), Error> {
        *self.rows_by_source.entry(position.source()).or_default() += 1;
        let mut id = String::new();
        if row.cell(0).write_id(&mut id).is_none() {
            return self.reject(Reason::NoCustomer, position, "", "");
        }
        let mut cells = Vec::with_capacity(self.chosen.len());
        for (i, column) in self.chosen.iter().enumerate() {
            let cell = row.cell(i + 1);
            cells.push(match column.holding {
                _ if cell.is_nothing() => OwnedCell::Empty,
                Holding::Categories => cell.into(),
                Holding::Numbers => match cell.float(self.comma) {
                    Some(value) if value.is_finite() => OwnedCell::Float(value),
                    Some(_) => OwnedCell::Empty,
                    None => {
                        let mut text = String::new();
                        cell.write_text(&mut text);
                        let text: String = text.chars().take(200).collect();
                        return self.reject(
                            Reason::Unreadable,
                            position,
                            &id,
                            &format!("{}: {text}", column.name),
                        );
                    }
                },
            });
        }
        self.rows.push((id, position, cells));
        Ok(())
    }

    fn broken(&mut self, position: Position, text: &str, why: String) {
        *self.rows_by_source.entry(position.source()).or_default() += 1;
        let text: String = text.chars().take(200).collect();
        self.reject(Reason::Unreadable, position, "", &format!("{why}: {text}"))
            .expect("writing to memory cannot fail");
    }

    fn replaced(&mut self, _: Position) {}
}

fn refuse_repeats(plan: &Plan, rows: &[(String, Position, Vec<OwnedCell>)]) -> Result<(), Error> {
    let mut seen: HashMap<&str, Position> = HashMap::new();
    for (id, position, _) in rows {
        if seen.insert(id, *position).is_some() {
            let path = plan.sources[position.source()].file.name.clone();
            return Err(Error::DuplicateCustomer { path, row: position.row(), id: id.clone() });
        }
    }
    Ok(())
}

fn to_table(plan: &Plan, chosen: &[Chosen], rows: Vec<(String, Position, Vec<OwnedCell>)>) -> Table {
    let path = &plan.sources[0].file.name;
    let mut columns: Vec<Column> = chosen.iter().map(|c| empty_column(c, path)).collect();
    let mut ids = Vec::with_capacity(rows.len());
    for (id, _, cells) in rows {
        ids.push(id);
        for (column, cell) in columns.iter_mut().zip(cells) {
            match (&mut column.values, cell) {
                (Values::Number(values), OwnedCell::Float(value)) => values.push(value),
                (Values::Number(values), _) => values.push(f64::NAN),
                (Values::Category(values), OwnedCell::Empty) => values.push(None),
                (Values::Category(values), cell) => {
                    let mut text = String::new();
                    cell.borrow().write_text(&mut text);
                    values.push(Some(text));
                }
            }
        }
    }
    Table { ids, columns }
}

fn empty_column(chosen: &Chosen, path: &str) -> Column {
    let (unit, values) = match chosen.holding {
        Holding::Numbers => (Unit::Number, Values::Number(Vec::new())),
        Holding::Categories => (Unit::Category, Values::Category(Vec::new())),
    };
    let feature = Feature {
        name: chosen.name.clone(),
        label: chosen.name.clone(),
        unit,
        description: format!("As given in {path}."),
    };
    Column { feature, values }
}
