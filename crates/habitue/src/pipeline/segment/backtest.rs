//! The backtest: the same segmentation on a past date, and what its customers did afterwards.

use habitue_core::backtest::{Backtest, Compared, GroupLater, Grouping, Later, Skill};
use habitue_core::cluster::distinct_rows;
use habitue_core::cluster::sweep::Sweep;
use habitue_core::evaluate::rand::adjusted_rand;
use habitue_core::features::{self, Definition};
use habitue_core::history::Historian;
use habitue_core::persona::PersonaRules;
use habitue_core::rfm::grid;
use habitue_core::summary::Summary;
use habitue_core::table::{Column, Table, Values};
use habitue_core::text::{format_money, format_share};
use habitue_core::time::Day;
use habitue_core::{Error as CoreError, Matrix, Money};

use super::base::Base;
use super::meaning::Meaning;
use super::notes::{rfm_thresholds, score_all};
use crate::error::Error;
use crate::ids::{Ids, Order};
use crate::method::Method;
use crate::outcome::{BacktestNote, GroupingSkill, SegmentLater};
use crate::pipeline::grouping::place_all;
use crate::pipeline::orders::Orders;
use crate::settings::Settings;

/// Fewer customers than this prove nothing.
const FEWEST_CUSTOMERS: usize = 100;
/// The past must be so many times as long as the later period.
const LEAST_PAST: i32 = 2;

/// Customers as they were on a past date, with what they did since; or why there is no telling.
pub(super) struct Past {
    days: i32,
    formed: Day,
    then: Result<Then, String>,
}

impl Past {
    /// Reads customers as of the later period's days before the as-of date.
    ///
    /// # Errors
    /// When temporary files cannot be read.
    pub(super) fn read(orders: &Orders<'_>, base: &Base, settings: &Settings) -> Result<Self, Error> {
        let days = settings.backtest.days;
        let formed = Day(orders.ledger.as_of.0 - days);
        let past = base.input.first_day.map_or(0, |first| formed.0 - first.0);
        if past < LEAST_PAST * days {
            let why = format!(
                "a check over {days} days needs {} days of orders before them; there are {}",
                LEAST_PAST * days,
                past.max(0)
            );
            return Ok(Self { days, formed, then: Err(why) });
        }
        let then = Then::read(orders, base, formed)?;
        let n = then.table.n_rows();
        let enough = n >= FEWEST_CUSTOMERS;
        let why = || format!("{n} customers had bought by then; fewer than {FEWEST_CUSTOMERS} prove nothing");
        Ok(Self { days, formed, then: if enough { Ok(then) } else { Err(why()) } })
    }

    /// What each number of segments up to `k_max`, formed on that date, tells of later spending; by number.
    pub(super) fn told(&self, base: &Base, settings: &Settings, k_max: usize) -> Vec<f64> {
        let Ok(then) = &self.then else { return Vec::new() };
        // Where customers cannot be grouped on that date, nothing is told of any number.
        then.told(base, settings, k_max).unwrap_or_default()
    }

    /// Forms `k` segments by `method` on that date, and checks them against the days since.
    ///
    /// # Errors
    /// What naming refuses.
    pub(super) fn check(
        &self,
        base: &Base,
        (method, k): (Method, usize),
        settings: &Settings,
        personas: &PersonaRules,
    ) -> Result<BacktestNote, Error> {
        let refuse =
            |why: String| Ok(BacktestNote { days: self.days, refused: Some(why), ..BacktestNote::default() });
        let then = match &self.then {
            Ok(_) if k < 2 => return refuse("there is one segment only".to_owned()),
            Ok(then) => then,
            Err(why) => return refuse(why.clone()),
        };
        match then.prove(base, method, k, settings, personas) {
            Ok(mut note) => {
                note.revenue_all = then.revenue_all;
                note.formed = Some(self.formed);
                note.reasons = reasons(&note, base.currency.as_deref());
                Ok(note)
            }
            // Customers who do not differ, or a method that finds no groups in them: no proof, and no failure of the run.
            Err(Error::Core(error)) => {
                refuse(format!("customers could not be grouped on that date: {error}"))
            }
            Err(error) => Err(error),
        }
    }
}

/// Customers as they were on the past date, and what they did afterwards.
struct Then {
    /// The features that customers are clustered on, and those of RFM.
    table: Table,
    orders: Vec<u32>,
    spend: Vec<Money>,
    revenue_all: Money,
}

/// What is read of the customers of one partition.
#[derive(Default)]
struct Part {
    historian: Historian,
    ids: Ids,
    /// One list of values a feature.
    features: Vec<Vec<f64>>,
    orders: Vec<u32>,
    spend: Vec<Money>,
    /// What those spent who had not bought before.
    newcomers: Money,
}

impl Part {
    fn visit(&mut self, id: &str, summary: &Summary, definitions: &[&Definition], formed: Day, as_of: Day) {
        let history = self.historian.read(summary, formed);
        let is_known = history.has_net_purchase();
        if is_known {
            self.ids.push(id);
            self.features.resize(definitions.len(), Vec::new());
            for (values, definition) in self.features.iter_mut().zip(definitions) {
                values.push((definition.compute)(history));
            }
        }
        let days = as_of.0 - formed.0;
        let history = self.historian.read(summary, as_of);
        let spend = history.net_within(days);
        if is_known {
            self.orders.push(history.orders_within(days) as u32);
            self.spend.push(spend);
        } else if history.has_net_purchase() {
            self.newcomers += spend;
        }
    }
}

impl Then {
    fn read(orders: &Orders<'_>, base: &Base, formed: Day) -> Result<Self, Error> {
        let as_of = orders.ledger.as_of;
        let wanted = |name: &str| base.clustered.iter().any(|c| c == name) || features::RFM.contains(&name);
        let definitions: Vec<&Definition> =
            features::available(orders.ledger.holds).into_iter().filter(|d| wanted(d.name)).collect();
        let parts = orders.visit(
            Part::default,
            |part, id, summary| part.visit(id, summary, &definitions, formed, as_of),
            Ok,
        )?;
        let ids: Vec<&Ids> = parts.iter().map(|part| &part.ids).collect();
        let order = Order::by_id(&ids);
        let column = |(number, definition): (usize, &&Definition)| {
            let lists: Vec<&[f64]> =
                parts.iter().map(|part| part.features.get(number).map_or(&[][..], Vec::as_slice)).collect();
            Column { feature: definition.feature(), values: Values::Number(order.gather(&lists)) }
        };
        let table =
            Table { ids: order.ids(&ids), columns: definitions.iter().enumerate().map(column).collect() };
        let spend = order.gather(&parts.iter().map(|part| &part.spend).collect::<Vec<_>>());
        let newcomers: Money = parts.iter().map(|part| part.newcomers).sum();
        Ok(Self {
            table,
            orders: order.gather(&parts.iter().map(|part| &part.orders).collect::<Vec<_>>()),
            revenue_all: spend.iter().copied().sum::<Money>() + newcomers,
            spend,
        })
    }

    fn prove(
        &self,
        base: &Base,
        method: Method,
        k: usize,
        settings: &Settings,
        personas: &PersonaRules,
    ) -> Result<BacktestNote, Error> {
        let seed = settings.choose.seed;
        let (segments, meaning) = self.segments(base, method, k, settings, personas)?;
        let mut ways = vec![("segments", "These segments".to_owned(), segments)];
        if let Some(scores) = rfm_thresholds(&self.table)?.and_then(|t| score_all(&t, &self.table)) {
            let labels = scores.into_iter().map(|score| grid(score) as u32).collect();
            ways.push(("rfm-grid", "The RFM grid".to_owned(), Grouping { labels, n_groups: 11 }));
        }
        if let Some(spend) = self.table.numbers("spend") {
            let n = ways[0].2.n_groups;
            let label = format!("{n} equal groups by past spend");
            ways.push(("spend-quantiles", label, Grouping::quantiles(spend, n)));
        }
        ways.push(("random", "Groups of the same sizes by lot".to_owned(), ways[0].2.shuffled(seed)));
        let (labels, groupings): (Vec<_>, Vec<_>) = ways.into_iter().map(|(k, l, g)| ((k, l), g)).unzip();
        let amounts: Vec<f64> = self.spend.iter().map(|m| m.to_f64()).collect();
        let later = Later { orders: &self.orders, spend: &amounts };
        let proof = Backtest { seed, ..Backtest::default() }.run(later, &groupings)?;
        let revenue = |segment: usize| -> Money {
            let own = groupings[0].labels.iter().zip(&self.spend).filter(|(l, _)| **l as usize == segment);
            own.map(|(_, spend)| *spend).sum()
        };
        let n = self.table.n_rows();
        let segment = |(at, later): (usize, GroupLater)| SegmentLater {
            name: meaning.names[at].name.clone(),
            persona: meaning.names[at].persona.clone(),
            customers: later.customers,
            share: later.customers as f64 / n as f64,
            bought: later.bought,
            orders: later.orders,
            spend: later.spend,
            revenue: revenue(at),
            revenue_share: later.spend_share,
        };
        let skill = |((key, label), compared): ((&str, String), Compared)| GroupingSkill {
            key: key.to_owned(),
            label,
            groups: compared.n_groups,
            skill: compared.skill,
            lead: compared.lead,
        };
        let agreement = match labels.get(1) {
            Some(("rfm-grid", _)) => Some(adjusted_rand(&groupings[0].labels, &groupings[1].labels)?),
            _ => None,
        };
        Ok(BacktestNote {
            days: settings.backtest.days,
            customers: n,
            revenue: self.spend.iter().copied().sum(),
            segments: proof.groups.into_iter().enumerate().map(segment).collect(),
            groupings: labels.into_iter().zip(proof.groupings).map(skill).collect(),
            agreement_with_rfm: agreement,
            ..BacktestNote::default()
        })
    }

    /// The features that customers are clustered on, prepared as those of today.
    fn prepared(&self, base: &Base, settings: &Settings) -> Result<Matrix, Error> {
        let columns: Vec<&Column> =
            base.clustered.iter().filter_map(|name| self.table.column(name)).collect();
        Ok(settings.preparation.fit(&columns)?.transform(&columns)?)
    }

    fn told(&self, base: &Base, settings: &Settings, k_max: usize) -> Result<Vec<f64>, Error> {
        let x = self.prepared(base, settings)?;
        let k_max = k_max.min(distinct_rows(&x, k_max));
        if k_max < 2 {
            return Ok(Vec::new());
        }
        let amounts: Vec<f64> = self.spend.iter().map(|m| m.to_f64()).collect();
        let later = Later { orders: &self.orders, spend: &amounts };
        // Evidence on numbers, and so drawn with its seed; shares are compared to a few percent, which asks no more effort.
        let sweep = Sweep { n_init: 4, seed: settings.choose.evidence_seed, ..Sweep::new(2, k_max) };
        let mut told = vec![f64::NAN; 2];
        for clusters in sweep.fit(&x)? {
            let (labels, n_groups) = (clusters.labels, clusters.centres.n_rows());
            let skill = Grouping { labels, n_groups }.skill(later)?;
            told.push(skill.explained_adjusted(amounts.len(), n_groups));
        }
        Ok(told)
    }

    /// The segments of that date: prepared, clustered and named as those of today.
    fn segments(
        &self,
        base: &Base,
        method: Method,
        k: usize,
        settings: &Settings,
        personas: &PersonaRules,
    ) -> Result<(Grouping, Meaning), Error> {
        let columns: Vec<&Column> =
            base.clustered.iter().filter_map(|name| self.table.column(name)).collect();
        let fitted = settings.preparation.fit(&columns)?;
        let x = fitted.transform(&columns)?;
        let found = method.algorithm(k, &settings.tuning, settings.choose.seed).fit(&x)?;
        let n_groups = found.grouping.centres.n_rows();
        if n_groups < 2 {
            return Err(CoreError::TooFewDistinct { distinct: n_groups }.into());
        }
        let labels = place_all(&found, &x)?;
        let meaning = Meaning::new(&self.table, &labels, n_groups, base.currency.as_deref(), personas)?;
        let labels = meaning.labels.iter().map(|&l| l as u32).collect();
        Ok((Grouping { labels, n_groups }, meaning))
    }
}

/// What the check means, in sentences.
fn reasons(note: &BacktestNote, currency: Option<&str>) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(first), Some(last)) = (note.segments.first(), note.segments.last()) {
        let money = |amount: f64| format_money(amount, currency);
        said.push(format!(
            "Of the customers who were in “{}” then, {} ordered in the {} days after, and each brought {} on average; of those in “{}”, {} ordered, and each brought {}.",
            first.name,
            format_share(first.bought.value),
            note.days,
            money(first.spend.value),
            last.name,
            format_share(last.bought.value),
            money(last.spend.value),
        ));
    }
    for rival in note.groupings.iter().filter(|g| g.key != "random") {
        if let Some(lead) = rival.lead {
            said.push(beside(&rival.label, rival, &note.groupings[0], lead));
        }
    }
    if let (Some(lot), Some(own)) =
        (note.groupings.iter().find(|g| g.key == "random"), note.groupings.first())
    {
        said.push(format!(
            "Groups of the same sizes dealt out by lot would tell {} of the differences in later spending; the segments tell {}.",
            format_share(lot.skill.explained.value),
            format_share(own.skill.explained.value),
        ));
    }
    said
}

/// The segments beside another way to group the same customers.
fn beside(
    label: &str,
    rival: &GroupingSkill,
    own: &GroupingSkill,
    lead: Skill<habitue_core::backtest::Estimate>,
) -> String {
    let (explained, gini) = (lead.explained, lead.gini);
    let verdict = match (
        explained.is_above_zero() || gini.is_above_zero(),
        explained.is_below_zero() || gini.is_below_zero(),
    ) {
        (true, false) => "The segments tell later customers apart better than this",
        (false, true) => "This tells later customers apart better than the segments do",
        (true, true) => "Each is better in one respect",
        (false, false) => "The segments are as good as this and no better",
    };
    // "6 equal groups" says how many they are.
    let they_tell = if label.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{label} tell")
    } else {
        format!("{label} ({} groups) tells", rival.groups)
    };
    format!(
        "{they_tell} {} of the differences in later spending, the segments ({} groups) {}; spending is sorted with a Gini of {:.2} against {:.2}. {verdict}.",
        format_share(rival.skill.explained.value),
        own.groups,
        format_share(own.skill.explained.value),
        rival.skill.gini.value,
        own.skill.gini.value,
    )
}
