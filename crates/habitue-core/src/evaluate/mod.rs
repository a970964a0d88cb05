//! How good a clustering is: indices that need only the rows and their labels.
//!
//! Labels are whole numbers from 0; a number that no row carries is no cluster.
//! An index that has no meaning (one cluster, say) is `None`, never a number that looks like praise.
//!
//! An index knows no noise: every label is a cluster. Rows that are in none are left out first, with
//! [`noise::without`], and the share that was left out is told beside the index.

pub mod calinski_harabasz;
mod contingency;
pub mod davies_bouldin;
pub mod dunn;
mod groups;
pub mod indices;
pub mod inertia;
pub mod mutual_information;
pub mod noise;
pub mod rand;
pub mod silhouette;
pub mod v_measure;

use crate::math::distance::check_spread;
use crate::{Error, Matrix, Result};
use groups::Groups;

/// One above the highest label, having checked that there is a label for each row and that distances can be
/// trusted.
fn check_labels(x: &Matrix, labels: &[u32]) -> Result<usize> {
    if labels.len() != x.n_rows() {
        return Err(Error::Length { what: "labels".to_owned(), expected: x.n_rows(), got: labels.len() });
    }
    check_spread(x)?;
    let n_labels = labels.iter().max().map_or(0, |&highest| highest as usize + 1);
    // Tables are made by label, so a wild number must not decide how much memory is taken.
    if n_labels > x.n_rows() {
        let allowed = format!("below the number of customers, {}", x.n_rows());
        return Err(Error::Setting { setting: "labels", allowed, got: (n_labels - 1).to_string() });
    }
    Ok(n_labels)
}
