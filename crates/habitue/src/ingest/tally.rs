//! What is counted while rows are read, and what is learnt of products.

use std::collections::{BTreeMap, BTreeSet};

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::time::Day;
use hashbrown::HashMap;

use super::source::Position;

/// A product as the files name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) category: String,
}

impl Product {
    /// Joins what two parts know of a product.
    pub(crate) fn merge(&mut self, other: &Self) {
        keep_smaller(&mut self.name, &other.name);
        keep_smaller(&mut self.category, &other.category);
    }
}

/// Of several names of one product the first in the alphabet is kept, so that no order of reading changes it.
pub(super) fn keep_smaller(text: &mut String, other: &str) {
    if !other.is_empty() && (text.is_empty() || other < text.as_str()) {
        text.clear();
        text.push_str(other);
    }
}

/// Rows, customers and money of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    pub(crate) rows: u64,
    pub(crate) revenue: Money,
    /// Hashes of the customers; only counted where it is shown.
    pub(crate) customers: BTreeSet<u64>,
}

impl Count {
    pub(crate) fn add(&mut self, revenue: Money) {
        self.rows += 1;
        self.revenue += revenue;
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.revenue += other.revenue;
        self.customers.extend(other.customers);
    }
}

/// Things seen in the rows whether or not they were rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    CancellationLine,
    NegativeQuantity,
    ZeroPrice,
    Service,
    ExactDuplicate,
    Refund,
}

/// Things that a reader of the results should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Note {
    IdFloat,
    IdScientific,
    Replaced,
}

/// What was counted in a part of the sources.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows_read: u64,
    pub(crate) revenue_read: Money,
    pub(crate) rejected: BTreeMap<Reason, Count>,
    pub(crate) seen: BTreeMap<Seen, Count>,
    pub(crate) notes: BTreeMap<Note, (u64, Position)>,
    pub(crate) currencies: BTreeMap<String, Position>,
    pub(crate) rows_by_day: BTreeMap<Day, u64>,
    pub(crate) rows_by_source: BTreeMap<usize, u64>,
    /// Rows with something in the columns of time, customer and money.
    pub(crate) filled: [u64; 3],
    pub(crate) has_hours: bool,
    /// Hashes of rows without a customer, to count duplicates among them too.
    pub(crate) anonymous: Vec<u64>,
    /// The last day on which somebody without a name bought a product, by its key: what they buy is not dead stock.
    pub(crate) sold_to_nobody: HashMap<u64, Day>,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: Self) {
        self.rows_read += other.rows_read;
        self.revenue_read += other.revenue_read;
        for (reason, count) in other.rejected {
            self.rejected.entry(reason).or_default().merge(count);
        }
        for (seen, count) in other.seen {
            self.seen.entry(seen).or_default().merge(count);
        }
        for (note, (rows, position)) in other.notes {
            let entry = self.notes.entry(note).or_insert((0, position));
            *entry = (entry.0 + rows, entry.1.min(position));
        }
        for (currency, position) in other.currencies {
            let first = self.currencies.entry(currency).or_insert(position);
            *first = position.min(*first);
        }
        for (day, rows) in other.rows_by_day {
            *self.rows_by_day.entry(day).or_default() += rows;
        }
        for (source, rows) in other.rows_by_source {
            *self.rows_by_source.entry(source).or_default() += rows;
        }
        for (mine, theirs) in self.filled.iter_mut().zip(other.filled) {
            *mine += theirs;
        }
        self.has_hours |= other.has_hours;
        self.anonymous.extend(other.anonymous);
        for (product, day) in other.sold_to_nobody {
            let last = self.sold_to_nobody.entry(product).or_insert(day);
            *last = day.max(*last);
        }
    }
}
