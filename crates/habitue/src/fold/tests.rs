use habitue_core::history::History;
use proptest::prelude::*;

use super::*;
use crate::ingest::part::Item;
use crate::ingest::roster::NO_PRODUCT;

/// Customer, day, order, product and units of a line.
type Drawn = (u64, i64, u64, usize, i64);

/// A part with these lines as they are read, one after the other.
fn part_of(drawn: &[Drawn], roster: &Roster, with_discounts: bool) -> Part {
    let service = roster.product(ProductKey::new(7000, true)).0;
    let mut products: Vec<u32> =
        (1..4).map(|key| roster.product(ProductKey::new(key * 1000, false)).0).collect();
    products.extend([service, NO_PRODUCT]);
    let mut part = Part::default();
    for (at, &(customer, day, order, product, units)) in drawn.iter().enumerate() {
        let (_, key) = roster.customer(&customer.to_string());
        let item = Item { product: products[product], units, amount: Money(units) };
        part.push(key, order, Day(day as i32).start(), Position::new(0, 1 + at as u64), item);
        if with_discounts {
            part.discounts.push(Money(at as i64 % 3));
        }
    }
    part
}

proptest! {
    #[test]
    fn customers_taken_in_order_are_as_judging_each_line_makes_them(
        mut drawn in prop::collection::vec((0..3_u64, 0..9_i64, 0..6_u64, 0..5_usize, -1..9_i64), 0..30),
        all_bought in prop::bool::weighted(0.7),
        in_order in prop::bool::weighted(0.8),
        with_discounts in prop::bool::ANY,
        last_day in prop::option::of(4..9_i32),
    ) {
        if all_bought {
            drawn.iter_mut().for_each(|row| row.4 = row.4.max(1));
        }
        // Half of the returns are of a line that was sold.
        for at in 1..drawn.len() {
            if let (-1, Some(sold)) = (drawn[at].4, drawn[..at].iter().find(|row| row.2 % 2 == 0 && row.4 > 0)) {
                let (customer, product, units) = (sold.0, sold.3, sold.4);
                drawn[at] = (customer, drawn[at].1, drawn[at].2, product, -units);
            }
        }
        if in_order {
            drawn.sort_by_key(|row| (row.1, row.2, row.0));
        }
        let roster = Roster::default();
        let parts = [part_of(&drawn, &roster, with_discounts)];
        let names = roster.close();
        let policy = Policy { drop_duplicates: true, last_day: last_day.map(Day), as_of: None };
        let mut by_customer = ByCustomer::default();
        by_customer.fill(&parts[..parts.len() / 2]);
        by_customer.fill(&parts);
        let keys = &by_customer.keys;
        let as_of = Day(7);
        let mut histories = Histories::new(as_of);
        for customer in 0..keys.len() as u32 {
            let runs = by_customer.runs(customer);
            let items = by_customer.items(customer);
            let lines = Unfolded { parts: &parts, runs, items, products: &names.products, policy };
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            let (mut placed, mut leftover) = (Vec::new(), Leftover::default());
            lines.place(&mut placed);
            judge(&placed, "", policy, &mut slow, &mut leftover);
            let times: Vec<_> = runs.iter().map(|s| (s.run.time, s.run.order)).collect();
            let is_plain = leftover.rejected.is_empty() && leftover.duplicates == 0;
            let is_in_order = times.windows(2).all(|pair| pair[0] < pair[1]);
            if lines.take_in_order(&mut Vec::new(), &mut fast) {
                prop_assert!(is_plain);
                prop_assert_eq!(&fast, &slow);
            } else {
                prop_assert!(!is_plain || !is_in_order);
            }
            let is_again = slow.windows(2).any(|pair| Line { discount: Money::ZERO, ..pair[0] } == Line { discount: Money::ZERO, ..pair[1] });
            let is_bought = slow.iter().all(|line| line.amount >= Money::ZERO && line.units >= 0);
            let paid = slow.chunk_by(|a, b| (a.time, a.order) == (b.time, b.order)).all(|order| order.iter().any(|l| l.amount > Money::ZERO));
            let is_bought = is_bought && paid && slow.iter().all(|line| line.time.day() < as_of);
            let mut orders: Vec<u64> = runs.iter().map(|s| s.run.order).collect();
            orders.sort_unstable();
            let is_each_once = orders.windows(2).all(|pair| pair[0] != pair[1]);
            match histories.take(&lines) {
                Some(history) => {
                    prop_assert!(is_plain && lines.items.len() == slow.len());
                    prop_assert_eq!(history, &History::new(&Summary::from_lines(slow), as_of));
                }
                None => prop_assert!(!is_plain || !is_in_order || is_again || !is_bought || !is_each_once),
            }
        }
    }
}

#[test]
fn what_came_back_of_what_was_sold_before_needs_no_closer_look() {
    let roster = Roster::default();
    let sold = [(1, 1, 1, 0, 5), (1, 1, 1, 1, 3), (1, 2, 2, 0, 5), (1, 2, 2, 1, 4)];
    let with = |back: Drawn| part_of(&[&sold[..], &[back]].concat(), &roster, false);
    let parts = [(1, 3, 3, 0, -5), (1, 3, 3, 0, -8), (1, 3, 3, 0, -11), (1, 3, 3, 2, -5)].map(with);
    let names = roster.close();
    let policy = Policy { drop_duplicates: true, last_day: None, as_of: None };
    let mut histories = Histories::new(Day(9));
    let [same, latest_first, too_much, never_sold] = parts.map(|part| {
        let parts = [part];
        let mut by_customer = ByCustomer::default();
        by_customer.fill(&parts[..parts.len() / 2]);
        by_customer.fill(&parts);
        let (runs, items) = (by_customer.runs(0), by_customer.items(0));
        let lines = Unfolded { parts: &parts, runs, items, products: &names.products, policy };
        histories.take(&lines).map(|h| h.orders.iter().map(|o| o.returned.0).collect::<Vec<_>>())
    });
    assert_eq!((same, latest_first), (Some(vec![0, 5]), Some(vec![3, 5])));
    assert_eq!((too_much, never_sold), (None, None));
}
