//! What was found out beside the segments: features, the choice of their number, RFM, and a sample for pictures.

use habitue_core::choose_k;
use habitue_core::model::Placement;
use habitue_core::prepare::FittedPreparation;
use habitue_core::rfm::{Rfm, RfmThresholds, grid};
use habitue_core::table::{Column, Table, Values};
use habitue_core::{Money, features};

use super::base::Base;
use crate::error::Error;
use crate::outcome::{
    AlgorithmNote, Candidate, Choice, CustomerBase, FeatureNote, Outcome, Pick, RfmCell, RfmGridRow, RfmNote,
    RoleNote, Sample, SampleFeature,
};
use crate::pipeline::grouping::Groups;
use crate::pipeline::orders::Comings;
use crate::settings::Settings;

/// Customers drawn in pictures, at most about so many.
const SAMPLE_CUSTOMERS: usize = 2000;

/// Version of `summary.json`.
const SCHEMA_VERSION: u32 = 1;

/// What is known of a run before there are segments.
pub(super) fn without_segments(
    base: &Base,
    roles: Vec<RoleNote>,
    preparation: &FittedPreparation,
    look: CustomerBase,
    settings: &Settings,
) -> Outcome {
    Outcome {
        schema_version: SCHEMA_VERSION,
        program: format!("habitue {}", env!("CARGO_PKG_VERSION")),
        kind: base.kind,
        sources: base.sources.clone(),
        roles,
        warnings: base.warnings.clone(),
        input: base.input.clone(),
        as_of: base.as_of,
        currency: base.currency.clone(),
        customers: base.table.n_rows(),
        revenue: base.net.iter().copied().sum(),
        without_purchase: base.without_purchase.clone(),
        features: feature_notes(base, preparation),
        choice: Choice::default(),
        algorithm: AlgorithmNote::default(),
        segments: Vec::new(),
        next_id: None,
        movement: None,
        goods: None,
        rfm: None,
        backtest: None,
        lifetime: None,
        lifecycle: None,
        months: base.comings.as_ref().map(Comings::months).unwrap_or_default(),
        base: Some(look),
        sample: Sample::default(),
        settings: serde_json::to_value(settings).expect("settings are plain data"),
    }
}

fn feature_notes(base: &Base, preparation: &FittedPreparation) -> Vec<FeatureNote> {
    let described = preparation.describe();
    let note = |column: &Column| {
        let clustered = preparation.columns.iter().position(|c| c.name() == column.feature.name);
        let missing = match &column.values {
            Values::Number(values) => values.iter().filter(|v| v.is_nan()).count(),
            Values::Category(values) => values.iter().filter(|v| v.is_none()).count(),
        };
        FeatureNote {
            feature: column.feature.clone(),
            clustered: clustered.is_some(),
            preparation: clustered.map_or(String::new(), |i| described[i].clone()),
            missing: missing as u64,
        }
    };
    base.table.columns.iter().map(note).collect()
}

pub(super) fn choice_note(choice: &choose_k::Choice, groups: &Groups, forced: bool, n: usize) -> Choice {
    let candidate = |c: &choose_k::Candidate| Candidate {
        k: c.k,
        inertia: c.inertia,
        silhouette: c.silhouette,
        silhouette_error: c.silhouette_error,
        calinski_harabasz: c.calinski_harabasz,
        davies_bouldin: c.davies_bouldin,
        dunn: c.dunn,
        prediction_strength: c.prediction_strength,
        stability: c.stability,
        gap: c.gap,
        gap_error: c.gap_error,
        told: c.told,
        smallest_share: c.sizes.iter().min().copied().unwrap_or(0) as f64 / n as f64,
        largest_share: c.sizes.iter().max().copied().unwrap_or(0) as f64 / n as f64,
        allowed: c.allowed,
    };
    let key = |p: &choose_k::Pick| {
        let value = serde_json::to_value(p.index).expect("an index is plain data");
        value.as_str().unwrap_or_default().to_owned()
    };
    Choice {
        k: groups.centres.n_rows(),
        forced,
        candidates: choice.candidates.iter().map(candidate).collect(),
        picks: choice.picks.iter().map(|p| Pick { index: key(p), k: p.k, text: p.text.clone() }).collect(),
        // Why it is another algorithm than the one that the numbers were tried with is said first.
        reasons: groups.note.reasons.iter().chain(&choice.reasons).cloned().collect(),
    }
}

fn rfm_columns(table: &Table) -> Option<(&[f64], &[f64], &[f64])> {
    let [recency, orders, spend] = features::RFM;
    Some((table.numbers(recency)?, table.numbers(orders)?, table.numbers(spend)?))
}

pub(super) fn rfm_thresholds(table: &Table) -> Result<Option<RfmThresholds>, Error> {
    let Some((recency, orders, spend)) = rfm_columns(table) else { return Ok(None) };
    Ok(Some(RfmThresholds::fit(recency, orders, spend)?))
}

/// The scores of all customers of a table, if it has what they are made of.
pub(crate) fn score_all(thresholds: &RfmThresholds, table: &Table) -> Option<Vec<Rfm>> {
    let (recency, orders, spend) = rfm_columns(table)?;
    Some((0..table.n_rows()).map(|i| thresholds.score(recency[i], orders[i], spend[i])).collect())
}

pub(super) fn rfm_note(
    thresholds: &RfmThresholds,
    scores: &[Rfm],
    base: &Base,
    places: &[Placement],
    n_segments: usize,
) -> RfmNote {
    let mut cells = std::collections::BTreeMap::<Rfm, RfmCell>::new();
    let mut rows = std::collections::BTreeMap::<_, RfmGridRow>::new();
    for (i, score) in scores.iter().enumerate() {
        // A table of customers holds no money that is exact to the last part.
        let net = base.net.get(i).copied().unwrap_or_default();
        let segment = grid(*score);
        let cell = cells.entry(*score).or_insert_with(|| RfmCell {
            rfm: score.to_string(),
            name: segment.name().to_owned(),
            customers: 0,
            revenue: Money::ZERO,
        });
        cell.customers += 1;
        cell.revenue += net;
        let row = rows.entry(segment).or_insert_with(|| RfmGridRow {
            name: segment.name().to_owned(),
            customers: 0,
            revenue: Money::ZERO,
            by_segment: vec![0; n_segments],
        });
        row.customers += 1;
        row.revenue += net;
        row.by_segment[places[i].nearest] += 1;
    }
    RfmNote {
        thresholds: thresholds.clone(),
        cells: cells.into_values().rev().collect(),
        grid: rows.into_values().collect(),
    }
}

/// Every n-th customer, so that about [`SAMPLE_CUSTOMERS`] are drawn; of small segments all that are few.
pub(super) fn sample(base: &Base, places: &[Placement], ids: &[usize]) -> Sample {
    let n = base.table.n_rows();
    let step = n.div_ceil(SAMPLE_CUSTOMERS).max(1);
    let rows: Vec<usize> = (0..n).step_by(step).collect();
    let wanted = |name: &str| base.clustered.iter().any(|c| c == name) || features::RFM.contains(&name);
    let feature = |column: &Column| match &column.values {
        Values::Number(values) if wanted(&column.feature.name) => Some(SampleFeature {
            feature: column.feature.name.clone(),
            values: rows.iter().map(|&r| Some(values[r]).filter(|v| v.is_finite())).collect(),
        }),
        _ => None,
    };
    Sample {
        of: n,
        segment: rows.iter().map(|&r| ids[places[r].nearest]).collect(),
        features: base.table.columns.iter().filter_map(feature).collect(),
    }
}
