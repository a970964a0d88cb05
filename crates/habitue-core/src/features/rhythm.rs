//! When a customer orders.

use super::{Definition, Needs, ratio};
use crate::history::{History, Order};
use crate::table::Unit;
use crate::time::Month;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "weekend_share",
        label: "share of orders at weekends",
        unit: Unit::Share,
        needs: Needs::Nothing,
        description: "Orders on a Saturday or Sunday, divided by all orders.",
        compute: |h| share_of_orders(h, |o| o.time.day().weekday() >= 5),
    },
    Definition {
        name: "evening_share",
        label: "share of orders in the evening",
        unit: Unit::Share,
        needs: Needs::Hours,
        description: "Orders from 18:00 on, divided by all orders.",
        compute: |h| share_of_orders(h, |o| o.time.hour() >= 18),
    },
    Definition {
        name: "seasonality",
        label: "share of orders in the busiest month",
        unit: Unit::Share,
        needs: Needs::Nothing,
        description: "Orders in the customer's own busiest calendar month (any year), divided by all orders: 1 for a Christmas customer.",
        compute: |h| {
            let mut months = [0_u32; 12];
            for order in &h.orders {
                months[Month::of(order.time.day()).0.rem_euclid(12) as usize] += 1;
            }
            ratio(f64::from(months.into_iter().max().unwrap_or(0)), h.orders.len() as f64, 0.0)
        },
    },
];

fn share_of_orders(history: &History, is: impl Fn(&Order) -> bool) -> f64 {
    ratio(history.orders.iter().filter(|o| is(o)).count() as f64, history.orders.len() as f64, 0.0)
}
