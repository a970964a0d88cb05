//! How the sources will be read: looked at first, decided for all of them together, then read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::find::find;
use super::moment::{self, DayMonth, Reading};
use super::roles::{self, DateEvidence, Look, Role, Roles};
use super::source::{Position, Row, Sink, Source, SourceHints, scan};
use super::text::TextHints;
use crate::error::Error;
use crate::outcome::{Kind, RoleNote};

/// Rows of each source that are looked at before anything is decided.
const SAMPLE_ROWS: usize = 2000;

/// How the sources are to be read, where looking alone does not tell or tells wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadSettings {
    /// Columns by role: `customer = "Customer ID"`; columns of a file without header by number from 1; `""` for none.
    pub map: BTreeMap<Role, String>,
    /// Which comes first in dates such as 03/04/2011.
    pub dates: Option<DayMonth>,
    /// The currency to keep where amounts are in several: an ISO code.
    pub currency: Option<String>,
    /// What parts the columns of text files.
    pub delimiter: Option<char>,
    /// Whether the first row of text files names the columns.
    pub header: Option<bool>,
    /// The sheet of workbooks to read.
    pub sheet: Option<String>,
}

/// The sources, understood.
pub(crate) struct Plan {
    pub(crate) sources: Vec<Source>,
    pub(crate) roles: Vec<Roles>,
    pub(crate) kind: Kind,
    pub(crate) dates: Option<DayMonth>,
    pub(crate) warnings: Vec<String>,
}

impl Plan {
    /// Looks at all sources and decides how to read them.
    ///
    /// # Errors
    /// When a file is missing or damaged, when needed columns are not found, when sources are of different kinds, or
    /// when dates have two readings.
    pub(crate) fn look(inputs: &[String], settings: &ReadSettings) -> Result<Self, Error> {
        let hints = SourceHints {
            text: TextHints { delimiter: settings.delimiter, header: settings.header },
            sheet: settings.sheet.clone(),
        };
        let files = find(inputs)?;
        let mut plan = Self {
            sources: Vec::new(),
            roles: Vec::new(),
            kind: Kind::Orders,
            dates: settings.dates,
            warnings: Vec::new(),
        };
        let mut evidence = DateEvidence::default();
        for file in files {
            let source = Source::look(file, &hints)?;
            let sample = source.sample(SAMPLE_ROWS)?;
            let look = Look {
                path: &source.file.name,
                columns: source.columns(),
                header: source.has_header(),
                sample: &sample,
            };
            let roles = roles::find(&look, &settings.map)?;
            let kind = roles::kind(&look, &roles)?;
            if !plan.sources.is_empty() && kind != plan.kind {
                return Err(Error::Format {
                    path: source.file.name.clone(),
                    what: "this is a table of another kind than the files before it".to_owned(),
                    remedy: "give orders alone, or a table of customers alone",
                });
            }
            plan.kind = kind;
            if let Some(found) = roles.found.get(&Role::Time) {
                for row in &sample {
                    evidence.add(row.get(found.column).map_or(Cell::Empty, super::cell::OwnedCell::borrow));
                }
            }
            plan.warnings.extend(roles.notes.iter().map(|n| format!("{}: {n}", source.file.name)));
            plan.sources.push(source);
            plan.roles.push(roles);
        }
        if plan.dates.is_none() && plan.kind == Kind::Orders {
            plan.decide_dates(evidence)?;
        }
        Ok(plan)
    }

    /// The columns of each source that hold the cells of the given roles.
    pub(crate) fn selections(&self, roles: &[Role]) -> Vec<Vec<Option<usize>>> {
        let of = |source: &Roles| roles.iter().map(|r| source.found.get(r).map(|f| f.column)).collect();
        self.roles.iter().map(of).collect()
    }

    /// Whether rows must be read one after the other.
    pub(crate) fn in_order(&self) -> bool {
        self.roles.iter().any(|r| r.continued)
    }

    /// The roles of the first source in words.
    pub(crate) fn role_notes(&self) -> Vec<RoleNote> {
        let (Some(source), Some(roles)) = (self.sources.first(), self.roles.first()) else {
            return Vec::new();
        };
        let note = |(role, found): (&Role, &roles::Found)| RoleNote {
            role: role.name().to_owned(),
            column: source.columns()[found.column].clone(),
            confidence: found.confidence,
            why: found.why.clone(),
        };
        roles.found.iter().map(note).collect()
    }

    /// Decides the order of day and month over the whole column, when the sample does not tell.
    fn decide_dates(&mut self, mut evidence: DateEvidence) -> Result<(), Error> {
        if evidence.either.is_some() && evidence.only_dmy == 0 && evidence.only_mdy == 0 {
            let selections = self.selections(&[Role::Time]);
            scan(
                &self.sources,
                &selections,
                false,
                |_| DateSink::default(),
                |sink| {
                    evidence.merge(sink.evidence);
                    Ok(())
                },
            )?;
        }
        self.dates = match (evidence.only_dmy, evidence.only_mdy, evidence.either) {
            (0, 0, None) => None,
            (0, 0, Some(example)) => return Err(self.ambiguous(example)),
            (dmy, mdy, _) => {
                let (order, against) = if dmy >= mdy { (DayMonth::Dmy, mdy) } else { (DayMonth::Mdy, dmy) };
                if against > 0 {
                    self.warnings.push(format!("at least {against} dates fit only the other order of day and month and cannot be read"));
                }
                Some(order)
            }
        };
        Ok(())
    }

    fn ambiguous(&self, example: String) -> Error {
        let with_time =
            self.sources.iter().zip(&self.roles).find_map(|(s, r)| r.found.get(&Role::Time).map(|f| (s, f)));
        let (path, column) = with_time.map_or((String::new(), String::new()), |(s, f)| {
            (s.file.name.clone(), s.columns()[f.column].clone())
        });
        let read = |order| {
            let moment = moment::parse(&example).and_then(|r: Reading| r.resolve(Some(order)));
            moment.map_or(String::new(), |m| m.day().to_string())
        };
        Error::AmbiguousDates { path, column, dmy: read(DayMonth::Dmy), mdy: read(DayMonth::Mdy), example }
    }
}

#[derive(Default)]
struct DateSink {
    evidence: DateEvidence,
}

impl Sink for DateSink {
    fn row(&mut self, _: Position, row: &impl Row) -> Result<(), Error> {
        self.evidence.add(row.cell(0));
        Ok(())
    }

    fn broken(&mut self, _: Position, _: &str, _: String) {}

    fn replaced(&mut self, _: Position) {}
}
