//! The main job: orders, or a table of customers, to named segments.

mod backtest;
mod base;
mod describe;
mod explore;
mod look;
mod meaning;
mod notes;
mod placed;

use habitue_core::choose_k::{self, ChooseK};
use habitue_core::cluster::distinct_rows;
use habitue_core::model::{Model, Named, Placer};
use habitue_core::{Error as CoreError, Matrix};

use self::backtest::Past;
use self::base::{Base, prepare};
use self::describe::describe;
pub use self::explore::explore;
use self::meaning::Meaning;
use self::notes::{choice_note, feature_notes, rfm_note, rfm_thresholds, sample, score_all};
pub use self::placed::Placed;
use super::grouping::group;
use super::orders::Comings;
use super::{Inputs, Observer};
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::model_file::ModelFile;
use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::write::Rejects;

/// Version of `summary.json`.
const SCHEMA_VERSION: u32 = 1;

/// A finished segmentation: what was found out, everybody's place, and the model.
pub struct SegmentRun {
    /// Everything found out.
    pub outcome: Outcome,
    /// Customers and their places.
    pub placed: Placed,
    /// The model that places new customers.
    pub model: ModelFile,
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
    let (mut base, orders) = Base::read(&plan, inputs, settings, rejects, observer)?;
    observer.stage("preparing features");
    let (preparation, x) = prepare(&mut base, settings)?;
    let past = match &orders {
        Some(orders) if settings.backtest.days > 0 => {
            observer.stage("looking back");
            Some(Past::read(orders, &base, settings)?)
        }
        _ => None,
    };
    let base_note = look::look(&base, Some(&x), settings)?;
    observer.stage("choosing the number of segments");
    let told = past.as_ref().map(|past| past.told(&base, settings, settings.choose.max_segments));
    let choice = choose(&settings.choose, &x, &told.unwrap_or_default())?;
    let groups = group(&x, &choice, settings, &base.net, observer)?;
    observer.stage("naming segments");
    let k = groups.centres.n_rows();
    let meaning = Meaning::new(&base.table, &groups.labels, k, base.currency.as_deref(), &personas)?;
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
    observer.stage("checking segments against what customers did later");
    let check = |past: &Past| past.check(&base, (groups.method, k), settings, &personas);
    let backtest = past.as_ref().map(check).transpose()?;
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
        features: feature_notes(&base, &model.preparation),
        choice: choice_note(&choice, &groups, settings.choose.k.is_some(), x.n_rows()),
        algorithm: groups.note,
        rfm: model
            .rfm
            .as_ref()
            .zip(scores.as_ref())
            .map(|(t, s)| rfm_note(t, s, &base, &places, segments.len())),
        segments,
        backtest,
        months: base.comings.as_ref().map(Comings::months).unwrap_or_default(),
        base: Some(base_note),
        sample: sample(&base, &places),
        settings: serde_json::to_value(settings).expect("settings are plain data"),
    };
    let placed = Placed::new(base.table, base.apart, &model)?;
    let model = ModelFile::new(&outcome, settings, base.holds, model);
    Ok(SegmentRun { outcome, placed, model })
}

fn choose(settings: &ChooseK, x: &Matrix, told: &[f64]) -> Result<choose_k::Choice, Error> {
    let distinct = distinct_rows(x, 2);
    if distinct < 2 && settings.k != Some(1) {
        return Err(CoreError::TooFewDistinct { distinct }.into());
    }
    Ok(settings.fit_told(x, told)?)
}
