//! Rejected rows as CSV.

use habitue_core::clean::Reason;

use super::cell::Cell;
use super::role::Role;
use super::source::{Position, Row};
use crate::error::Error;
use crate::write::defuse;

/// A row of which nothing could be read.
pub(super) struct NoCells;

impl Row for NoCells {
    fn cell(&self, _: usize) -> Cell<'_> {
        Cell::Empty
    }
}

/// Columns of `rejects.csv` after reason, source and row.
pub(crate) const REJECT_ROLES: [(Role, &str); 8] = [
    (Role::Customer, "customer_id"),
    (Role::Time, "time"),
    (Role::Order, "order"),
    (Role::Product, "product"),
    (Role::ProductName, "product_name"),
    (Role::Quantity, "quantity"),
    (Role::UnitPrice, "unit_price"),
    (Role::Amount, "amount"),
];

/// Longest text of a rejected cell that is written out.
const MOST_REJECT_CHARS: usize = 500;

/// Writes one rejected row.
pub(crate) fn write_reject<W: std::io::Write>(
    out: &mut csv::Writer<W>,
    reason: Reason,
    path: &str,
    position: Position,
    row: &impl Row,
    detail: &str,
) -> Result<(), Error> {
    let mut text = String::new();
    let failed = |e: csv::Error| Error::Io { path: "rejects.csv".to_owned(), source: e.into() };
    out.write_field(reason.key()).map_err(failed)?;
    out.write_field(defuse(path).as_ref()).map_err(failed)?;
    out.write_field(itoa::Buffer::new().format(position.row())).map_err(failed)?;
    for (role, _) in REJECT_ROLES {
        text.clear();
        row.cell(role as usize).write_text(&mut text);
        if text.len() > MOST_REJECT_CHARS {
            text = text.chars().take(MOST_REJECT_CHARS).chain("…".chars()).collect();
        }
        out.write_field(defuse(&text).as_ref()).map_err(failed)?;
    }
    out.write_field(defuse(detail).as_ref()).map_err(failed)?;
    out.write_record(None::<&[u8]>).map_err(failed)
}
