//! The numbers and names that segments keep from run to run.

use habitue_core::movement::{Known, Place, carry};
use habitue_core::prepare::FittedPreparation;
use habitue_core::profile::profiles;
use habitue_core::table::Table;

use super::base::Base;
use super::meaning::Meaning;
use crate::error::Error;
use crate::movement::{Crossed, Member, Run, key, nearest};
use crate::outcome::Segment;

/// Gives segments the numbers and names of those of the previous run that they are.
pub(super) fn settle(
    meaning: &mut Meaning,
    base: &Base,
    preparation: &FittedPreparation,
    old: &Run,
) -> Result<Crossed, Error> {
    let profiles = profiles(&meaning.segmented(base)?);
    let crossed = Crossed::new(old, &members(meaning, base), preparation, &profiles)?;
    let before: Vec<Known<'_>> = old.outcome.segments.iter().map(known).collect();
    let found = meaning.names.iter().zip(&meaning.ids);
    let found: Vec<Known<'_>> =
        found.map(|(n, id)| Known { id: *id, name: &n.name, persona_key: &n.persona_key }).collect();
    let (identities, next_id) = carry(&before, &found, &crossed.matching, old.outcome.next_id.unwrap_or(1));
    for ((identity, name), id) in identities.into_iter().zip(&mut meaning.names).zip(&mut meaning.ids) {
        (*id, name.name) = (identity.id, identity.name);
    }
    meaning.next_id = next_id;
    Ok(crossed)
}

fn known(segment: &Segment) -> Known<'_> {
    Known { id: segment.id, name: &segment.name, persona_key: &segment.persona_key }
}

/// Everybody with their place, ascending by key.
fn members(meaning: &Meaning, base: &Base) -> Vec<Member> {
    let placed = base.table.ids.iter().zip(&meaning.labels).enumerate().map(|(row, (id, label))| Member {
        key: key(id),
        place: Place::Segment(*label),
        spend: base.net.get(row).copied().unwrap_or_default(),
    });
    let apart = |table: &Table| -> Vec<Member> {
        let spend = table.numbers("spend").unwrap_or_default();
        let spend_of = |row| spend.get(row).copied().map(nearest).unwrap_or_default();
        let member =
            |(row, id): (usize, &String)| Member { key: key(id), place: Place::Apart, spend: spend_of(row) };
        table.ids.iter().enumerate().map(member).collect()
    };
    let mut members: Vec<Member> = placed.chain(base.apart.as_ref().map(apart).unwrap_or_default()).collect();
    members.sort_by(|a, b| a.key.cmp(&b.key));
    members.dedup_by(|a, b| a.key == b.key);
    members
}
