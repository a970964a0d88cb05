//! Rows of orders to lines: typed, cleaned, and dealt out by customer.

mod before;
mod plain;
mod products;

use habitue_core::Money;
use habitue_core::clean::{Candidate, Cleaning, Duplicates, Keep, Mark, Reason};
use habitue_core::features::Holds;
use habitue_core::line::{ProductKey, UNIT_SCALE};
use habitue_core::math::random::mix;
use habitue_core::time::{DAY_SECONDS, Timestamp};
use hashbrown::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use self::before::Before;
use crate::error::Error;
use crate::ingest::cell::{Cell, IdNote};
use crate::ingest::column::Column;
use crate::ingest::known::KnownProducts;
use crate::ingest::moment::DayMonth;
use crate::ingest::number::{Decimal, NumberError};
use crate::ingest::part::{Item, PARTITIONS, Part};
use crate::ingest::rejects::{NoCells, write_reject};
use crate::ingest::role::Role;
use crate::ingest::roles::Roles;
use crate::ingest::roster::{NO_PRODUCT, Roster, order_key};
use crate::ingest::source::{Position, Row, Sink};
use crate::ingest::tally::{Note, Product, Seen, Tally};
use crate::ingest::words::{currency_code, mark_of_status};

/// How rows of orders are read: what stays the same for all of a source's rows.
pub(crate) struct Reading<'a> {
    pub(crate) path: &'a str,
    pub(crate) columns: &'a [String],
    pub(crate) roles: &'a Roles,
    pub(crate) dates: Option<DayMonth>,
    pub(crate) cleaning: Cleaning,
    pub(crate) currency: Option<&'a str>,
    /// Whether the text of rejected rows is wanted.
    pub(crate) writes_rejects: bool,
}

#[cfg(test)]
impl<'a> Reading<'a> {
    /// Rows whose columns are these roles, with default cleaning.
    fn of_roles(roles: &'a Roles) -> Self {
        Self {
            path: "orders",
            columns: &[],
            roles,
            dates: None,
            cleaning: Cleaning::default(),
            currency: None,
            writes_rejects: false,
        }
    }
}

impl Reading<'_> {
    fn has(&self, role: Role) -> bool {
        self.roles.found.contains_key(&role)
    }

    /// What the source can hold.
    pub(crate) fn holds(&self) -> Holds {
        Holds {
            units: self.has(Role::Quantity),
            products: self.has(Role::Product) || self.has(Role::ProductName),
            hours: false,
            discounts: self.has(Role::Discount),
        }
    }

    /// Whether lines must carry a hash of cells that they do not hold, to tell apart rows that are equal but for them.
    fn needs_prints(&self) -> bool {
        self.has(Role::Refund) || OTHER_CELLS.iter().any(|&role| self.has(role))
    }

    /// Whether exact duplicates are dropped.
    pub(crate) fn drops_duplicates(&self) -> bool {
        match self.cleaning.duplicates {
            Duplicates::Auto => self.has(Role::Order),
            Duplicates::Keep => false,
            Duplicates::Drop => true,
        }
    }
}

/// Turns the rows of one part of a source into lines.
pub(crate) struct LineSink<'a> {
    reading: &'a Reading<'a>,
    /// Whether the source has a column for each role: asked many times a row.
    present: [bool; Role::ALL.len()],
    needs_prints: bool,
    /// Whether a row says nothing but who, when, which order, what, how many and for how much.
    is_plain: bool,
    roster: &'a Roster,
    pub(crate) parts: Vec<Part>,
    products: KnownProducts,
    /// The source that the part is of.
    source: usize,
    pub(crate) tally: Tally,
    /// Products that rows describe, and those that no other part has named before.
    pub(crate) catalogue: HashMap<u64, Product>,
    pub(crate) rejects: csv::Writer<Vec<u8>>,
    before: Before,
    id: String,
    order: String,
    scratch: String,
}

impl<'a> LineSink<'a> {
    pub(crate) fn new(reading: &'a Reading<'a>, roster: &'a Roster) -> Self {
        Self {
            reading,
            present: Role::ALL.map(|role| reading.has(role)),
            needs_prints: reading.needs_prints(),
            is_plain: plain::is_plain(reading),
            roster,
            parts: (0..PARTITIONS).map(|_| Part::default()).collect(),
            source: 0,
            products: roster.lend(),
            tally: Tally::default(),
            catalogue: HashMap::new(),
            rejects: csv::Writer::from_writer(Vec::new()),
            before: Before::default(),
            id: String::new(),
            order: String::new(),
            scratch: String::new(),
        }
    }

    fn has(&self, role: Role) -> bool {
        self.present[role as usize]
    }

    /// Ends the part.
    pub(crate) fn finish(mut self) -> Finished {
        self.count_day();
        self.tally.rows_by_source.insert(self.source, self.tally.rows_read);
        for part in &mut self.parts {
            part.shrink();
        }
        let rejects = self.rejects.into_inner().expect("writing to memory cannot fail");
        Finished { parts: self.parts, tally: self.tally, catalogue: self.catalogue, rejects }
    }

    fn count_day(&mut self) {
        let (day, rows) = std::mem::take(&mut self.before.day);
        if rows > 0 {
            *self.tally.rows_by_day.entry(day).or_default() += rows;
        }
    }

    fn note(&mut self, note: Note, position: Position) {
        self.tally.notes.entry(note).or_insert((0, position)).0 += 1;
    }

    fn see(&mut self, seen: Seen, revenue: Money) {
        self.tally.seen.entry(seen).or_default().add(revenue);
    }

    /// Reads who the customer is into `self.id`; false if nobody is named.
    fn read_customer(&mut self, position: Position, row: &impl Row, continued: bool) -> bool {
        if continued {
            self.id.clone_from(&self.before.customer);
            self.before.customer_cell.clear();
            return !self.id.is_empty();
        }
        let cell = row.cell(Role::Customer as usize);
        if self.before.customer_cell.is(cell) {
            return true;
        }
        let note = cell.write_id(&mut self.id);
        self.before.customer_cell.set(if note == Some(IdNote::AsIs) { cell } else { Cell::Empty });
        match note {
            Some(IdNote::Float) => self.note(Note::IdFloat, position),
            Some(IdNote::Scientific) => self.note(Note::IdScientific, position),
            Some(IdNote::AsIs) | None => {}
        }
        note.is_some()
    }

    fn read_time(&mut self, row: &impl Row, continued: bool) -> Option<Timestamp> {
        if continued {
            return self.before.time;
        }
        let cell = row.cell(Role::Time as usize);
        if !self.before.time_cell.is(cell) {
            self.before.time_cell.set(cell);
            self.before.time = cell.moment(self.reading.dates);
        }
        self.before.time
    }

    /// Reads the order number: its hash, and whether it marks a cancellation. True if it is the order of the row before.
    fn read_order(&mut self, row: &impl Row) -> bool {
        let cell = if self.has(Role::Order) { row.cell(Role::Order as usize) } else { Cell::Empty };
        if self.before.order_cell.is(cell) {
            return true;
        }
        self.before.order_cell.set(cell);
        if cell.write_id(&mut self.order).is_none() {
            self.before.order_cell.clear();
            self.before.order.clear();
            self.before.order_key = 0;
            self.before.is_cancellation = false;
            return false;
        }
        if self.order == self.before.order {
            return true;
        }
        self.before.order.clone_from(&self.order);
        self.before.order_key = order_key(&self.order);
        let rest = self.order.strip_prefix(['C', 'c']);
        self.before.is_cancellation =
            rest.is_some_and(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_digit()));
        false
    }

    fn read_mark(&mut self, row: &impl Row, continued: bool) -> Mark {
        if continued {
            return self.before.mark;
        }
        if self.has(Role::CancelledAt) && !row.cell(Role::CancelledAt as usize).is_nothing() {
            self.before.status.clear();
            self.before.mark = Mark::Void;
        } else if self.has(Role::Status) {
            self.scratch.clear();
            row.cell(Role::Status as usize).write_text(&mut self.scratch);
            if self.scratch != self.before.status || self.scratch.is_empty() {
                self.before.mark = mark_of_status(&self.scratch, self.has(Role::Refund));
                std::mem::swap(&mut self.before.status, &mut self.scratch);
            }
        } else {
            self.before.mark = Mark::None;
        }
        self.before.mark
    }

    /// Reads the row's money and quantity.
    fn read_money(&mut self, position: Position, row: &impl Row) -> Result<Read, Error> {
        let comma = self.reading.roles.comma;
        let money_role = if self.has(Role::Amount) { Role::Amount } else { Role::UnitPrice };
        let cell = row.cell(money_role as usize);
        let mut read = Read::default();
        let price = match cell.number(comma) {
            Ok(parsed) => parsed,
            Err(NumberError::NotANumber) => None,
            Err(NumberError::TooLarge) => return Err(self.too_large(position, money_role, cell)),
        };
        self.tally.filled[2] += u64::from(!cell.is_nothing());
        if let Some(parsed) = price.filter(|p| !p.currency.is_empty()) {
            self.before.currency = currency_code(parsed.currency);
        } else if self.has(Role::Currency) {
            self.scratch.clear();
            row.cell(Role::Currency as usize).write_text(&mut self.scratch);
            if !self.scratch.is_empty() {
                self.before.currency = currency_code(&self.scratch);
            }
        } else {
            self.before.currency.clear();
        }
        let quantity = if self.has(Role::Quantity) {
            let cell = row.cell(Role::Quantity as usize);
            match cell.number(comma) {
                Ok(parsed) => parsed.map(|p| p.value),
                Err(NumberError::NotANumber) => None,
                Err(NumberError::TooLarge) => return Err(self.too_large(position, Role::Quantity, cell)),
            }
        } else {
            Some(Decimal::from_int(1))
        };
        let overflow = || self.too_large(position, money_role, cell);
        let discount = row.cell(Role::Discount as usize).number(comma).ok().flatten();
        read.discount = discount.and_then(|d| d.value.money()).unwrap_or_default().abs();
        if self.has(Role::Quantity) {
            read.units = quantity.and_then(Decimal::units);
        }
        let Some(price) = price.map(|p| p.value) else { return Ok(read) };
        if money_role == Role::Amount {
            let mut amount = price.money().ok_or_else(overflow)?;
            if read.units.is_some_and(|u| u < 0) && amount > Money::ZERO {
                amount = -amount;
            }
            read.amount = Some(amount);
            read.is_free = amount == Money::ZERO;
        } else if let Some(quantity) = quantity {
            let gross = price.times(quantity).ok_or_else(overflow)?;
            let discount = if quantity.is_negative() { -read.discount } else { read.discount };
            read.amount = Some(gross - discount);
            read.is_free = price == Decimal::ZERO || price.money() == Some(Money::ZERO);
            read.negative_price = price.is_negative();
        }
        if read.amount.is_some_and(|a| a.0.unsigned_abs() > MOST_MONEY as u64) {
            return Err(overflow());
        }
        Ok(read)
    }

    fn too_large(&self, position: Position, role: Role, cell: Cell<'_>) -> Error {
        let mut text = String::new();
        cell.write_text(&mut text);
        let column = self
            .reading
            .roles
            .found
            .get(&role)
            .map_or(String::new(), |f| self.reading.columns[f.column].clone());
        Error::AmountTooLarge { path: self.reading.path.to_owned(), row: position.row(), column, text }
    }

    /// A hash of a row without a customer: of what tells lines apart, and of cells that could not be read.
    fn print_of_nobody(&mut self, row: &impl Row, key: ProductKey, read: &Read) -> u64 {
        let time = self.before.time;
        let order = order_print(time.unwrap_or_default(), self.before.order_key);
        let mut print = item_print(order, key, read.units_sold(), read.amount.unwrap_or_default());
        if read.discount != Money::ZERO {
            print = mix(print ^ read.discount.0 as u64);
        }
        let unread = [
            (Role::Time, time.is_none()),
            (Role::Quantity, read.units.is_none()),
            (Role::UnitPrice, read.amount.is_none()),
            (Role::Amount, read.amount.is_none()),
        ];
        for (role, _) in unread.into_iter().filter(|(_, is_unread)| *is_unread) {
            print = self.fingerprint(print, row, &[role]);
        }
        print = self.fingerprint(print, row, &[Role::Refund]);
        self.fingerprint(print, row, &OTHER_CELLS)
    }

    /// A hash of cells. It goes on from the hash of cells before.
    fn fingerprint(&mut self, before: u64, row: &impl Row, roles: &[Role]) -> u64 {
        let mut hash = before;
        for &role in roles {
            if self.has(role) {
                let text = match row.cell(role as usize) {
                    Cell::Text(text) => text,
                    cell => {
                        self.scratch.clear();
                        cell.write_text(&mut self.scratch);
                        &self.scratch
                    }
                };
                hash = xxh3_64_with_seed(text.as_bytes(), hash ^ role as u64);
            }
        }
        hash
    }

    fn reject(
        &mut self,
        reason: Reason,
        position: Position,
        row: &impl Row,
        revenue: Money,
    ) -> Result<(), Error> {
        let count = self.tally.rejected.entry(reason).or_default();
        count.add(revenue);
        if !self.id.is_empty() && reason != Reason::NoCustomer {
            count.customers.insert(xxh3_64(self.id.as_bytes()));
        }
        if !self.reading.writes_rejects {
            return Ok(());
        }
        write_reject(&mut self.rejects, reason, self.reading.path, position, row, "")
    }

    fn keep(&mut self, position: Position, line: &KeptLine, refund: Option<Money>) {
        let key = match self.before.key {
            Some(key) => key,
            None => {
                let (partition, key) = self.roster.customer(&self.id);
                self.before.partition = partition;
                *self.before.key.insert(key)
            }
        };
        let part = &mut self.parts[self.before.partition];
        let mut put = |item: Item, discount: Money, print: u32| {
            if self.present[Role::Discount as usize] {
                part.discounts.push(discount);
            }
            if self.needs_prints {
                part.prints.push(print);
            }
            part.push(key, line.order, line.time, position, item);
        };
        put(line.item, line.discount, line.print);
        if let Some(refund) = refund {
            let item = Item { product: NO_PRODUCT, units: 0, amount: -refund };
            // A refund belongs to its row but is no row: the print tells it from every row.
            put(item, Money::ZERO, !line.print);
        }
    }
}

/// More money than any row can carry, in 1/10,000: sums of a billion rows stay exact.
const MOST_MONEY: i64 = i64::MAX >> 12;

/// The money and quantity of a row.
#[derive(Debug, Default)]
struct Read {
    amount: Option<Money>,
    units: Option<i64>,
    discount: Money,
    is_free: bool,
    negative_price: bool,
}

impl Read {
    /// How much was sold: one, or one given back, where the source does not say.
    fn units_sold(&self) -> i64 {
        let one = if self.amount.unwrap_or_default() < Money::ZERO { -UNIT_SCALE } else { UNIT_SCALE };
        self.units.unwrap_or(one)
    }
}

/// The hash of an order, for rows of customers without an id.
fn order_print(time: Timestamp, order: u64) -> u64 {
    mix(mix(time.0 as u64) ^ order)
}

/// It goes on with what a row of the order sells.
fn item_print(order: u64, product: ProductKey, units: i64, amount: Money) -> u64 {
    mix(mix(mix(order ^ product.0) ^ units as u64) ^ amount.0 as u64)
}

/// A row that passed all rules that look at rows alone.
struct KeptLine {
    order: u64,
    time: Timestamp,
    item: Item,
    discount: Money,
    print: u32,
}

/// Cells that an item does not hold but that tell rows apart.
const OTHER_CELLS: [Role; 8] = [
    Role::ProductName,
    Role::Category,
    Role::Status,
    Role::Currency,
    Role::Country,
    Role::Channel,
    Role::Store,
    Role::LineId,
];

impl Sink for LineSink<'_> {
    fn expect(&mut self, rows: usize) {
        for part in &mut self.parts {
            part.reserve(rows / PARTITIONS);
        }
    }

    fn row(&mut self, position: Position, row: &impl Row) -> Result<(), Error> {
        if self.take(position, row) {
            return Ok(());
        }
        self.before.plain = None;
        self.tally.rows_read += 1;
        self.source = position.source();
        let same_order = self.read_order(row);
        let customer_cell = row.cell(Role::Customer as usize);
        let time_cell = row.cell(Role::Time as usize);
        let continued = self.reading.roles.continued
            && same_order
            && customer_cell == Cell::Empty
            && time_cell == Cell::Empty;
        self.tally.filled[0] += u64::from(!time_cell.is_nothing());
        self.tally.filled[1] += u64::from(!customer_cell.is_nothing());
        let customer = self.read_customer(position, row, continued);
        let time = self.read_time(row, continued);
        let mark = self.read_mark(row, continued);
        let (key, product) = self.read_product(row);
        let read = self.read_money(position, row)?;
        let revenue = read.amount.unwrap_or_default();
        self.tally.revenue_read += revenue;
        let is_negative = read.units.is_some_and(|u| u < 0) || revenue < Money::ZERO;
        let mark = if mark == Mark::None && self.before.is_cancellation && is_negative {
            Mark::Cancellation
        } else {
            mark
        };
        if mark == Mark::Cancellation {
            self.see(Seen::CancellationLine, revenue);
        } else if read.units.is_some_and(|u| u < 0) {
            self.see(Seen::NegativeQuantity, revenue);
        }
        if read.is_free {
            self.see(Seen::ZeroPrice, revenue);
        }
        if key.is_service() {
            self.see(Seen::Service, revenue);
        }
        if !self.before.currency.is_empty() && !self.tally.currencies.contains_key(&self.before.currency) {
            self.tally.currencies.insert(self.before.currency.clone(), position);
        }
        let in_currency = self
            .reading
            .currency
            .is_none_or(|c| self.before.currency.is_empty() || self.before.currency == c);
        let candidate = Candidate {
            customer,
            time,
            mark,
            service: key.is_service(),
            units: read.units,
            amount: read.amount,
            currency: in_currency,
            negative_price: read.negative_price,
        };
        if !customer || self.id != self.before.customer {
            self.before.key = None;
            self.before.customer.clear();
            if customer {
                self.before.customer.push_str(&self.id);
            }
        }
        if let Err(reason) = self.reading.cleaning.check(&candidate) {
            if reason == Reason::NoCustomer {
                let print = self.print_of_nobody(row, key, &read);
                self.tally.anonymous.push(print);
                if let (true, Some(time)) = (revenue > Money::ZERO && key.is_some(), time) {
                    self.tally.sold_to_nobody.note(key.0, time.day());
                }
            }
            return self.reject(reason, position, row, revenue);
        }
        let time = time.expect("checked by the rules");
        self.tally.has_hours |= time.0.rem_euclid(DAY_SECONDS) != 0;
        if self.before.day.0 != time.day() {
            self.count_day();
            self.before.day.0 = time.day();
        }
        self.before.day.1 += 1;
        let print = if self.needs_prints { self.fingerprint(0, row, &OTHER_CELLS) as u32 } else { 0 };
        let order = if self.before.order_key == 0 { time.0 as u64 } else { self.before.order_key };
        let item = Item { product, units: read.units_sold(), amount: revenue };
        let refund = if self.has(Role::Refund) {
            let cell = row.cell(Role::Refund as usize).number(self.reading.roles.comma).ok().flatten();
            cell.and_then(|p| p.value.money()).map(Money::abs).filter(|m| *m > Money::ZERO)
        } else {
            None
        };
        let refund = refund.filter(|_| self.reading.cleaning.returns == Keep::Keep);
        if let Some(refund) = refund {
            self.tally.revenue_read -= refund;
            self.see(Seen::Refund, -refund);
        }
        self.keep(position, &KeptLine { order, time, item, discount: read.discount, print }, refund);
        // Ids that were not taken as they stand are counted, row by row.
        self.before.plain = (self.is_plain && self.before.customer_cell.is_set()).then_some(position);
        Ok(())
    }

    fn rows(&mut self, first: Position, columns: &[Column<'_>], n: usize) -> Result<(), Error> {
        self.take_rows(first, columns, n)
    }

    fn broken(&mut self, position: Position, text: &str, why: String) {
        self.tally.rows_read += 1;
        self.source = position.source();
        self.tally.rejected.entry(Reason::Unreadable).or_default().add(Money::ZERO);
        let text: String = text.chars().take(200).collect();
        let detail = format!("{why}: {text}");
        write_reject(&mut self.rejects, Reason::Unreadable, self.reading.path, position, &NoCells, &detail)
            .expect("writing to memory cannot fail");
    }

    fn replaced(&mut self, position: Position) {
        self.note(Note::Replaced, position);
    }

    fn end(&mut self) {
        self.roster.take_back(std::mem::take(&mut self.products));
    }
}

/// What a part of the sources came to.
pub(crate) struct Finished {
    pub(crate) parts: Vec<Part>,
    pub(crate) tally: Tally,
    pub(crate) catalogue: HashMap<u64, Product>,
    /// Rejected rows as CSV without header.
    pub(crate) rejects: Vec<u8>,
}
