//! As what customers are seen when they come out of the fold: as all their lines, or as the past that these make.

use habitue_core::Money;
use habitue_core::history::{Historian, History, Order};
use habitue_core::summary::Summary;
use habitue_core::time::{Day, Timestamp};

use super::Unfolded;

/// Makes of a customer's lines what is to be seen of them.
pub(crate) trait Reader {
    /// What is seen.
    type Past;

    /// What is seen of a customer whose lines need not be put in order and about none of whom anything is to be decided;
    /// nothing as soon as that is in doubt.
    fn take(&mut self, lines: &Unfolded<'_>) -> Option<&Self::Past>;

    /// What is seen of a customer with this memory.
    fn read<'a>(&'a mut self, summary: &'a Summary) -> &'a Self::Past;
}

/// All lines are to be seen.
pub(crate) struct Summaries;

impl Reader for Summaries {
    type Past = Summary;

    fn take(&mut self, _: &Unfolded<'_>) -> Option<&Summary> {
        None
    }

    fn read<'a>(&'a mut self, summary: &'a Summary) -> &'a Summary {
        summary
    }
}

/// Orders and what came back of them are to be seen.
pub(crate) struct Histories {
    as_of: Day,
    historian: Historian,
    orders: Vec<u64>,
    /// Runs looked at so far.
    n_runs: u32,
    /// In which of these runs each product was last seen, by its number.
    last_seen: Vec<u32>,
}

impl Histories {
    /// As seen from a date.
    pub(crate) fn new(as_of: Day) -> Self {
        Self { as_of, historian: Historian::default(), orders: Vec::new(), n_runs: 0, last_seen: Vec::new() }
    }
}

impl Reader for Histories {
    type Past = History;

    /// Takes customers whose orders were read in the order of time, each order once, no product twice in an order and
    /// nothing returned: no line can be a duplicate, and no two orders are to be joined. Nearly all customers are such.
    fn take(&mut self, lines: &Unfolded<'_>) -> Option<&History> {
        let Self { as_of, historian, orders: numbers, n_runs, last_seen } = self;
        last_seen.resize(lines.products.len(), 0);
        numbers.clear();
        let last_run_before = *n_runs;
        historian.read_orders(*as_of, |orders| {
            let mut n_products = 0;
            let mut before = (Timestamp(i64::MIN), 0);
            for stretch in lines.runs {
                let (part, run) = (&lines.parts[stretch.part as usize], stretch.run);
                let (day, here) = (run.time.day(), (run.time, run.order));
                if here <= before || day >= *as_of || lines.policy.rejects_day(day) {
                    return None;
                }
                before = here;
                *n_runs += 1;
                let (mut bought, mut units) = (0, 0);
                for i in stretch.items() {
                    let (item, product) = (part.item(i), part.product(i, lines.products));
                    let last = std::mem::replace(&mut last_seen[item.product as usize], *n_runs);
                    if last == *n_runs || item.amount < Money::ZERO || item.units < 0 {
                        return None;
                    }
                    let is_new = last <= last_run_before;
                    n_products += u64::from(is_new && product.is_some() && !product.is_service());
                    bought += item.amount.0;
                    units += if product.is_service() { 0 } else { item.units };
                }
                if bought == 0 {
                    return None;
                }
                let discount = part.discounts.get(stretch.items()).map_or(Money::ZERO, |all| all.iter().copied().sum());
                numbers.push(run.order);
                orders.push(Order {
                    time: run.time,
                    bought: Money(bought),
                    returned: Money::ZERO,
                    discount,
                    n_lines: stretch.items().len() as u64,
                    units,
                });
            }
            numbers.sort_unstable();
            numbers.windows(2).all(|pair| pair[0] != pair[1]).then_some(n_products)
        })
    }

    fn read<'a>(&'a mut self, summary: &'a Summary) -> &'a History {
        self.historian.read(summary, self.as_of)
    }
}
