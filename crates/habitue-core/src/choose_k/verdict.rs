//! From the evidence to a number, and the sentences that say why.

use super::evidence::Seen;
use super::gap::{self, Gap};
use super::knee::knee;
use super::stability::VALID;
use super::strength::WELL_FOUNDED;
use super::{Candidate, ChooseK, Index, Pick, Structure, rank, strength};

/// A silhouette this far above that of data without clusters is structure, whatever the gap statistic says.
const CLEAR: f64 = 0.10;
/// This far above is structure if the gap statistic agrees.
const FAINT: f64 = 0.04;
/// So is this share of customers with one and the same value of a column.
const SPIKE: f64 = 0.10;

/// What was decided, and why.
pub(super) struct Verdict {
    pub(super) k: usize,
    pub(super) picks: Vec<Pick>,
    pub(super) structure: Structure,
    pub(super) reasons: Vec<String>,
}

/// Decides; `candidates` are complete.
pub(super) fn decide(settings: &ChooseK, candidates: &[Candidate], seen: &Seen) -> Verdict {
    let picks = picks(settings, candidates, &seen.gaps);
    let clearest = clearest(candidates);
    let few = seen.distinct <= settings.min_segments;
    let structure = match clearest.map_or(0.0, surely_above) {
        _ if few && seen.distinct > 1 => Structure::Clear,
        _ if few => Structure::None,
        above if above >= CLEAR => Structure::Clear,
        above if above >= FAINT && gap_agrees(&seen.gaps) => Structure::Faint,
        _ if seen.spike >= SPIKE => Structure::Faint,
        _ => Structure::None,
    };
    let mut reasons = Vec::new();
    let k = if let Some(k) = settings.k {
        reasons.push(format!("You asked for {}.", segments(k)));
        k
    } else if few {
        reasons.push(few_kinds(seen.distinct));
        seen.distinct
    } else if structure == Structure::None {
        reasons.push(no_structure(clearest, gap::pick(&seen.gaps)));
        1
    } else {
        reasons.extend(picks.iter().map(|pick| pick.text.clone()));
        reasons.extend(clearest.and_then(|clearest| what_structure(structure, clearest, seen.spike)));
        rank::decide(settings, candidates, &mut reasons)
    };
    reasons.extend(notes(settings, candidates));
    Verdict { k, picks, structure, reasons }
}

/// What each index picks alone, with a sentence.
fn picks(settings: &ChooseK, candidates: &[Candidate], gaps: &[Option<Gap>]) -> Vec<Pick> {
    // A forced number beyond the sweep is evidence but no contender.
    let swept = &candidates[..gaps.len().min(candidates.len())];
    let highest = |value: fn(&Candidate) -> Option<f64>| {
        let scored = swept.iter().filter_map(|c| Some((c.k, value(c)?)));
        scored.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(k, _)| k)
    };
    let inertia: Vec<f64> = swept.iter().map(|c| c.inertia).collect();
    let strengths: Vec<Option<f64>> = swept.iter().map(|c| c.prediction_strength).collect();
    // One segment is always found again.
    let stabilities: Vec<Option<f64>> =
        swept.iter().map(|c| if c.k == 1 { Some(1.0) } else { c.stability }).collect();
    let found = [
        (Index::Silhouette, highest(|c| c.silhouette)),
        (Index::CalinskiHarabasz, highest(|c| c.calinski_harabasz)),
        (Index::DaviesBouldin, highest(|c| c.davies_bouldin.map(|index| -index))),
        (Index::Gap, gap::pick(gaps)),
        (Index::Knee, knee(&inertia).map(|at| at + 1)),
        (Index::PredictionStrength, strength::pick(&strengths, WELL_FOUNDED)),
        (Index::Stability, strength::pick(&stabilities, VALID)),
    ];
    found.map(|(index, k)| Pick { index, k, text: pick_text(settings, index, k) }).to_vec()
}

fn pick_text(settings: &ChooseK, index: Index, k: Option<usize>) -> String {
    let name = match index {
        Index::Silhouette => "Silhouette",
        Index::CalinskiHarabasz => "Calinski-Harabasz",
        Index::DaviesBouldin => "Davies-Bouldin",
        Index::Gap => "The gap statistic",
        Index::Knee => "The knee of the inertia",
        Index::PredictionStrength => "Prediction strength",
        Index::Stability => "Stability",
    };
    match k {
        None if index == Index::Gap => format!("{name} alone would pick no number: it rises to the end."),
        None => format!("{name} alone would pick no number."),
        Some(1) => format!("{name} alone would pick 1: no split at all."),
        Some(2) if settings.min_segments > 2 => {
            format!("{name} alone would pick 2, the coarsest split there is: true, but no plan.")
        }
        Some(k) => format!("{name} alone would pick {k}."),
    }
}

/// The candidate whose silhouette is most surely above that of data without clusters.
fn clearest(candidates: &[Candidate]) -> Option<&Candidate> {
    let scored = candidates.iter().filter(|c| c.silhouette_above_chance.is_some());
    scored.max_by(|a, b| surely_above(a).total_cmp(&surely_above(b)).then(b.k.cmp(&a.k)))
}

/// How far a silhouette is above chance, less twice the error.
fn surely_above(candidate: &Candidate) -> f64 {
    value(candidate.silhouette_above_chance) - 2.0 * candidate.chance_error.unwrap_or(0.0)
}

/// Whether some number of clusters is tighter than one cluster, beyond its error.
///
/// Not the one-standard-error rule, which stops at the first dip: gaps often fall from 1 to 2 and rise above
/// both at 5.
fn gap_agrees(gaps: &[Option<Gap>]) -> bool {
    let Some(one) = gaps.first().copied().flatten() else { return false };
    gaps.iter().skip(1).flatten().any(|gap| gap.gap - gap.error > one.gap)
}

pub(super) fn value(index: Option<f64>) -> f64 {
    index.unwrap_or(f64::NEG_INFINITY)
}

fn few_kinds(distinct: usize) -> String {
    match distinct {
        1 => "All customers are alike in these features: one segment.".to_owned(),
        n => format!("There are only {n} different kinds of customers in these features; each is a segment."),
    }
}

fn no_structure(clearest: Option<&Candidate>, gap_pick: Option<usize>) -> String {
    let gap = if gap_pick == Some(1) { "the gap statistic finds one group, and " } else { "" };
    let above = clearest.and_then(|c| c.silhouette_above_chance).unwrap_or(0.0).max(0.0);
    format!(
        "There is no structure here: one segment. \
         Customers form one cloud: {gap}no split is clearer than one of data without groups \
         (its silhouette is {above:.2} above chance). Any other number would cut where nothing ends."
    )
}

fn what_structure(structure: Structure, clearest: &Candidate, spike: f64) -> Option<String> {
    let (silhouette, above) = (clearest.silhouette?, clearest.silhouette_above_chance?);
    let by_chance = silhouette - above;
    let found = format!(
        "{} reach a silhouette of {silhouette:.2}, data without groups {by_chance:.2}",
        segments(clearest.k)
    );
    let spike = if spike >= SPIKE {
        format!(", and {} of customers share one value of a feature", percent(spike))
    } else {
        String::new()
    };
    Some(match structure {
        Structure::Clear => format!("Customers form groups: {found}."),
        _ => format!(
            "Customers form a continuum with denser places: {found}{spike}. \
             Segments are useful cuts through it; there are no gaps at their borders."
        ),
    })
}

/// What was measured on a part of the customers only.
fn notes(settings: &ChooseK, candidates: &[Candidate]) -> Vec<String> {
    let n_rows = candidates.first().map_or(0, |c| c.sizes.iter().sum::<usize>());
    let mut notes = Vec::new();
    if n_rows > settings.gap_rows {
        notes.push(format!(
            "The gap statistic was measured on a random sample of {} customers.",
            settings.gap_rows
        ));
    }
    if let Some(error) = candidates.iter().filter_map(|c| c.silhouette_error).reduce(f64::max) {
        notes.push(format!(
            "Silhouettes were measured on a random sample of {} customers; their standard error is at most {error:.3}.",
            settings.sample_rows(n_rows)
        ));
    }
    notes
}

fn segments(k: usize) -> String {
    if k == 1 { "1 segment".to_owned() } else { format!("{k} segments") }
}

pub(super) fn percent(share: f64) -> String {
    let percent = (share * 1000.0).round() / 10.0;
    format!("{percent} %")
}

/// "3", "3 and 4", "3, 4 and 5".
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(values: &[f64]) -> Vec<Option<Gap>> {
        let gap =
            |&gap: &f64| Some(Gap { gap, error: 0.1, reference_silhouette: None, reference_error: 0.0 });
        values.iter().map(gap).collect()
    }

    #[test]
    fn a_gap_that_falls_and_rises_again_agrees_if_it_ends_above_its_error() {
        assert!(gap_agrees(&gaps(&[0.5, 0.3, 0.65])));
        assert!(!gap_agrees(&gaps(&[0.5, 0.3, 0.55])));
        assert!(!gap_agrees(&gaps(&[0.5])) && !gap_agrees(&[]));
    }

    #[test]
    fn numbers_are_listed_as_people_write_them() {
        let names = ["3", "4", "5"].map(str::to_owned);
        assert_eq!(
            (list(&names), list(&names[..2]), list(&names[..1])),
            ("3, 4 and 5".into(), "3 and 4".into(), "3".into())
        );
        assert_eq!((percent(0.02), percent(0.345)), ("2 %".into(), "34.5 %".into()));
    }
}
