//! When a customer bought, as far as the models look: how often, until when, and for how long they are known.

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use crate::history::History;
use crate::time::Day;

/// The days on which one customer bought, in the three numbers that BG/NBD needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pattern {
    /// Days with an order after the first such day; `x` in the papers.
    pub repeats: u32,
    /// Days from the first to the last day with an order; `t_x` in the papers, 0 without a repeat.
    pub active_days: u32,
    /// Days from the first day with an order to the last day that was observed; `T` in the papers.
    pub known_days: u32,
}

impl Pattern {
    /// A customer's pattern up to and including `last_day`; `None` without an order by then.
    ///
    /// Orders are those of the [`History`]: what was taken back within a day is none, what came back later is one.
    pub fn until(history: &History, last_day: Day) -> Option<Self> {
        let mut days = history.orders.iter().map(|o| o.time.day()).take_while(|day| *day <= last_day);
        let first = days.next()?;
        let (mut last, mut repeats) = (first, 0);
        for day in days {
            repeats += u32::from(day != last);
            last = day;
        }
        let since_first = |day: Day| u32::try_from(i64::from(day.0) - i64::from(first.0)).unwrap_or(0);
        Some(Self { repeats, active_days: since_first(last), known_days: since_first(last_day) })
    }

    /// A customer's pattern up to the day before the as-of date of the history.
    pub fn of(history: &History) -> Option<Self> {
        Self::until(history, Day(history.as_of.0 - 1))
    }
}

/// The different patterns of many customers, each with how many have it: all that the likelihood depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patterns {
    /// In ascending order, each with the number of its customers.
    pub distinct: Vec<(Pattern, u32)>,
    /// Customers.
    pub customers: usize,
    /// Customers with at least one repeat.
    pub repeat_buyers: usize,
}

impl Patterns {
    /// Counts equal patterns. Costs `O(n log n)`; the order of customers does not matter.
    pub fn count(mut patterns: Vec<Pattern>) -> Self {
        patterns.par_sort_unstable();
        let distinct: Vec<(Pattern, u32)> =
            patterns.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        let repeat_buyers = patterns.iter().filter(|p| p.repeats > 0).count();
        Self { distinct, customers: patterns.len(), repeat_buyers }
    }

    /// The repeats of all customers together.
    pub fn repeats(&self) -> f64 {
        self.distinct.iter().map(|(p, n)| f64::from(p.repeats) * f64::from(*n)).sum()
    }

    /// The known days of all customers together.
    pub fn known_days(&self) -> f64 {
        self.distinct.iter().map(|(p, n)| f64::from(p.known_days) * f64::from(*n)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Order;
    use crate::money::Money;
    use crate::time::DAY_SECONDS;

    fn history(seconds: &[i64], as_of: i32) -> History {
        let order = |&s: &i64| Order {
            time: crate::time::Timestamp(s),
            bought: Money::from_units(1),
            ..Order::default()
        };
        History { as_of: Day(as_of), orders: seconds.iter().map(order).collect(), ..History::default() }
    }

    #[test]
    fn orders_of_one_day_are_one_purchase_and_the_last_day_seen_is_the_one_before_the_as_of_date() {
        let past = history(&[0, 60, 3 * DAY_SECONDS, 10 * DAY_SECONDS, 10 * DAY_SECONDS + 9], 21);
        assert_eq!(Pattern::of(&past), Some(Pattern { repeats: 2, active_days: 10, known_days: 20 }));
        let earlier = Pattern::until(&past, Day(9));
        assert_eq!(earlier, Some(Pattern { repeats: 1, active_days: 3, known_days: 9 }));
        assert_eq!(Pattern::until(&past, Day(-1)), None);
        assert_eq!(Pattern::of(&history(&[], 5)), None);
    }

    #[test]
    fn equal_patterns_are_counted_once() {
        let (a, b) = (
            Pattern { repeats: 0, active_days: 0, known_days: 9 },
            Pattern { repeats: 2, active_days: 5, known_days: 9 },
        );
        let patterns = Patterns::count(vec![b, a, b, b]);
        assert_eq!(patterns.distinct, [(a, 1), (b, 3)]);
        assert_eq!((patterns.customers, patterns.repeat_buyers), (4, 3));
        assert_eq!((patterns.repeats(), patterns.known_days()), (6.0, 36.0));
    }
}
