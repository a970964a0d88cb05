//! Customers ready to be segmented, whatever they came from.

use habitue_core::lifetime::{Buying, Horizon};
use habitue_core::prepare::FittedPreparation;
use habitue_core::table::{Column, Table, Values};
use habitue_core::{Error as CoreError, Matrix, Money, features};

use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::outcome::{Input, Kind, SourceNote, WithoutPurchase};
use crate::pipeline::lifetime::{Buyers, Lifetime};
use crate::pipeline::orders::{Comings, Orders};
use crate::pipeline::{Inputs, Observer, customers};
use crate::settings::Settings;
use crate::write::Rejects;

/// Everybody, with what is known of each.
pub(super) struct Base {
    pub(super) kind: Kind,
    pub(super) table: Table,
    pub(super) apart: Option<Table>,
    /// Exact net spend, over all and in twelve months; empty for a table of customers.
    pub(super) net: Vec<Money>,
    pub(super) net_12m: Vec<Money>,
    /// When and for how much each bought, those of `apart` too, and the day that a forecast is checked from.
    pub(super) buying: Vec<Option<Buying>>,
    pub(super) buying_apart: Vec<Option<Buying>>,
    pub(super) check_day: Option<habitue_core::time::Day>,
    pub(super) clustered: Vec<String>,
    pub(super) holds: features::Holds,
    pub(super) as_of: Option<habitue_core::time::Day>,
    pub(super) currency: Option<String>,
    /// Who comes and comes back; absent for a table of customers.
    pub(super) comings: Option<Comings>,
    pub(super) input: Input,
    pub(super) sources: Vec<SourceNote>,
    pub(super) without_purchase: WithoutPurchase,
    pub(super) warnings: Vec<String>,
}

impl Base {
    /// Reads customers; with those of orders come the orders, whose lines can be visited again.
    pub(super) fn read<'p>(
        plan: &'p Plan,
        inputs: &Inputs,
        settings: &Settings,
        rejects: &mut Rejects,
        observer: &dyn Observer,
    ) -> Result<(Self, Option<Orders<'p>>), Error> {
        let wanted = settings.features.as_deref();
        if plan.kind == Kind::Customers {
            let given = customers::read(plan, rejects)?;
            let clustered = clustered_columns(&given.table, wanted)?;
            let base = Self {
                kind: Kind::Customers,
                clustered,
                table: given.table,
                apart: None,
                net: Vec::new(),
                net_12m: Vec::new(),
                buying: Vec::new(),
                buying_apart: Vec::new(),
                check_day: None,
                holds: features::Holds::default(),
                as_of: None,
                currency: None,
                comings: None,
                input: given.input,
                sources: given.sources,
                without_purchase: WithoutPurchase::default(),
                warnings: given.warnings,
            };
            return Ok((base, None));
        }
        let mut orders = Orders::read(plan, &inputs.job(settings), rejects, observer)?;
        let read = orders.customers(rejects, observer)?;
        let clustered = features::resolve(wanted.unwrap_or("core"), read.account.holds)?;
        let base = Self {
            kind: Kind::Orders,
            clustered: clustered.into_iter().map(str::to_owned).collect(),
            table: read.table,
            apart: Some(read.apart),
            net: read.net,
            net_12m: read.net_12m,
            buying: read.buying,
            buying_apart: read.buying_apart,
            check_day: Some(read.check_day),
            holds: read.account.holds,
            as_of: Some(read.as_of),
            currency: read.account.currency,
            comings: read.comings,
            input: read.account.input,
            sources: read.account.sources,
            without_purchase: read.account.without_purchase,
            warnings: read.account.warnings,
        };
        Ok((base, Some(orders)))
    }

    /// What customers are expected to bring.
    pub(super) fn lifetime(&self, horizon: Horizon) -> Lifetime {
        let (Some(check_day), Some(last_day)) = (self.check_day, self.input.last_day) else {
            return Lifetime::unknown();
        };
        let buyers = Buyers { inside: &self.buying, outside: &self.buying_apart, check_day, last_day };
        Lifetime::fit(&buyers, horizon)
    }

    pub(super) fn columns(&self) -> Vec<&Column> {
        self.clustered.iter().filter_map(|name| self.table.column(name)).collect()
    }
}

/// The columns of a table of customers to cluster on: its numbers, all, or those named.
fn clustered_columns(table: &Table, wanted: Option<&str>) -> Result<Vec<String>, Error> {
    let name = |c: &Column| c.feature.name.clone();
    let numbers =
        || table.columns.iter().filter(|c| matches!(c.values, Values::Number(_))).map(name).collect();
    match wanted {
        None => Ok(numbers()),
        Some("all") => Ok(table.columns.iter().map(name).collect()),
        Some(names) => {
            let find = |wanted: &str| {
                let known = || table.columns.iter().map(|c| c.feature.name.as_str());
                let unknown = || CoreError::UnknownFeature {
                    name: wanted.to_owned(),
                    suggestion: habitue_core::math::text::closest(wanted, known()).map(str::to_owned),
                };
                known().find(|k| *k == wanted).map(str::to_owned).ok_or_else(unknown)
            };
            Ok(names.split(',').map(|n| find(n.trim())).collect::<Result<_, _>>()?)
        }
    }
}

/// Fits the preparation; features that are the same for all customers are left out, and said so.
pub(super) fn prepare(base: &mut Base, settings: &Settings) -> Result<(FittedPreparation, Matrix), Error> {
    let fitted = settings.preparation.fit(&base.columns())?;
    let constant: Vec<String> =
        fitted.columns.iter().filter(|c| c.is_constant()).map(|c| c.name().to_owned()).collect();
    if constant.len() == base.clustered.len() {
        return Err(CoreError::TooFewDistinct { distinct: 1 }.into());
    }
    for name in &constant {
        base.warnings
            .push(format!("{name} is the same for all customers: it tells none apart and is left out"));
    }
    base.clustered.retain(|name| !constant.contains(name));
    let preparation =
        FittedPreparation { columns: fitted.columns.into_iter().filter(|c| !c.is_constant()).collect() };
    for column in preparation.columns.iter().filter(|c| c.n_missing() > 0) {
        let (n, name) = (column.n_missing(), column.name());
        base.warnings.push(format!(
            "{n} customers have no {name}; the typical value stands in for it when clustering"
        ));
    }
    let x = preparation.transform(&base.columns())?;
    for pair in habitue_core::prepare::checks::near_duplicates(&x, 0.95) {
        let names = preparation.names();
        let (a, b) = (&names[pair.first], &names[pair.second]);
        base.warnings.push(format!(
            "{a} and {b} say nearly the same (correlation {:.2}); together they weigh double",
            pair.correlation
        ));
    }
    Ok((preparation, x))
}
