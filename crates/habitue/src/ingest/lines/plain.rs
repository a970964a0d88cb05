//! Plain rows: those that say who, when, which order, what, how many and for how much, and nothing else.
//!
//! Most rows of most files are plain and say the same as the row before but for what was bought. They are taken here,
//! as `Sink::row` would take them (a test holds it), without being understood anew.

use habitue_core::Money;
use habitue_core::line::UNIT_SCALE;

use super::{LineSink, MOST_MONEY, Reading};
use crate::error::Error;
use crate::ingest::columnar::Column;
use crate::ingest::number::Decimal;
use crate::ingest::part::Item;
use crate::ingest::role::Role;
use crate::ingest::source::{ColumnarRow, Position, Row, Sink};

/// What plain rows hold.
const PLAIN: [Role; 7] =
    [Role::Customer, Role::Time, Role::Order, Role::Product, Role::Quantity, Role::UnitPrice, Role::Amount];

/// Whether the rows of a source can be plain.
pub(super) fn is_plain(reading: &Reading<'_>) -> bool {
    Role::ALL.iter().all(|role| PLAIN.contains(role) || !reading.has(*role)) && !reading.roles.continued
}

impl LineSink<'_> {
    /// Takes a row that says the same as the kept row before but for the product, how many and for how much; false if
    /// it does not, or if anything about it is particular, and then nothing has changed.
    ///
    /// Most rows of most files are taken here. What it does is what [`Sink::row`] does (a test holds it).
    #[inline]
    pub(super) fn take_next(&mut self, position: Position, row: &impl Row) -> bool {
        let follows = self.before.plain.is_some_and(|before| before.0 + 1 == position.0);
        if !follows
            || !self.before.customer_cell.is(row.cell(Role::Customer as usize))
            || !self.before.time_cell.is(row.cell(Role::Time as usize))
            || self.has(Role::Order) && !self.before.order_cell.is(row.cell(Role::Order as usize))
        {
            return false;
        }
        let Some((units, amount)) = self.plain_money(row) else { return false };
        let (key, product) = self.read_product(row);
        if key.is_service() {
            return false;
        }
        self.count_plain(1, amount, position);
        self.parts[self.before.partition].push_next(Item { product, units, amount });
        true
    }

    /// Takes `n` rows given column by column.
    pub(super) fn take_rows(
        &mut self,
        first: Position,
        columns: &[Column<'_>],
        n: usize,
    ) -> Result<(), Error> {
        let row_at = |row: usize| (Position(first.0 + row as u64), ColumnarRow { columns, row });
        let follows = if self.is_plain { self.followers(columns, n) } else { Vec::new() };
        let mut at = 0;
        while at < n {
            let (position, row) = row_at(at);
            self.row(position, &row)?;
            at += 1;
            if self.before.plain.is_none() || !self.before.customer_cell.is_set() {
                continue;
            }
            let (start, mut revenue) = (at, Money::ZERO);
            while at < n && follows.get(at).is_some_and(|item| item.amount > Money::ZERO) {
                let mut item = follows[at];
                let (key, product) = self.read_product(&row_at(at).1);
                if key.is_service() {
                    break;
                }
                item.product = product;
                revenue += item.amount;
                self.parts[self.before.partition].push_next(item);
                at += 1;
            }
            self.count_plain((at - start) as u64, revenue, Position(first.0 + at as u64 - 1));
        }
        Ok(())
    }

    /// Units and money of a row that sells something; nothing if they need a closer look.
    #[inline]
    fn plain_money(&self, row: &impl Row) -> Option<(i64, Money)> {
        let comma = self.reading.roles.comma;
        let number = |role: Role| match row.cell(role as usize).number(comma) {
            Ok(Some(parsed)) if parsed.currency.is_empty() => Some(parsed.value),
            _ => None,
        };
        let (quantity, units) = if self.has(Role::Quantity) {
            let quantity = number(Role::Quantity)?;
            (quantity, quantity.units()?)
        } else {
            (Decimal::from_int(1), UNIT_SCALE)
        };
        let amount = if self.has(Role::Amount) {
            number(Role::Amount).and_then(Decimal::money)
        } else {
            number(Role::UnitPrice).filter(|p| p.money() > Some(Money::ZERO)).and_then(|p| p.times(quantity))
        };
        let amount = amount.filter(|a| (1..=MOST_MONEY).contains(&a.0))?;
        (units > 0).then_some((units, amount))
    }

    /// Counts rows that were taken as plain; the last of them stands at `last`.
    #[inline]
    fn count_plain(&mut self, rows: u64, revenue: Money, last: Position) {
        self.tally.rows_read += rows;
        for filled in &mut self.tally.filled {
            *filled += rows;
        }
        self.tally.revenue_read += revenue;
        self.before.day.1 += rows;
        self.before.plain = Some(last);
    }

    /// What rows say that follow the row before in everything but product, units and money; nothing is paid in all
    /// other rows, and in rows that need a closer look.
    fn followers(&self, columns: &[Column<'_>], n: usize) -> Vec<Item> {
        let nothing = Item { product: 0, units: 0, amount: Money::ZERO };
        let mut items = vec![nothing; n];
        for (row, item) in items.iter_mut().enumerate().skip(1) {
            let same = [Role::Customer, Role::Time, Role::Order]
                .iter()
                .all(|&role| !self.has(role) || columns[role as usize].repeats(row));
            if same && let Some((units, amount)) = self.plain_money(&ColumnarRow { columns, row }) {
                *item = Item { product: 0, units, amount };
            }
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, TimestampMicrosecondArray,
    };
    use habitue_core::clean::Cleaning;
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::roles::{Found, Roles};
    use crate::ingest::roster::Roster;

    /// Customer, order, hour, product, quantity and price of a row.
    type Drawn = (Option<i64>, i64, i64, u8, i32, i32);

    fn arrays(rows: &[Drawn]) -> [ArrayRef; 6] {
        let micros = |row: &Drawn| Some(row.2 * 3_600_000_000);
        // POST is a service, the empty text no product at all.
        let product = |row: &Drawn| Some(["85123A", "22423", "POST", ""][usize::from(row.3)]);
        let price = |row: &Drawn| if row.5 == 7 { None } else { Some(f64::from(row.5) / 8.0) };
        [
            Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|r| Some(r.1)).collect::<Int64Array>()),
            Arc::new(rows.iter().map(micros).collect::<TimestampMicrosecondArray>()),
            Arc::new(rows.iter().map(product).collect::<DictionaryArray<Int32Type>>()),
            Arc::new(rows.iter().map(|r| Some(r.4)).collect::<Int32Array>()),
            Arc::new(rows.iter().map(price).collect::<Float64Array>()),
        ]
    }

    const ROLES: [Role; 6] =
        [Role::Customer, Role::Order, Role::Time, Role::Product, Role::Quantity, Role::UnitPrice];

    proptest! {
        #[test]
        fn plain_rows_are_taken_as_any_rows_are(
            rows in prop::collection::vec(
                (prop::option::weighted(0.9, 1..3_i64), 0..2_i64, 0..2_i64, 0..4_u8, -1..4_i32, -1..8_i32),
                0..40,
            ),
            repeats in prop::collection::vec(1..5_usize, 40),
        ) {
            let repeated = rows.iter().zip(&repeats).flat_map(|(row, &n)| {
                let item = |i: usize| ((row.3 + i as u8) % 4, row.4.max(i as i32 % 3), row.5.max(i as i32));
                (0..n).map(move |i| if i == 0 { *row } else { (row.0, row.1, row.2, item(i).0, item(i).1, item(i).2) })
            });
            let rows: Vec<Drawn> = repeated.collect();
            let arrays = arrays(&rows);
            let columns: Vec<Column<'_>> = Role::ALL
                .iter()
                .map(|role| ROLES.iter().position(|r| r == role).map_or(Column::Nothing, |at| Column::new(&arrays[at], 1)))
                .collect();
            let found = |column: usize| Found { column, confidence: 1.0, why: String::new() };
            let roles = Roles {
                found: ROLES.iter().enumerate().map(|(at, role)| (*role, found(at))).collect(),
                ..Roles::default()
            };
            let reading = Reading {
                path: "orders",
                columns: &[],
                roles: &roles,
                dates: None,
                cleaning: Cleaning::default(),
                currency: None,
                writes_rejects: true,
            };
            let roster = Roster::default();
            let first = Position::new(0, 1);
            let mut sinks: Vec<LineSink<'_>> = (0..3).map(|_| LineSink::new(&reading, &roster)).collect();
            // Row by row with every row looked at closely, row by row, and column by column.
            sinks[0].is_plain = false;
            for sink in &mut sinks[..2] {
                for row in 0..rows.len() {
                    sink.row(Position(first.0 + row as u64), &ColumnarRow { columns: &columns, row }).unwrap();
                }
            }
            prop_assert!(sinks[0].before.plain.is_none());
            sinks[2].rows(first, &columns, rows.len()).unwrap();
            let seen: Vec<String> = sinks
                .into_iter()
                .map(LineSink::finish)
                .map(|f| {
                    let mut products: Vec<_> = f.catalogue.into_iter().map(|(key, p)| (key, p.code)).collect();
                    products.sort_unstable();
                    format!("{:?} {:?} {products:?} {:?}", f.parts, f.tally, f.rejects)
                })
                .collect();
            prop_assert_eq!(&seen[1], &seen[0]);
            prop_assert_eq!(&seen[2], &seen[0]);
        }
    }
}
