//! Prepared customers to groups, by the algorithm that was asked for or by the one that ranks first.

use habitue_core::choose_k::{Choice, ChooseK};
use habitue_core::cluster::algorithm::Found;
use habitue_core::cluster::{Assigner, NOISE, nearest};
use habitue_core::evaluate::indices::indices;
use habitue_core::evaluate::rand::adjusted_rand;
use habitue_core::evaluate::silhouette::{Silhouette, silhouette};
use habitue_core::{Error as CoreError, Matrix, Money};

use super::Observer;
use crate::error::Error;
use crate::method::{Algorithm, Method};
use crate::outcome::{AlgorithmNote, Compared};
use crate::settings::Settings;

/// Everybody's group.
pub(super) struct Groups {
    /// The group of each customer; every group has members.
    pub(super) labels: Vec<u32>,
    /// One row a group, in prepared features.
    pub(super) centres: Matrix,
    /// Mean silhouette of each group.
    pub(super) silhouettes: Vec<Option<f64>>,
    /// Bootstrap stability of each group; empty where it was not measured.
    pub(super) stabilities: Vec<Option<f64>>,
    /// What places customers, where it is not the nearest centre.
    pub(super) assigner: Option<Assigner>,
    /// The algorithm that made them.
    pub(super) method: Method,
    pub(super) note: AlgorithmNote,
}

/// Groups of one algorithm, and what speaks for them.
struct Tried {
    method: Method,
    labels: Vec<u32>,
    centres: Matrix,
    assigner: Option<Assigner>,
    nowhere: usize,
    silhouette: Option<Silhouette>,
    calinski_harabasz: Option<f64>,
    davies_bouldin: Option<f64>,
    allowed: bool,
}

/// What is compared: variants of k-means that only save time or memory are left out.
const COMPARED: [Method; 7] = [
    Method::Kmeans,
    Method::Mixture,
    Method::Ward,
    Method::Average,
    Method::Complete,
    Method::Dbscan,
    Method::Hdbscan,
];
/// More customers than this are too many for algorithms that look at the neighbourhood of each when all are compared.
const MOST_COMPARED: usize = 200_000;

/// Groups the rows of `x`; `choice` is the verdict on their number, and `net` what each customer has brought, if known.
pub(super) fn group(
    x: &Matrix,
    choice: &Choice,
    settings: &Settings,
    net: &[Money],
    observer: &dyn Observer,
) -> Result<Groups, Error> {
    match settings.algorithm {
        Algorithm::Named(Method::Kmeans) => Ok(Groups {
            labels: choice.clusters.labels.clone(),
            centres: choice.clusters.centres.clone(),
            silhouettes: choice.chosen().segment_silhouettes.clone(),
            stabilities: choice.chosen().segment_stabilities.clone(),
            assigner: None,
            method: Method::Kmeans,
            note: note(Method::Kmeans),
        }),
        Algorithm::Named(method) => {
            observer.stage("grouping customers");
            let tried = Tried::new(method, x, choice, settings)?;
            tried.check()?;
            let reasons = vec![tried.number_words()];
            Ok(tried.into_groups(choice, AlgorithmNote { reasons, ..note(method) }))
        }
        Algorithm::Compare => compare(x, choice, settings, net, observer),
    }
}

fn note(method: Method) -> AlgorithmNote {
    AlgorithmNote {
        name: method.name().to_owned(),
        label: method.label().to_owned(),
        ..AlgorithmNote::default()
    }
}

/// Tries every algorithm that suits, ranks them by the same evidence, and takes the first that a shop can act on.
fn compare(
    x: &Matrix,
    choice: &Choice,
    settings: &Settings,
    net: &[Money],
    observer: &dyn Observer,
) -> Result<Groups, Error> {
    let (mut tried, mut reasons) = (Vec::new(), Vec::new());
    for method in COMPARED {
        if x.n_rows() > MOST_COMPARED && !matches!(method, Method::Kmeans | Method::Mixture | Method::Ward) {
            reasons.push(format!("{} was left out: it takes too long on so many customers.", method.label()));
            continue;
        }
        observer.stage(&format!("grouping customers by {}", method.label()));
        match Tried::new(method, x, choice, settings) {
            Ok(one) if one.centres.n_rows() > 0 => tried.push(one),
            Ok(_) => reasons.push(format!("{} finds no groups in these customers.", method.label())),
            Err(Error::Core(error)) => reasons.push(format!("{} does not suit: {error}.", method.label())),
            Err(error) => return Err(error),
        }
    }
    let order = ranked(&tried);
    let best = order.iter().copied().find(|&at| tried[at].allowed).unwrap_or(0);
    let (used, labels) = (tried[best].method, tried[best].labels.clone());
    let compared: Result<Vec<Compared>, Error> =
        order.iter().map(|&at| tried[at].compared(&labels, net)).collect();
    if used != Method::Kmeans {
        reasons.insert(0, tried[best].number_words());
    }
    reasons.insert(0, if tried[best].allowed {
        format!(
            "{} ranks first among the algorithms whose segments a shop can act on, when silhouette, Calinski-Harabasz and Davies-Bouldin are taken together.",
            capital(used.label())
        )
    } else {
        "None of the algorithms gives segments of the number and sizes asked for; k-means was taken.".to_owned()
    });
    let note = AlgorithmNote { reasons, compared: compared?, ..note(used) };
    Ok(tried.swap_remove(best).into_groups(choice, note))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The algorithms by the sum of their ranks in three indices, those within the shop's bounds first; the more usual one
/// of equals.
fn ranked(tried: &[Tried]) -> Vec<usize> {
    let better = |value: fn(&Tried) -> Option<f64>, at: usize| {
        let own = value(&tried[at]).unwrap_or(f64::NEG_INFINITY);
        tried.iter().filter(|other| value(other).unwrap_or(f64::NEG_INFINITY) > own).count()
    };
    let ranks = |at: usize| {
        better(|t| t.silhouette.as_ref().map(|s| s.mean), at)
            + better(|t| t.calinski_harabasz, at)
            + better(|t| t.davies_bouldin.map(|v| -v), at)
    };
    let mut order: Vec<usize> = (0..tried.len()).collect();
    order.sort_by_key(|&at| (!tried[at].allowed, ranks(at)));
    order
}

impl Tried {
    fn new(method: Method, x: &Matrix, choice: &Choice, settings: &Settings) -> Result<Self, Error> {
        let (labels, centres, assigner, nowhere) = if method == Method::Kmeans {
            (choice.clusters.labels.clone(), choice.clusters.centres.clone(), None, 0)
        } else {
            let mut tuning = settings.tuning;
            if tuning.min_cluster_size.is_none() {
                // No segment is to be smaller than the shop allows.
                let least = settings.choose.min_share * x.n_rows() as f64;
                tuning.min_cluster_size = Some((least.ceil() as usize).max(5));
            }
            let found = method.algorithm(choice.k, &tuning, settings.choose.seed).fit(x)?;
            let nowhere = found.grouping.labels.iter().filter(|&&label| label == NOISE).count();
            let labels = if found.grouping.n_clusters() == 0 { Vec::new() } else { place_all(&found, x)? };
            (labels, found.grouping.centres, Some(found.model), nowhere)
        };
        let mut tried = Self {
            method,
            labels,
            centres,
            assigner,
            nowhere,
            silhouette: None,
            calinski_harabasz: None,
            davies_bouldin: None,
            allowed: false,
        };
        tried.measure(x, &settings.choose)?;
        Ok(tried)
    }

    fn measure(&mut self, x: &Matrix, bounds: &ChooseK) -> Result<(), Error> {
        let sizes = self.sizes();
        if sizes.is_empty() {
            return Ok(());
        }
        self.silhouette = silhouette(x, &self.labels, bounds.seed)?;
        let indices = indices(x, &self.labels)?;
        (self.calinski_harabasz, self.davies_bouldin) = (indices.calinski_harabasz, indices.davies_bouldin);
        let number = bounds.k.map_or(bounds.min_segments..=bounds.max_segments, |k| k..=k);
        let shares = bounds.min_share..=bounds.max_share;
        let n = self.labels.len() as f64;
        let serves = |size: usize| size > 0 && shares.contains(&(size as f64 / n));
        self.allowed = number.contains(&sizes.len()) && sizes.into_iter().all(serves);
        Ok(())
    }

    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.centres.n_rows()];
        for &label in &self.labels {
            sizes[label as usize] += 1;
        }
        sizes
    }

    /// Where the number of its segments comes from.
    fn number_words(&self) -> String {
        let (label, n) = (capital(self.method.label()), self.centres.n_rows());
        let segments = if n == 1 { "segment" } else { "segments" };
        if self.method.finds_count() {
            format!(
                "{label} finds the number itself: {n} {segments}. What is said of numbers is said of k-means."
            )
        } else {
            format!("{label} makes the {n} {segments} used here; what is said of numbers is said of k-means.")
        }
    }

    /// Refuses groups that are none.
    fn check(&self) -> Result<(), Error> {
        let sizes = self.sizes();
        if sizes.is_empty() || sizes.contains(&0) {
            return Err(CoreError::Setting {
                setting: "algorithm",
                allowed: "one that finds groups in these customers".to_owned(),
                got: self.method.name().to_owned(),
            }
            .into());
        }
        Ok(())
    }

    fn compared(&self, used: &[u32], net: &[Money]) -> Result<Compared, Error> {
        let sizes = self.sizes();
        let n = self.labels.len().max(1) as f64;
        let moved = moved(&self.labels, used);
        Ok(Compared {
            name: self.method.name().to_owned(),
            label: self.method.label().to_owned(),
            segments: sizes.len(),
            smallest_share: sizes.iter().min().copied().unwrap_or(0) as f64 / n,
            largest_share: sizes.iter().max().copied().unwrap_or(0) as f64 / n,
            nowhere_share: self.nowhere as f64 / n,
            silhouette: self.silhouette.as_ref().map(|s| s.mean),
            calinski_harabasz: self.calinski_harabasz,
            davies_bouldin: self.davies_bouldin,
            allowed: self.allowed,
            agreement: adjusted_rand(&self.labels, used)?,
            moved: moved.len(),
            moved_revenue: moved.iter().filter_map(|&row| net.get(row)).copied().sum(),
        })
    }

    fn into_groups(self, choice: &Choice, note: AlgorithmNote) -> Groups {
        // The stability that the choice has measured is that of k-means.
        let is_kmeans = self.method == Method::Kmeans;
        let stabilities = if is_kmeans { choice.chosen().segment_stabilities.clone() } else { Vec::new() };
        Groups {
            labels: self.labels,
            centres: self.centres,
            silhouettes: self.silhouette.map_or_else(Vec::new, |s| s.per_cluster),
            stabilities,
            assigner: self.assigner,
            method: self.method,
            note,
        }
    }
}

/// Everybody's group, as new customers will be placed, so that everybody has the place that the model gives; whoever
/// fits none goes to the nearest.
pub(super) fn place_all(found: &Found, x: &Matrix) -> Result<Vec<u32>, Error> {
    let place = |row: &[f64]| -> Result<u32, CoreError> {
        let index = found.model.assign(row)?.index;
        Ok(index.unwrap_or_else(|| nearest(&found.grouping.centres, row).index as u32))
    };
    Ok(x.rows().map(place).collect::<Result<_, _>>()?)
}

/// The rows that are with others than most of their group is in the other partition.
fn moved(labels: &[u32], used: &[u32]) -> Vec<usize> {
    let size = |labels: &[u32]| labels.iter().max().map_or(0, |&most| most as usize + 1);
    let mut counts = vec![vec![0_usize; size(used)]; size(labels)];
    for (&label, &other) in labels.iter().zip(used) {
        counts[label as usize][other as usize] += 1;
    }
    let most =
        |row: &Vec<usize>| (0..row.len()).max_by_key(|&at| (row[at], std::cmp::Reverse(at))).unwrap_or(0);
    let home: Vec<usize> = counts.iter().map(most).collect();
    (0..labels.len()).filter(|&row| home[labels[row] as usize] != used[row] as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renumbered_groups_move_nobody_and_a_split_moves_its_smaller_part() {
        assert!(moved(&[2, 2, 0, 0, 1], &[0, 0, 1, 1, 2]).is_empty());
        assert_eq!(moved(&[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]), [2]);
        assert_eq!(moved(&[0, 0, 0, 0, 0], &[0, 0, 0, 1, 1]), [3, 4]);
    }
}
