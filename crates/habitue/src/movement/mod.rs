//! Two runs beside each other: read from their folders, matched, and who moved.

mod note;
mod run;
mod table;

use std::cmp::Ordering;
use std::path::Path;

use habitue_core::evaluate::rand::adjusted_rand;
use habitue_core::movement::{Flows, Matching, Place, distances, match_segments};
use habitue_core::prepare::FittedPreparation;
use habitue_core::profile::FeatureProfile;

pub(crate) use self::note::enters_risk;
pub use self::run::Run;
pub(crate) use self::run::{Member, key, nearest};
pub use self::table::MovementTable;

use crate::error::Error;
use crate::model_file::ModelFile;
use crate::outcome::{Kind, Movement};

/// What came of comparing two runs.
pub struct Comparison {
    /// Who moved, in numbers.
    pub movement: Movement,
    /// Whether the runs know what customers spent.
    pub has_money: bool,
    /// The currency of amounts.
    pub currency: Option<String>,
    /// Things the reader should know.
    pub warnings: Vec<String>,
    /// Every customer: where they were and are.
    pub table: MovementTable,
}

/// Compares the folders of two runs, the older first.
///
/// # Errors
/// [`Error::Document`] when a folder does not hold the results of a run.
pub fn compare(old: &Path, new: &Path) -> Result<Comparison, Error> {
    let model = run::file_of(new, "model.json")?;
    let (old, new) = (Run::load(old)?, Run::load(new)?);
    let preparation = ModelFile::load(&model)?.model.preparation;
    let profiles: Vec<_> = new.segments().iter().map(|s| s.profile.clone()).collect();
    let crossed = Crossed::new(&old, &new.members, &preparation, &profiles)?;
    Ok(Comparison {
        movement: note::movement(&old, new.outcome.as_of, new.segments(), &crossed),
        has_money: new.outcome.kind == Kind::Orders,
        currency: new.outcome.currency.clone(),
        warnings: warnings(&old, new.outcome.as_of, new.outcome.currency.as_deref(), &crossed),
        table: MovementTable::new(&old, &new),
    })
}

/// Two runs whose customers and segments are found in each other.
pub(crate) struct Crossed {
    pub(crate) flows: Flows,
    pub(crate) matching: Matching,
    /// Adjusted Rand index over the customers placed in both; `None` if there are none.
    pub(crate) agreement: Option<f64>,
}

impl Crossed {
    /// Finds the customers of an old run among `members`, and its segments among those with these profiles.
    pub(crate) fn new(
        old: &Run,
        members: &[Member],
        preparation: &FittedPreparation,
        profiles: &[Vec<FeatureProfile>],
    ) -> Result<Self, Error> {
        let mut flows = Flows::new(old.segments().len(), profiles.len());
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (was, is) in joined(&old.members, members) {
            let place = |member: Option<&Member>| member.map_or(Place::Absent, |m| m.place);
            let spend = is.or(was).map(|m| m.spend).unwrap_or_default();
            flows.add(place(was), place(is), spend);
            if let (Place::Segment(was), Place::Segment(is)) = (place(was), place(is)) {
                before.push(was as u32);
                after.push(is as u32);
            }
        }
        let agreement = if before.is_empty() { None } else { Some(adjusted_rand(&before, &after)?) };
        let old_profiles: Vec<_> = old.segments().iter().map(|s| s.profile.clone()).collect();
        let distances = distances(preparation, &old_profiles, profiles)?;
        let matching = match_segments(&flows, distances.as_ref());
        Ok(Self { flows, matching, agreement })
    }

    /// Who moved, once the segments of the new run are described.
    pub(crate) fn note(
        &self,
        old: &Run,
        as_of: Option<habitue_core::time::Day>,
        segments: &[crate::outcome::Segment],
    ) -> Movement {
        note::movement(old, as_of, segments, self)
    }
}

/// What the reader of a comparison should know.
pub(crate) fn warnings(
    old: &Run,
    as_of: Option<habitue_core::time::Day>,
    currency: Option<&str>,
    crossed: &Crossed,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if crossed.agreement.is_none() {
        warnings.push(
            "no customer is in a segment of both runs: segments are matched by their typical customers alone"
                .to_owned(),
        );
    }
    if let (Some(before), Some(now)) = (old.outcome.as_of, as_of)
        && before > now
    {
        warnings.push(format!("the previous run is of a later day ({before}) than this one ({now})"));
    }
    if let (Some(before), Some(now)) = (old.outcome.currency.as_deref(), currency)
        && before != now
    {
        warnings.push(format!("amounts are in {now}, and those of the previous run in {before}"));
    }
    warnings
}

/// The members of both runs by key, ascending; each with where they were and are.
fn joined<'a>(
    old: &'a [Member],
    new: &'a [Member],
) -> impl Iterator<Item = (Option<&'a Member>, Option<&'a Member>)> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.key.cmp(&b.key),
        };
        let was = if order.is_le() { old.next() } else { None };
        let is = if order.is_ge() { new.next() } else { None };
        Some((was, is))
    })
}
