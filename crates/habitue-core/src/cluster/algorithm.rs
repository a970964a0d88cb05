//! One door to every clustering.

use serde::{Deserialize, Serialize};

use super::Clusters;
use super::agglomerative::{Agglomerative, Over};
use super::assigner::{Assigner, Grouping, NOISE, NearestCentre};
use super::bisecting::Bisecting;
use super::dbscan::Dbscan;
use super::dendrogram::Dendrogram;
use super::hdbscan::Hdbscan;
use super::kmeans::KMeans;
use super::labels::labels;
use super::mini_batch::MiniBatch;
use super::mixture::GaussianMixture;
use super::trimmed::Trimmed;
use crate::{Matrix, Result};

/// A clustering with its settings; as JSON or TOML the settings with `method` beside them.
///
/// ```
/// use habitue_core::{Matrix, cluster::{algorithm::Algorithm, hdbscan::Hdbscan}};
/// let x = Matrix::new(1, vec![1.0, 1.1, 1.3, 9.0, 9.2, 9.3])?;
/// let found = Algorithm::Hdbscan(Hdbscan::new(2)).fit(&x)?;
/// assert_eq!(found.grouping.n_clusters(), 2);
/// assert_eq!(found.model.assign(&[1.2])?.index, Some(found.grouping.labels[0]));
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Algorithm {
    /// k-means.
    #[serde(rename = "kmeans")]
    KMeans(KMeans),
    /// k-means by splitting.
    Bisecting(Bisecting),
    /// k-means over chunks of rows.
    MiniBatch(MiniBatch),
    /// k-means that sets the farthest rows aside.
    Trimmed(Trimmed),
    /// Gaussian mixture.
    Mixture(GaussianMixture),
    /// DBSCAN.
    Dbscan(Dbscan),
    /// HDBSCAN*.
    Hdbscan(Hdbscan),
    /// Agglomerative clustering.
    Agglomerative(Agglomerative),
}

/// What a clustering found, whatever the method.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Labels, strengths and centres.
    pub grouping: Grouping,
    /// Places new rows; goes into the model file.
    pub model: Assigner,
    /// What only this method tells.
    pub details: Details,
}

/// What only one method tells; each is said at the method.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are documented at the results of the methods")]
pub enum Details {
    /// Of [`KMeans`], [`Bisecting`] and [`Trimmed`]; strengths are the confidences of [`NearestCentre`].
    KMeans { inertia: f64, iterations: usize, converged: bool },
    /// Of [`MiniBatch`]: the rows that each centre was given.
    MiniBatch { counts: Vec<u64> },
    /// Of [`GaussianMixture`].
    Mixture { log_likelihood: f64, bic: f64, icl: f64, iterations: usize, converged: bool },
    /// Of [`Dbscan`]: the radius and the number of rows, given or chosen, and how many rows are core.
    Dbscan { eps: f64, min_points: usize, n_core: usize },
    /// Of [`Hdbscan`].
    Hdbscan { persistence: Vec<f64> },
    /// Of [`Agglomerative`].
    Agglomerative { over: Over, dendrogram: Dendrogram, leaf_of_row: Vec<u32> },
}

impl Algorithm {
    /// Clusters the rows of `x`, `n × d`.
    ///
    /// # Errors
    /// What the `fit` of the method refuses.
    pub fn fit(&self, x: &Matrix) -> Result<Found> {
        Ok(match self {
            Self::KMeans(settings) => Found::of_clusters(x, settings.fit(x)?)?,
            Self::Bisecting(settings) => Found::of_clusters(x, settings.fit(x)?)?,
            Self::MiniBatch(settings) => {
                let chunk = |rows: &[f64]| Matrix::new(x.n_cols(), rows.to_vec());
                let found = settings.fit(x.values().chunks(CHUNK_ROWS * x.n_cols()).map(chunk))?;
                let labels = labels(x, &found.centres)?;
                Found::by_centres(x, found.centres, labels, Details::MiniBatch { counts: found.counts })?
            }
            Self::Trimmed(settings) => {
                let found = settings.fit(x)?;
                let labels = found.labels.iter().map(|label| label.unwrap_or(NOISE)).collect();
                let (inertia, iterations, converged) = (found.inertia, found.iterations, found.converged);
                Found::by_centres(
                    x,
                    found.centres,
                    labels,
                    Details::KMeans { inertia, iterations, converged },
                )?
            }
            Self::Mixture(settings) => {
                let found = settings.fit(x, None)?;
                let (log_likelihood, bic, icl) = (found.log_likelihood, found.bic, found.icl);
                let (iterations, converged) = (found.iterations, found.converged);
                Found {
                    grouping: found.grouping,
                    model: Assigner::Mixture(found.model),
                    details: Details::Mixture { log_likelihood, bic, icl, iterations, converged },
                }
            }
            Self::Dbscan(settings) => {
                let found = settings.fit(x, None)?;
                let n_core = found.is_core.iter().filter(|&&is_core| is_core).count();
                let (eps, min_points) = (found.model.eps(), found.model.min_points());
                Found {
                    grouping: found.grouping,
                    model: Assigner::Dbscan(found.model),
                    details: Details::Dbscan { eps, min_points, n_core },
                }
            }
            Self::Hdbscan(settings) => {
                let found = settings.fit(x, None)?;
                Found {
                    grouping: found.grouping,
                    model: Assigner::Hdbscan(found.model),
                    details: Details::Hdbscan { persistence: found.persistence },
                }
            }
            Self::Agglomerative(settings) => {
                let found = settings.fit(x, None)?;
                let (over, dendrogram, leaf_of_row) = (found.over, found.dendrogram, found.leaf_of_row);
                Found {
                    grouping: found.grouping,
                    model: found.model,
                    details: Details::Agglomerative { over, dendrogram, leaf_of_row },
                }
            }
        })
    }
}

/// Rows of a chunk where all rows are at hand.
const CHUNK_ROWS: usize = 10_000;

impl Found {
    fn of_clusters(x: &Matrix, found: Clusters) -> Result<Self> {
        let (inertia, iterations, converged) = (found.inertia, found.iterations, found.converged);
        Self::by_centres(x, found.centres, found.labels, Details::KMeans { inertia, iterations, converged })
    }

    /// Clusters whose rows are those nearest to their centres.
    fn by_centres(x: &Matrix, centres: Matrix, labels: Vec<u32>, details: Details) -> Result<Self> {
        let model = NearestCentre::new(centres.clone(), x, &labels)?;
        let strength =
            |(row, &label): (&[f64], &u32)| if label == NOISE { 0.0 } else { model.assign(row).confidence };
        let strengths = x.rows().zip(&labels).map(strength).collect();
        Ok(Self {
            grouping: Grouping { labels, strengths, centres },
            model: Assigner::Centres(model),
            details,
        })
    }
}
