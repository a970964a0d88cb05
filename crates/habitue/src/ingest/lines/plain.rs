//! Plain rows: those that say who, when, which order, what, how many and for how much, and nothing else.
//!
//! Most rows of most files are plain and say the same as the row before but for what was bought. They are taken here,
//! as `Sink::row` would take them (a test holds it), without being understood anew.

use arrow_array::Array;
use habitue_core::Money;
use habitue_core::clean::{Mark, Reason};
use habitue_core::line::{ProductKey, UNIT_SCALE};
use habitue_core::time::Timestamp;

use super::{LineSink, MOST_MONEY, Reading, item_print, order_print};
use crate::error::Error;
use crate::ingest::cell::IdNote;
use crate::ingest::column::{Column, mark_changes};
use crate::ingest::number::Decimal;
use crate::ingest::part::{Item, Packed};
use crate::ingest::role::Role;
use crate::ingest::roster::numbered_order;
use crate::ingest::source::{ColumnarRow, Position, Row, Sink};
use crate::ingest::tally::Count;

/// What plain rows hold.
const PLAIN: [Role; 7] =
    [Role::Customer, Role::Time, Role::Order, Role::Product, Role::Quantity, Role::UnitPrice, Role::Amount];

/// Whether the rows of a source can be plain.
pub(super) fn is_plain(reading: &Reading<'_>) -> bool {
    Role::ALL.iter().all(|role| PLAIN.contains(role) || !reading.has(*role)) && !reading.roles.continued
}

impl LineSink<'_> {
    /// Takes a row that sells something and about which nothing is particular; false if anything is, and then nothing
    /// has changed but what is remembered of cells.
    ///
    /// Most rows of most files are taken here. What it does is what [`Sink::row`] does (a test holds it).
    #[inline]
    pub(super) fn take(&mut self, position: Position, row: &impl Row) -> bool {
        if !self.is_plain {
            return false;
        }
        let Some((units, amount)) = self.plain_money(row) else { return false };
        let (key, product) = self.read_product(row);
        let Some(item) = Packed::new(Item { product, units, amount }).filter(|_| !key.is_service()) else {
            return false;
        };
        let follows = self.follows(position, row);
        if follows || self.begin(row) {
            self.take_stretch(position, &[item], follows);
            return true;
        }
        false
    }

    /// Whether a row is of the order of the kept row before, as far as that is plain to see.
    #[inline]
    fn follows(&self, position: Position, row: &impl Row) -> bool {
        self.before.plain.is_some_and(|before| before.0 + 1 == position.0)
            && self.before.customer_cell.is(row.cell(Role::Customer as usize))
            && self.before.time_cell.is(row.cell(Role::Time as usize))
            && (!self.has(Role::Order) || self.before.order_cell.is(row.cell(Role::Order as usize)))
    }

    /// Begins the run of a row that says anew who, when or which order, and sells something; false if anything about
    /// it is particular, and then nothing has changed but what is remembered of cells.
    ///
    /// What it does is what [`Sink::row`] does, but for what the row sells.
    #[inline]
    fn begin(&mut self, row: &impl Row) -> bool {
        // What is remembered of cells is no longer that of the row before.
        self.before.plain = None;
        let Some(time) = self.begin_time(row) else { return false };
        self.begin_order(row);
        if !self.begin_customer(row) {
            return false;
        }
        self.before.mark = Mark::None;
        self.before.currency.clear();
        let day = time.day();
        self.tally.has_hours = self.tally.has_hours || time != day.start();
        if self.before.day.0 != day {
            self.count_day();
            self.before.day.0 = day;
        }
        true
    }

    /// Reads when the order was, and remembers it.
    #[inline]
    fn begin_time(&mut self, row: &impl Row) -> Option<Timestamp> {
        if let Some(time) = row.time(Role::Time as usize) {
            self.before.time_cell.clear();
            self.before.time = Some(time);
            return Some(time);
        }
        self.read_time(row, false)
    }

    /// Reads which order it is, and remembers it: a number as `read_order` reads it, without writing it out.
    #[inline]
    fn begin_order(&mut self, row: &impl Row) {
        match row.int(Role::Order as usize).and_then(numbered_order) {
            Some(key) if self.has(Role::Order) => {
                self.before.order_cell.clear();
                self.before.order.clear();
                self.before.order_key = key;
                self.before.is_cancellation = false;
            }
            _ => {
                self.read_order(row);
            }
        }
    }

    /// Reads who the customer is; false if that needs a closer look.
    #[inline]
    fn begin_customer(&mut self, row: &impl Row) -> bool {
        let numbered = row.int(Role::Customer as usize).and_then(|number| self.roster.numbered(number));
        if let Some((partition, key)) = numbered {
            // Known without being written out: the next row that needs the id as text writes it.
            self.before.customer_cell.clear();
            self.before.customer.clear();
            (self.before.partition, self.before.key) = (partition, Some(key));
            return true;
        }
        let cell = row.cell(Role::Customer as usize);
        if self.before.customer_cell.is(cell) {
            return self.before.key.is_some();
        }
        if cell.write_id(&mut self.id) != Some(IdNote::AsIs) {
            self.before.customer_cell.clear();
            return false;
        }
        self.before.customer_cell.set(cell);
        if self.before.key.is_none() || self.id != self.before.customer {
            self.before.customer.clone_from(&self.id);
            let (partition, key) = self.roster.customer(&self.id);
            (self.before.partition, self.before.key) = (partition, Some(key));
        }
        true
    }

    /// Takes `n` rows given column by column.
    pub(super) fn take_rows(
        &mut self,
        first: Position,
        columns: &[Column<'_>],
        n: usize,
    ) -> Result<(), Error> {
        let position_of = |row: usize| Position(first.0 + row as u64);
        if !self.is_plain {
            return (0..n).try_for_each(|row| self.row(position_of(row), &ColumnarRow { columns, row }));
        }
        let begins = self.beginnings(columns, n);
        let items = self.plain_items(columns, n);
        let is_plain = |row: usize| items[row].amount() > Money::ZERO;
        let mut at = 0;
        while at < n {
            let (position, row) = (position_of(at), ColumnarRow { columns, row: at });
            let follows = at > 0 && !begins[at] && self.before.plain.is_some();
            let is_somebody = is_plain(at) && (follows || self.begin(&row));
            if !(is_somebody || is_plain(at) && self.is_plainly_nobody(&row)) {
                self.row(position, &row)?;
                at += 1;
                continue;
            }
            let start = at;
            at += 1;
            while at < n && !begins[at] && is_plain(at) {
                at += 1;
            }
            if is_somebody {
                self.take_stretch(position, &items[start..at], follows);
            } else {
                self.pass_over(position, columns, start, &items[start..at]);
            }
        }
        Ok(())
    }

    /// Whether a row that sells something and could not begin a run lacks nothing but a customer.
    fn is_plainly_nobody(&self, row: &impl Row) -> bool {
        let is_nobody = row.cell(Role::Customer as usize).is_nothing() && self.before.time.is_some();
        is_nobody && !self.reading.writes_rejects
    }

    /// Rejects rows of one order that sell something to a customer without an id; the first is the `row`-th.
    fn pass_over(&mut self, position: Position, columns: &[Column<'_>], row: usize, items: &[Packed]) {
        self.before.key = None;
        self.before.customer.clear();
        self.before.mark = Mark::None;
        self.before.currency.clear();
        self.source = position.source();
        let rows = items.len() as u64;
        self.tally.rows_read += rows;
        self.tally.filled[0] += rows;
        self.tally.filled[2] += rows;
        let time = self.before.time.unwrap_or_default();
        let (order, day) = (order_print(time, self.before.order_key), time.day());
        let mut passed = Count::default();
        for (row, item) in (row..).zip(items) {
            let (key, _) = self.read_product(&ColumnarRow { columns, row });
            passed.add(item.amount());
            self.tally.anonymous.push(item_print(order, key, item.units(), item.amount()));
            if key.is_some() {
                self.tally.sold_to_nobody.note(key.0, day);
            }
        }
        self.tally.revenue_read += passed.revenue;
        self.tally.rejected.entry(Reason::NoCustomer).or_default().merge(passed);
    }

    /// Takes rows of one order: those that follow the row before, or those of the run just begun.
    #[inline]
    fn take_stretch(&mut self, position: Position, items: &[Packed], follows: bool) {
        let before = &self.before;
        let part = &mut self.parts[before.partition];
        if follows {
            part.extend_next(items);
        } else if let (Some(customer), Some(time)) = (before.key, before.time) {
            let order = if before.order_key == 0 { time.0 as u64 } else { before.order_key };
            part.extend(customer, order, time, position, items);
        }
        let revenue = Money(items.iter().map(|item| item.amount().0).sum());
        self.source = position.source();
        self.count_plain(items.len() as u64, revenue, Position(position.0 + items.len() as u64 - 1));
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

    /// The rows that may say another customer, time or order than the row before; the first one does.
    fn beginnings(&self, columns: &[Column<'_>], n: usize) -> Vec<bool> {
        let mut begins = vec![false; n];
        begins.iter_mut().take(1).for_each(|first| *first = true);
        let who_and_when =
            [Role::Customer, Role::Time, Role::Order].into_iter().filter(|role| self.has(*role));
        let asked: Vec<&Column<'_>> = who_and_when.map(|role| &columns[role as usize]).collect();
        mark_changes(&asked, &mut begins);
        begins
    }

    /// What rows sell; nothing is paid in rows that need a closer look.
    fn plain_items(&mut self, columns: &[Column<'_>], n: usize) -> Vec<Packed> {
        let mut items = self.plain_moneys(columns, n);
        let give = |item: &mut Packed, (key, product): (ProductKey, u32)| {
            item.product = product;
            if key.is_service() {
                *item = Packed::default();
            }
        };
        let shared = self.shared_products(columns);
        let mut row = 0;
        while row < n {
            if let Some((list, places)) = shared {
                row += self.products.give(&mut items[row..], (list, &places[row..]), give);
            }
            if let Some(item) = items.get_mut(row) {
                give(item, self.read_product(&ColumnarRow { columns, row }));
                row += 1;
            }
        }
        items
    }

    /// Units and money of rows, products aside: [`Self::plain_money`] for many, of whole columns where they are numbers.
    fn plain_moneys(&self, columns: &[Column<'_>], n: usize) -> Vec<Packed> {
        let packed = |(units, amount)| Packed::new(Item { product: 0, units, amount });
        let comma = self.reading.roles.comma;
        let (has_quantity, is_amount) = (self.has(Role::Quantity), self.has(Role::Amount));
        let money_column = &columns[if is_amount { Role::Amount } else { Role::UnitPrice } as usize];
        let quantity_column = &columns[Role::Quantity as usize];
        let closer = || {
            let money = |row| self.plain_money(&ColumnarRow { columns, row }).and_then(packed);
            (0..n).map(|row| money(row).unwrap_or_default()).collect()
        };
        let Some(moneys) = money_column.ten_thousandths(comma, n) else { return closer() };
        let money = |(quantity, money): (i64, i64)| {
            let amount = if is_amount { money } else { quantity.checked_mul(money)? };
            let units = quantity.checked_mul(UNIT_SCALE)?;
            (units > 0 && amount > 0).then(|| packed((units, Money(amount))))?
        };
        let money = |pair| money(pair).unwrap_or_default();
        match quantity_column {
            _ if !has_quantity => return moneys.into_iter().map(|amount| money((1, amount))).collect(),
            Column::Int32(array) if array.null_count() == 0 => {
                let quantities = array.values().iter().map(|quantity| i64::from(*quantity));
                return quantities.zip(moneys).map(money).collect();
            }
            Column::Int64(array) if array.null_count() == 0 => {
                return array.values().iter().copied().zip(moneys).map(money).collect();
            }
            _ => {}
        }
        let Some(quantities) = quantity_column.ten_thousandths(comma, n) else { return closer() };
        let money = |(quantity, money): (i64, i64)| {
            let amount = if is_amount { 10_000 } else { quantity }.checked_mul(money)?;
            let is_plain = quantity > 0 && quantity % 10 == 0 && amount > 0 && amount % 10_000 == 0;
            is_plain.then(|| packed((quantity / 10, Money(amount / 10_000))))?
        };
        quantities.into_iter().zip(moneys).map(|pair| money(pair).unwrap_or_default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::record::Lines;
    use crate::ingest::roles::{Found, Roles};
    use crate::ingest::roster::Roster;

    /// Customer, order, hour, product, quantity and price of a row.
    type Drawn = (Option<i64>, i64, i64, u8, i32, i32);

    fn arrays(rows: &[Drawn], as_text: bool) -> [ArrayRef; 6] {
        let micros = |row: &Drawn| Some(row.2 * 3_600_000_000);
        // POST is a service, the empty text no product at all.
        let product = |row: &Drawn| Some(["85123A", "22423", "POST", ""][usize::from(row.3)]);
        let price = |row: &Drawn| if row.5 == 7 { None } else { Some(f64::from(row.5) / 8.0) };
        // Text has words for nothing, ids written as decimals, cancellations and times that are none.
        let texts = |text: &dyn Fn(&Drawn) -> Option<&'static str>| -> ArrayRef {
            Arc::new(rows.iter().map(text).collect::<StringArray>())
        };
        let (customers, orders, times): (ArrayRef, ArrayRef, ArrayRef) = if as_text {
            (
                texts(&|r| r.0.map(|id| ["", "anna", "17850.0", "nan"][id as usize])),
                texts(&|r| Some(["C536379", "536380"][r.1 as usize])),
                texts(&|r| {
                    Some(["2011-12-01 08:26:00", if r.4 == 3 { "soon" } else { "2011-12-02" }][r.2 as usize])
                }),
            )
        } else {
            (
                Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>()),
                Arc::new(rows.iter().map(|r| Some(r.1)).collect::<Int64Array>()),
                Arc::new(rows.iter().map(micros).collect::<TimestampMicrosecondArray>()),
            )
        };
        // Eighths of units make amounts that are to be rounded.
        let quantities: ArrayRef = if as_text {
            Arc::new(rows.iter().map(|r| Some(f64::from(r.4) / 8.0)).collect::<Float64Array>())
        } else {
            Arc::new(rows.iter().map(|r| Some(r.4)).collect::<Int32Array>())
        };
        [
            customers,
            orders,
            times,
            Arc::new(rows.iter().map(product).collect::<DictionaryArray<Int32Type>>()),
            quantities,
            Arc::new(rows.iter().map(price).collect::<Float64Array>()),
        ]
    }

    /// The rows as lines of text.
    fn text(rows: &[Drawn]) -> String {
        let line = |r: &Drawn| {
            let customer = r.0.map_or("", |id| ["", "17850", "017850.0", "nan"][id as usize]);
            let order = ["536379", "C12"][r.1 as usize];
            let time =
                ["2011-12-01 08:26:00", if r.4 == 3 { "soon" } else { "2011-12-02T00:00:00" }][r.2 as usize];
            let product = ["85123A", "22423", "POST", ""][usize::from(r.3)];
            let price = if r.5 == 7 { String::new() } else { (f64::from(r.5) / 8.0).to_string() };
            format!("{customer},{order},{time},{product},{},{price}\r\n", f64::from(r.4) / 4.0)
        };
        rows.iter().map(line).collect()
    }

    /// How rows are given.
    #[derive(Debug, Clone, Copy)]
    enum Given {
        Typed,
        Texts,
        Lines,
    }

    const ROLES: [Role; 6] =
        [Role::Customer, Role::Order, Role::Time, Role::Product, Role::Quantity, Role::UnitPrice];

    #[test]
    fn rows_of_nobody_repeat_each_other_only_if_all_of_them_is_equal() {
        let row = (None, 0, 0, 0, 1, 2);
        let others =
            [(None, 1, 0, 0, 1, 2), (None, 0, 1, 0, 1, 2), (None, 0, 0, 1, 1, 2), (None, 0, 0, 0, 2, 1)];
        let rows: Vec<Drawn> = [row].into_iter().chain(others).chain([(None, 0, 0, 0, 1, 3), row]).collect();
        let arrays = arrays(&rows, false);
        let columns: Vec<Column<'_>> = columns(|at| Column::new(&arrays[at], 1));
        let roles = roles();
        let (reading, roster) = (Reading::of_roles(&roles), Roster::default());
        let mut sink = LineSink::new(&reading, &roster);
        sink.rows(Position::new(0, 1), &columns, rows.len()).unwrap();
        let mut prints = sink.finish().tally.anonymous;
        assert_eq!((prints.len(), prints[0]), (7, prints[6]));
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), 6);
    }

    /// The columns of all roles, of those that the rows have.
    fn columns<'a>(column: impl Fn(usize) -> Column<'a>) -> Vec<Column<'a>> {
        let of_role = |role: &Role| ROLES.iter().position(|r| r == role).map_or(Column::Nothing, &column);
        Role::ALL.iter().map(of_role).collect()
    }

    fn roles() -> Roles {
        let found = |column: usize| Found { column, confidence: 1.0, why: String::new() };
        let found = ROLES.iter().enumerate().map(|(at, role)| (*role, found(at))).collect();
        Roles { found, ..Roles::default() }
    }

    proptest! {
        #[test]
        fn plain_rows_are_taken_as_any_rows_are(
            rows in prop::collection::vec(
                (prop::option::weighted(0.9, 1..3_i64), 0..2_i64, 0..2_i64, 0..4_u8, -1..4_i32, -1..8_i32),
                0..40,
            ),
            repeats in prop::collection::vec(1..5_usize, 40),
            given in prop::sample::select(vec![Given::Typed, Given::Texts, Given::Lines]),
            writes_rejects in any::<bool>(),
        ) {
            let repeated = rows.iter().zip(&repeats).flat_map(|(row, &n)| {
                let item = |i: usize| ((row.3 + i as u8) % 4, row.4.max(i as i32 % 3), row.5.max(i as i32));
                (0..n).map(move |i| if i == 0 { *row } else { (row.0, row.1, row.2, item(i).0, item(i).1, item(i).2) })
            });
            let rows: Vec<Drawn> = repeated.collect();
            let (arrays, text) = (arrays(&rows, matches!(given, Given::Texts)), text(&rows));
            let mut lines = Lines::default();
            prop_assert_eq!(lines.read(&text, 0, b',', b'\n', ROLES.len()), text.len());
            let columns = columns(|at| match given {
                Given::Lines => Column::Field(lines.field(&text, at)),
                Given::Typed | Given::Texts => Column::new(&arrays[at], 1),
            });
            let roles = roles();
            let reading = Reading { writes_rejects, ..Reading::of_roles(&roles) };
            let rosters: [Roster; 3] = Default::default();
            let first = Position::new(0, 1);
            let mut sinks: Vec<LineSink<'_>> = rosters.iter().map(|roster| LineSink::new(&reading, roster)).collect();
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
                .map(|mut f| {
                    let sold: BTreeMap<_, _> = std::mem::take(&mut f.tally.sold_to_nobody).iter().collect();
                    let mut products: Vec<_> = f.catalogue.into_iter().map(|(key, p)| (key, p.code)).collect();
                    products.sort_unstable();
                    format!("{:?} {:?} {sold:?} {products:?} {:?}", f.parts, f.tally, f.rejects)
                })
                .collect();
            prop_assert_eq!(&seen[1], &seen[0]);
            prop_assert_eq!(&seen[2], &seen[0]);
        }
    }
}
