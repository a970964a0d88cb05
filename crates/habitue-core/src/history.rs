//! A summary seen from a date: orders with their returns taken off. What features are computed from.

use crate::line::{Line, ProductKey};
use crate::money::Money;
use crate::summary::Summary;
use crate::time::{DAY_SECONDS, Day, Timestamp};

/// One customer's past before an as-of date, with every return matched to the order that it reverses where it can be.
///
/// A return is matched to earlier lines of the same product: first to the latest line of the same quantity and
/// amount, else to the latest lines with units left to return.
/// A return without a product (a refund), or with units left over, is taken off the order whose number it carries.
/// What cannot be matched is netted on its own day.
/// An order all of whose lines are taken back within 24 hours never took place: a mistake put right
/// is neither an order nor a visit, but its money (normally nothing) still counts.
/// An order must have brought money: free items alone are none.
///
/// Cost: n log n in the customer's lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The moment from which it is seen; lines on and after this day are not part of it.
    pub as_of: Day,
    /// Orders that took place, by time.
    pub orders: Vec<Order>,
    /// Everything bought, returns not taken off, orders put right included.
    pub bought: Money,
    /// Everything given back, zero or more.
    pub returned: Money,
    /// What was taken off prices.
    pub discount: Money,
    /// Return lines.
    pub n_returns: u64,
    /// Net money that belongs to no order: unmatched returns, and what is left of orders put right. One entry a line.
    pub loose: Vec<(Day, Money)>,
    /// Distinct products bought in orders that took place, services aside.
    pub n_products: u64,
}

/// One order that took place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Order {
    /// When its first line was sold.
    pub time: Timestamp,
    /// What was paid, returns not taken off.
    pub bought: Money,
    /// What was given back of it later, zero or more.
    pub returned: Money,
    /// What was taken off its prices.
    pub discount: Money,
    /// Lines.
    pub n_lines: u64,
    /// Units of merchandise, in 1/1,000; services and later returns not counted.
    pub units: i64,
}

/// What is counted of a past beside its orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// As [`History::n_products`].
    pub n_products: u64,
    /// As [`History::n_returns`].
    pub n_returns: u64,
}

impl Order {
    /// What the order brought, returns taken off.
    pub fn net(&self) -> Money {
        self.bought - self.returned
    }
}

/// Reads one past after the other, and keeps the memory that this takes.
#[derive(Default)]
pub struct Historian {
    history: History,
    sold: Vec<Sold>,
    returns: Vec<Line>,
    returned: Returned,
    orders: Vec<u64>,
    products: Vec<ProductKey>,
}

impl Historian {
    /// The customer's past before `as_of`.
    pub fn read(&mut self, summary: &Summary, as_of: Day) -> &History {
        let end = summary.lines().partition_point(|l| l.time < as_of.start());
        let lines = &summary.lines()[..end];
        self.history.clear(as_of);
        self.products.clear();
        if lines.iter().any(Line::is_return) || !are_whole(&mut self.orders, lines.iter()) {
            self.match_and_group(lines);
        } else {
            self.take_as_they_are(lines);
        }
        self.products.sort_unstable();
        self.products.dedup();
        self.history.n_products = self.products.len() as u64;
        &self.history
    }

    /// The past of a customer of whom `fill` gives the orders that took place, by time, and says what they come to;
    /// nothing where it says nothing. No money belongs to no order.
    pub fn read_orders(
        &mut self,
        as_of: Day,
        fill: impl FnOnce(&mut Vec<Order>) -> Option<Counts>,
    ) -> Option<&History> {
        let history = &mut self.history;
        history.clear(as_of);
        let counts = fill(&mut history.orders)?;
        (history.n_products, history.n_returns) = (counts.n_products, counts.n_returns);
        for order in &history.orders {
            history.bought += order.bought;
            history.returned += order.returned;
            history.discount += order.discount;
        }
        Some(history)
    }

    /// Lines without returns, order after order: nothing is to be matched, and they are in the order of time.
    fn take_as_they_are(&mut self, lines: &[Line]) {
        for group in lines.chunk_by(same_order) {
            let order = total(group.iter().map(|line| (line, Money::ZERO)));
            self.history.bought += order.bought;
            self.history.discount += order.discount;
            if order.bought > Money::ZERO {
                self.history.orders.push(order);
                self.products.extend(group.iter().map(|l| l.product).filter(is_merchandise));
            }
        }
    }

    /// Any lines: returns are matched, and lines grouped by order whatever their times.
    fn match_and_group(&mut self, lines: &[Line]) {
        let (history, sold) = (&mut self.history, &mut self.sold);
        sold.clear();
        self.returns.clear();
        for line in lines {
            if line.is_return() {
                self.returns.push(*line);
            } else {
                let (units_left, returned) = (line.units, Money::ZERO);
                sold.push(Sold { line: *line, units_left, returned, last_return: None });
            }
        }
        history.n_returns = self.returns.len() as u64;
        history.returned = self.returns.iter().map(|r| -r.amount).sum();
        history.bought = sold.iter().map(|s| s.line.amount).sum();
        history.discount = sold.iter().map(|s| s.line.discount).sum();
        self.returned.match_returns(sold, &self.returns, &mut history.loose);
        if !are_whole(&mut self.orders, sold.iter().map(|s| &s.line)) {
            sold.sort_by_key(|s| s.line.order);
        }
        for group in sold.chunk_by(|a, b| same_order(&a.line, &b.line)) {
            let order = total(group.iter().map(|s| (&s.line, s.returned)));
            if order.bought > Money::ZERO && !put_right(group, order.time) {
                history.orders.push(order);
                self.products.extend(group.iter().map(|s| s.line.product).filter(is_merchandise));
            } else if order.net() != Money::ZERO {
                history.loose.push((order.time.day(), order.net()));
            }
        }
        history.orders.sort_by_key(|o| o.time);
    }
}

/// Whether the lines of every order stand together.
fn are_whole<'a>(orders: &mut Vec<u64>, lines: impl Iterator<Item = &'a Line>) -> bool {
    orders.clear();
    for line in lines {
        if orders.last() != Some(&line.order) {
            orders.push(line.order);
        }
    }
    orders.sort_unstable();
    orders.windows(2).all(|pair| pair[0] != pair[1])
}

fn same_order(a: &Line, b: &Line) -> bool {
    a.order == b.order
}

fn is_merchandise(product: &ProductKey) -> bool {
    product.is_some() && !product.is_service()
}

impl History {
    /// The customer's past before `as_of`.
    pub fn new(summary: &Summary, as_of: Day) -> Self {
        let mut historian = Historian::default();
        historian.read(summary, as_of);
        historian.history
    }

    fn clear(&mut self, as_of: Day) {
        let (mut orders, mut loose) = (std::mem::take(&mut self.orders), std::mem::take(&mut self.loose));
        orders.clear();
        loose.clear();
        *self = Self { as_of, orders, loose, ..Self::default() };
    }

    /// Net spend over the whole past.
    pub fn net(&self) -> Money {
        self.bought - self.returned
    }

    /// Net spend in the `days` days before the as-of date: returns count on the day of the order that they reverse.
    pub fn net_within(&self, days: i32) -> Money {
        self.net_between(days, 0)
    }

    /// Net spend from `from` days before the as-of date up to, and without, `to` days before it.
    pub fn net_between(&self, from: i32, to: i32) -> Money {
        let window = self.before(from)..self.before(to);
        let moments = window.start.start()..window.end.start();
        let orders: Money = self.orders.iter().filter(|o| moments.contains(&o.time)).map(Order::net).sum();
        let loose: Money = self.loose.iter().filter(|(day, _)| window.contains(day)).map(|l| l.1).sum();
        orders + loose
    }

    /// Orders in the `days` days before the as-of date.
    pub fn orders_within(&self, days: i32) -> usize {
        let first = self.orders.partition_point(|o| o.time < self.before(days).start());
        self.orders.len() - first
    }

    /// The first day with an order.
    pub fn first_day(&self) -> Option<Day> {
        self.orders.first().map(|o| o.time.day())
    }

    /// The last day with an order.
    pub fn last_day(&self) -> Option<Day> {
        self.orders.last().map(|o| o.time.day())
    }

    /// Days between one day with an order and the next.
    pub fn gaps(&self) -> impl Iterator<Item = i32> {
        let mut days = self.orders.iter().map(|o| o.time.day().0);
        let mut before = days.next().unwrap_or_default();
        days.map(move |day| day - std::mem::replace(&mut before, day)).filter(|&gap| gap > 0)
    }

    /// The day that many days before the as-of date.
    fn before(&self, days: i32) -> Day {
        Day(self.as_of.0 - days)
    }

    /// Whether anything is left after returns.
    pub fn has_net_purchase(&self) -> bool {
        self.net() > Money::ZERO && !self.orders.is_empty()
    }
}

/// A sold line and what has come back of it.
#[derive(Clone)]
struct Sold {
    line: Line,
    units_left: i64,
    returned: Money,
    last_return: Option<Timestamp>,
}

impl Sold {
    fn take_back(&mut self, units: i64, money: Money, time: Timestamp) {
        self.units_left -= units;
        self.returned += money;
        self.last_return = Some(time);
    }
}

/// The order that lines make, each with what has come back of it.
#[inline(always)]
fn total<'a>(lines: impl Iterator<Item = (&'a Line, Money)>) -> Order {
    let (mut time, mut bought, mut back, mut discount) = (i64::MAX, 0, 0, 0);
    let (mut n_lines, mut units) = (0, 0);
    for (line, returned) in lines {
        time = time.min(line.time.0);
        bought += line.amount.0;
        back += returned.0;
        discount += line.discount.0;
        n_lines += 1;
        units += if line.product.is_service() { 0 } else { line.units };
    }
    let (bought, returned, discount) = (Money(bought), Money(back), Money(discount));
    Order { time: Timestamp(time), bought, returned, discount, n_lines, units }
}

/// Whether everything in the order came back, or all of its money did, within a day.
fn put_right(group: &[Sold], time: Timestamp) -> bool {
    let is_back = |s: &Sold| s.units_left <= 0 || s.returned >= s.line.amount;
    group.iter().all(|s| is_back(s) && s.last_return.is_some_and(|r| r.0 - time.0 <= DAY_SECONDS))
}

/// Where the products that came back were sold; its memory is used again from customer to customer.
#[derive(Default)]
struct Returned {
    products: Vec<ProductKey>,
    /// Product and place of every line that sold one of them: by product, and by time within a product.
    places: Vec<(ProductKey, u32)>,
}

impl Returned {
    /// Takes every return off the lines that it reverses; what is left over goes to `loose`. `lines` are by time.
    fn match_returns(&mut self, lines: &mut [Sold], returns: &[Line], loose: &mut Vec<(Day, Money)>) {
        self.find(lines, returns);
        for taken in returns {
            let start = self.places.partition_point(|place| place.0 < taken.product);
            let is_before = |place: &(ProductKey, u32)| {
                (place.0, lines[place.1 as usize].line.time) <= (taken.product, taken.time)
            };
            let end = self.places.partition_point(is_before);
            let latest_first = self.places[start.min(end)..end].iter().rev().map(|place| place.1 as usize);
            let (units, money) = (-taken.units, -taken.amount);
            let is_same =
                |s: &Sold| s.last_return.is_none() && s.line.units == units && s.line.amount == money;
            if let Some(at) = latest_first.clone().find(|&at| is_same(&lines[at])) {
                lines[at].take_back(units, money, taken.time);
                continue;
            }
            let (mut units_left, mut money_left) = (units, money);
            // Without a product only an equal amount tells which line came back.
            if taken.product.is_some() && units > 0 {
                for at in latest_first {
                    let sold = &mut lines[at];
                    if units_left == 0 || sold.units_left <= 0 {
                        continue;
                    }
                    let part = units_left.min(sold.units_left);
                    let worth = share(money_left, part, units_left);
                    sold.take_back(part, worth, taken.time);
                    units_left -= part;
                    money_left -= worth;
                }
            }
            if money_left == Money::ZERO {
                continue;
            }
            for sold in lines.iter_mut().filter(|s| s.line.order == taken.order) {
                let part = money_left.min(sold.line.amount - sold.returned);
                if part > Money::ZERO {
                    sold.take_back(0, part, taken.time);
                    money_left -= part;
                }
            }
            if money_left != Money::ZERO {
                loose.push((taken.time.day(), -money_left));
            }
        }
    }

    /// Finds the lines that sold what came back.
    fn find(&mut self, lines: &[Sold], returns: &[Line]) {
        self.products.clear();
        self.products.extend(returns.iter().map(|r| r.product));
        self.products.sort_unstable();
        self.products.dedup();
        self.places.clear();
        for (at, sold) in (0..).zip(lines) {
            if self.products.binary_search(&sold.line.product).is_ok() {
                self.places.push((sold.line.product, at));
            }
        }
        self.places.sort_unstable();
    }
}

/// `money · part / whole`, rounded towards zero; all of it when `part` is `whole`.
pub fn share(money: Money, part: i64, whole: i64) -> Money {
    Money((i128::from(money.0) * i128::from(part) / i128::from(whole)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn line(order: u64, time: i64, product: u64, units: i64, amount: i64) -> Line {
        Line {
            time: Timestamp(time),
            order,
            product: ProductKey::new(product * 4, false),
            units: units * 1000,
            amount: Money::from_units(amount),
            discount: Money::ZERO,
        }
    }

    fn history(lines: &[Line]) -> History {
        History::new(&Summary::from_lines(lines.to_vec()), Day(1000))
    }

    #[test]
    fn an_order_cancelled_within_minutes_never_took_place() {
        let past = history(&[
            line(1, 0, 7, 1, 5),
            line(2, 30 * DAY_SECONDS, 8, 80_995, 168_469),
            line(3, 30 * DAY_SECONDS + 720, 8, -80_995, -168_469),
        ]);
        assert_eq!(past.orders.len(), 1);
        assert_eq!(past.last_day(), Some(Day(0)));
        assert_eq!(past.net(), Money::from_units(5));
        assert_eq!(past.n_products, 1);
    }

    #[test]
    fn an_order_returned_days_later_stays_an_order() {
        let past = history(&[line(1, 0, 7, 32, 54), line(2, 5 * DAY_SECONDS, 7, -32, -54)]);
        assert_eq!(past.orders.len(), 1);
        assert_eq!(past.net(), Money::ZERO);
        assert!(!past.has_net_purchase());
    }

    #[test]
    fn a_return_counts_on_the_day_of_the_order_that_it_reverses() {
        let bought = 600 * DAY_SECONDS;
        let past = history(&[
            line(1, bought, 7, 10, 100),
            line(2, 900 * DAY_SECONDS, 8, 1, 30),
            line(3, 901 * DAY_SECONDS, 7, -4, -40),
        ]);
        assert_eq!(past.net_within(365), Money::from_units(30));
        assert_eq!(past.net_between(400, 365), Money::from_units(60));
        assert_eq!(past.orders[0].returned, Money::from_units(40));
        assert!(past.loose.is_empty());
    }

    #[test]
    fn a_return_of_something_never_bought_counts_on_its_own_day() {
        let past = history(&[line(1, 0, 7, 1, 10), line(2, 990 * DAY_SECONDS, 9, -1, -4)]);
        assert_eq!(past.loose, [(Day(990), Money::from_units(-4))]);
        assert_eq!(past.net(), Money::from_units(6));
        assert_eq!(past.net_within(365), Money::from_units(-4));
    }

    #[test]
    fn a_return_of_more_than_one_line_held_goes_through_the_latest_lines_first() {
        let past = history(&[
            line(1, 0, 7, 3, 30),
            line(2, 10 * DAY_SECONDS, 7, 3, 30),
            line(3, 20 * DAY_SECONDS, 7, -5, -50),
        ]);
        assert_eq!(past.orders[0].returned, Money::from_units(20));
        assert_eq!(past.orders[1].returned, Money::from_units(30));
    }

    #[test]
    fn free_items_alone_are_no_order_and_one_order_may_carry_two_times() {
        let past = history(&[line(1, 0, 7, 1, 0), line(2, HOUR, 7, 1, 5), line(2, HOUR + 60, 8, 1, 6)]);
        assert_eq!(past.orders.len(), 1);
        assert_eq!(past.orders[0].n_lines, 2);
        assert_eq!(past.orders[0].time, Timestamp(HOUR));
    }

    #[test]
    fn nothing_on_or_after_the_as_of_date_is_seen() {
        let summary = Summary::from_lines(vec![line(1, 0, 7, 1, 5), line(2, DAY_SECONDS, 7, -1, -5)]);
        assert_eq!(History::new(&summary, Day(1)).net(), Money::from_units(5));
        assert_eq!(History::new(&summary, Day(0)), History { as_of: Day(0), ..History::default() });
    }

    #[test]
    fn a_refund_is_taken_off_the_order_whose_number_it_carries() {
        let refund = |amount| Line { product: ProductKey::NONE, units: 0, ..line(1, 0, 0, 0, amount) };
        let part = history(&[line(1, 0, 7, 1, 10), line(1, 0, 8, 1, 5), refund(-12)]);
        assert_eq!(part.orders[0].net(), Money::from_units(3));
        let whole = history(&[line(1, 0, 7, 1, 10), line(1, 0, 8, 1, 5), refund(-15)]);
        assert!(whole.orders.is_empty());
        assert_eq!(whole.net(), Money::ZERO);
    }

    proptest::proptest! {
        #[test]
        fn lines_taken_as_they_are_give_the_past_that_grouping_gives(
            drawn in proptest::collection::vec((0..9_i64, 0..4_u64, 0..5_u64, 0..4_i64, 0..9_i64), 0..40),
        ) {
            let line = |&(order, time, product, units, amount): &(i64, u64, u64, i64, i64)| {
                let time = order * 3 * HOUR + if order < 7 { 0 } else { time as i64 };
                line(order as u64, time, product, units, amount)
            };
            let summary = Summary::from_lines(drawn.iter().map(line).collect());
            let (mut fast, mut plain) = (Historian::default(), Historian::default());
            fast.read(&summary, Day(1000));
            plain.history.clear(Day(1000));
            plain.match_and_group(summary.lines());
            plain.products.sort_unstable();
            plain.products.dedup();
            plain.history.n_products = plain.products.len() as u64;
            proptest::prop_assert_eq!(&fast.history, &plain.history);
        }
    }

    #[test]
    fn money_is_whole_whatever_is_matched() {
        let lines = [
            line(1, 0, 7, 3, 10),
            line(2, HOUR, 7, -2, -7),
            line(3, 2 * HOUR, 7, -2, -6),
            line(4, 9, 8, 1, 1),
        ];
        let past = history(&lines);
        let net: Money = lines.iter().map(|l| l.amount).sum();
        assert_eq!(past.net(), net);
        assert_eq!(past.net_within(5000), net);
    }

    /// Every return looks at every line: what [`Returned::match_returns`] does, plainly.
    fn match_plainly(lines: &mut [Sold], returns: &[Line], loose: &mut Vec<(Day, Money)>) {
        for taken in returns {
            let sells_it = |s: &&mut Sold| s.line.product == taken.product && s.line.time <= taken.time;
            let (mut units, mut money) = (-taken.units, -taken.amount);
            let is_same = |s: &&mut Sold| {
                s.last_return.is_none() && s.line.units == -taken.units && s.line.amount == money
            };
            if let Some(sold) = lines.iter_mut().rev().filter(sells_it).find(is_same) {
                sold.take_back(units, money, taken.time);
                continue;
            }
            for sold in lines.iter_mut().rev().filter(sells_it) {
                let part = units.min(sold.units_left);
                if part > 0 && taken.product.is_some() {
                    let worth = share(money, part, units);
                    sold.take_back(part, worth, taken.time);
                    (units, money) = (units - part, money - worth);
                }
            }
            for sold in lines.iter_mut().filter(|s| s.line.order == taken.order) {
                let part = money.min(sold.line.amount - sold.returned);
                if part > Money::ZERO {
                    sold.take_back(0, part, taken.time);
                    money -= part;
                }
            }
            if money != Money::ZERO {
                loose.push((taken.time.day(), -money));
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn returns_are_matched_as_looking_at_every_line_matches_them(
            drawn in proptest::collection::vec((0..9_i64, 0..6_u64, 0..4_u64, -3..5_i64, 1..4_i64), 0..40),
        ) {
            let lines = drawn.iter().map(|&(time, order, product, units, price)| {
                let product = if product == 0 { ProductKey::NONE } else { ProductKey::new(product * 4, false) };
                Line { product, ..line(order, time * 9 * HOUR, 0, units, units * price) }
            });
            let summary = Summary::from_lines(lines.collect());
            let (returns, sold): (Vec<Line>, Vec<Line>) = summary.lines().iter().partition(|l| l.is_return());
            let all: Vec<Sold> = sold
                .iter()
                .map(|&line| Sold { line, units_left: line.units, returned: Money::ZERO, last_return: None })
                .collect();
            let told = |sold: &[Sold], loose: &[(Day, Money)]| {
                let lines: Vec<_> = sold.iter().map(|s| (s.units_left, s.returned, s.last_return)).collect();
                (lines, loose.to_vec())
            };
            let (mut fast, mut plain) = (all.clone(), all);
            let (mut fast_loose, mut plain_loose) = (Vec::new(), Vec::new());
            Returned::default().match_returns(&mut fast, &returns, &mut fast_loose);
            match_plainly(&mut plain, &returns, &mut plain_loose);
            proptest::prop_assert_eq!(told(&fast, &fast_loose), told(&plain, &plain_loose));
        }
    }
}
