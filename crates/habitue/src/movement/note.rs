//! From crossed runs to the account of who moved.

use std::cmp::Ordering;

use habitue_core::movement::{Matching, Place};
use habitue_core::persona::Tier;
use habitue_core::time::Day;

use super::{Crossed, Run};
use crate::outcome::{
    Change, FormerSegment, Match, Move, Movement, MovementPlace, NO_PURCHASE, PlaceKind, PreviousRun, Segment,
};

/// The key of the persona of customers who are about to leave.
const AT_RISK: &str = "at-risk";
/// The key of the built-in persona of low value, for files that do not say how a persona stands in value.
const LOW_VALUE: &str = "low-value";

/// The account of who moved from an old run to segments that are described.
pub(super) fn movement(old: &Run, as_of: Option<Day>, segments: &[Segment], crossed: &Crossed) -> Movement {
    let Crossed { flows, matching, agreement } = crossed;
    let before = old.segments();
    let levels = levels(before, segments, matching);
    let step = |was: Place, is: Place| -> Move {
        let change = match (was, is) {
            (Place::Absent, _) => Change::Came,
            (_, Place::Absent) => Change::Gone,
            (Place::Segment(was), Place::Segment(is))
                if matching.of_old(was).is_some_and(|pair| pair.new == is) =>
            {
                Change::Stayed
            }
            (Place::Segment(was), Place::Segment(is)) => {
                let by_kind = grade(&segments[is]).cmp(&grade(&before[was]));
                match by_kind.then_with(|| levels[was].total_cmp(&(is as f64))) {
                    Ordering::Less => Change::Worse,
                    _ => Change::Better,
                }
            }
            _ => Change::Apart,
        };
        let entered_at_risk = matches!((was, is), (Place::Segment(was), Place::Segment(is))
            if enters_risk(&before[was], &segments[is]));
        Move { flow: flows.of(was, is), change, entered_at_risk }
    };
    let sum = |wanted: &dyn Fn(Move) -> bool| flows.sum(|was, is| wanted(step(was, is)));
    let of = |change| sum(&|m| m.change == change);
    // Nobody is shown as coming from or going to a place where nobody is.
    let from: Vec<Place> =
        flows.from_places().filter(|p| keeps(*p) || flows.sum(|was, _| was == *p).customers > 0).collect();
    let to: Vec<Place> =
        flows.to_places().filter(|p| keeps(*p) || flows.sum(|_, is| is == *p).customers > 0).collect();
    let row = |was: &Place| -> Vec<Move> { to.iter().map(|is| step(*was, *is)).collect() };
    Movement {
        previous: PreviousRun {
            folder: Some(old.folder.display().to_string()),
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
        stayed: of(Change::Stayed),
        moved_up: of(Change::Better),
        moved_down: of(Change::Worse),
        came: of(Change::Came),
        gone: of(Change::Gone),
        entered_at_risk: sum(&|m| m.entered_at_risk),
        agreement: *agreement,
    }
}

/// How good a kind of segment is: 3 for high value, 1 at risk, 0 for low value, 2 for all others.
fn grade(segment: &Segment) -> u8 {
    match (segment.persona_key.as_str(), segment.tier) {
        (LOW_VALUE, _) | (_, Tier::Low) => 0,
        (AT_RISK, _) => 1,
        (_, Tier::High) => 3,
        (_, Tier::Middle) => 2,
    }
}

/// Whether who was in the one segment and is in the other is at risk now, and was not.
pub(crate) fn enters_risk(was: &Segment, is: &Segment) -> bool {
    grade(is) <= 1 && grade(was) > 1
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
///
/// A segment that lives on stands where it stands now. One that vanished stands between those above and below which it
/// stood by the share of customers in more valuable segments, its own counted half.
fn levels(before: &[Segment], now: &[Segment], matching: &Matching) -> Vec<f64> {
    let (were, are) = (standings(before), standings(now));
    let level = |old: usize| match matching.of_old(old) {
        Some(pair) => pair.new as f64,
        None => are.iter().filter(|standing| **standing < were[old]).count() as f64 - 0.5,
    };
    (0..before.len()).map(level).collect()
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

#[cfg(test)]
mod tests {
    use habitue_core::Money;
    use habitue_core::movement::{Flows, match_segments};

    use super::*;

    fn segment(id: usize, persona_key: &str, tier: &str, customers: usize) -> Segment {
        serde_json::from_value(serde_json::json!({
            "id": id, "name": format!("{persona_key} {id}"), "persona": persona_key, "persona_key": persona_key,
            "tier": tier, "evidence": [], "customers": customers, "share": 0.0, "revenue": "0.00",
            "revenue_share": 0.0, "revenue_12m": "0.00", "confidence": 1.0,
            "rule": {"text": "", "conditions": [], "precision": 1.0, "recall": 1.0}, "profile": [], "actions": [],
        }))
        .unwrap()
    }

    /// One hundred customers: the third old segment, of a middle kind, is scattered.
    fn months() -> (Vec<Segment>, Vec<Segment>, Crossed) {
        let before = vec![
            segment(1, "loyal", "high", 10),
            segment(2, "at-risk", "middle", 20),
            segment(3, "potential", "middle", 20),
            segment(4, "lost", "low", 50),
        ];
        let now = vec![
            segment(1, "loyal", "high", 15),
            segment(2, "at-risk", "middle", 30),
            segment(4, "lost", "low", 55),
        ];
        let mut flows = Flows::new(4, 3);
        let moves = [(0, 0, 10), (1, 1, 20), (2, 0, 5), (2, 1, 8), (2, 2, 7), (3, 1, 2), (3, 2, 48)];
        for (was, is, n) in moves {
            (0..n).for_each(|_| flows.add(Place::Segment(was), Place::Segment(is), Money(1)));
        }
        let matching = match_segments(&flows, None);
        (before, now, Crossed { flows, matching, agreement: None })
    }

    #[test]
    fn a_segment_that_vanished_stands_where_its_customers_stood() {
        let (before, now, crossed) = months();
        // Above: 10, 20 and half of 20 of 100 customers; now 7.5 and 30 are above that, 72.5 is below.
        assert_eq!(levels(&before, &now, &crossed.matching), [0.0, 1.0, 1.5, 2.0]);
    }

    #[test]
    fn kind_decides_what_is_better_and_who_entered_risk() {
        let (before, now, crossed) = months();
        let outcome = serde_json::json!({
            "schema_version": 1, "program": "", "kind": "orders", "sources": [], "roles": [], "warnings": [],
            "input": {"rows_read": 0, "rows_kept": 0, "revenue_read": "0.00", "revenue_kept": "0.00", "rejected": [],
                "observed": [], "orders": 0},
            "customers": 100, "revenue": "0.00", "without_purchase": {"customers": 0, "revenue": "0.00"},
            "features": [], "choice": {"k": 4, "forced": false, "candidates": [], "picks": [], "reasons": []},
            "segments": before, "months": [], "sample": {"of": 0, "segment": [], "features": []}, "settings": {},
        });
        let old = Run {
            folder: "old".into(),
            outcome: serde_json::from_value(outcome).unwrap(),
            members: Vec::new(),
        };
        let told = movement(&old, None, &now, &crossed);
        let changes: Vec<Vec<Change>> =
            told.matrix.iter().map(|row| row[..3].iter().map(|m| m.change).collect()).collect();
        use Change::{Better, Stayed, Worse};
        assert_eq!(changes[0], [Stayed, Worse, Worse]);
        assert_eq!(changes[1], [Better, Stayed, Worse]);
        assert_eq!(changes[2], [Better, Worse, Worse]);
        assert_eq!(changes[3], [Better, Better, Stayed]);
        assert_eq!((told.stayed.customers, told.moved_up.customers, told.moved_down.customers), (78, 7, 15));
        // From the low kind to the one at risk nobody enters risk.
        assert_eq!(told.entered_at_risk.customers, 15);
        assert_eq!((told.vanished[0].id, told.vanished.len(), told.new.len()), (3, 1, 0));
    }
}
