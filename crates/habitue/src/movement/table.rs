//! Every customer of two runs as a table.

use std::borrow::Cow;
use std::path::Path;

use habitue_core::Money;
use habitue_core::movement::Place;

use super::{Member, Run, joined};
use crate::error::Error;
use crate::outcome::{Kind, NO_PURCHASE};
use crate::write::table::{Cells, Sheet};
use crate::write::{TableFormat, replace_file};

/// Where every customer of two runs was and is, ascending by id.
pub struct MovementTable {
    has_money: bool,
    rows: Vec<MovementRow>,
}

/// One customer; nothing where they are not in a run.
struct MovementRow {
    id: String,
    was: Option<(i64, String)>,
    is: Option<(i64, String)>,
    spend: Money,
}

impl MovementTable {
    pub(super) fn new(old: &Run, new: &Run) -> Self {
        let row = |(was, is): (Option<&Member>, Option<&Member>)| {
            let known = is.or(was)?;
            Some(MovementRow {
                id: known.key.clone(),
                was: was.map(|member| named(old, member)),
                is: is.map(|member| named(new, member)),
                spend: known.spend,
            })
        };
        Self {
            has_money: new.outcome.kind == Kind::Orders,
            rows: joined(&old.members, &new.members).filter_map(row).collect(),
        }
    }

    /// Writes the table to a file, by a temporary name: `customer_id`, `previous_segment`, `previous_segment_name`,
    /// `segment`, `segment_name`, and `spend` where there is money.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, format: TableFormat) -> Result<(), Error> {
        replace_file(path, |temporary| self.sheet().write(temporary, format, |_| true))
    }

    fn sheet(&self) -> Sheet<'_> {
        let number = |of: fn(&MovementRow) -> &Option<(i64, String)>| {
            Cells::Known(self.rows.iter().map(|row| of(row).as_ref().map(|(id, _)| *id)).collect())
        };
        let name = |of: fn(&MovementRow) -> &Option<(i64, String)>| {
            Cells::Text(self.rows.iter().map(|row| of(row).as_ref().map(|(_, name)| name.as_str())).collect())
        };
        let mut columns = vec![
            ("customer_id".to_owned(), Cells::Text(self.rows.iter().map(|r| Some(r.id.as_str())).collect())),
            ("previous_segment".to_owned(), number(|row| &row.was)),
            ("previous_segment_name".to_owned(), name(|row| &row.was)),
            ("segment".to_owned(), number(|row| &row.is)),
            ("segment_name".to_owned(), name(|row| &row.is)),
        ];
        if self.has_money {
            let spend: Vec<f64> = self.rows.iter().map(|row| row.spend.to_f64()).collect();
            columns.push(("spend".to_owned(), Cells::Number(Cow::Owned(spend), 4)));
        }
        Sheet { columns }
    }
}

fn named(run: &Run, member: &Member) -> (i64, String) {
    let name = match member.place {
        Place::Segment(index) => &run.segments()[index].name,
        Place::Apart | Place::Absent => NO_PURCHASE,
    };
    (run.id_of(member.place), name.to_owned())
}
