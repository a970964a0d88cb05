//! As what customers are seen when they come out of the fold: as all their lines, or as the past that these make.

use habitue_core::Money;
use habitue_core::history::{Counts, Historian, History, Order, share};
use habitue_core::summary::Summary;
use habitue_core::time::{DAY_SECONDS, Day, Timestamp};

use super::{Stretch, Unfolded};
use crate::ingest::part::Packed;
use crate::ingest::roster::NO_PRODUCT;

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
    taking: Taking,
}

impl Histories {
    /// As seen from a date.
    pub(crate) fn new(as_of: Day) -> Self {
        Self { as_of, historian: Historian::default(), taking: Taking::default() }
    }
}

impl Reader for Histories {
    type Past = History;

    /// Takes customers whose orders were read in the order of time, each order once and no item twice in an order, and who
    /// gave back only what they had bought: no line can be a duplicate, no two orders are to be joined, and no money
    /// belongs to no order. Nearly all customers are such.
    fn take(&mut self, lines: &Unfolded<'_>) -> Option<&History> {
        let Self { as_of, historian, taking } = self;
        historian.read_orders(*as_of, |orders| taking.take(lines, *as_of, orders))
    }

    fn read<'a>(&'a mut self, summary: &'a Summary) -> &'a History {
        self.historian.read(summary, self.as_of)
    }
}

/// How often a line is looked at for the returns of a customer, at most: beyond it, sorting is faster.
const MOST_LOOKS: usize = 1 << 16;

/// What is remembered while the lines of a customer are taken as they were read; its memory is used again.
#[derive(Default)]
struct Taking {
    /// Runs looked at so far, of all customers.
    n_runs: u32,
    /// What is known of products, by number.
    products: Vec<Known>,
    runs: Vec<TakenRun>,
    /// The numbers of orders.
    numbers: Vec<u64>,
    /// When which items were given back.
    returns: Vec<(Timestamp, Packed)>,
    /// What sold the product that came back, latest first: run and item.
    sold: Vec<(usize, usize)>,
    taken_back: Vec<TakenBack>,
}

/// What is known of a product.
struct Known {
    /// The run in which it was last seen.
    last_run: u32,
    is_service: bool,
    /// Whether it counts as one of the products that a customer bought.
    is_merchandise: bool,
}

/// A run of the customer.
struct TakenRun {
    time: Timestamp,
    /// Where its items end.
    end: usize,
    /// The place of its order; a run of returns alone has that of the next one.
    order: usize,
}

/// A line of which something came back.
struct TakenBack {
    item: usize,
    order: usize,
    units_left: i64,
    money_left: Money,
    /// When something of it came back last.
    last: Timestamp,
}

impl Taking {
    /// Puts the orders of a customer into `orders`, as [`Historian::read`] would; nothing if that needs a closer look.
    fn take(&mut self, lines: &Unfolded<'_>, as_of: Day, orders: &mut Vec<Order>) -> Option<Counts> {
        for product in &lines.products[self.products.len()..] {
            let is_service = product.is_service();
            let is_merchandise = product.is_some() && !is_service;
            self.products.push(Known { last_run: 0, is_service, is_merchandise });
        }
        self.runs.clear();
        self.numbers.clear();
        self.returns.clear();
        let last_run_before = self.n_runs;
        let (mut before, mut start, mut n_products) = ((Timestamp(i64::MIN), 0), 0, 0);
        for stretch in lines.runs {
            let (time, end) = (stretch.run.time, start + stretch.items().len());
            if (time, stretch.run.order) <= before {
                return None;
            }
            before = (time, stretch.run.order);
            let items = &lines.items[start..end];
            self.runs.push(TakenRun { time, end, order: orders.len() });
            self.n_runs += 1;
            let runs = (last_run_before, self.n_runs);
            let sold = sell(items, &mut self.products, runs, |item| self.returns.push((time, item)))?;
            start = end;
            n_products += sold.n_products;
            if sold.n_lines > 0 {
                self.numbers.push(stretch.run.order);
                let Sold { bought, n_lines, units, .. } = sold;
                let (returned, discount) = (Money::ZERO, discount(items, lines, stretch));
                orders.push(Order { time, bought, returned, discount, n_lines, units });
            }
        }
        let last_day = before.0.day();
        if last_day >= as_of || lines.policy.rejects_day(last_day) {
            return None;
        }
        let is_told = are_each_once(&mut self.numbers) && self.take_back(lines.items, orders);
        is_told.then_some(Counts { n_products, n_returns: self.returns.len() as u64 })
    }

    /// Takes every return off the lines that it reverses, as a history does; false where not all of it was sold before, or
    /// where an order was put right.
    fn take_back(&mut self, items: &[Packed], orders: &mut [Order]) -> bool {
        if self.returns.len() * items.len() > MOST_LOOKS {
            return false;
        }
        self.taken_back.clear();
        let returns = std::mem::take(&mut self.returns);
        let is_told = returns.iter().all(|(time, item)| self.take_one_back(items, *time, *item, orders));
        self.returns = returns;
        is_told && !self.any_put_right(orders)
    }

    /// Takes one return off: the latest line of the same quantity and amount, or else the latest lines with units left.
    fn take_one_back(
        &mut self,
        items: &[Packed],
        time: Timestamp,
        back: Packed,
        orders: &mut [Order],
    ) -> bool {
        let (mut units, mut money) = (-back.units(), -back.amount());
        if units <= 0 {
            return false;
        }
        self.find_sold(items, time, back.product);
        let is_same = |&(_, at): &(usize, usize)| {
            let (item, is_touched) = (items[at], self.taken_back.iter().any(|back| back.item == at));
            (item.units(), item.amount()) == (units, money) && !is_touched
        };
        if let Some(same) = self.sold.iter().position(is_same) {
            self.sold.swap(0, same);
            self.sold.truncate(1);
        } else if self.sold.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            // Which line of an order comes first, their order in the summary says.
            return false;
        }
        for &(run, at) in &self.sold {
            let sold = items[at];
            let known = self.taken_back.iter().position(|back| back.item == at);
            let part = units.min(known.map_or(sold.units(), |known| self.taken_back[known].units_left));
            if part <= 0 {
                continue;
            }
            let known = known.unwrap_or_else(|| {
                let (units_left, money_left) = (sold.units(), sold.amount());
                let order = self.runs[run].order;
                self.taken_back.push(TakenBack { item: at, order, units_left, money_left, last: time });
                self.taken_back.len() - 1
            });
            let (back, worth) = (&mut self.taken_back[known], share(money, part, units));
            (units, money) = (units - part, money - worth);
            (back.units_left, back.money_left, back.last) =
                (back.units_left - part, back.money_left - worth, time);
            orders[back.order].returned += worth;
        }
        units == 0
    }

    /// Finds what sold a product up to a moment, latest first.
    fn find_sold(&mut self, items: &[Packed], time: Timestamp, product: u32) {
        self.sold.clear();
        let n_runs = self.runs.partition_point(|run| run.time <= time);
        for (at, run) in self.runs[..n_runs].iter().enumerate().rev() {
            let start = if at == 0 { 0 } else { self.runs[at - 1].end };
            let sells_it = |i: &usize| items[*i].product == product && items[*i].amount() >= Money::ZERO;
            self.sold.extend((start..run.end).filter(sells_it).map(|i| (at, i)));
        }
    }

    /// Whether all of an order came back within a day.
    fn any_put_right(&self, orders: &[Order]) -> bool {
        let is_soon = |back: &TakenBack| {
            let is_back = back.units_left <= 0 || back.money_left <= Money::ZERO;
            is_back && back.last.0 - orders[back.order].time.0 <= DAY_SECONDS
        };
        let soon =
            |order: usize| self.taken_back.iter().filter(|back| back.order == order && is_soon(back)).count();
        self.taken_back.iter().any(|back| soon(back.order) as u64 == orders[back.order].n_lines)
    }
}

/// What a run sells.
struct Sold {
    bought: Money,
    units: i64,
    n_lines: u64,
    /// Products that the customer had not bought before.
    n_products: u64,
}

/// What the items of a run sell; nothing if that needs a closer look. What comes back of products bought before goes to
/// `give_back`. Of `runs`, the first is the last one before the customer's, the second this one.
#[inline]
fn sell(
    items: &[Packed],
    products: &mut [Known],
    runs: (u32, u32),
    mut give_back: impl FnMut(Packed),
) -> Option<Sold> {
    let (mut bought, mut units, mut n_lines, mut n_products) = (0, 0, 0, 0);
    for (at, item) in items.iter().enumerate() {
        let product = &mut products[item.product as usize];
        let last_run = std::mem::replace(&mut product.last_run, runs.1);
        if item.is_wide() || (last_run == runs.1 && items[..at].contains(item)) {
            return None;
        }
        let is_new = last_run <= runs.0;
        if item.amount() < Money::ZERO && item.product != NO_PRODUCT && !is_new {
            give_back(*item);
            continue;
        }
        if item.amount() < Money::ZERO || item.units() < 0 {
            return None;
        }
        n_products += u64::from(is_new && product.is_merchandise);
        bought += item.amount().0;
        units += if product.is_service { 0 } else { item.units() };
        n_lines += 1;
    }
    let sold = Sold { bought: Money(bought), units, n_lines, n_products };
    (n_lines == 0 || bought > 0).then_some(sold)
}

/// Whether no number is there twice; a few are compared faster than sorted.
fn are_each_once(numbers: &mut [u64]) -> bool {
    if numbers.len() <= 12 {
        return (1..numbers.len()).all(|at| !numbers[..at].contains(&numbers[at]));
    }
    numbers.sort_unstable();
    numbers.windows(2).all(|pair| pair[0] != pair[1])
}

/// What was taken off the prices of what a run sold.
fn discount(items: &[Packed], lines: &Unfolded<'_>, stretch: &Stretch) -> Money {
    let discounts = &lines.parts[stretch.part as usize].discounts;
    let of_run = discounts.get(stretch.items()).unwrap_or_default();
    items
        .iter()
        .zip(of_run)
        .filter(|(item, _)| item.amount() >= Money::ZERO)
        .map(|(_, discount)| *discount)
        .sum()
}
