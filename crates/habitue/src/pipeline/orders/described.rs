//! The customers of a partition, with their features, as they come out of the fold.

use std::collections::BTreeMap;

use habitue_core::Money;
use habitue_core::features::{self, Definition, Holds};
use habitue_core::history::{Historian, History};
use habitue_core::lifetime::Buying;
use habitue_core::summary::Summary;
use habitue_core::table::{Column, Table, Values};
use habitue_core::time::Day;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::Customers;
use crate::ingest::roster::Ids;
use crate::outcome::{Input, Month, SourceNote, WithoutPurchase};

/// The customers of a partition, with their features, as they come out of the fold.
pub(super) struct Described {
    ids: Ids,
    /// One list of values a feature.
    features: Vec<Vec<f64>>,
    net: Vec<Money>,
    net_12m: Vec<Money>,
    has_purchase: Vec<bool>,
    buying: Vec<Option<Buying>>,
    months: BTreeMap<(i16, i8), Month>,
    calendar: Calendar,
    pub(super) first_day: Option<Day>,
    pub(super) n_orders: u64,
    pub(super) net_total: Money,
}

/// Describes the customers of a partition, one after the other.
pub(super) struct Describing<'a> {
    pub(super) described: Described,
    historian: Historian,
    definitions: &'a [&'static Definition],
    as_of: Day,
    check_day: Day,
}

impl<'a> Describing<'a> {
    pub(super) fn new(definitions: &'a [&'static Definition], as_of: Day, check_day: Day) -> Self {
        let described = Described::new(definitions.len());
        Self { described, historian: Historian::default(), definitions, as_of, check_day }
    }

    pub(super) fn visit(&mut self, id: &str, summary: &Summary) {
        let history = self.historian.read(summary, self.as_of);
        self.described.add(id, summary, history, self.definitions);
        self.described.buying.push(Buying::of(history, self.check_day));
    }
}

impl Described {
    fn new(n_features: usize) -> Self {
        Self {
            ids: Ids::default(),
            features: vec![Vec::new(); n_features],
            net: Vec::new(),
            net_12m: Vec::new(),
            has_purchase: Vec::new(),
            buying: Vec::new(),
            months: BTreeMap::new(),
            calendar: Calendar::default(),
            first_day: None,
            n_orders: 0,
            net_total: Money::ZERO,
        }
    }

    fn add(&mut self, id: &str, summary: &Summary, history: &History, definitions: &[&Definition]) {
        self.net_total += summary.lines().iter().map(|l| l.amount).sum();
        let first = summary.lines()[0].time.day();
        self.first_day = Some(self.first_day.map_or(first, |d| d.min(first)));
        self.ids.push(id);
        for (values, definition) in self.features.iter_mut().zip(definitions) {
            values.push((definition.compute)(history));
        }
        self.net.push(history.net());
        self.net_12m.push(history.net_within(features::YEAR_DAYS));
        self.has_purchase.push(history.has_net_purchase());
        self.n_orders += history.orders.len() as u64;
        // Orders are in the order of time, so that those of one month stand together.
        let mut last = None;
        for order in &history.orders {
            let key = self.calendar.month(order.time.day());
            let month = month_entry(&mut self.months, key);
            month.revenue += order.net();
            month.orders += 1;
            month.customers += u64::from(last != Some(key));
            last = Some(key);
        }
        for (day, amount) in &history.loose {
            let key = self.calendar.month(*day);
            month_entry(&mut self.months, key).revenue += *amount;
        }
    }

    pub(super) fn join(parts: Vec<Self>, n_features: usize) -> Self {
        let mut all = Self::new(n_features);
        for part in parts {
            all.ids.append(&part.ids);
            for (mine, theirs) in all.features.iter_mut().zip(part.features) {
                mine.extend(theirs);
            }
            all.net.extend(part.net);
            all.net_12m.extend(part.net_12m);
            all.has_purchase.extend(part.has_purchase);
            all.buying.extend(part.buying);
            for (key, month) in part.months {
                let mine = month_entry(&mut all.months, key);
                mine.revenue += month.revenue;
                mine.orders += month.orders;
                mine.customers += month.customers;
            }
            all.first_day = match (all.first_day, part.first_day) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            all.n_orders += part.n_orders;
            all.net_total += part.net_total;
        }
        all
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one result, each made by another stage")]
    pub(super) fn into_customers(
        self,
        definitions: &[&Definition],
        (as_of, check_day): (Day, Day),
        currency: Option<String>,
        holds: Holds,
        input: Input,
        sources: Vec<SourceNote>,
        warnings: Vec<String>,
    ) -> Customers {
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            self.ids.sorted().into_iter().map(|i| i as usize).partition(|&i| self.has_purchase[i]);
        let without_purchase = WithoutPurchase {
            customers: outside.len() as u64,
            revenue: outside.iter().map(|&i| self.net[i]).sum(),
        };
        let ids = |rows: &[usize]| rows.iter().map(|&i| self.ids.get(i as u32).to_owned()).collect();
        let mut table = Table { ids: ids(&inside), columns: Vec::new() };
        let mut apart = Table { ids: ids(&outside), columns: Vec::new() };
        let split = |(definition, values): (&&Definition, Vec<f64>)| {
            let of = |rows: &[usize]| Column {
                feature: definition.feature(),
                values: Values::Number(rows.iter().map(|&i| values[i]).collect()),
            };
            (of(&inside), of(&outside))
        };
        (table.columns, apart.columns) =
            definitions.par_iter().zip(self.features).with_max_len(1).map(split).unzip();
        Customers {
            table,
            apart,
            net: inside.iter().map(|&i| self.net[i]).collect(),
            net_12m: inside.iter().map(|&i| self.net_12m[i]).collect(),
            buying: inside.iter().map(|&i| self.buying[i]).collect(),
            buying_apart: outside.iter().map(|&i| self.buying[i]).collect(),
            without_purchase,
            as_of,
            check_day,
            currency,
            holds,
            months: self.months.into_values().collect(),
            input,
            sources,
            warnings,
        }
    }
}

/// The months of days: each day is looked up once.
#[derive(Default)]
struct Calendar {
    known: HashMap<Day, (i16, i8)>,
}

impl Calendar {
    /// Year and month of a day.
    fn month(&mut self, day: Day) -> (i16, i8) {
        *self.known.entry(day).or_insert_with(|| (day.date().year(), day.date().month()))
    }
}

fn month_entry(months: &mut BTreeMap<(i16, i8), Month>, key: (i16, i8)) -> &mut Month {
    months.entry(key).or_insert_with(|| Month {
        month: format!("{:04}-{:02}", key.0, key.1),
        revenue: Money::ZERO,
        orders: 0,
        customers: 0,
    })
}
