//! The main job: orders, or a table of customers, to named segments.

mod backtest;
mod base;
mod describe;
mod identity;
mod lifecycle;
mod goods;
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
use self::describe::{Known, describe};
pub use self::explore::explore;
use self::goods::goods_notes;
use self::identity::settle;
use self::lifecycle::lifecycle;
use self::meaning::Meaning;
use self::notes::{choice_note, rfm_note, rfm_thresholds, sample, score_all, without_segments};
pub use self::placed::Placed;
use super::grouping::group;
use super::{Inputs, Observer};
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::model_file::ModelFile;
use crate::movement::{self, Run};
use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::write::Rejects;

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
    let previous = inputs.previous.as_deref().map(Run::load).transpose()?;
    settings.lifetime.check()?;
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
    let choice = choose(&settings.choose, previous.as_ref(), &x, &told.unwrap_or_default())?;
    let groups = group(&x, &choice, settings, &base.net, observer)?;
    observer.stage("forecasting orders and spend");
    let mut lifetime = base.lifetime(settings.lifetime);
    observer.stage("naming segments");
    let k = groups.centres.n_rows();
    let mut meaning = Meaning::new(&base.table, &groups.labels, k, base.currency.as_deref(), &personas)?;
    let crossed = previous.as_ref().map(|old| settle(&mut meaning, &base, &preparation, old)).transpose()?;
    let thresholds = rfm_thresholds(&base.table)?;
    let centres = groups.centres.select(&meaning.order);
    let placer =
        groups.assigner.clone().map(|assigner| Placer { assigner, segments: meaning.segment_of_group() });
    let named = meaning.names.iter().zip(&meaning.ids).map(|(n, id)| Named {
        id: *id,
        name: n.name.clone(),
        persona: n.persona.clone(),
        persona_key: n.persona_key.clone(),
    });
    let model = Model::new(preparation, &centres, named.collect(), &base.table, thresholds, placer)?;
    let places = model.assign(&base.table)?;
    let scores = model.rfm.as_ref().and_then(|t| score_all(t, &base.table));
    observer.stage("checking segments against what customers did later");
    let check = |past: &Past| past.check(&base, (groups.method, k), settings, &personas);
    let backtest = past.as_ref().map(check).transpose()?;
    let from_previous = previous.as_ref().zip(crossed.as_ref());
    if let Some((old, crossed)) = from_previous {
        base.warnings.extend(movement::warnings(old, base.as_of, base.currency.as_deref(), crossed));
    }
    let goods = goods_notes(orders.as_ref(), &base, &meaning, settings, observer)?;
    let known = Known {
        x: &x,
        rules: &actions,
        lifetime: &lifetime,
        goods: goods.as_ref(),
        backtest: backtest.as_ref(),
    };
    let segments = describe(&base, &meaning, &groups, &places, &known)?;
    lifetime.sum(&base.net_12m);
    let of_segments = (meaning.labels.as_slice(), segments.len());
    let lifecycle = lifecycle(model.lifecycle.as_ref(), &base, &meaning.dimensions, of_segments, &actions)?;
    let outcome = Outcome {
        choice: choice_note(&choice, &groups, settings.choose.k.is_some(), x.n_rows()),
        algorithm: groups.note,
        goods: goods.map(|g| g.shop),
        rfm: model
            .rfm
            .as_ref()
            .zip(scores.as_ref())
            .map(|(t, s)| rfm_note(t, s, &base, &places, segments.len())),
        next_id: Some(meaning.next_id),
        movement: from_previous.map(|(old, crossed)| crossed.note(old, base.as_of, &segments)),
        segments,
        backtest,
        lifecycle,
        lifetime: lifetime.note,
        sample: sample(&base, &places, &meaning.ids),
        ..without_segments(&base, roles, &model.preparation, base_note, settings)
    };
    let placed = Placed::new(base.table, base.apart, &model, lifetime.expected)?
        .coming_from(previous.as_ref(), &outcome.segments);
    let mut model = ModelFile::new(&outcome, settings, base.holds, model);
    model.lifetime = lifetime.model;
    Ok(SegmentRun { outcome, placed, model })
}

fn choose(
    settings: &ChooseK,
    previous: Option<&Run>,
    x: &Matrix,
    told: &[f64],
) -> Result<choose_k::Choice, Error> {
    let distinct = distinct_rows(x, 2);
    if distinct < 2 && settings.k != Some(1) {
        return Err(CoreError::TooFewDistinct { distinct }.into());
    }
    let in_use = settings.in_use.or(previous.map(|run| run.outcome.segments.len()));
    Ok(ChooseK { in_use, ..settings.clone() }.fit_told(x, told)?)
}
