//! The customers of a partition, with their features, as they come out of the fold.

use habitue_core::Money;
use habitue_core::features::{self, Definition};
use habitue_core::history::History;
use habitue_core::lifetime::Buying;
use habitue_core::table::{Column, Feature, Table, Values};
use habitue_core::time::Day;

use super::{Account, Comings, Customers};
use crate::fold::AtMost;
use crate::ids::{Ids, Order};
use crate::outcome::WithoutPurchase;
use crate::threads;

/// The customers of a partition, with their features, as they come out of the fold.
pub(super) struct Described {
    ids: Ids,
    /// The values of each feature.
    features: Vec<Vec<f64>>,
    net: Vec<Money>,
    net_12m: Vec<Money>,
    has_purchase: Vec<bool>,
    pub(super) without_purchase: WithoutPurchase,
    /// When and for how much each of them bought, if that is asked.
    buying: Vec<Option<Buying>>,
    /// Who comes and comes back, if that is asked.
    comings: Option<Comings>,
    pub(super) n_orders: u64,
    pub(super) net_total: Money,
}

/// What is brought from the partitions into one order: of customers with a net purchase, and of those without.
enum Wanted<'a> {
    Ids,
    Net,
    /// A feature and its values, a list for each partition.
    Feature(&'a Definition, Vec<Vec<f64>>),
}

/// The same, when it was.
enum Gathered {
    Ids([Vec<String>; 2]),
    /// Over the whole past and in twelve months.
    Net([Vec<Money>; 2]),
    Feature([Column; 2]),
}

/// Describes the customers of a partition, one after the other.
pub(super) struct Describing<'a> {
    pub(super) described: Described,
    definitions: &'a [&'static Definition],
    check_day: Option<Day>,
}

impl<'a> Describing<'a> {
    /// With the last day of the earlier part that forecasts are checked with, also when and for how much each of them
    /// bought.
    pub(super) fn new(
        at_most: AtMost,
        definitions: &'a [&'static Definition],
        check_day: Option<Day>,
    ) -> Self {
        Self { described: Described::new(at_most.customers, definitions.len()), definitions, check_day }
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
    fn new(n: usize, n_features: usize) -> Self {
        Self {
            ids: Ids::with_capacity(n),
            features: (0..n_features).map(|_| Vec::with_capacity(n)).collect(),
            net: Vec::with_capacity(n),
            net_12m: Vec::with_capacity(n),
            has_purchase: Vec::with_capacity(n),
            without_purchase: WithoutPurchase::default(),
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
            values.push((definition.compute)(history));
        }
        self.net.push(history.net());
        self.net_12m.push(history.net_within(features::YEAR_DAYS));
        self.has_purchase.push(history.has_net_purchase());
        if !history.has_net_purchase() {
            self.without_purchase.customers += 1;
            self.without_purchase.revenue += history.net();
        }
        self.n_orders += history.orders.len() as u64;
        if let Some(comings) = &mut self.comings {
            comings.add(history);
        }
    }

    /// The customers of all partitions as one table, and those without a net purchase as another.
    pub(super) fn into_customers(
        mut parts: Vec<Self>,
        definitions: &[&Definition],
        (as_of, check_day): (Day, Day),
        account: Account,
    ) -> Customers {
        let features = take_features(&mut parts, definitions.len());
        let mut comings: Option<Comings> = None;
        for part in &mut parts {
            match (&mut comings, part.comings.take()) {
                (Some(mine), Some(theirs)) => mine.merge(&theirs),
                (mine, theirs) => *mine = mine.take().or(theirs),
            }
        }
        let ids: Vec<&Ids> = parts.iter().map(|part| &part.ids).collect();
        let (inside, outside) = Order::by_id(&ids).partition(|part, number| parts[part].has_purchase[number]);
        let lists = |of: fn(&Self) -> &[Money]| parts.iter().map(of).collect::<Vec<_>>();
        let gather = |wanted: Wanted<'_>| match wanted {
            Wanted::Ids => Gathered::Ids([inside.ids(&ids), outside.ids(&ids)]),
            Wanted::Net => {
                let (net, net_12m) = (lists(|part| &part.net), lists(|part| &part.net_12m));
                Gathered::Net([inside.gather(&net), inside.gather(&net_12m)])
            }
            Wanted::Feature(definition, lists) => Gathered::Feature([&inside, &outside].map(|order| {
                Column { feature: definition.feature(), values: Values::Number(order.gather(&lists)) }
            })),
        };
        let (mut table, mut table_apart) = (Table::default(), Table::default());
        let (mut net, mut net_12m) = (Vec::new(), Vec::new());
        let features = definitions.iter().zip(features).map(|(d, lists)| Wanted::Feature(d, lists));
        let wanted = [Wanted::Ids, Wanted::Net].into_iter().chain(features);
        threads::in_order(wanted.collect(), gather, |gathered| match gathered {
            Gathered::Ids(ids) => [table.ids, table_apart.ids] = ids,
            Gathered::Net(nets) => [net, net_12m] = nets,
            Gathered::Feature([here, there]) => {
                table.columns.push(here);
                table_apart.columns.push(there);
            }
        });
        let buying: Vec<&[Option<Buying>]> = parts.iter().map(|part| part.buying.as_slice()).collect();
        let is_asked = buying.iter().any(|buying| !buying.is_empty());
        let buying_of = |order: &Order| if is_asked { order.gather(&buying) } else { Vec::new() };
        Customers {
            buying: buying_of(&inside),
            buying_apart: buying_of(&outside),
            table,
            apart: table_apart,
            net,
            net_12m,
            as_of,
            check_day,
            comings,
            account,
        }
    }
}

/// All customers in the order of their ids, whose columns are brought into it when they are written: the largest tables
/// are in memory but once.
pub(crate) struct Ordered {
    pub(crate) ids: Vec<Ids>,
    pub(crate) order: Order,
    /// Features with their values, a list for each of the lists of ids.
    pub(crate) columns: Vec<(Feature, Vec<Vec<f64>>)>,
}

impl Ordered {
    pub(super) fn new(mut parts: Vec<Described>, definitions: &[&Definition]) -> Self {
        let features = take_features(&mut parts, definitions.len());
        let ids: Vec<Ids> = parts.into_iter().map(|part| part.ids).collect();
        let order = Order::by_id(&ids.iter().collect::<Vec<_>>());
        Self { ids, order, columns: definitions.iter().map(|d| d.feature()).zip(features).collect() }
    }
}

/// The values of every feature, a list for each partition.
fn take_features(parts: &mut [Described], n_features: usize) -> Vec<Vec<Vec<f64>>> {
    let mut features = vec![Vec::with_capacity(parts.len()); n_features];
    for part in parts {
        for (all, values) in features.iter_mut().zip(std::mem::take(&mut part.features)) {
            all.push(values);
        }
    }
    features
}
