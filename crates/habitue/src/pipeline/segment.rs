//! The main job: orders, or a table of customers, to named segments.

use habitue_core::action::{ActionRules, segment_facts};
use habitue_core::choose_k::{self, ChooseK};
use habitue_core::cluster::distinct_rows;
use habitue_core::model::{Model, Named, Placement, Placer};
use habitue_core::persona::{Dimensions, Naming, PersonaRules, name_segments, order_by_value, relabel};
use habitue_core::prepare::FittedPreparation;
use habitue_core::profile::profiles;
use habitue_core::rfm::{Rfm, RfmThresholds, grid};
use habitue_core::rule::{Rule, RuleSearch};
use habitue_core::table::{Column, Table, Values};
use habitue_core::{Error as CoreError, Matrix, Money, Segmented, features};

use super::grouping::{Groups, group};
use super::{Inputs, Observer, customers, orders};
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::model_file::ModelFile;
use crate::outcome::{
    Candidate, Choice, FeatureNote, Input, Kind, Month, Outcome, Pick, RfmCell, RfmGridRow, RfmNote, Sample,
    SampleFeature, Segment, SourceNote, WithoutPurchase,
};
use crate::settings::Settings;
use crate::write::Rejects;

/// Version of `summary.json`.
const SCHEMA_VERSION: u32 = 1;
/// Customers drawn in pictures, at most about so many.
const SAMPLE_CUSTOMERS: usize = 2000;

/// A finished segmentation: what was found out, everybody's place, and the model.
pub struct SegmentRun {
    /// Everything found out.
    pub outcome: Outcome,
    /// Customers and their places.
    pub placed: Placed,
    /// The model that places new customers.
    pub model: ModelFile,
}

/// Customers and their places.
pub struct Placed {
    /// The customer table: every feature in original units.
    pub table: Table,
    /// The place of each; `None` for customers without a net purchase.
    pub places: Vec<Option<Placement>>,
    /// The RFM scores of each, where they are known.
    pub rfm: Vec<Option<Rfm>>,
    /// The features that customers were clustered on, first among the columns of files.
    pub clustered: Vec<String>,
}

/// Customers ready to be segmented, whatever they came from.
struct Base {
    kind: Kind,
    table: Table,
    apart: Option<Table>,
    /// Exact net spend, over all and in twelve months; empty for a table of customers.
    net: Vec<Money>,
    net_12m: Vec<Money>,
    clustered: Vec<String>,
    holds: features::Holds,
    as_of: Option<habitue_core::time::Day>,
    currency: Option<String>,
    months: Vec<Month>,
    input: Input,
    sources: Vec<SourceNote>,
    without_purchase: WithoutPurchase,
    warnings: Vec<String>,
}

/// Segments customers.
///
/// Rejected rows go to `rejects` as CSV.
///
/// # Errors
/// When sources cannot be read or understood, when settings are out of range, or when fewer than two customers differ.
pub fn segment(
    inputs: &Inputs,
    settings: &Settings,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<SegmentRun, Error> {
    let personas = settings.persona_rules()?;
    let actions = settings.action_rules()?;
    observer.stage("looking at the files");
    let plan = Plan::look(&inputs.sources, &settings.read)?;
    let roles = plan.role_notes();
    let mut base = Base::read(&plan, inputs, settings, rejects, observer)?;
    observer.stage("preparing features");
    let (preparation, x) = prepare(&mut base, settings)?;
    observer.stage("choosing the number of segments");
    let choice = choose(&settings.choose, &x)?;
    let groups = group(&x, &choice, settings, &base.net, observer)?;
    observer.stage("naming segments");
    let meaning = Meaning::new(&base, &groups, &personas)?;
    let thresholds = rfm_thresholds(&base.table)?;
    let centres = groups.centres.select(&meaning.order);
    let placer =
        groups.assigner.clone().map(|assigner| Placer { assigner, segments: meaning.segment_of_group() });
    let named = meaning.names.iter().map(|n| Named {
        name: n.name.clone(),
        persona: n.persona.clone(),
        persona_key: n.persona_key.clone(),
    });
    let model = Model::new(preparation, &centres, named.collect(), &base.table, thresholds, placer)?;
    let places = model.assign(&base.table)?;
    let scores = model.rfm.as_ref().and_then(|t| score_all(t, &base.table));
    let segments = describe(&base, &meaning, &groups, &places, &actions)?;
    let outcome = Outcome {
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
        features: feature_notes(&base, &model),
        choice: choice_note(&choice, &groups, settings.choose.k.is_some(), x.n_rows()),
        algorithm: groups.note,
        rfm: model
            .rfm
            .as_ref()
            .zip(scores.as_ref())
            .map(|(t, s)| rfm_note(t, s, &base, &places, segments.len())),
        segments,
        months: base.months.clone(),
        sample: sample(&base, &places),
        settings: serde_json::to_value(settings).expect("settings are plain data"),
    };
    let placed = Placed::new(base.table, base.apart, &model)?;
    let model = ModelFile::new(&outcome, settings, base.holds, model);
    Ok(SegmentRun { outcome, placed, model })
}

impl Base {
    fn read(
        plan: &Plan,
        inputs: &Inputs,
        settings: &Settings,
        rejects: &mut Rejects,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let wanted = settings.features.as_deref();
        if plan.kind == Kind::Customers {
            let given = customers::read(plan, rejects)?;
            let clustered = clustered_columns(&given.table, wanted)?;
            return Ok(Self {
                kind: Kind::Customers,
                clustered,
                table: given.table,
                apart: None,
                net: Vec::new(),
                net_12m: Vec::new(),
                holds: features::Holds::default(),
                as_of: None,
                currency: None,
                months: Vec::new(),
                input: given.input,
                sources: given.sources,
                without_purchase: WithoutPurchase::default(),
                warnings: given.warnings,
            });
        }
        let read = orders::customers(plan, &inputs.job(settings), rejects, observer)?;
        let clustered = features::resolve(wanted.unwrap_or("core"), read.holds)?;
        Ok(Self {
            kind: Kind::Orders,
            clustered: clustered.into_iter().map(str::to_owned).collect(),
            table: read.table,
            apart: Some(read.apart),
            net: read.net,
            net_12m: read.net_12m,
            holds: read.holds,
            as_of: Some(read.as_of),
            currency: read.currency,
            months: read.months,
            input: read.input,
            sources: read.sources,
            without_purchase: read.without_purchase,
            warnings: read.warnings,
        })
    }

    fn columns(&self) -> Vec<&Column> {
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
fn prepare(base: &mut Base, settings: &Settings) -> Result<(FittedPreparation, Matrix), Error> {
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

fn choose(settings: &ChooseK, x: &Matrix) -> Result<choose_k::Choice, Error> {
    let distinct = distinct_rows(x, 2);
    if distinct < 2 && settings.k != Some(1) {
        return Err(CoreError::TooFewDistinct { distinct }.into());
    }
    Ok(settings.fit(x)?)
}

/// What the clusters mean.
struct Meaning {
    /// The cluster of each segment, most valuable first.
    order: Vec<usize>,
    /// The segment of each customer.
    labels: Vec<usize>,
    dimensions: Dimensions,
    names: Vec<Naming>,
}

impl Meaning {
    fn new(base: &Base, groups: &Groups, rules: &PersonaRules) -> Result<Self, Error> {
        let dimensions = Dimensions::find(&base.table);
        let as_found: Vec<usize> = (0..groups.centres.n_rows()).collect();
        let labels = relabel(&groups.labels, &as_found);
        let order = order_by_value(&Segmented::new(&base.table, &labels, as_found.len())?, &dimensions);
        let labels = relabel(&groups.labels, &order);
        let segmented =
            Segmented::new(&base.table, &labels, order.len())?.in_currency(base.currency.as_deref());
        let names = name_segments(rules, &segmented, &dimensions)?;
        Ok(Self { order, labels, dimensions, names })
    }

    /// The segment that each group became.
    fn segment_of_group(&self) -> Vec<u32> {
        let mut segments = vec![0; self.order.len()];
        for (segment, &group) in self.order.iter().enumerate() {
            segments[group] = segment as u32;
        }
        segments
    }

    fn segmented<'a>(&'a self, base: &'a Base) -> Result<Segmented<'a>, Error> {
        Ok(Segmented::new(&base.table, &self.labels, self.order.len())?.in_currency(base.currency.as_deref()))
    }
}

/// Describes every segment.
fn describe(
    base: &Base,
    meaning: &Meaning,
    groups: &Groups,
    places: &[Placement],
    rules: &ActionRules,
) -> Result<Vec<Segment>, Error> {
    let segmented = meaning.segmented(base)?;
    let facts = segment_facts(&segmented, &meaning.dimensions);
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
            actions: rules.actions_for(&naming.persona_key, facts)?,
        });
    }
    Ok(segments)
}

/// The rule of the one segment that everybody is in.
fn everybody() -> Rule {
    Rule { text: "every customer".to_owned(), conditions: Vec::new(), precision: 1.0, recall: 1.0 }
}

fn rfm_columns(table: &Table) -> Option<(&[f64], &[f64], &[f64])> {
    let [recency, orders, spend] = features::RFM;
    Some((table.numbers(recency)?, table.numbers(orders)?, table.numbers(spend)?))
}

fn rfm_thresholds(table: &Table) -> Result<Option<RfmThresholds>, Error> {
    let Some((recency, orders, spend)) = rfm_columns(table) else { return Ok(None) };
    Ok(Some(RfmThresholds::fit(recency, orders, spend)?))
}

/// The scores of all customers of a table, if it has what they are made of.
pub(crate) fn score_all(thresholds: &RfmThresholds, table: &Table) -> Option<Vec<Rfm>> {
    let (recency, orders, spend) = rfm_columns(table)?;
    Some((0..table.n_rows()).map(|i| thresholds.score(recency[i], orders[i], spend[i])).collect())
}

fn rfm_note(
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

fn feature_notes(base: &Base, model: &Model) -> Vec<FeatureNote> {
    let described = model.preparation.describe();
    let note = |column: &Column| {
        let clustered = model.features().position(|f| f == column.feature.name);
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

fn choice_note(choice: &choose_k::Choice, groups: &Groups, forced: bool, n: usize) -> Choice {
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

/// Every n-th customer, so that about [`SAMPLE_CUSTOMERS`] are drawn; of small segments all that are few.
fn sample(base: &Base, places: &[Placement]) -> Sample {
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
        segment: rows.iter().map(|&r| places[r].nearest + 1).collect(),
        features: base.table.columns.iter().filter_map(feature).collect(),
    }
}

impl Placed {
    /// Puts customers in their places: those of `table` by the model, those of `apart`, without a net purchase, in none.
    pub(crate) fn new(table: Table, apart: Option<Table>, model: &Model) -> Result<Self, Error> {
        let mut places: Vec<Option<Placement>> = model.assign(&table)?.into_iter().map(Some).collect();
        let scores = model.rfm.as_ref().and_then(|t| score_all(t, &table));
        let mut rfm: Vec<Option<Rfm>> =
            scores.map_or_else(|| vec![None; places.len()], |s| s.into_iter().map(Some).collect());
        let (table, order) = table.join(apart.unwrap_or_default());
        places.resize(order.len(), None);
        rfm.resize(order.len(), None);
        Ok(Self {
            table,
            places: order.iter().map(|&i| places[i]).collect(),
            rfm: order.iter().map(|&i| rfm[i]).collect(),
            clustered: model.features().map(str::to_owned).collect(),
        })
    }
}
