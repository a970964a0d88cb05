//! Segments described: profile, rule, actions, evidence.

use habitue_core::action::{ActionRules, segment_facts};
use habitue_core::math::distance::squared;
use habitue_core::model::Placement;
use habitue_core::profile::profiles;
use habitue_core::rule::{Rule, RuleSearch};
use habitue_core::table::{Column, Values};
use habitue_core::{Matrix, Money};

use super::base::Base;
use super::meaning::Meaning;
use crate::error::Error;
use crate::outcome::{BacktestNote, Segment, TypicalCustomer};
use crate::pipeline::goods::GoodsNotes;
use crate::pipeline::grouping::Groups;
use crate::pipeline::lifetime::Lifetime;

/// So many customers stand for a segment.
const TYPICAL: usize = 3;

/// What is known of customers beside their table.
pub(super) struct Known<'a> {
    /// Prepared features, one row a customer.
    pub(super) x: &'a Matrix,
    pub(super) rules: &'a ActionRules,
    pub(super) lifetime: &'a Lifetime,
    pub(super) goods: Option<&'a GoodsNotes>,
    pub(super) backtest: Option<&'a BacktestNote>,
}

/// Describes every segment.
pub(super) fn describe(
    base: &Base,
    meaning: &Meaning,
    groups: &Groups,
    places: &[Placement],
    known: &Known<'_>,
) -> Result<Vec<Segment>, Error> {
    let segmented = meaning.segmented(base)?;
    let mut facts = segment_facts(&segmented, &meaning.dimensions);
    let prospects = known.lifetime.prospects(&meaning.labels, meaning.order.len(), &base.net_12m);
    for (facts, prospects) in facts.iter_mut().zip(&prospects) {
        known.lifetime.tell(facts, prospects);
    }
    if let Some(goods) = known.goods {
        goods.fill(&mut facts);
    }
    if let Some(backtest) = known.backtest {
        for (facts, naming) in facts.iter_mut().zip(&meaning.names) {
            facts.response = backtest.response(&naming.name, &naming.persona);
            facts.response_days = facts.response.map(|_| backtest.days);
        }
    }
    let profiles = profiles(&segmented);
    let search = RuleSearch { features: base.clustered.clone(), ..RuleSearch::default() };
    let total: Money = base.net.iter().copied().sum();
    let mut segments = Vec::with_capacity(meaning.order.len());
    for (segment, (facts, profile)) in facts.iter().zip(profiles).enumerate() {
        let naming = &meaning.names[segment];
        let of_segment = |amounts: &[Money]| -> Money {
            amounts.iter().zip(&meaning.labels).filter(|(_, l)| **l == segment).map(|(m, _)| *m).sum()
        };
        let revenue = of_segment(&base.net);
        let confidences: Vec<f64> = places
            .iter()
            .zip(&meaning.labels)
            .filter(|(_, l)| **l == segment)
            .map(|(p, _)| p.confidence)
            .collect();
        let rule = if meaning.order.len() > 1 { search.explain(&segmented, segment)? } else { everybody() };
        let silhouettes = &groups.silhouettes;
        segments.push(Segment {
            id: meaning.ids[segment],
            name: naming.name.clone(),
            persona: naming.persona.clone(),
            persona_key: naming.persona_key.clone(),
            tier: naming.tier,
            evidence: naming.evidence.clone(),
            customers: facts.customers,
            share: facts.customers as f64 / base.table.n_rows() as f64,
            revenue,
            revenue_share: if total > Money::ZERO { revenue.to_f64() / total.to_f64() } else { 0.0 },
            revenue_12m: of_segment(&base.net_12m),
            silhouette: silhouettes.get(meaning.order[segment]).copied().flatten(),
            stability: groups.stabilities.get(meaning.order[segment]).copied().flatten(),
            confidence: confidences.iter().sum::<f64>() / confidences.len().max(1) as f64,
            prospects: prospects.get(segment).copied(),
            rule,
            profile,
            typical: typical(base, meaning, segment, known.x, groups.centres.row(meaning.order[segment])),
            goods: known.goods.map(|g| g.segments[segment].clone()),
            actions: known.rules.actions_for(&naming.persona_key, facts)?,
        });
    }
    Ok(segments)
}

/// The customers of a segment who are nearest to its middle, the nearest first.
fn typical(
    base: &Base,
    meaning: &Meaning,
    segment: usize,
    x: &Matrix,
    centre: &[f64],
) -> Vec<TypicalCustomer> {
    let own = meaning.labels.iter().enumerate().filter(|(_, label)| **label == segment);
    let mut nearest: Vec<(f64, usize)> = Vec::with_capacity(TYPICAL + 1);
    for (row, _) in own {
        let here = (squared(x.row(row), centre), row);
        let at =
            nearest.partition_point(|known| known.0.total_cmp(&here.0).then(known.1.cmp(&here.1)).is_lt());
        if at < TYPICAL {
            nearest.insert(at, here);
            nearest.truncate(TYPICAL);
        }
    }
    let columns = base.columns();
    let value = |column: &&Column, row: usize| match &column.values {
        Values::Number(values) => Some(values[row]).filter(|v| v.is_finite()),
        Values::Category(_) => None,
    };
    let customer = |(_, row): (f64, usize)| TypicalCustomer {
        customer_id: base.table.ids[row].clone(),
        values: columns.iter().map(|column| value(column, row)).collect(),
    };
    nearest.into_iter().map(customer).collect()
}

/// The rule of the one segment that everybody is in.
fn everybody() -> Rule {
    Rule { text: "every customer".to_owned(), conditions: Vec::new(), precision: 1.0, recall: 1.0 }
}
