//! A look at the data only: the first half of the main job, without segments.

use habitue_core::Error as CoreError;
use habitue_core::prepare::FittedPreparation;

use super::SCHEMA_VERSION;
use super::base::{Base, prepare};
use super::look::look;
use super::notes::feature_notes;
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::outcome::{AlgorithmNote, Choice, Outcome, Sample};
use crate::pipeline::orders::Comings;
use crate::pipeline::{Inputs, Observer};
use crate::settings::Settings;
use crate::write::Rejects;

/// Looks at orders, or at a table of customers: an outcome without segments.
///
/// Rejected rows go to `rejects` as CSV. What needs customers who differ is left out where there are none.
///
/// # Errors
/// When sources cannot be read or understood, or when settings are out of range.
pub fn explore(
    inputs: &Inputs,
    settings: &Settings,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<Outcome, Error> {
    observer.stage("looking at the files");
    let plan = Plan::look(&inputs.sources, &settings.read)?;
    let roles = plan.role_notes();
    let (mut base, orders) = Base::read(&plan, inputs, settings, rejects, observer)?;
    drop(orders);
    observer.stage("looking at the customers");
    let prepared = match prepare(&mut base, settings) {
        Ok(prepared) => Some(prepared),
        Err(Error::Core(
            CoreError::TooFewDistinct { .. } | CoreError::NoCustomers | CoreError::NoFeatures,
        )) => None,
        Err(error) => return Err(error),
    };
    let note = look(&base, prepared.as_ref().map(|p| &p.1), settings)?;
    let preparation = prepared.map_or(FittedPreparation { columns: Vec::new() }, |p| p.0);
    Ok(Outcome {
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
        features: feature_notes(&base, &preparation),
        choice: Choice {
            k: 0,
            forced: false,
            candidates: Vec::new(),
            picks: Vec::new(),
            reasons: Vec::new(),
        },
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
        base: Some(note),
        sample: Sample::default(),
        settings: serde_json::to_value(settings).expect("settings are plain data"),
    })
}
