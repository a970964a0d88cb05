//! The customers of a partition, with their features, as they come out of the fold.

use habitue_core::Money;
use habitue_core::features::{self, Definition, Holds};
use habitue_core::history::History;
use habitue_core::lifetime::Buying;
use habitue_core::table::{Column, Table, Values};
use habitue_core::time::Day;

use super::{Comings, Customers};
use crate::ingest::roster::Ids;
use crate::outcome::{Input, SourceNote, WithoutPurchase};
use crate::threads;

/// The customers of a partition, with their features, as they come out of the fold.
pub(super) struct Described {
    ids: Ids,
    /// The values of each feature, a list for each partition.
    features: Vec<Vec<Vec<f64>>>,
    net: Vec<Money>,
    net_12m: Vec<Money>,
    has_purchase: Vec<bool>,
    /// When and for how much each of them bought, if that is asked.
    buying: Vec<Option<Buying>>,
    /// Who comes and comes back, if that is asked.
    comings: Option<Comings>,
    pub(super) n_orders: u64,
    pub(super) net_total: Money,
}

/// A part of the two tables that customers come in: those with a net purchase and those without.
enum Gathered {
    Ids(Vec<String>, Vec<String>),
    Columns(Column, Column),
}

/// Describes the customers of a partition, one after the other.
pub(super) struct Describing<'a> {
    pub(super) described: Described,
    definitions: &'a [&'static Definition],
    check_day: Option<Day>,
}

impl<'a> Describing<'a> {
    /// With the last day of the earlier part that forecasts are checked with, also when and for how much each of them bought.
    pub(super) fn new(definitions: &'a [&'static Definition], check_day: Option<Day>) -> Self {
        Self { described: Described::new(definitions.len()), definitions, check_day }
    }

    /// Also counts who comes and comes back.
    pub(super) fn with_comings(mut self) -> Self {
        self.described.comings = Some(Comings::default());
        self
    }

    pub(super) fn visit(&mut self, id: &str, history: &History) {
        self.described.add(id, history, self.definitions);
        if let Some(check_day) = self.check_day {
            self.described.buying.push(Buying::of(history, check_day));
        }
    }
}

impl Described {
    fn new(n_features: usize) -> Self {
        Self {
            ids: Ids::default(),
            features: vec![vec![Vec::new()]; n_features],
            net: Vec::new(),
            net_12m: Vec::new(),
            has_purchase: Vec::new(),
            buying: Vec::new(),
            comings: None,
            n_orders: 0,
            net_total: Money::ZERO,
        }
    }

    fn add(&mut self, id: &str, history: &History, definitions: &[&Definition]) {
        self.net_total += history.net();
        self.ids.push(id);
        for (values, definition) in self.features.iter_mut().zip(definitions) {
            values[0].push((definition.compute)(history));
        }
        self.net.push(history.net());
        self.net_12m.push(history.net_within(features::YEAR_DAYS));
        self.has_purchase.push(history.has_net_purchase());
        self.n_orders += history.orders.len() as u64;
        if let Some(comings) = &mut self.comings {
            comings.add(history);
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
            match (&mut all.comings, part.comings) {
                (Some(mine), Some(theirs)) => mine.merge(&theirs),
                (mine, theirs) => *mine = mine.take().or(theirs),
            }
            all.n_orders += part.n_orders;
            all.net_total += part.net_total;
        }
        all
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one result, each made by another stage")]
    pub(super) fn into_customers(
        self,
        definitions: &[&Definition],
        apart: bool,
        (as_of, check_day): (Day, Day),
        currency: Option<String>,
        holds: Holds,
        input: Input,
        sources: Vec<SourceNote>,
        warnings: Vec<String>,
    ) -> Customers {
        let sorted = self.ids.sorted().into_iter().map(|i| i as usize);
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            sorted.partition(|&i| !apart || self.has_purchase[i]);
        let without: Vec<Money> =
            self.net.iter().zip(&self.has_purchase).filter(|(_, has)| !**has).map(|(net, _)| *net).collect();
        let without_purchase =
            WithoutPurchase { customers: without.len() as u64, revenue: without.into_iter().sum() };
        let ids = |rows: &[usize]| rows.iter().map(|&i| self.ids.get(i as u32).to_owned()).collect();
        let (mut table, mut apart) = (Table::default(), Table::default());
        let gather = |job: Option<(&&Definition, Vec<Vec<f64>>)>| {
            let Some((definition, values)) = job else {
                return Gathered::Ids(ids(&inside), ids(&outside));
            };
            let values = values.concat();
            let of = |rows: &[usize]| Column {
                feature: definition.feature(),
                values: Values::Number(rows.iter().map(|&i| values[i]).collect()),
            };
            Gathered::Columns(of(&inside), of(&outside))
        };
        let jobs = std::iter::once(None).chain(definitions.iter().zip(self.features).map(Some));
        for gathered in threads::map(jobs.collect(), gather) {
            match gathered {
                Gathered::Ids(here, there) => (table.ids, apart.ids) = (here, there),
                Gathered::Columns(here, there) => {
                    table.columns.push(here);
                    apart.columns.push(there);
                }
            }
        }
        Customers {
            table,
            apart,
            net: inside.iter().map(|&i| self.net[i]).collect(),
            net_12m: inside.iter().map(|&i| self.net_12m[i]).collect(),
            buying: inside.iter().filter_map(|&i| self.buying.get(i).copied()).collect(),
            buying_apart: outside.iter().filter_map(|&i| self.buying.get(i).copied()).collect(),
            without_purchase,
            as_of,
            check_day,
            currency,
            holds,
            comings: self.comings,
            input,
            sources,
            warnings,
        }
    }
}
