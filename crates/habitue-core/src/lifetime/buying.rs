//! What the models are told of one customer.

use super::gamma_gamma::MoneySeen;
use super::pattern::Pattern;
use crate::history::{History, Order};
use crate::money::Money;
use crate::time::Day;

/// One customer's past as the models see it, and how it went on after an earlier day, for a check.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Buying {
    /// The days with an order.
    pub pattern: Pattern,
    /// Mean spend of those days without the first, returns taken off the orders that they reverse; 0 without a repeat,
    /// zero or less where all came back.
    pub mean_spend: f64,
    /// The days with an order up to and including the day of the check; `None` if there was none yet.
    pub before: Option<Pattern>,
    /// Days with an order after the day of the check.
    pub after: u32,
}

impl Buying {
    /// A customer's past, seen from the as-of date of the history; `None` without an order.
    ///
    /// Returns that could not be matched to an order are left aside: what they reverse was bought before the data begin.
    pub fn of(history: &History, check: Day) -> Option<Self> {
        let pattern = Pattern::of(history)?;
        let before = Pattern::until(history, check);
        let first = history.first_day()?;
        let spend: Money = history.orders.iter().filter(|o| o.time.day() > first).map(Order::net).sum();
        let mean_spend = if pattern.repeats > 0 { spend.to_f64() / f64::from(pattern.repeats) } else { 0.0 };
        let days = |p: Option<Pattern>| p.map_or(0, |p| p.repeats + 1);
        Some(Self { pattern, mean_spend, before, after: days(Some(pattern)) - days(before) })
    }

    /// What they spent on days after the first.
    pub fn money(&self) -> MoneySeen {
        MoneySeen { repeats: self.pattern.repeats, mean: self.mean_spend }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_SECONDS;

    fn order(day: i64, bought: i64, returned: i64) -> Order {
        let money = Money::from_units;
        Order {
            time: crate::time::Timestamp(day * DAY_SECONDS),
            bought: money(bought),
            returned: money(returned),
            ..Order::default()
        }
    }

    #[test]
    fn spend_is_the_mean_of_days_after_the_first_with_returns_taken_off() {
        let orders =
            vec![order(0, 500, 0), order(0, 9, 0), order(10, 30, 0), order(10, 20, 10), order(40, 20, 20)];
        let past = History { as_of: Day(51), orders, ..History::default() };
        let buying = Buying::of(&past, Day(20)).unwrap();
        assert_eq!(buying.pattern, Pattern { repeats: 2, active_days: 40, known_days: 50 });
        assert_eq!(buying.mean_spend, 20.0);
        assert_eq!(buying.before, Some(Pattern { repeats: 1, active_days: 10, known_days: 20 }));
        assert_eq!(buying.after, 1);
        let newer = Buying::of(&past, Day(-1)).unwrap();
        assert_eq!((newer.before, newer.after), (None, 3));
        assert_eq!(Buying::of(&History::default(), Day(0)), None);
    }
}
