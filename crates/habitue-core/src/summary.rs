//! What is remembered of a customer: the one fold that batch, live and distributed runs share.

use crate::line::Line;

/// The memory of one customer: the lines of their orders and returns, in one canonical order.
///
/// `add` and `merge` are a union of multisets, so any split of the orders, added and merged in any order, gives the
/// same summary to the bit.
/// It keeps lines and not only totals because a return may be folded long after the order that it reverses, and
/// because what a customer buys (products, prices paid) is asked of the summary later; no stage goes back to the files.
///
/// Cost: 48 bytes a line; `add` and `merge` are linear when new lines are later than old ones, n log n otherwise.
///
/// ```
/// use habitue_core::{Money, line::Line, summary::Summary, time::Timestamp};
/// let line = |time| Line { time: Timestamp(time), amount: Money::from_units(5), ..Line::default() };
/// let (mut year, mut january, mut february) = (Summary::default(), Summary::default(), Summary::default());
/// year.add(&[line(1), line(2)]);
/// february.add(&[line(2)]);
/// january.add(&[line(1)]);
/// february.merge(&january);
/// assert_eq!(year, february);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    lines: Vec<Line>,
}

impl Summary {
    /// Takes ownership of lines in any order.
    pub fn from_lines(mut lines: Vec<Line>) -> Self {
        sort(&mut lines);
        Self { lines }
    }

    /// Adds the lines of an order (or of a return, or of several).
    pub fn add(&mut self, order: &[Line]) {
        let in_order = match (self.lines.last(), order.first()) {
            (Some(last), Some(first)) => last <= first && order.is_sorted(),
            _ => order.is_sorted(),
        };
        self.lines.extend_from_slice(order);
        if !in_order {
            sort(&mut self.lines);
        }
    }

    /// Adds all that another summary of the same customer remembers.
    pub fn merge(&mut self, other: &Self) {
        self.add(&other.lines);
    }

    /// The lines, by time.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Becomes the summary of the lines that `fill` puts into an empty list, in any order; the list's memory is used
    /// again from customer to customer.
    pub fn refill(&mut self, fill: impl FnOnce(&mut Vec<Line>)) {
        self.lines.clear();
        fill(&mut self.lines);
        if !self.lines.is_sorted() {
            sort(&mut self.lines);
        }
    }
}

/// Puts lines into the canonical order; equal lines are equal in every bit, so an unstable sort is canonical too.
fn sort(lines: &mut [Line]) {
    lines.sort_unstable();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::line::ProductKey;
    use crate::money::Money;
    use crate::time::Timestamp;

    prop_compose! {
        fn any_line()(time in 0..50_i64, order in 0..9_u64, product in 0..4_u64, units in -3..4_i64, amount in -9..9_i64)
            -> Line
        {
            Line { time: Timestamp(time), order, product: ProductKey(product), units, amount: Money(amount), discount: Money(0) }
        }
    }

    proptest! {
        #[test]
        fn any_split_merged_in_any_order_gives_the_same_summary(
            lines in prop::collection::vec(any_line(), 0..60),
            parts in prop::collection::vec(0..5_usize, 60),
            order in Just([0_usize, 1, 2, 3, 4]).prop_shuffle(),
        ) {
            let mut whole = Summary::default();
            whole.add(&lines);
            let mut split = vec![Summary::default(); 5];
            for (line, part) in lines.iter().zip(&parts) {
                split[*part].add(&[*line]);
            }
            let mut merged = Summary::default();
            for part in order {
                merged.merge(&split[part]);
            }
            prop_assert_eq!(&merged, &whole);
            let mut refilled = Summary::from_lines(vec![Line::default()]);
            refilled.refill(|list| list.extend(&lines));
            prop_assert_eq!(&refilled, &whole);
            prop_assert_eq!(Summary::from_lines(lines), whole);
        }
    }
}
