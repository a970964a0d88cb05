//! The clusterings by name, as the command line and the settings know them.

use std::fmt;
use std::str::FromStr;

use habitue_core::Matrix;
use habitue_core::choose_k::ChooseK;
use habitue_core::choose_k::criterion::{Lowest, lowest};
use habitue_core::cluster::agglomerative::{Agglomerative, Linkage};
use habitue_core::cluster::algorithm;
use habitue_core::cluster::bisecting::Bisecting;
use habitue_core::cluster::dbscan::Dbscan;
use habitue_core::cluster::hdbscan::Hdbscan;
use habitue_core::cluster::kmeans::KMeans;
use habitue_core::cluster::mini_batch::MiniBatch;
use habitue_core::cluster::mixture::{Covariance, GaussianMixture};
use habitue_core::cluster::trimmed::Trimmed;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::Error;

/// A clustering by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// k-means.
    #[default]
    Kmeans,
    /// k-means by splitting the worst cluster in two.
    Bisecting,
    /// k-means over chunks of rows.
    MiniBatch,
    /// k-means that sets the farthest rows aside.
    Trimmed,
    /// Gaussian mixture.
    Mixture,
    /// Agglomerative clustering by Ward's linkage.
    Ward,
    /// Agglomerative clustering by average linkage.
    Average,
    /// Agglomerative clustering by complete linkage.
    Complete,
    /// Agglomerative clustering by single linkage.
    Single,
    /// DBSCAN.
    Dbscan,
    /// HDBSCAN*.
    Hdbscan,
}

/// How customers are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// By one method.
    Named(Method),
    /// By the one that ranks first of all that suit.
    Compare,
}

impl Default for Algorithm {
    fn default() -> Self {
        Self::Named(Method::default())
    }
}

/// The word for [`Algorithm::Compare`].
const COMPARE: &str = "compare";

impl Algorithm {
    /// Every name that can be given.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Method::ALL.into_iter().map(Method::name).chain([COMPARE])
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == COMPARE {
            return Ok(Self::Compare);
        }
        let known = Method::ALL.into_iter().find(|method| method.name() == name);
        known
            .map(Self::Named)
            .ok_or_else(|| format!("one of {}", Self::names().collect::<Vec<_>>().join(", ")))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(method) => method.fmt(f),
            Self::Compare => f.write_str(COMPARE),
        }
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How many clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// As many as the data show.
    Auto,
    /// So many.
    Given(usize),
}

/// What some methods can be told beside the number of clusters; each is chosen from the data where it is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tuning {
    /// The radius of DBSCAN.
    pub eps: Option<f64>,
    /// Rows within the radius that make a place dense, in DBSCAN.
    pub min_points: Option<usize>,
    /// Rows that make a cluster, in HDBSCAN*.
    pub min_cluster_size: Option<usize>,
    /// The share of rows that trimmed k-means sets aside.
    pub trimmed_share: Option<f64>,
    /// The shape of the components of a mixture.
    pub covariance: Option<Covariance>,
}

/// Rows that make a cluster in HDBSCAN* if nothing else is said, as elsewhere.
const MIN_CLUSTER_SIZE: usize = 5;

/// A number of clusters, and why.
pub(crate) struct Chosen {
    pub(crate) k: usize,
    pub(crate) reasons: Vec<String>,
}

impl Method {
    /// All of them, the most usual first.
    pub const ALL: [Self; 11] = [
        Self::Kmeans,
        Self::Bisecting,
        Self::MiniBatch,
        Self::Trimmed,
        Self::Mixture,
        Self::Ward,
        Self::Average,
        Self::Complete,
        Self::Single,
        Self::Dbscan,
        Self::Hdbscan,
    ];

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kmeans => "k-means",
            Self::Bisecting => "bisecting k-means",
            Self::MiniBatch => "mini-batch k-means",
            Self::Trimmed => "trimmed k-means",
            Self::Mixture => "Gaussian mixture",
            Self::Ward => "Ward's hierarchy",
            Self::Average => "average linkage",
            Self::Complete => "complete linkage",
            Self::Single => "single linkage",
            Self::Dbscan => "DBSCAN",
            Self::Hdbscan => "HDBSCAN",
        }
    }

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kmeans => "kmeans",
            Self::Bisecting => "bisecting",
            Self::MiniBatch => "mini-batch",
            Self::Trimmed => "trimmed",
            Self::Mixture => "mixture",
            Self::Ward => "ward",
            Self::Average => "average",
            Self::Complete => "complete",
            Self::Single => "single",
            Self::Dbscan => "dbscan",
            Self::Hdbscan => "hdbscan",
        }
    }

    /// Whether the method finds the number of clusters itself.
    pub fn finds_count(self) -> bool {
        matches!(self, Self::Dbscan | Self::Hdbscan)
    }

    /// The clustering with its settings; `k` matters where the method does not find the number itself.
    pub(crate) fn algorithm(self, k: usize, tuning: &Tuning, seed: u64) -> algorithm::Algorithm {
        use algorithm::Algorithm;
        let linked = |linkage| Algorithm::Agglomerative(Agglomerative { linkage, ..Agglomerative::new(k) });
        match self {
            Self::Kmeans => Algorithm::KMeans(KMeans { seed, ..KMeans::new(k) }),
            Self::Bisecting => Algorithm::Bisecting(Bisecting { seed, ..Bisecting::new(k) }),
            Self::MiniBatch => Algorithm::MiniBatch(MiniBatch { seed, ..MiniBatch::new(k) }),
            Self::Trimmed => Algorithm::Trimmed(match tuning.trimmed_share {
                Some(share) => Trimmed { seed, share, ..Trimmed::new(k) },
                None => Trimmed { seed, ..Trimmed::new(k) },
            }),
            Self::Mixture => Algorithm::Mixture(GaussianMixture {
                seed,
                covariance: tuning.covariance.unwrap_or_default(),
                ..GaussianMixture::new(k)
            }),
            Self::Ward => linked(Linkage::Ward),
            Self::Average => linked(Linkage::Average),
            Self::Complete => linked(Linkage::Complete),
            Self::Single => linked(Linkage::Single),
            Self::Dbscan => Algorithm::Dbscan(Dbscan { eps: tuning.eps, min_points: tuning.min_points }),
            Self::Hdbscan => {
                Algorithm::Hdbscan(Hdbscan::new(tuning.min_cluster_size.unwrap_or(MIN_CLUSTER_SIZE)))
            }
        }
    }

    /// How many clusters the data show: for mixtures the number with the lowest BIC, for the others the verdict on
    /// k-means.
    pub(crate) fn choose(self, x: &Matrix, most: usize, tuning: &Tuning, seed: u64) -> Result<Chosen, Error> {
        if self != Self::Mixture {
            let choice = ChooseK { seed, ..ChooseK::unconstrained(most) }.fit(x)?;
            return Ok(Chosen { k: choice.k, reasons: choice.reasons });
        }
        let most = most.min(habitue_core::cluster::distinct_rows(x, most));
        let bic = |n_components: usize| -> Result<Option<f64>, Error> {
            let covariance = tuning.covariance.unwrap_or_default();
            let mixture = GaussianMixture { seed, covariance, ..GaussianMixture::new(n_components) };
            Ok(Some(mixture.fit(x, None)?.bic))
        };
        let values = (1..=most.max(1)).map(bic).collect::<Result<Vec<_>, _>>()?;
        let Lowest { k, margin } = lowest(&values).unwrap_or(Lowest { k: 1, margin: f64::INFINITY });
        let margin = if margin.is_finite() { format!(", by {margin:.1}") } else { String::new() };
        let reason = format!("Of 1 to {most} components, {k} have the lowest BIC{margin}.");
        Ok(Chosen { k, reasons: vec![reason] })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
