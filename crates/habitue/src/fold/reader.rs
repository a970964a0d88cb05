//! As what customers are seen when they come out of the fold: as all their lines, or as the past that these make.

use habitue_core::Money;
use habitue_core::history::{Counts, Historian, History, Order, share};
use habitue_core::summary::Summary;
use habitue_core::time::{DAY_SECONDS, Day, Timestamp};

use super::Unfolded;
use crate::ingest::part::Item;

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
    /// In which of these runs each product was last seen, by its number.
    last_seen: Vec<u32>,
    /// The numbers of orders.
    numbers: Vec<u64>,
    /// The place of each run's order; a run of returns alone has that of the next one.
    places: Vec<usize>,
    /// When which items were given back.
    returns: Vec<(Timestamp, Item)>,
    /// What sold the product that came back, latest first: run, place, and item.
    sold: Vec<(usize, usize, Item)>,
    taken_back: Vec<TakenBack>,
}

/// A line of which something came back.
struct TakenBack {
    /// Its run, and its place in the part.
    line: (usize, usize),
    order: usize,
    units_left: i64,
    money_left: Money,
    /// When something of it came back last.
    last: Timestamp,
}

impl Taking {
    /// Puts the orders of a customer into `orders`, as [`Historian::read`] would; nothing if that needs a closer look.
    fn take(&mut self, lines: &Unfolded<'_>, as_of: Day, orders: &mut Vec<Order>) -> Option<Counts> {
        self.last_seen.resize(lines.products.len(), 0);
        self.numbers.clear();
        self.places.clear();
        self.returns.clear();
        let last_run_before = self.n_runs;
        let mut n_products = 0;
        let mut before = (Timestamp(i64::MIN), 0);
        for stretch in lines.runs {
            let (part, run) = (&lines.parts[stretch.part as usize], stretch.run);
            let (day, here) = (run.time.day(), (run.time, run.order));
            if here <= before || day >= as_of || lines.policy.rejects_day(day) {
                return None;
            }
            before = here;
            self.n_runs += 1;
            self.places.push(orders.len());
            let (mut bought, mut units, mut n_lines, mut discount) = (0, 0, 0, Money::ZERO);
            for i in stretch.items() {
                let (item, product) = (part.item(i), part.product(i, lines.products));
                let last = std::mem::replace(&mut self.last_seen[item.product as usize], self.n_runs);
                let mut items_before = stretch.items().start..i;
                if last == self.n_runs && items_before.any(|other| part.item(other) == item) {
                    return None;
                }
                let is_new = last <= last_run_before;
                if item.amount < Money::ZERO && product.is_some() && !is_new {
                    self.returns.push((run.time, item));
                    continue;
                }
                if item.amount < Money::ZERO || item.units < 0 {
                    return None;
                }
                n_products += u64::from(is_new && product.is_some() && !product.is_service());
                bought += item.amount.0;
                units += if product.is_service() { 0 } else { item.units };
                n_lines += 1;
                discount += part.discounts.get(i).copied().unwrap_or_default();
            }
            if n_lines > 0 && bought == 0 {
                return None;
            }
            if n_lines > 0 {
                self.numbers.push(run.order);
                let (time, bought, returned) = (run.time, Money(bought), Money::ZERO);
                orders.push(Order { time, bought, returned, discount, n_lines, units });
            }
        }
        self.numbers.sort_unstable();
        let is_each_once = self.numbers.windows(2).all(|pair| pair[0] != pair[1]);
        let is_told = is_each_once && self.take_back(lines, orders);
        is_told.then_some(Counts { n_products, n_returns: self.returns.len() as u64 })
    }

    /// Takes every return off the lines that it reverses, as a history does; false where not all of it was sold before, or
    /// where an order was put right.
    fn take_back(&mut self, lines: &Unfolded<'_>, orders: &mut [Order]) -> bool {
        if self.returns.len() * lines.len() > MOST_LOOKS {
            return false;
        }
        self.taken_back.clear();
        let returns = std::mem::take(&mut self.returns);
        let is_told = returns.iter().all(|(time, item)| self.take_one_back(lines, *time, *item, orders));
        self.returns = returns;
        is_told && !self.any_put_right(orders)
    }

    /// Takes one return off: the latest line of the same quantity and amount, or else the latest lines with units left.
    fn take_one_back(&mut self, lines: &Unfolded<'_>, time: Timestamp, item: Item, orders: &mut [Order]) -> bool {
        let (mut units, mut money) = (-item.units, -item.amount);
        if units <= 0 {
            return false;
        }
        self.sold.clear();
        for (at, stretch) in lines.runs.iter().enumerate().rev().filter(|(_, stretch)| stretch.run.time <= time) {
            let part = &lines.parts[stretch.part as usize];
            let sells_it = |i: &usize| part.item(*i).product == item.product && part.item(*i).amount >= Money::ZERO;
            self.sold.extend(stretch.items().filter(sells_it).map(|i| (at, i, part.item(i))));
        }
        let is_same = |sold: &(usize, usize, Item)| {
            let is_touched = self.taken_back.iter().any(|back| back.line == (sold.0, sold.1));
            (sold.2.units, sold.2.amount) == (units, money) && !is_touched
        };
        if let Some(same) = self.sold.iter().position(is_same) {
            self.sold.swap(0, same);
            self.sold.truncate(1);
        } else if self.sold.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            // Which line of an order comes first, their order in the summary says.
            return false;
        }
        for &(at, i, sold) in &self.sold {
            let known = self.taken_back.iter().position(|back| back.line == (at, i));
            let part = units.min(known.map_or(sold.units, |known| self.taken_back[known].units_left));
            if part <= 0 {
                continue;
            }
            let known = known.unwrap_or_else(|| {
                let (line, order) = ((at, i), self.places[at]);
                let (units_left, money_left) = (sold.units, sold.amount);
                self.taken_back.push(TakenBack { line, order, units_left, money_left, last: time });
                self.taken_back.len() - 1
            });
            let (back, worth) = (&mut self.taken_back[known], share(money, part, units));
            (units, money) = (units - part, money - worth);
            (back.units_left, back.money_left, back.last) = (back.units_left - part, back.money_left - worth, time);
            orders[back.order].returned += worth;
        }
        units == 0
    }

    /// Whether all of an order came back within a day.
    fn any_put_right(&self, orders: &[Order]) -> bool {
        let is_soon = |back: &TakenBack| {
            let is_back = back.units_left <= 0 || back.money_left <= Money::ZERO;
            is_back && back.last.0 - orders[back.order].time.0 <= DAY_SECONDS
        };
        let soon = |order: usize| self.taken_back.iter().filter(|back| back.order == order && is_soon(back)).count();
        self.taken_back.iter().any(|back| soon(back.order) as u64 == orders[back.order].n_lines)
    }
}
