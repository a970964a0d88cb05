//! How well groups tell customers apart by what they did later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resample::{GroupSums, Sums};

/// Three views of how well groups tell later customers apart; higher is better.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Skill<T> {
    /// The share of the variance of log(1 + later spend) that lies between groups, 0 to 1.
    ///
    /// `η² = Σ_g n_g (m_g − m)² / Σ_i (y_i − m)²` with `y = log(1 + max(spend, 0))`.
    pub explained: T,
    /// The Gini coefficient of later spend when every customer is given the mean of their group: 0 if all groups
    /// spend alike, towards 1 the more all spending is in few groups.
    pub gini: T,
    /// The chance that of two customers, one who bought later and one who did not, the first is in the group that
    /// buys more often (ties count half): the area under the curve of receiver operating characteristics, 0.5 to 1.
    pub auc: T,
}

impl Skill<f64> {
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            explained: self.explained - other.explained,
            gini: self.gini - other.gini,
            auc: self.auc - other.auc,
        }
    }

    /// Each view with something made of its draws.
    pub(super) fn with<T>(self, draws: &[Self], make: impl Fn(f64, Vec<f64>) -> T) -> Skill<T> {
        let of = |own: f64, view: fn(&Self) -> f64| make(own, draws.iter().map(view).collect());
        Skill {
            explained: of(self.explained, |s| s.explained),
            gini: of(self.gini, |s| s.gini),
            auc: of(self.auc, |s| s.auc),
        }
    }
}

impl Sums {
    /// The skill of one grouping.
    pub(super) fn skill(&self, at: usize) -> Skill<f64> {
        let mut groups: Vec<&GroupSums> = self.groupings[at].iter().filter(|g| g.customers > 0.0).collect();
        Skill { explained: self.explained(&groups), gini: gini(&mut groups), auc: auc(&mut groups) }
    }

    fn explained(&self, groups: &[&GroupSums]) -> f64 {
        let n: f64 = groups.iter().map(|g| g.customers).sum();
        let mean = groups.iter().map(|g| g.log_spend).sum::<f64>() / n;
        let between: f64 =
            groups.iter().map(|g| g.customers * (g.log_spend / g.customers - mean).powi(2)).sum();
        let total = self.log_spend_squared - n * mean * mean;
        if total > 0.0 { (between / total).clamp(0.0, 1.0) } else { f64::NAN }
    }
}

fn gini(groups: &mut [&GroupSums]) -> f64 {
    groups.sort_by(|a, b| (a.spend / a.customers).total_cmp(&(b.spend / b.customers)));
    let n: f64 = groups.iter().map(|g| g.customers).sum();
    let total: f64 = groups.iter().map(|g| g.spend).sum();
    let (mut below, mut area) = (0.0, 0.0);
    for group in groups {
        area += group.customers * (2.0 * below + group.spend);
        below += group.spend;
    }
    if total > 0.0 { 1.0 - area / (n * total) } else { f64::NAN }
}

fn auc(groups: &mut [&GroupSums]) -> f64 {
    groups.sort_by(|a, b| (a.bought / a.customers).total_cmp(&(b.bought / b.customers)));
    let (mut others_below, mut won) = (0.0, 0.0);
    for group in groups.iter() {
        let others = group.customers - group.bought;
        won += group.bought * (others_below + others / 2.0);
        others_below += others;
    }
    let pairs = groups.iter().map(|g| g.bought).sum::<f64>() * others_below;
    if pairs > 0.0 { won / pairs } else { f64::NAN }
}
