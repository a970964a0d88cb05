//! What every clustering gives, and how its fitted model places new rows.

use serde::{Deserialize, Serialize};

use super::agglomerative::NearestRow;
use super::dbscan::FittedDbscan;
use super::hdbscan::FittedHdbscan;
use super::mixture::FittedMixture;
use super::{Nearest, nearest};
use crate::math::distance::squared;
use crate::{Error, Matrix, Result};

/// The label of a row that fits no cluster.
pub const NOISE: u32 = u32::MAX;

/// Groups of rows, and the rows that are in none.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// The cluster of each row, 0-based, or [`NOISE`].
    pub labels: Vec<u32>,
    /// How firmly each row belongs to its cluster, 0 to 1; 0 for noise. What it measures is said by the method.
    pub strengths: Vec<f64>,
    /// One row a cluster, in the columns of the data: the mean of its members, by weight. No rows where all is
    /// noise.
    pub centres: Matrix,
}

impl Grouping {
    /// Puts labels and strengths together with the means of the clusters. Labels are below `n_clusters` or
    /// [`NOISE`]; no cluster is without members. Costs `O(n d)`.
    pub(super) fn new(
        x: &Matrix,
        weights: Option<&[f64]>,
        labels: Vec<u32>,
        strengths: Vec<f64>,
        n_clusters: usize,
    ) -> Self {
        let d = x.n_cols();
        let mut centres = vec![0.0; n_clusters * d];
        let mut totals = vec![0.0; n_clusters];
        // A running mean cannot leave the range of the members.
        for (at, (row, &label)) in x.rows().zip(&labels).enumerate() {
            if label != NOISE {
                let weight = weights.map_or(1.0, |w| w[at]);
                let total = &mut totals[label as usize];
                *total += weight;
                let share = weight / *total;
                for (centre, value) in centres[label as usize * d..].iter_mut().zip(row) {
                    *centre += share * (value - *centre);
                }
            }
        }
        let centres = Matrix::new(d, centres).expect("means of finite rows are finite");
        Self { labels, strengths, centres }
    }

    /// Number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.centres.n_rows()
    }

    /// Members of each cluster.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.n_clusters()];
        for &label in self.labels.iter().filter(|&&label| label != NOISE) {
            sizes[label as usize] += 1;
        }
        sizes
    }

    /// Rows that fit no cluster.
    pub fn n_noise(&self) -> usize {
        self.labels.iter().filter(|&&label| label == NOISE).count()
    }
}

/// Where a row belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Membership {
    /// The cluster, 0-based; `None` where none fits.
    pub index: Option<u32>,
    /// How sure that is, 0 to 1; 0 where none fits. What it measures is said by the method.
    pub confidence: f64,
}

impl Membership {
    /// The row fits no cluster.
    pub const NONE: Self = Self { index: None, confidence: 0.0 };
}

/// A fitted clustering of any kind: places new rows, and is kept in a model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Assigner {
    /// The nearest centre: k-means, and agglomerative clustering by Ward or average linkage.
    Centres(NearestCentre),
    /// The nearest row: agglomerative clustering by single or complete linkage.
    Rows(NearestRow),
    /// The component of a Gaussian mixture that is most probable.
    Mixture(FittedMixture),
    /// The core rows of DBSCAN.
    Dbscan(FittedDbscan),
    /// The condensed tree of HDBSCAN*.
    Hdbscan(FittedHdbscan),
}

impl Assigner {
    /// Places one row; `n_cols` finite values.
    ///
    /// # Errors
    /// [`Error::Length`] if the row has another number of columns, [`Error::NotFinite`] at a NaN or infinity.
    pub fn assign(&self, row: &[f64]) -> Result<Membership> {
        if row.len() != self.n_cols() {
            let what = "columns of a row to place".to_owned();
            return Err(Error::Length { what, expected: self.n_cols(), got: row.len() });
        }
        if let Some(column) = row.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { row: 0, column });
        }
        Ok(match self {
            Self::Centres(model) => model.assign(row),
            Self::Rows(model) => model.assign(row),
            Self::Mixture(model) => model.assign(row),
            Self::Dbscan(model) => model.assign(row),
            Self::Hdbscan(model) => model.assign(row),
        })
    }

    /// Columns of a row.
    pub fn n_cols(&self) -> usize {
        match self {
            Self::Centres(model) => model.n_cols(),
            Self::Rows(model) => model.n_cols(),
            Self::Mixture(model) => model.n_cols(),
            Self::Dbscan(model) => model.n_cols(),
            Self::Hdbscan(model) => model.n_cols(),
        }
    }
}

/// A row fits while not farther from a centre than so many times the farthest row of the fit that is nearest to it.
pub(crate) const REACH: f64 = 1.5;

/// The nearest centre of a row, and how probable its cluster is: the posterior probability if every cluster were a
/// round Gaussian of variance `spread` (per column) and equal weight, `1 / Σⱼ exp((d₁² − dⱼ²) / 2σ²)`, 1/k to 1; 1
/// where `spread` is 0. Costs `O(k d)`.
pub(crate) fn surest(centres: &Matrix, spread: f64, row: &[f64]) -> (Nearest, f64) {
    let found = nearest(centres, row);
    let weight = |centre| ((found.squared - squared(row, centre)) / (2.0 * spread)).exp();
    let confidence = if spread > 0.0 { 1.0 / centres.rows().map(weight).sum::<f64>() } else { 1.0 };
    (found, confidence)
}

/// Places a row at the nearest of some centres.
///
/// The confidence is the posterior probability of the cluster if every cluster were a round Gaussian of the
/// pooled spread σ² and equal weight: `1 / Σⱼ exp((d₁² − dⱼ²) / 2σ²)`, 1/k to 1.
/// A row farther from its centre than 1.5 times the farthest row of the fit that is nearest to it fits none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredCentres", into = "StoredCentres")]
pub struct NearestCentre {
    centres: Matrix,
    radii: Vec<f64>,
    spread: f64,
}

impl NearestCentre {
    /// Measures the clusters that the labels make of `x` around `centres`, one row a cluster; rows labelled
    /// [`NOISE`] do not count. Costs `O(n k d)`.
    ///
    /// # Errors
    /// [`Error::Length`] if there is not one label a row, or there are fewer centres than a label says.
    pub fn new(centres: Matrix, x: &Matrix, labels: &[u32]) -> Result<Self> {
        let wrong = |what: &str, expected, got| Err(Error::Length { what: what.to_owned(), expected, got });
        if labels.len() != x.n_rows() {
            return wrong("labels", x.n_rows(), labels.len());
        }
        if centres.n_cols() != x.n_cols() {
            return wrong("columns of the centres", x.n_cols(), centres.n_cols());
        }
        let mut radii = vec![0.0_f64; centres.n_rows()];
        let (mut within, mut members) = (0.0, 0_usize);
        for (row, &label) in x.rows().zip(labels).filter(|&(_, &label)| label != NOISE) {
            if label as usize >= centres.n_rows() {
                return wrong("centres", label as usize + 1, centres.n_rows());
            }
            // A row may be nearer to another centre than to that of its cluster: it must fit there too.
            let found = nearest(&centres, row);
            radii[found.index] = radii[found.index].max(found.squared.sqrt());
            within += squared(row, centres.row(label as usize));
            members += 1;
        }
        Ok(Self { spread: within / (members.max(1) * x.n_cols()) as f64, radii, centres })
    }

    /// Columns of a row.
    pub fn n_cols(&self) -> usize {
        self.centres.n_cols()
    }

    /// Places one row. Costs `O(k d)`.
    pub fn assign(&self, row: &[f64]) -> Membership {
        let (found, confidence) = surest(&self.centres, self.spread, row);
        if self.radii.get(found.index).is_none_or(|r| found.squared.sqrt() > REACH * r + f64::EPSILON) {
            return Membership::NONE;
        }
        Membership { index: Some(found.index as u32), confidence }
    }
}

/// The file form of [`NearestCentre`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCentres {
    centres: Vec<Vec<f64>>,
    radii: Vec<f64>,
    spread: f64,
}

impl From<NearestCentre> for StoredCentres {
    fn from(model: NearestCentre) -> Self {
        Self { centres: to_rows(&model.centres), radii: model.radii, spread: model.spread }
    }
}

impl TryFrom<StoredCentres> for NearestCentre {
    type Error = Error;

    fn try_from(stored: StoredCentres) -> Result<Self> {
        let centres = from_rows(&stored.centres)?;
        check_length("radii", centres.n_rows(), stored.radii.len())?;
        Ok(Self { centres, radii: stored.radii, spread: stored.spread })
    }
}

/// The rows of a matrix as a file keeps them.
pub(super) fn to_rows(x: &Matrix) -> Vec<Vec<f64>> {
    x.rows().map(<[f64]>::to_vec).collect()
}

/// A matrix of rows that a file kept; at least one row, all of one length.
pub(super) fn from_rows(rows: &[Vec<f64>]) -> Result<Matrix> {
    let columns = rows.first().map_or(0, Vec::len);
    if let Some(other) = rows.iter().find(|row| row.len() != columns) {
        return Err(Error::Shape { values: other.len(), columns });
    }
    Matrix::new(columns, rows.concat())
}

/// Whether there are as many values as expected.
pub(super) fn check_length(what: &str, expected: usize, got: usize) -> Result<()> {
    if expected == got { Ok(()) } else { Err(Error::Length { what: what.to_owned(), expected, got }) }
}

/// Whether rows can be clustered: there are some, positions fit 32 bits, weights are one a row and positive.
pub(super) fn check_rows(x: &Matrix, weights: Option<&[f64]>) -> Result<()> {
    let setting =
        |setting, allowed: &str, got| Err(Error::Setting { setting, allowed: allowed.to_owned(), got });
    if x.n_rows() == 0 {
        return Err(Error::NoCustomers);
    }
    if x.n_rows() >= u32::MAX as usize {
        return setting("rows", "fewer than 4,294,967,295", x.n_rows().to_string());
    }
    crate::math::distance::check_spread(x)?;
    let Some(weights) = weights else { return Ok(()) };
    check_length("weights", x.n_rows(), weights.len())?;
    match weights.iter().find(|w| !(**w > 0.0 && w.is_finite())) {
        Some(weight) => setting("weights", "positive numbers", weight.to_string()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_far_from_every_centre_fits_none_and_one_in_between_is_unsure() {
        let x = Matrix::new(1, vec![0.0, 2.0, 10.0, 12.0]).unwrap();
        let centres = Matrix::new(1, vec![1.0, 11.0]).unwrap();
        let model = NearestCentre::new(centres, &x, &[0, 0, 1, 1]).unwrap();
        assert_eq!(model.assign(&[2.5]).index, Some(0));
        assert_eq!(model.assign(&[6.0]), Membership::NONE);
        assert_eq!(model.assign(&[-5.0]), Membership::NONE);
        assert!(model.assign(&[11.0]).confidence > 0.999);
        let wide = NearestCentre { radii: vec![9.0; 2], ..model };
        assert_eq!(wide.assign(&[6.0]), Membership { index: Some(0), confidence: 0.5 });
    }

    #[test]
    fn a_lone_row_is_its_own_centre_and_nothing_else_fits() {
        let x = Matrix::new(1, vec![3.0]).unwrap();
        let model = NearestCentre::new(x.clone(), &x, &[0]).unwrap();
        assert_eq!(model.assign(&[3.0]), Membership { index: Some(0), confidence: 1.0 });
        assert_eq!(model.assign(&[3.1]), Membership::NONE);
        assert!(NearestCentre::new(x.clone(), &x, &[1]).is_err());
    }

    #[test]
    fn centres_are_means_by_weight_and_noise_has_none() {
        let x = Matrix::new(1, vec![0.0, 4.0, 100.0]).unwrap();
        let grouping = Grouping::new(&x, Some(&[3.0, 1.0, 1.0]), vec![0, 0, NOISE], vec![1.0, 1.0, 0.0], 1);
        assert_eq!(grouping.centres.values(), [1.0]);
        assert_eq!((grouping.sizes(), grouping.n_noise()), (vec![2], 1));
        let nothing = Grouping::new(&x, None, vec![NOISE; 3], vec![0.0; 3], 0);
        assert_eq!(nothing.n_clusters(), 0);
    }
}
