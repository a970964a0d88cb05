//! A look at the data only: the first half of the main job, without segments.

use habitue_core::Error as CoreError;
use habitue_core::prepare::FittedPreparation;

use super::base::{Base, prepare};
use super::look::look;
use super::notes::without_segments;
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::outcome::Outcome;
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
    Ok(without_segments(&base, roles, &preparation, note, settings))
}
