//! Segments described: profile, rule, actions, evidence.

use habitue_core::Money;
use habitue_core::action::{ActionRules, segment_facts};
use habitue_core::model::Placement;
use habitue_core::profile::profiles;
use habitue_core::rule::{Rule, RuleSearch};

use super::base::Base;
use super::meaning::Meaning;
use crate::error::Error;
use crate::outcome::Segment;
use crate::pipeline::goods::GoodsNotes;
use crate::pipeline::grouping::Groups;

/// Describes every segment.
pub(super) fn describe(
    base: &Base,
    meaning: &Meaning,
    groups: &Groups,
    places: &[Placement],
    rules: &ActionRules,
    goods: Option<&GoodsNotes>,
) -> Result<Vec<Segment>, Error> {
    let segmented = meaning.segmented(base)?;
    let mut facts = segment_facts(&segmented, &meaning.dimensions);
    if let Some(goods) = goods {
        goods.fill(&mut facts);
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
            id: segment + 1,
            name: naming.name.clone(),
            persona: naming.persona.clone(),
            persona_key: naming.persona_key.clone(),
            evidence: naming.evidence.clone(),
            customers: facts.customers,
            share: facts.customers as f64 / base.table.n_rows() as f64,
            revenue,
            revenue_share: if total > Money::ZERO { revenue.to_f64() / total.to_f64() } else { 0.0 },
            revenue_12m: of_segment(&base.net_12m),
            silhouette: silhouettes.get(meaning.order[segment]).copied().flatten(),
            stability: groups.stabilities.get(meaning.order[segment]).copied().flatten(),
            confidence: confidences.iter().sum::<f64>() / confidences.len().max(1) as f64,
            rule,
            profile,
            goods: goods.map(|g| g.segments[segment].clone()),
            actions: rules.actions_for(&naming.persona_key, facts)?,
        });
    }
    Ok(segments)
}

/// The rule of the one segment that everybody is in.
fn everybody() -> Rule {
    Rule { text: "every customer".to_owned(), conditions: Vec::new(), precision: 1.0, recall: 1.0 }
}
