//! The beam search for conditions, on values replaced by their place among the candidate bounds.

use std::cmp::Ordering;

use super::{Condition, RuleSearch};
use crate::math::quantile::sorted;
use crate::math::random::Random;
use crate::segmented::Segmented;
use crate::text::Rounding;

/// Rules kept from one length to the next.
const BEAM: usize = 6;
/// Rounds of tuning each condition with the others held.
const ROUNDS: usize = 3;
/// The place of a missing value: within no bounds.
const MISSING: u16 = u16::MAX;

/// The conditions with the best F1, paid for by their number; in the order of the features.
pub(super) fn best_conditions(
    settings: &RuleSearch,
    segmented: &Segmented<'_>,
    segment: usize,
) -> Vec<Condition> {
    let sample = Sample::draw(settings, segmented, segment);
    let mut best: Option<Candidate> = None;
    let mut beam = vec![Candidate { bounds: Vec::new(), score: 0.0 }];
    for _ in 0..settings.max_conditions {
        let mut grown: Vec<Candidate> = beam.iter().flat_map(|rule| sample.grow(rule)).collect();
        grown.sort_by(Candidate::better_first);
        grown.dedup_by(|a, b| a.bounds == b.bounds);
        grown.truncate(BEAM);
        beam = grown.into_iter().map(|rule| sample.tune(rule)).collect();
        beam.sort_by(Candidate::better_first);
        beam.dedup_by(|a, b| a.bounds == b.bounds);
        // A rule that picks nobody of the segment scores 0 and is none.
        if let Some(first) = beam.first()
            && first.score > best.as_ref().map_or(0.0, |best| best.score)
        {
            best = Some(first.clone());
        }
    }
    best.map_or_else(Vec::new, |rule| rule.bounds.iter().map(|bounds| sample.condition(*bounds)).collect())
}

/// Bounds on one feature, as places: values with `low ≤ place ≤ high` are within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    column: usize,
    low: u16,
    high: u16,
}

/// A rule under way, its bounds in the order of the columns.
#[derive(Debug, Clone)]
struct Candidate {
    bounds: Vec<Bounds>,
    score: f64,
}

impl Candidate {
    /// By score; equal scores by the earlier columns and the lower bounds, so that the answer never depends on luck.
    fn better_first(&self, other: &Self) -> Ordering {
        let key = |c: &Self| c.bounds.iter().map(|b| (b.column, b.low, b.high)).collect::<Vec<_>>();
        other.score.total_cmp(&self.score).then_with(|| key(self).cmp(&key(other)))
    }
}

/// A column of the sample. With candidate bounds c₀ < c₁ < …, a value has place 0 below c₀, 1 at c₀, 2 between c₀ and c₁, 3
/// at c₁ and so on: "at least cᵢ" is place ≥ 2i+1, "at most cᵢ" is place ≤ 2i+1.
struct Column {
    name: String,
    cuts: Vec<f64>,
    places: Vec<u16>,
    /// The least and the greatest place of a customer: a bound must leave somebody out, or it says nothing.
    least: u16,
    greatest: u16,
}

impl Column {
    fn top(&self) -> u16 {
        2 * self.cuts.len() as u16
    }
}

struct Sample {
    columns: Vec<Column>,
    /// Whether the customer is in the segment.
    inside: Vec<bool>,
    /// Customers of the table for whom one of the sample stands, outside and inside the segment.
    weight: [f64; 2],
    /// Customers in the segment.
    members: f64,
    price_of_condition: f64,
}

impl Sample {
    fn draw(settings: &RuleSearch, segmented: &Segmented<'_>, segment: usize) -> Self {
        let labels = segmented.labels();
        let members = segmented.sizes()[segment];
        let of = [labels.len() - members, members];
        let half = settings.sample / 2;
        // What one side cannot fill, the other may.
        let take = [0, 1].map(|side: usize| of[side].min(settings.sample - half.min(of[1 - side])));
        let rows = draw_rows(labels, segment, of, take);
        let columns = segmented
            .numeric()
            .filter(|(column, _)| {
                settings.features.is_empty() || settings.features.contains(&column.feature.name)
            })
            .map(|(column, values)| {
                let values_of = |inside: bool| {
                    sorted(
                        rows.iter()
                            .filter(|&&row| (labels[row] == segment) == inside)
                            .map(|&row| values[row]),
                    )
                };
                let cuts = cuts(Rounding::of(&column.feature, values), &[values_of(true), values_of(false)]);
                let places: Vec<u16> = rows.iter().map(|&row| place(&cuts, values[row])).collect();
                let known = || places.iter().copied().filter(|place| *place != MISSING);
                let (least, greatest) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
                Column { name: column.feature.name.clone(), cuts, places, least, greatest }
            });
        let mut columns: Vec<Column> = columns.collect();
        let wanted = |column: &Column| settings.features.iter().position(|name| *name == column.name);
        columns.sort_by_key(wanted);
        Self {
            columns,
            inside: rows.iter().map(|&row| labels[row] == segment).collect(),
            weight: [0, 1].map(|side: usize| of[side] as f64 / take[side].max(1) as f64),
            members: members as f64,
            price_of_condition: settings.least_gain,
        }
    }

    /// Every rule with one condition more: for each feature the best bound below, above, and both.
    fn grow(&self, rule: &Candidate) -> Vec<Candidate> {
        let kept = self.rows_within(&rule.bounds, None);
        let free = (0..self.columns.len()).filter(|column| rule.bounds.iter().all(|b| b.column != *column));
        free.flat_map(|column| {
            let best = self.best_bounds(column, &kept, &rule.bounds);
            best.into_iter()
                .flatten()
                .map(|(bounds, score)| Candidate { bounds: with(&rule.bounds, bounds), score })
        })
        .collect()
    }

    /// Each condition in turn takes the bounds that suit the others best, until none changes.
    fn tune(&self, mut rule: Candidate) -> Candidate {
        for _ in 0..ROUNDS {
            let before = rule.score;
            for i in 0..rule.bounds.len() {
                let mut others = rule.bounds.clone();
                let own = others.remove(i);
                let kept = self.rows_within(&rule.bounds, Some(own.column));
                for (bounds, score) in self.best_bounds(own.column, &kept, &others).into_iter().flatten() {
                    if score > rule.score + 1e-12 {
                        rule = Candidate { bounds: with(&others, bounds), score };
                    }
                }
            }
            if rule.score <= before {
                break;
            }
        }
        rule
    }

    /// The best bounds below, above and on both sides of one column, among the rows that the other conditions keep.
    fn best_bounds(&self, column: usize, kept: &[u32], others: &[Bounds]) -> [Option<(Bounds, f64)>; 3] {
        let Column { places, least, greatest, .. } = &self.columns[column];
        let top = self.columns[column].top();
        // Customers at each place or below it, outside and inside the segment.
        let mut up_to = vec![[0.0_f64; 2]; usize::from(top) + 1];
        for &row in kept {
            let (place, side) = (places[row as usize], usize::from(self.inside[row as usize]));
            if place != MISSING {
                up_to[usize::from(place)][side] += self.weight[side];
            }
        }
        for i in 1..up_to.len() {
            up_to[i] = [up_to[i][0] + up_to[i - 1][0], up_to[i][1] + up_to[i - 1][1]];
        }
        let price = self.price_of_condition;
        let paid: f64 = others.iter().map(|b| price + self.price_of_second_bound(*b)).sum();
        let mut best = [None; 3];
        let lows = || std::iter::once(0).chain((1..top).step_by(2).filter(|low| low > least));
        let highs = || (1..top).step_by(2).filter(|high| high < greatest).chain(std::iter::once(top));
        for low in lows() {
            for high in highs().filter(|high| *high >= low) {
                let bounds = Bounds { column, low, high };
                let kind = match (low > 0, high < top) {
                    (true, false) => 0,
                    (false, true) => 1,
                    (true, true) => 2,
                    (false, false) => continue,
                };
                let below = if low == 0 { [0.0; 2] } else { up_to[usize::from(low) - 1] };
                let within = [0, 1].map(|side: usize| up_to[usize::from(high)][side] - below[side]);
                let f1 = 2.0 * within[1] / (within[0] + within[1] + self.members);
                let score = f1 - paid - self.price_of_second_bound(bounds);
                if best[kind].is_none_or(|(_, so_far)| score > so_far) {
                    best[kind] = Some((bounds, score));
                }
            }
        }
        best
    }

    fn price_of_second_bound(&self, bounds: Bounds) -> f64 {
        let both = bounds.low > 0 && bounds.high < self.columns[bounds.column].top();
        if both { self.price_of_condition / 2.0 } else { 0.0 }
    }

    fn rows_within(&self, bounds: &[Bounds], but: Option<usize>) -> Vec<u32> {
        let holds = |row: usize| {
            bounds.iter().filter(|b| Some(b.column) != but).all(|b| {
                let place = self.columns[b.column].places[row];
                place != MISSING && (b.low..=b.high).contains(&place)
            })
        };
        (0..self.inside.len()).filter(|&row| holds(row)).map(|row| row as u32).collect()
    }

    fn condition(&self, bounds: Bounds) -> Condition {
        let column = &self.columns[bounds.column];
        let cut = |place: u16| column.cuts[usize::from(place / 2)];
        Condition {
            feature: column.name.clone(),
            at_least: (bounds.low > 0).then(|| cut(bounds.low)),
            at_most: (bounds.high < column.top()).then(|| cut(bounds.high)),
        }
    }
}

fn with(others: &[Bounds], bounds: Bounds) -> Vec<Bounds> {
    let mut all = others.to_vec();
    all.insert(all.partition_point(|b| b.column < bounds.column), bounds);
    all
}

/// Selection sampling on each side (Knuth, TAOCP 2, 3.4.2, algorithm S): rows in their order, the same for the same sizes.
fn draw_rows(labels: &[usize], segment: usize, of: [usize; 2], take: [usize; 2]) -> Vec<usize> {
    let mut random = Random::new(0);
    let (mut left, mut wanted) = (of, take);
    let mut rows = Vec::with_capacity(take[0] + take[1]);
    for (row, label) in labels.iter().enumerate() {
        let side = usize::from(*label == segment);
        if random.below(left[side]) < wanted[side] {
            wanted[side] -= 1;
            rows.push(row);
        }
        left[side] -= 1;
    }
    rows
}

/// The order statistics at every 5 % of each side, rounded, ascending, without repeats.
fn cuts(rounding: Rounding, sides: &[Vec<f64>]) -> Vec<f64> {
    let quantiles = sides.iter().filter(|values| !values.is_empty()).flat_map(|values| {
        (0..=20).map(|twentieth| values[twentieth * (values.len() - 1) / 20]).filter(|v| v.is_finite())
    });
    let mut cuts = sorted(quantiles.map(|value| rounding.round(value)));
    cuts.dedup_by(|a, b| a.total_cmp(b).is_eq());
    cuts
}

fn place(cuts: &[f64], value: f64) -> u16 {
    if value.is_nan() {
        return MISSING;
    }
    let (below, up_to) = (cuts.partition_point(|c| *c < value), cuts.partition_point(|c| *c <= value));
    (below + up_to) as u16
}
