//! Kept rows on their way to the fold: packed by order, dealt out by customer.

use habitue_core::Money;
use habitue_core::line::ProductKey;
use habitue_core::time::Timestamp;

use super::source::Position;

/// Customers are dealt out over this many partitions; each is folded by itself.
pub(crate) const PARTITIONS: usize = 64;

/// Consecutive rows of one order of one customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// The customer's number in the part.
    pub(crate) customer: u32,
    /// Where the run's items end.
    pub(crate) end: u32,
    pub(crate) order: u64,
    pub(crate) time: Timestamp,
    /// The position of the first item; the others follow it.
    pub(crate) first: Position,
}

/// What one row adds to its run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) product: ProductKey,
    pub(crate) units: i64,
    pub(crate) amount: Money,
}

/// Kept rows of one partition from one part of the sources.
#[derive(Debug, Default)]
pub(crate) struct Part {
    ids: String,
    id_ends: Vec<u32>,
    pub(crate) runs: Vec<Run>,
    pub(crate) items: Vec<Item>,
    /// Discounts of the items; empty when the source has none.
    pub(crate) discounts: Vec<Money>,
    /// Hashes of all cells that the items do not hold; empty when rows are not compared or have no such cells.
    pub(crate) prints: Vec<u32>,
    /// Lines that were cleaned in an earlier run: they are not compared and cannot be rejected.
    pub(crate) clean: bool,
}

impl Part {
    /// A part for lines that were cleaned before.
    pub(crate) fn of_clean_lines() -> Self {
        Self { clean: true, ..Self::default() }
    }

    pub(crate) fn n_customers(&self) -> usize {
        self.id_ends.len()
    }

    pub(crate) fn id(&self, customer: u32) -> &str {
        let customer = customer as usize;
        let start = if customer == 0 { 0 } else { self.id_ends[customer - 1] as usize };
        &self.ids[start..self.id_ends[customer] as usize]
    }

    pub(crate) fn add_customer(&mut self, id: &str) -> u32 {
        self.ids.push_str(id);
        self.id_ends.push(self.ids.len() as u32);
        self.id_ends.len() as u32 - 1
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.ids.capacity()
            + self.id_ends.capacity() * 4
            + self.runs.capacity() * size_of::<Run>()
            + self.items.capacity() * size_of::<Item>()
            + self.discounts.capacity() * 8
            + self.prints.capacity() * 4
    }

    /// Gives back memory that was set aside for growing.
    pub(super) fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.id_ends.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.items.shrink_to_fit();
        self.discounts.shrink_to_fit();
        self.prints.shrink_to_fit();
    }
}
