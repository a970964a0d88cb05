//! The search for good centres: a small population of fixed points that are crossed, mutated and moved downhill.
//!
//! In the spirit of HG-means (Gribel & Vidal 2019): two parents are matched centre by centre, the child takes one
//! of each pair, one of its centres is moved to a row that is far from the others, and Lloyd's iterations do the
//! rest.
//! Half of the children come from one parent whose least useful centre is moved instead (as in k-means with swaps
//! and breathing k-means, Fritzke 2020).
//! A child that will hardly be among the solutions kept is given up on its way, and a search ends when nothing better
//! was found for long, or the best was found again and again.

mod closest;
mod field;

use rayon::prelude::*;

pub(crate) use field::{Field, Solution};

use crate::math::distance::squared;
use crate::math::random::{Random, mix};

/// Solutions kept.
const POPULATION: usize = 10;
/// The first rounds have a fresh start each, and later every so many.
const FRESH_ROUNDS: usize = 4;
/// Children of one round at most.
const MAX_CHILDREN: usize = 40;
/// Rounds without a better solution after which a search may end at all: where rows are few a round is large.
const IDLE_ROUNDS: usize = 3;

/// Rows × centres × columns up to which a search that is alone is two, and four.
const LITTLE_WORK: usize = 600_000;
const VERY_LITTLE_WORK: usize = 20_000;

/// How hard to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds at most.
    n_rounds: usize,
    /// Descents without a better solution after which a search ends, and how many more for each centre.
    patience: usize,
    patience_of_centre: usize,
    /// How often the best solution is found again before a search ends.
    again: usize,
    /// Distances measured for the children of one round, about.
    round_work: usize,
    /// Children of one round at least.
    least_children: usize,
    /// Whether no solutions for neighbouring numbers of clusters are at hand.
    is_alone: bool,
}

impl Effort {
    /// On the rows themselves, where what is found is the answer; alone, or with solutions for neighbouring numbers of
    /// clusters at hand. Then few children a round and more rounds reach farther: each round begins from better parents.
    pub(crate) fn fine(n_rounds: usize, is_alone: bool) -> Self {
        let again = 20 * n_rounds.div_ceil(10);
        if !is_alone {
            return Self {
                n_rounds: 3 * n_rounds,
                patience: 4 * n_rounds,
                patience_of_centre: 2,
                again,
                round_work: 300_000,
                least_children: 3,
                is_alone,
            };
        }
        Self {
            n_rounds: 2 * n_rounds - 1,
            patience: 30 * n_rounds.div_ceil(10),
            patience_of_centre: 15 * n_rounds.div_ceil(10),
            again,
            round_work: 1_600_000,
            least_children: 2,
            is_alone,
        }
    }

    /// On a summary, where the last part in a thousand is not worth looking for; alone, or with solutions for
    /// neighbouring numbers of clusters at hand.
    pub(crate) fn coarse(n_rounds: usize, is_alone: bool) -> Self {
        let (n_rounds, patience_of_centre) = if is_alone { (2 * n_rounds - 1, 15) } else { (n_rounds, 0) };
        let round_work = if is_alone { 300_000 } else { 50_000 };
        // Solutions that are only close count as one there: they are found again soon.
        let again = usize::MAX;
        Self { n_rounds, patience: 12, patience_of_centre, again, round_work, least_children: 3, is_alone }
    }
}

/// What a solution is to those known before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// Better than all of them.
    Best,
    /// The best of them.
    BestAgain,
    /// Any other.
    Other,
}

/// The best solutions known for one number of clusters, the best first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Population {
    pub solutions: Vec<Solution>,
}

impl Population {
    /// Adds a solution unless it is one of those known.
    pub(crate) fn add(&mut self, new: Solution, same: f64) -> Added {
        let is_same = |known: &Solution| (known.inertia - new.inertia).abs() <= same * known.inertia;
        if let Some(at) = self.solutions.iter().position(is_same) {
            return if at == 0 { Added::BestAgain } else { Added::Other };
        }
        let at = self.solutions.partition_point(|known| known.inertia <= new.inertia);
        self.solutions.insert(at, new);
        self.solutions.truncate(POPULATION);
        if at == 0 { Added::Best } else { Added::Other }
    }

    /// What a new solution must be below to be kept.
    fn bound(&self) -> f64 {
        if self.solutions.len() < POPULATION { f64::INFINITY } else { self.solutions[POPULATION - 1].inertia }
    }

    /// The better of two drawn at random.
    fn tournament(&self, random: &mut Random) -> &Solution {
        let (one, two) = (random.below(self.solutions.len()), random.below(self.solutions.len()));
        &self.solutions[one.min(two)]
    }
}

/// Searches for `k` centres on a field: rounds of one fresh start and some children each.
///
/// Round `r` is the same however many rounds there are, so more rounds never give a worse answer; and the same on
/// any number of threads. Solutions already known may be given.
///
/// A search of little work that is alone is several, from nothing each, with half the patience: where rows are few a
/// population can settle around the wrong solution, and several rarely around the same.
pub(crate) fn search(field: &Field, k: usize, effort: Effort, seed: u64, known: Population) -> Population {
    let work = field.n_rows() * k * field.n_cols();
    let n_searches = if work <= VERY_LITTLE_WORK {
        4
    } else if work <= LITTLE_WORK {
        2
    } else {
        1
    };
    if !effort.is_alone || k == 1 || n_searches == 1 {
        return evolve(field, k, effort, seed, known);
    }
    let half = Effort {
        patience: effort.patience.div_ceil(2),
        patience_of_centre: effort.patience_of_centre.div_ceil(2),
        ..effort
    };
    let mut population = evolve(field, k, half, seed, known);
    for another in 1..n_searches {
        for solution in evolve(field, k, half, mix(seed ^ another), Population::default()).solutions {
            population.add(solution, field.same());
        }
    }
    population
}

/// One search; see [`search`].
fn evolve(field: &Field, k: usize, effort: Effort, seed: u64, known: Population) -> Population {
    let mut population = known;
    if k == 1 {
        let mut random = Random::new(seed);
        population.add(field.descend(field.seeds(1, &mut random)), field.same());
        return population;
    }
    let work = field.n_rows() * k * field.n_cols();
    let n_children = (effort.round_work / work.max(1)).clamp(effort.least_children, MAX_CHILDREN);
    let (mut idle, mut n_again) = (0, 0);
    for round in 0..effort.n_rounds {
        let stream = |at: usize| Random::stream(seed, (round * (MAX_CHILDREN + 1) + at) as u64);
        let is_fresh = round < FRESH_ROUNDS || round % FRESH_ROUNDS == 0;
        let start = |at: usize| {
            let random = &mut stream(at);
            if at == 0 && is_fresh || population.solutions.is_empty() {
                field.seeds(k, random)
            } else {
                child(field, &population, random)
            }
        };
        let bound = population.bound();
        let found: Vec<Option<Solution>> =
            (0..=n_children).into_par_iter().map(|at| field.descend_below(start(at), bound)).collect();
        let mut is_better = false;
        for solution in found.into_iter().flatten() {
            match population.add(solution, field.same()) {
                Added::Best => (is_better, n_again) = (true, 0),
                Added::BestAgain => n_again += 1,
                Added::Other => {}
            }
        }
        idle = if is_better { 0 } else { idle + n_children + 1 };
        let is_stale = idle >= effort.patience + effort.patience_of_centre * k || n_again >= effort.again;
        if is_stale && idle >= IDLE_ROUNDS * (n_children + 1) {
            break;
        }
    }
    population.solutions.iter_mut().for_each(Solution::forget);
    population
}

fn child(field: &Field, population: &Population, random: &mut Random) -> Vec<f64> {
    let d = field.n_cols();
    let mother = population.tournament(random);
    let k = mother.centres.len() / d;
    if random.below(2) == 0 {
        let father = population.tournament(random);
        let mixed = cross(&mother.centres, &father.centres, d, random);
        return field.replace(mixed, random.below(k), random);
    }
    field.move_least_useful(mother, random)
}

/// Pairs the centres of two parents, nearest pairs first, and takes one of each.
fn cross(one: &[f64], two: &[f64], d: usize, random: &mut Random) -> Vec<f64> {
    let k = one.len() / d;
    let mut pairs: Vec<(f64, usize, usize)> = Vec::with_capacity(k * k);
    for (a, first) in one.chunks_exact(d).enumerate() {
        pairs.extend(two.chunks_exact(d).enumerate().map(|(b, second)| (squared(first, second), a, b)));
    }
    pairs.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let (mut has_one, mut has_two) = (vec![false; k], vec![false; k]);
    let mut child = one.to_vec();
    for (_, a, b) in pairs {
        if has_one[a] || has_two[b] {
            continue;
        }
        (has_one[a], has_two[b]) = (true, true);
        if random.below(2) == 0 {
            child[a * d..(a + 1) * d].copy_from_slice(&two[b * d..(b + 1) * d]);
        }
    }
    child
}
