//! Who is new and who returns, month by month, and how many of a month's new customers come back later.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;
use crate::history::History;
use crate::time::Month;

/// Months since the first order up to which a cohort is counted in an array; later ones go to a map.
const NEAR: i32 = 240;

/// Counts customers by the month of their first order and the months of all their orders, as they pass by; any split of
/// the customers, merged in any order, gives the same.
///
/// Costs a step an order and one look-up a customer.
#[derive(Debug, Clone, Default)]
pub struct CohortCounter {
    /// By the month of the first order, then by months since.
    near: BTreeMap<Month, Vec<Activity>>,
    far: BTreeMap<(Month, i32), Activity>,
    /// Money of customers before their first order, or without any order.
    unplaced: BTreeMap<Month, Money>,
}

/// What some customers did in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Activity {
    /// Customers who ordered.
    pub customers: u64,
    /// Their orders.
    pub orders: u64,
    /// What they brought, returns taken off.
    pub revenue: Money,
}

impl Activity {
    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.orders += other.orders;
        self.revenue += other.revenue;
    }
}

/// One calendar month.
///
/// New and returning add up to all who ordered, and to their orders; with `unplaced` they add up to the revenue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct MonthOfBase {
    /// Which.
    pub month: Month,
    /// Customers whose first order falls in this month, and all that they did in it.
    pub new: Activity,
    /// Customers whose first order was in an earlier month.
    pub returning: Activity,
    /// Money given back to customers of whom no order is known up to this month; zero or below as a rule.
    pub unplaced: Money,
}

/// The customers whose first order falls in one month, and what they did in that month and after.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Cohort {
    /// The month of their first order.
    pub month: Month,
    /// How many they are.
    pub customers: u64,
    /// The months in which one of them ordered or money of theirs moved, the first included.
    pub activity: Vec<Since>,
}

/// What a cohort did so many months after its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Since {
    /// Months since the month of the first order; 0 is that month.
    pub months: u32,
    /// What they did.
    #[serde(flatten)]
    pub activity: Activity,
}

impl CohortCounter {
    /// Counts one customer.
    ///
    /// Money that belongs to no order counts in its own month.
    pub fn add(&mut self, history: &History) {
        let Some(first) = history.first_day().map(Month::of) else {
            for (day, amount) in &history.loose {
                *self.unplaced.entry(Month::of(*day)).or_default() += *amount;
            }
            return;
        };
        let near = self.near.entry(first).or_default();
        // Orders are in the order of time, so that those of one month stand together.
        let mut last = None;
        for order in &history.orders {
            let month = Month::of(order.time.day());
            let activity = cell(near, &mut self.far, first, month);
            activity.customers += u64::from(last != Some(month));
            activity.orders += 1;
            activity.revenue += order.net();
            last = Some(month);
        }
        for (day, amount) in &history.loose {
            let month = Month::of(*day);
            if month < first {
                *self.unplaced.entry(month).or_default() += *amount;
            } else {
                cell(near, &mut self.far, first, month).revenue += *amount;
            }
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        for (cohort, theirs) in &other.near {
            let mine = self.near.entry(*cohort).or_default();
            if theirs.len() > mine.len() {
                mine.resize(theirs.len(), Activity::default());
            }
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| mine.add(theirs));
        }
        for (key, theirs) in &other.far {
            self.far.entry(*key).or_default().add(theirs);
        }
        for (month, amount) in &other.unplaced {
            *self.unplaced.entry(*month).or_default() += *amount;
        }
    }

    /// The cohorts, oldest first.
    pub fn cohorts(&self) -> Vec<Cohort> {
        let cohort = |(&month, near): (&Month, &Vec<Activity>)| {
            let far = self.far.range((month, i32::MIN)..=(month, i32::MAX));
            let near = near.iter().enumerate().filter(|(_, a)| **a != Activity::default());
            Cohort {
                month,
                customers: self.near[&month].first().map_or(0, |a| a.customers),
                activity: near
                    .map(|(months, &activity)| Since { months: months as u32, activity })
                    .chain(far.map(|(key, &activity)| Since { months: key.1 as u32, activity }))
                    .collect(),
            }
        };
        self.near.iter().map(cohort).collect()
    }

    /// The months in which something was ordered or money moved, in order.
    pub fn months(&self) -> Vec<MonthOfBase> {
        let mut months: BTreeMap<Month, MonthOfBase> = BTreeMap::new();
        for cohort in self.cohorts() {
            for since in &cohort.activity {
                let month = Month(cohort.month.0 + since.months as i32);
                let entry = months.entry(month).or_default();
                let part = if since.months == 0 { &mut entry.new } else { &mut entry.returning };
                part.add(&since.activity);
            }
        }
        for (month, amount) in &self.unplaced {
            months.entry(*month).or_default().unplaced += *amount;
        }
        months.into_iter().map(|(month, found)| MonthOfBase { month, ..found }).collect()
    }
}

/// The cell of a month; `first` is not after it.
fn cell<'a>(
    near: &'a mut Vec<Activity>,
    far: &'a mut BTreeMap<(Month, i32), Activity>,
    first: Month,
    month: Month,
) -> &'a mut Activity {
    let since = month.0 - first.0;
    if since >= NEAR {
        return far.entry((first, since)).or_default();
    }
    let at = since as usize;
    if at >= near.len() {
        near.resize(at + 1, Activity::default());
    }
    &mut near[at]
}

/// How many of a cohort come back, so many months later, over several cohorts together.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Retention {
    /// Months since the month of the first order.
    pub months: u32,
    /// Customers of the cohorts that can be looked at so long after.
    pub of: u64,
    /// Those of them who ordered in that month.
    pub customers: u64,
    /// The share, 0 to 1.
    pub share: f64,
}

/// The retention of cohorts together, for each number of months from 1 that a whole month was seen of.
///
/// A cohort counts for `m` months if the month of its first order is `first` or later and the month `m` after it is
/// `last` or earlier, both whole months, so that a short month is not taken for customers who stayed away.
pub fn retention(cohorts: &[Cohort], first: Month, last: Month) -> Vec<Retention> {
    let within: Vec<&Cohort> = cohorts.iter().filter(|c| c.month >= first && c.month < last).collect();
    let longest = within.iter().map(|c| last.0 - c.month.0).max().unwrap_or(0).clamp(0, NEAR) as usize;
    let (mut of, mut customers) = (vec![0; longest + 1], vec![0; longest + 1]);
    for cohort in within {
        let seen = ((last.0 - cohort.month.0) as usize).min(longest);
        of[1..=seen].iter_mut().for_each(|n| *n += cohort.customers);
        for since in cohort.activity.iter().filter(|s| (1..=seen).contains(&(s.months as usize))) {
            customers[since.months as usize] += since.activity.customers;
        }
    }
    let found = (1..=longest).filter(|&m| of[m] > 0);
    found
        .map(|m| Retention {
            months: m as u32,
            of: of[m],
            customers: customers[m],
            share: customers[m] as f64 / of[m] as f64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Order;
    use crate::time::{DAY_SECONDS, Day, Timestamp};

    /// A customer with orders on days of 1970 (0 is New Year's Day), each with what it brought.
    fn customer(orders: &[(i64, i64)], loose: &[(i32, i64)]) -> History {
        let order = |&(day, amount): &(i64, i64)| Order {
            time: Timestamp(day * DAY_SECONDS),
            bought: Money(amount),
            ..Order::default()
        };
        History {
            orders: orders.iter().map(order).collect(),
            loose: loose.iter().map(|&(day, amount)| (Day(day), Money(amount))).collect(),
            ..History::default()
        }
    }

    fn activity(customers: u64, orders: u64, revenue: i64) -> Activity {
        Activity { customers, orders, revenue: Money(revenue) }
    }

    const JANUARY: Month = Month(1970 * 12);

    fn shop() -> Vec<History> {
        vec![
            // New in January with two orders, back in March.
            customer(&[(0, 10), (5, 20), (60, 30)], &[(70, -4)]),
            // New in January, gone.
            customer(&[(3, 1)], &[]),
            // New in February; something given back before, and in February.
            customer(&[(40, 7)], &[(2, -2), (41, -1)]),
            // Never ordered.
            customer(&[], &[(62, -5)]),
        ]
    }

    fn counted(customers: &[History]) -> CohortCounter {
        let mut counter = CohortCounter::default();
        customers.iter().for_each(|c| counter.add(c));
        counter
    }

    #[test]
    fn customers_are_new_once_and_then_return() {
        let months = counted(&shop()).months();
        let month = |at, new, returning, unplaced| MonthOfBase {
            month: Month(JANUARY.0 + at),
            new,
            returning,
            unplaced: Money(unplaced),
        };
        let nobody = Activity::default();
        assert_eq!(
            months,
            [
                month(0, activity(2, 3, 31), nobody, -2),
                month(1, activity(1, 1, 6), nobody, 0),
                month(2, nobody, activity(1, 1, 26), -5),
            ]
        );
    }

    #[test]
    fn cohorts_follow_their_customers() {
        let cohorts = counted(&shop()).cohorts();
        assert_eq!(cohorts.len(), 2);
        assert_eq!((cohorts[0].month, cohorts[0].customers), (JANUARY, 2));
        let since = |months, activity| Since { months, activity };
        assert_eq!(cohorts[0].activity, [since(0, activity(2, 3, 31)), since(2, activity(1, 1, 26))]);
        assert_eq!(cohorts[1].activity, [since(0, activity(1, 1, 6))]);
    }

    #[test]
    fn any_split_of_the_customers_counts_the_same() {
        let mut shop = shop();
        // Thirty years later: beyond the array.
        shop.push(customer(&[(1, 1), (11_000, 2)], &[]));
        let whole = counted(&shop);
        for cut in 0..=shop.len() {
            let (mut one, two) = (counted(&shop[cut..]), counted(&shop[..cut]));
            one.merge(&two);
            assert_eq!((one.months(), one.cohorts()), (whole.months(), whole.cohorts()));
        }
        assert_eq!(whole.cohorts()[0].activity.last().unwrap().months, 361);
    }

    #[test]
    fn all_money_is_in_some_month() {
        let shop = shop();
        let money = |h: &History| -> i64 {
            h.orders.iter().map(|o| o.net().0).sum::<i64>() + h.loose.iter().map(|l| l.1.0).sum::<i64>()
        };
        let months = counted(&shop).months();
        let found = months.iter().map(|m| m.new.revenue + m.returning.revenue + m.unplaced).sum::<Money>();
        assert_eq!(found.0, shop.iter().map(money).sum::<i64>());
    }

    #[test]
    fn retention_looks_only_at_whole_months() {
        let cohorts = counted(&shop()).cohorts();
        let found = |first: i32, last: i32| {
            retention(&cohorts, Month(JANUARY.0 + first), Month(JANUARY.0 + last))
                .iter()
                .map(|r| (r.months, r.customers, r.of))
                .collect::<Vec<_>>()
        };
        // One month later January and February can be seen, two months later January alone.
        assert_eq!(found(0, 2), [(1, 0, 3), (2, 1, 2)]);
        assert_eq!(found(0, 1), [(1, 0, 2)]);
        assert_eq!(found(1, 2), [(1, 0, 1)]);
        assert_eq!(found(0, 0), []);
    }
}
