//! Orders folded into a file of summaries.

use std::path::Path;

use super::{Inputs, Observer, orders};
use crate::error::Error;
use crate::ingest::plan::Plan;
use crate::outcome::{Input, Kind, RoleNote};
use crate::settings::Settings;
use crate::write::Rejects;

/// What folding came to.
pub struct FoldRun {
    /// Customers in the file.
    pub customers: usize,
    /// The account of all rows; lines of earlier summaries count as read and kept.
    pub input: Input,
    /// Which column was taken for what.
    pub roles: Vec<RoleNote>,
}

/// Folds orders, and summaries of earlier runs, into one file of summaries.
///
/// # Errors
/// As for segmenting, and when the sources are no orders.
pub fn fold(
    inputs: &Inputs,
    settings: &Settings,
    output: &Path,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<FoldRun, Error> {
    observer.stage("looking at the files");
    let plan = Plan::look(&inputs.sources, &settings.read)?;
    if plan.kind != Kind::Orders {
        return Err(Error::Format {
            path: plan.sources[0].file.name.clone(),
            what: "this is a table of customers; there is nothing to fold".to_owned(),
            remedy: "give orders, or segment the table as it is",
        });
    }
    let mut done = None;
    crate::write::replace_file(output, |temporary| {
        done = Some(orders::fold_to_file(&plan, &inputs.job(settings), temporary, rejects, observer)?);
        Ok(())
    })?;
    let (input, customers) = done.expect("set when the file was written");
    Ok(FoldRun { customers, input, roles: plan.role_notes() })
}
