//! What is counted while rows are read, and what is learnt of products.

use std::collections::{BTreeMap, BTreeSet};

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::time::Day;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use super::source::Position;

/// A product as the files name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) code: String,
    pub(crate) name: Names,
    pub(crate) category: Names,
}

impl Product {
    /// Joins what two parts know of a product.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.name.merge(&other.name);
        self.category.merge(&other.category);
    }
}

/// What rows call one thing, with the number of rows for each name: till notes ("?", "damaged") stand in columns of names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Names(Vec<(String, u64)>);

/// Different names of one thing that are remembered: more are no names.
const MOST_NAMES: usize = 32;

impl Names {
    /// Counts one row.
    pub(crate) fn add(&mut self, name: &str) {
        self.count(name, 1);
    }

    /// The name of most rows; of several the first in the alphabet, so that no order of reading changes it. Empty if there
    /// is none.
    pub(crate) fn best(&self) -> &str {
        let best = self.0.iter().min_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        best.map_or("", |(name, _)| name)
    }

    /// The same, in the order of the alphabet.
    pub(crate) fn sorted(&self) -> Self {
        let mut names = self.0.clone();
        names.sort_unstable();
        Self(names)
    }

    fn merge(&mut self, other: &Self) {
        for (name, rows) in &other.0 {
            self.count(name, *rows);
        }
    }

    fn count(&mut self, name: &str, rows: u64) {
        if let Some((_, n)) = self.0.iter_mut().find(|(known, _)| known == name) {
            *n += rows;
        } else if !name.is_empty() && self.0.len() < MOST_NAMES {
            self.0.push((name.to_owned(), rows));
        }
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

    pub(crate) fn merge(&mut self, other: Self) {
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
    /// When somebody without a name last bought each product: what they buy is not dead stock.
    pub(crate) sold_to_nobody: LastDays,
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
        for (product, day) in other.sold_to_nobody.iter() {
            self.sold_to_nobody.note(product, day);
        }
    }
}

/// The last day of each product, by its key; keys are hashes already.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastDays(HashTable<(u64, Day)>);

impl LastDays {
    /// Notes a day of a product.
    #[inline]
    pub(crate) fn note(&mut self, product: u64, day: Day) {
        match self.0.find_mut(product, |(known, _)| *known == product) {
            Some((_, last)) => *last = day.max(*last),
            None => _ = self.0.insert_unique(product, (product, day), |(known, _)| *known),
        }
    }

    /// Products with their days, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Day)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_called_what_most_rows_call_it() {
        let names = |rows: &[&str]| {
            let mut names = Names::default();
            rows.iter().for_each(|row| names.add(row));
            names
        };
        let (mut a, b) = (names(&["?", "TEA TOWEL", "TEA TOWEL"]), names(&["?", "damaged", "TEA TOWEL", ""]));
        assert_eq!((a.best(), b.best(), names(&[]).best()), ("TEA TOWEL", "?", ""));
        let (mut c, d) = (b.clone(), a.clone());
        a.merge(&b);
        c.merge(&d);
        assert_eq!((a.best(), a.sorted()), ("TEA TOWEL", c.sorted()));
        assert_eq!(
            names(
                &(0..40)
                    .map(|i| i.to_string())
                    .collect::<Vec<_>>()
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
            )
            .0
            .len(),
            MOST_NAMES
        );
    }
}
