//! Which number of segments is best, once there is structure.

use super::stability::{DISSOLVED, VALID};
use super::strength::WELL_FOUNDED;
use super::verdict::{list, percent, value};
use super::{Candidate, ChooseK};

/// A silhouette lower by no more than this is not worse.
const NO_WORSE: f64 = 0.005;
/// Telling so much of what the best tells about later spending is telling nearly as much.
const NEARLY_AS_MUCH: f64 = 0.95;

/// Telling so much of it is enough for a number in use: less than what is asked of a new one, so that no number comes and
/// goes with chance.
const STILL_ENOUGH: f64 = 0.85;

/// The number in use if it can still serve, or else the best.
pub(super) fn decide(settings: &ChooseK, candidates: &[Candidate], reasons: &mut Vec<String>) -> usize {
    let best = best(settings, candidates, reasons);
    let Some(in_use) = settings.in_use.filter(|k| *k != best) else { return best };
    match candidates.iter().find(|c| c.k == in_use && still_serves(c, candidates)) {
        Some(kept) => {
            reasons.push(format!("But {in_use} are in use and can still serve, so it stays at {in_use}."));
            reasons.extend(how_sure(kept));
            in_use
        }
        None => {
            reasons.push(format!("{in_use} are in use and cannot serve any more."));
            best
        }
    }
}

/// The number that ranks best among those allowed that are found again in other samples, or that misses the
/// bounds least.
fn best(settings: &ChooseK, candidates: &[Candidate], reasons: &mut Vec<String>) -> usize {
    let ChooseK { min_segments, max_segments, min_share, max_share, .. } = settings;
    let bounds = format!(
        "at least {} and at most {} of customers in each segment",
        percent(*min_share),
        percent(*max_share)
    );
    // One segment is the answer where there is no structure, and only there.
    let allowed: Vec<&Candidate> = candidates.iter().filter(|c| c.allowed && c.k > 1).collect();
    if allowed.is_empty() {
        let in_range = candidates.iter().filter(|c| (*min_segments..=*max_segments).contains(&c.k));
        let nearest = in_range.min_by(|a, b| settings.excess(&a.sizes).total_cmp(&settings.excess(&b.sizes)));
        // With `k_max` below `min_segments` no candidate is in range; the last is closest to it.
        let k = nearest.or(candidates.last()).map_or(1, |c| c.k);
        reasons.push(format!(
            "No number from {min_segments} to {max_segments} has {bounds}; {k} comes closest."
        ));
        return k;
    }
    if *min_share > 0.0 || *max_share < 1.0 {
        let range = format!("With {min_segments} to {max_segments} segments and {bounds}");
        reasons.push(format!("{range}, {} can serve.", names(&allowed)));
    }
    let contenders = found_again(&allowed, reasons);
    let winner = lowest_rank(&contenders);
    if contenders.len() > 1 {
        reasons.push(format!(
            "Of these, {} ranks best when silhouette, silhouette above chance, Calinski-Harabasz and Davies-Bouldin \
             are taken together.",
            winner.k
        ));
    }
    if let Some(enough) = tells_enough(&allowed, winner) {
        let told = |c: &Candidate| percent(c.told.unwrap_or(0.0));
        reasons.push(format!(
            "But {} segments formed at a past date tell {} of the differences in what customers spent later, {} segments {}: \
             it is {}, the smallest number that tells nearly as much as any.",
            winner.k,
            told(winner),
            enough.k,
            told(enough),
            enough.k
        ));
        reasons.extend(how_sure(enough));
        return enough.k;
    }
    let no_worse = |c: &&&Candidate| {
        value(c.silhouette) >= value(winner.silhouette) - NO_WORSE
            && value(c.silhouette_above_chance) >= value(winner.silhouette_above_chance) - NO_WORSE
    };
    let largest = contenders.iter().filter(no_worse).max_by_key(|c| c.k);
    let chosen = match largest {
        Some(largest) if settings.prefer_more && largest.k > winner.k => {
            let k = largest.k;
            reasons.push(format!("{k} are set apart no worse and give more to act on, so it is {k}."));
            largest
        }
        _ => winner,
    };
    reasons.extend(how_sure(chosen));
    chosen.k
}

/// The smallest number that tells nearly as much of what customers do later as any, if `winner` does not.
fn tells_enough<'a>(allowed: &[&'a Candidate], winner: &Candidate) -> Option<&'a Candidate> {
    let told = |c: &Candidate| c.told.filter(|_| value(c.stability) >= DISSOLVED || c.k == winner.k);
    let best = allowed.iter().filter_map(|c| told(c)).reduce(f64::max)?;
    let is_enough = |c: &Candidate| told(c).is_some_and(|share| share >= NEARLY_AS_MUCH * best);
    if is_enough(winner) || winner.told.is_none() {
        return None;
    }
    allowed.iter().copied().find(|c| is_enough(c))
}

/// Those of the allowed numbers that are surely found again in other samples, or else the one that is most
/// often; all if that is not known.
fn found_again<'a>(allowed: &[&'a Candidate], reasons: &mut Vec<String>) -> Vec<&'a Candidate> {
    let surely: Vec<&Candidate> = allowed.iter().copied().filter(|c| surely_found_again(c)).collect();
    if surely.len() == allowed.len() {
        return surely;
    }
    if !surely.is_empty() {
        let which = if surely.len() == 1 { "Only" } else { "Each of" };
        reasons.push(format!(
            "{which} {} is found again in other samples of the customers; of the others, some segments are not.",
            names(&surely)
        ));
        return surely;
    }
    let strongest = allowed.iter().map(|c| value(c.prediction_strength)).fold(f64::NEG_INFINITY, f64::max);
    let most: Vec<&Candidate> =
        allowed.iter().copied().filter(|c| value(c.prediction_strength) >= strongest).collect();
    if most.len() < allowed.len() {
        reasons.push(format!(
            "None of them is surely found again in other samples of the customers; {} comes closest.",
            names(&most)
        ));
    }
    most
}

/// Whether a number is allowed and its segments are found again, as far as chance lets us tell.
fn still_serves(candidate: &Candidate, candidates: &[Candidate]) -> bool {
    let rivals = candidates.iter().filter(|c| c.allowed && c.k > 1);
    let strongest = rivals.map(|c| value(c.prediction_strength)).fold(f64::NEG_INFINITY, f64::max);
    let error = 2.0 * candidate.strength_error.unwrap_or(0.0);
    let found_again = surely_found_again(candidate)
        || value(candidate.stability) >= DISSOLVED
        || value(candidate.prediction_strength) >= strongest - error;
    let most_told =
        candidates.iter().filter(|c| c.allowed && c.k > 1).filter_map(|c| c.told).reduce(f64::max);
    let tells = candidate.told.zip(most_told).is_none_or(|(told, most)| told >= STILL_ENOUGH * most);
    candidate.allowed && candidate.k > 1 && found_again && tells
}

/// By its prediction strength (Tibshirani & Walther 2005, §3), or because every segment is valid (Hennig 2008).
fn surely_found_again(candidate: &Candidate) -> bool {
    value(candidate.prediction_strength) >= WELL_FOUNDED || value(candidate.stability) >= VALID
}

/// The evidence on the chosen number alone, with its uncertainty.
fn how_sure(chosen: &Candidate) -> Option<String> {
    let (strength, stability) = (chosen.prediction_strength?, chosen.stability?);
    let error = chosen.strength_error.unwrap_or(0.0);
    let verdict = match stability {
        s if s >= VALID => "every segment is found again",
        s if s >= DISSOLVED => "the least stable segment changes from sample to sample",
        _ => "the least stable segment is hardly ever found again",
    };
    Some(format!(
        "With {}, half of the customers foretell the other half with a strength of {strength:.2} ± {error:.2}, and \
         {verdict} (stability {stability:.2}).",
        chosen.k
    ))
}

fn names(candidates: &[&Candidate]) -> String {
    list(&candidates.iter().map(|c| c.k.to_string()).collect::<Vec<_>>())
}

/// The candidate with the lowest sum of ranks over the four indices; the larger number of equals.
fn lowest_rank<'a>(allowed: &[&'a Candidate]) -> &'a Candidate {
    let indices: [fn(&Candidate) -> Option<f64>; 4] = [
        |c| c.silhouette,
        |c| c.silhouette_above_chance,
        |c| c.calinski_harabasz,
        |c| c.davies_bouldin.map(|index| -index),
    ];
    // Twice the mid-rank, so that ties stay whole numbers.
    let rank = |candidate: &Candidate, index: fn(&Candidate) -> Option<f64>| -> usize {
        let own = value(index(candidate));
        allowed
            .iter()
            .map(|c| match value(index(c)).total_cmp(&own) {
                std::cmp::Ordering::Greater => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Less => 0,
            })
            .sum()
    };
    let total = |candidate: &Candidate| indices.iter().map(|&index| rank(candidate, index)).sum::<usize>();
    let winner = allowed.iter().min_by_key(|c| (total(c), std::cmp::Reverse(c.k)));
    winner.expect("the caller has at least one candidate")
}
