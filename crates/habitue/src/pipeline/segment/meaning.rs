//! What the clusters mean: their order, and their names.

use habitue_core::Segmented;
use habitue_core::persona::{Dimensions, Naming, PersonaRules, name_segments, order_by_value, relabel};
use habitue_core::table::Table;

use super::base::Base;
use crate::error::Error;

/// What the clusters mean.
pub(super) struct Meaning {
    /// The cluster of each segment, most valuable first.
    pub(super) order: Vec<usize>,
    /// The segment of each customer.
    pub(super) labels: Vec<usize>,
    pub(super) dimensions: Dimensions,
    pub(super) names: Vec<Naming>,
    /// The number of each segment.
    pub(super) ids: Vec<usize>,
    /// The lowest number that no segment has had.
    pub(super) next_id: usize,
}

impl Meaning {
    /// What the groups of `labels` mean for the customers of `table`.
    pub(super) fn new(
        table: &Table,
        labels: &[u32],
        n_groups: usize,
        currency: Option<&str>,
        rules: &PersonaRules,
    ) -> Result<Self, Error> {
        let dimensions = Dimensions::find(table);
        let as_found: Vec<usize> = (0..n_groups).collect();
        let found = relabel(labels, &as_found);
        let order = order_by_value(&Segmented::new(table, &found, n_groups)?, &dimensions);
        let labels = relabel(labels, &order);
        let segmented = Segmented::new(table, &labels, n_groups)?.in_currency(currency);
        let names = name_segments(rules, &segmented, &dimensions)?;
        let ids: Vec<usize> = (1..=order.len()).collect();
        let next_id = ids.len() + 1;
        Ok(Self { order, labels, dimensions, names, ids, next_id })
    }

    /// The segment that each group became.
    pub(super) fn segment_of_group(&self) -> Vec<u32> {
        let mut segments = vec![0; self.order.len()];
        for (segment, &group) in self.order.iter().enumerate() {
            segments[group] = segment as u32;
        }
        segments
    }

    pub(super) fn segmented<'a>(&'a self, base: &'a Base) -> Result<Segmented<'a>, Error> {
        Ok(Segmented::new(&base.table, &self.labels, self.order.len())?.in_currency(base.currency.as_deref()))
    }
}
