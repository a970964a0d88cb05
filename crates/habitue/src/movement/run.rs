//! The folder of a run, read again.

use std::path::{Path, PathBuf};

use habitue_core::Money;
use habitue_core::movement::Place;

use crate::error::Error;
use crate::ingest::cell::Cell;
use crate::ingest::find::find;
use crate::ingest::source::{Position, Row, Sink, Source, SourceHints, scan};
use crate::ingest::text::TextHints;
use crate::outcome::{Kind, Outcome, Segment};
use crate::write::defuse;

/// A run that is done: what it found out, and where everybody was.
pub struct Run {
    /// Where its results are.
    pub(crate) folder: PathBuf,
    /// What it found out.
    pub outcome: Outcome,
    /// Its customers, ascending by key.
    pub(crate) members: Vec<Member>,
}

/// A customer of a run.
pub(crate) struct Member {
    /// What customers of two runs are compared by; see [`key`].
    pub(crate) key: String,
    /// Where they are; never absent.
    pub(crate) place: Place,
    /// What they have spent; zero in a table without money.
    pub(crate) spend: Money,
}

/// An id as a text table holds it: harmless to spreadsheets. A table does not say whether it was made so or always was.
pub(crate) fn key(id: &str) -> String {
    defuse(id).into_owned()
}

/// What to do about a folder that is no run.
const REMEDY: &str = "give the folder that `habitue segment` wrote its results to";

impl Run {
    /// Reads `summary.json` and the table of customers from a folder of results.
    ///
    /// # Errors
    /// [`Error::Document`] when a file is not there or not what it should be.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = file_of(folder, "summary.json")?;
        let text = std::fs::read_to_string(&path).map_err(Error::io(path.display()))?;
        let outcome: Outcome = serde_json::from_str(&text)
            .map_err(|e| refuse(&path, format!("this is no summary of a run ({e})")))?;
        let table = ["csv", "parquet", "xlsx"].map(|ending| folder.join(format!("segments.{ending}")));
        let Some(table) = table.iter().find(|path| path.exists()) else {
            return Err(refuse(
                &folder.join("segments.csv"),
                "there is no such file, nor .parquet or .xlsx".to_owned(),
            ));
        };
        let members = members(table, &outcome)?;
        Ok(Self { folder: folder.to_owned(), outcome, members })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.outcome.segments
    }

    /// The number of the segment in which a customer was, 0 for those in none; `None` if they were not there.
    pub(crate) fn segment_of(&self, key: &str) -> Option<i64> {
        let at = self.members.binary_search_by(|m| m.key.as_str().cmp(key)).ok()?;
        Some(self.id_of(self.members[at].place))
    }

    pub(super) fn id_of(&self, place: Place) -> i64 {
        match place {
            Place::Segment(index) => self.segments()[index].id as i64,
            Place::Apart | Place::Absent => 0,
        }
    }
}

/// A file of a folder of results, which must be there.
pub(super) fn file_of(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    if path.is_file() { Ok(path) } else { Err(refuse(&path, "there is no such file".to_owned())) }
}

fn refuse(path: &Path, what: String) -> Error {
    Error::Document { path: path.display().to_string(), what, remedy: REMEDY.to_owned() }
}

/// The customers of a table of places, ascending by key.
fn members(path: &Path, outcome: &Outcome) -> Result<Vec<Member>, Error> {
    let has_money = outcome.kind == Kind::Orders;
    let hints = SourceHints { text: TextHints { delimiter: Some(','), header: Some(true) }, sheet: None };
    let sources: Vec<Source> = find(&[path.display().to_string()])?
        .into_iter()
        .map(|file| Source::look(file, &hints))
        .collect::<Result<_, _>>()?;
    let column = |name: &str| {
        let found = sources[0].columns().iter().position(|c| c == name);
        found.ok_or_else(|| refuse(path, format!("there is no column {name}")))
    };
    let mut selection = vec![Some(column("customer_id")?), Some(column("segment")?)];
    selection.push(if has_money { Some(column("spend")?) } else { None });
    let new_sink =
        |_| MemberSink { path, segments: &outcome.segments, has_money, members: Vec::new(), broken: None };
    let mut members = Vec::new();
    scan(&sources, &[selection], false, new_sink, |sink| {
        if let Some(row) = sink.broken {
            return Err(refuse(path, format!("row {row} is damaged")));
        }
        members.extend(sink.members);
        Ok(())
    })?;
    members.sort_by(|a, b| a.key.cmp(&b.key));
    members.dedup_by(|a, b| a.key == b.key);
    Ok(members)
}

/// Takes the customers of one part of a table.
struct MemberSink<'a> {
    path: &'a Path,
    segments: &'a [Segment],
    has_money: bool,
    members: Vec<Member>,
    /// The first row that could not be parted into its columns.
    broken: Option<u64>,
}

impl Sink for MemberSink<'_> {
    fn row(&mut self, position: Position, row: &impl Row) -> Result<(), Error> {
        let wrong = |what: &str, cell: Cell<'_>| {
            let (row, cell) = (position.row(), text(cell));
            refuse(self.path, format!("row {row}: {cell:?} is no {what}"))
        };
        let place = match whole(row.cell(1)) {
            Some(0) => Place::Apart,
            number => {
                let index = self.segments.iter().position(|s| Some(s.id as i64) == number);
                Place::Segment(index.ok_or_else(|| wrong("segment of summary.json", row.cell(1)))?)
            }
        };
        let spend = match row.cell(2) {
            _ if !self.has_money => Money::ZERO,
            cell => amount(cell).ok_or_else(|| wrong("amount", cell))?,
        };
        self.members.push(Member { key: key(&text(row.cell(0))), place, spend });
        Ok(())
    }

    fn broken(&mut self, position: Position, _: &str, _: String) {
        self.broken.get_or_insert(position.row());
    }

    fn replaced(&mut self, _: Position) {}
}

fn text(cell: Cell<'_>) -> String {
    let mut text = String::new();
    cell.write_text(&mut text);
    text
}

fn whole(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Int(value) => Some(value),
        Cell::Float(value) if value.fract() == 0.0 => Some(value as i64),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// An amount as tables hold it: exact in text, to the nearest part in floats.
fn amount(cell: Cell<'_>) -> Option<Money> {
    match cell {
        Cell::Text(text) => text.parse().ok(),
        Cell::Int(value) => value.checked_mul(Money::SCALE).map(Money),
        Cell::Float(value) => Some(nearest(value)),
        _ => None,
    }
}

/// The nearest amount to a float.
pub(crate) fn nearest(value: f64) -> Money {
    Money((value * Money::SCALE as f64).round() as i64)
}
