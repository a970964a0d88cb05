//! Who comes and comes back, counted while customers pass by.

use habitue_core::base::cohorts::CohortCounter;
use habitue_core::base::gaps::GapCounter;
use habitue_core::history::History;

use crate::outcome::Month;

/// Months, cohorts and gaps of customers seen so far; any split of them, merged in any order, counts the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comings {
    pub(crate) cohorts: CohortCounter,
    /// Days from one day with an order to the next.
    pub(crate) gaps: GapCounter,
    /// The first of these gaps of every customer.
    pub(crate) to_second: GapCounter,
}

impl Comings {
    pub(super) fn add(&mut self, history: &History) {
        self.cohorts.add(history);
        for (at, days) in history.gaps().enumerate() {
            self.gaps.add(days);
            if at == 0 {
                self.to_second.add(days);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.cohorts.merge(&other.cohorts);
        self.gaps.merge(&other.gaps);
        self.to_second.merge(&other.to_second);
    }

    /// Revenue, orders and customers of every month.
    pub(crate) fn months(&self) -> Vec<Month> {
        let month = |m: habitue_core::base::cohorts::MonthOfBase| Month {
            month: m.month.to_string(),
            revenue: m.new.revenue + m.returning.revenue + m.unplaced,
            orders: m.new.orders + m.returning.orders,
            customers: m.new.customers + m.returning.customers,
        };
        self.cohorts.months().into_iter().map(month).collect()
    }
}
