//! From crossed runs to the account of who moved.

use habitue_core::movement::{Flow, Matching, Place};
use habitue_core::persona::Tier;
use habitue_core::time::Day;

use super::{Crossed, Run};
use crate::outcome::{
    FormerSegment, Match, Movement, MovementPlace, NO_PURCHASE, PlaceKind, PreviousRun, Segment,
};

/// The key of the persona of customers who are about to leave.
const AT_RISK: &str = "at-risk";
/// The key of the built-in persona of low value, for files that do not say how a persona stands in value.
const LOW_VALUE: &str = "low-value";

/// The account of who moved from an old run to segments that are described.
pub(super) fn movement(old: &Run, as_of: Option<Day>, segments: &[Segment], crossed: &Crossed) -> Movement {
    let Crossed { flows, matching, agreement } = crossed;
    let before = old.segments();
    let is_one = |was: Place, is: Place| match (was, is) {
        (Place::Segment(was), Place::Segment(is)) => matching.of_old(was).is_some_and(|pair| pair.new == is),
        _ => false,
    };
    let levels = Levels::new(before, segments, matching);
    let moved = |wanted: fn(f64, f64) -> bool| {
        flows.sum(|was, is| match (was, is) {
            (Place::Segment(was_in), Place::Segment(is_in)) => {
                !is_one(was, is) && wanted(levels.of_old[was_in], is_in as f64)
            }
            _ => false,
        })
    };
    let entered_at_risk = flows.sum(|was, is| match (was, is) {
        (Place::Segment(was), Place::Segment(is)) => !is_at_risk(&before[was]) && is_at_risk(&segments[is]),
        _ => false,
    });
    // Nobody is shown as coming from or going to a place where nobody is.
    let from: Vec<Place> =
        flows.from_places().filter(|p| keeps(*p) || flows.sum(|was, _| was == *p).customers > 0).collect();
    let to: Vec<Place> =
        flows.to_places().filter(|p| keeps(*p) || flows.sum(|_, is| is == *p).customers > 0).collect();
    let row = |was: &Place| -> Vec<Flow> { to.iter().map(|is| flows.of(*was, *is)).collect() };
    Movement {
        previous: PreviousRun {
            as_of: old.outcome.as_of,
            customers: old.outcome.customers,
            segments: before.len(),
        },
        as_of,
        matches: matches(before, segments, matching),
        new: matching.new.iter().map(|&s| former(&segments[s])).collect(),
        vanished: matching.vanished.iter().map(|&s| former(&before[s])).collect(),
        matrix: from.iter().map(row).collect(),
        from: from.iter().map(|p| place(*p, before, "New customers")).collect(),
        to: to.iter().map(|p| place(*p, segments, "Gone from the data")).collect(),
        stayed: flows.sum(is_one),
        moved_up: moved(|was, is| is < was),
        moved_down: moved(|was, is| is > was),
        came: flows.sum(|was, _| was == Place::Absent),
        gone: flows.sum(|_, is| is == Place::Absent),
        entered_at_risk,
        agreement: *agreement,
    }
}

/// Whether a segment's customers are leaving, or brought little and are hardly there.
fn is_at_risk(segment: &Segment) -> bool {
    segment.tier == Tier::Low || [AT_RISK, LOW_VALUE].contains(&segment.persona_key.as_str())
}

fn keeps(place: Place) -> bool {
    place != Place::Apart
}

fn matches(before: &[Segment], now: &[Segment], matching: &Matching) -> Vec<Match> {
    let one = |pair: &habitue_core::movement::Pair| {
        let (was, is) = (&before[pair.old], &now[pair.new]);
        Match {
            id: is.id,
            previous_id: was.id,
            name: is.name.clone(),
            previous_name: was.name.clone(),
            persona: is.persona.clone(),
            previous_persona: was.persona.clone(),
            overlap: pair.overlap,
            stayed: pair.stayed,
            customers: is.customers,
            previous_customers: was.customers,
        }
    };
    matching.pairs.iter().map(one).collect()
}

fn former(segment: &Segment) -> FormerSegment {
    FormerSegment { id: segment.id, name: segment.name.clone(), customers: segment.customers }
}

fn place(place: Place, segments: &[Segment], absent: &str) -> MovementPlace {
    let (kind, id, name) = match place {
        Place::Segment(index) => {
            (PlaceKind::Segment, Some(segments[index].id), segments[index].name.as_str())
        }
        Place::Apart => (PlaceKind::NoNetPurchase, None, NO_PURCHASE),
        Place::Absent => (PlaceKind::Absent, None, absent),
    };
    MovementPlace { place: kind, id, name: name.to_owned() }
}

/// Where old segments stand among the new ones, 0 for the most valuable.
struct Levels {
    of_old: Vec<f64>,
}

impl Levels {
    /// A segment that lives on stands where it stands now. One that vanished stands between those above and below which
    /// it stood by the share of customers in more valuable segments, its own counted half.
    fn new(before: &[Segment], now: &[Segment], matching: &Matching) -> Self {
        let (were, are) = (standings(before), standings(now));
        let level = |old: usize| match matching.of_old(old) {
            Some(pair) => pair.new as f64,
            None => are.iter().filter(|standing| **standing < were[old]).count() as f64 - 0.5,
        };
        Self { of_old: (0..before.len()).map(level).collect() }
    }
}

/// For each segment the share of customers in those before it and in half of its own.
fn standings(segments: &[Segment]) -> Vec<f64> {
    let all: usize = segments.iter().map(|s| s.customers).sum();
    let mut above = 0;
    let mut standing = |segment: &Segment| {
        let standing = (above as f64 + segment.customers as f64 / 2.0) / all.max(1) as f64;
        above += segment.customers;
        standing
    };
    segments.iter().map(&mut standing).collect()
}
