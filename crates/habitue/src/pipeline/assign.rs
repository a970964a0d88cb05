//! New customers placed by a saved model.

use habitue_core::table::Values;

use super::lifetime::expect;
use super::{Inputs, Observer, Placed, customers, orders};
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::model_file::ModelFile;
use crate::outcome::{Input, Kind};
use crate::settings::Settings;
use crate::write::Rejects;

/// Customers placed by a model, and how they were read.
pub struct AssignRun {
    /// Customers and their places.
    pub placed: Placed,
    /// The account of all rows.
    pub input: Input,
    /// Things the reader should know.
    pub warnings: Vec<String>,
}

/// Reads orders (or a table of customers) as the model's own were read, and places every customer.
///
/// Settings win over those in the model where they say something; the as-of date is the day after the last line read
/// unless given.
///
/// # Errors
/// As for segmenting, and when the data lack a feature of the model or are of another kind.
pub fn assign(
    model: &ModelFile,
    inputs: &Inputs,
    settings: &Settings,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<AssignRun, Error> {
    let mut read = settings.read.clone();
    for (role, column) in &model.read.map {
        read.map.entry(*role).or_insert_with(|| column.clone());
    }
    read.dates = read.dates.or(model.read.dates);
    let currency = read.currency.take().or_else(|| model.read.currency.clone());
    read.currency.clone_from(&currency);
    observer.stage("looking at the files");
    let plan = Plan::look(&inputs.sources, &read)?;
    if plan.kind != model.kind && !plan.sources.is_empty() {
        let (a, b) = (word(model.kind), word(plan.kind));
        return Err(Error::Format {
            path: plan.sources[0].file.name.clone(),
            what: format!("this is {b}, and the model was fitted on {a}"),
            remedy: "give the same kind of file that the model was fitted on",
        });
    }
    if model.kind == Kind::Customers {
        let given = customers::read(&plan, rejects)?;
        let placed = Placed::new(given.table, None, &model.model, Vec::new())?;
        return Ok(AssignRun { placed, input: given.input, warnings: given.warnings });
    }
    let mut job = inputs.job(settings);
    job.cleaning = model.cleaning;
    job.currency = currency.map(|c| c.to_ascii_uppercase());
    let read = orders::customers(&plan, &job, model.lifetime.is_some(), rejects, observer)?;
    observer.stage("placing customers");
    let mut warnings = read.account.warnings;
    if let (Some(mine), Some(theirs)) = (&model.currency, &read.account.currency)
        && mine != theirs
    {
        warnings.push(format!("amounts are in {theirs}, and the model was fitted on {mine}"));
    }
    let missing =
        |name: &&str| read.table.column(name).is_none_or(|c| !matches!(c.values, Values::Number(_)));
    if let Some(name) = model.model.features().find(missing) {
        return Err(habitue_core::Error::MissingFeature { name: name.to_owned() }.into());
    }
    let expected = model.lifetime.as_ref().map(|lifetime| expect(lifetime, &read.buying));
    let expected = expected.unwrap_or_default();
    Ok(AssignRun {
        placed: Placed::new(read.table, Some(read.apart), &model.model, expected)?,
        input: read.account.input,
        warnings,
    })
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Orders => "orders",
        Kind::Customers => "a table of customers",
    }
}
