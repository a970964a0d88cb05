//! How many customers went from where to where, and what they have spent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;

/// Where a customer is in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the segment with this index.
    Segment(usize),
    /// In the data, but in no segment: without a net purchase.
    Apart,
    /// Not in the data.
    Absent,
}

/// The customers between two places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Flow {
    /// How many.
    pub customers: usize,
    /// What they have spent.
    pub revenue: Money,
}

/// All customers of two runs by where they were and where they are.
///
/// A table of `(n_old + 2) × (n_new + 2)`: the segments of the run, those apart, those absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flows {
    n_old: usize,
    n_new: usize,
    cells: Vec<Flow>,
}

impl Flows {
    /// No customers yet between so many old and new segments.
    pub fn new(n_old: usize, n_new: usize) -> Self {
        Self { n_old, n_new, cells: vec![Flow::default(); (n_old + 2) * (n_new + 2)] }
    }

    /// Old segments.
    pub fn n_old(&self) -> usize {
        self.n_old
    }

    /// New segments.
    pub fn n_new(&self) -> usize {
        self.n_new
    }

    /// Counts one customer.
    pub fn add(&mut self, from: Place, to: Place, spend: Money) {
        let at = self.at(from, to);
        self.cells[at].add(Flow { customers: 1, revenue: spend });
    }

    /// The customers between two places.
    pub fn of(&self, from: Place, to: Place) -> Flow {
        self.cells[self.at(from, to)]
    }

    /// The customers of an old segment who are in a new one.
    pub fn between(&self, old: usize, new: usize) -> Flow {
        self.of(Place::Segment(old), Place::Segment(new))
    }

    /// Customers in an old segment.
    pub fn size_of_old(&self, old: usize) -> usize {
        self.to_places().map(|to| self.of(Place::Segment(old), to).customers).sum()
    }

    /// Customers in a new segment.
    pub fn size_of_new(&self, new: usize) -> usize {
        self.from_places().map(|from| self.of(from, Place::Segment(new)).customers).sum()
    }

    /// Where customers were: the old segments in their order, apart, absent.
    pub fn from_places(&self) -> impl Iterator<Item = Place> + use<> {
        places(self.n_old)
    }

    /// Where customers are: the new segments in their order, apart, absent.
    pub fn to_places(&self) -> impl Iterator<Item = Place> + use<> {
        places(self.n_new)
    }

    /// All customers of pairs of places for which `wanted` holds.
    pub fn sum(&self, wanted: impl Fn(Place, Place) -> bool) -> Flow {
        let mut sum = Flow::default();
        for from in self.from_places() {
            for to in self.to_places().filter(|to| wanted(from, *to)) {
                sum.add(self.of(from, to));
            }
        }
        sum
    }

    fn at(&self, from: Place, to: Place) -> usize {
        let index = |place, n| match place {
            Place::Segment(index) => index,
            Place::Apart => n,
            Place::Absent => n + 1,
        };
        index(from, self.n_old) * (self.n_new + 2) + index(to, self.n_new)
    }
}

impl Flow {
    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.revenue += other.revenue;
    }
}

fn places(n: usize) -> impl Iterator<Item = Place> {
    (0..n).map(Place::Segment).chain([Place::Apart, Place::Absent])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_is_counted_once_where_they_came_from_and_went() {
        let mut flows = Flows::new(2, 1);
        flows.add(Place::Segment(1), Place::Segment(0), Money(10));
        flows.add(Place::Segment(1), Place::Segment(0), Money(5));
        flows.add(Place::Segment(1), Place::Absent, Money(1));
        flows.add(Place::Absent, Place::Segment(0), Money(7));
        flows.add(Place::Segment(0), Place::Apart, Money(-2));
        assert_eq!(flows.between(1, 0), Flow { customers: 2, revenue: Money(15) });
        assert_eq!((flows.size_of_old(0), flows.size_of_old(1), flows.size_of_new(0)), (1, 3, 3));
        assert_eq!(flows.of(Place::Segment(0), Place::Apart).revenue, Money(-2));
        assert_eq!(flows.sum(|_, _| true), Flow { customers: 5, revenue: Money(21) });
        assert_eq!(flows.sum(|from, _| from == Place::Absent).customers, 1);
    }
}
