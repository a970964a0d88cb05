//! What the clusters mean: their order, and their names.

use habitue_core::Segmented;
use habitue_core::persona::{Dimensions, Naming, PersonaRules, name_segments, order_by_value, relabel};

use super::base::Base;
use crate::error::Error;
use crate::pipeline::grouping::Groups;

/// What the clusters mean.
pub(super) struct Meaning {
    /// The cluster of each segment, most valuable first.
    pub(super) order: Vec<usize>,
    /// The segment of each customer.
    pub(super) labels: Vec<usize>,
    pub(super) dimensions: Dimensions,
    pub(super) names: Vec<Naming>,
}

impl Meaning {
    pub(super) fn new(base: &Base, groups: &Groups, rules: &PersonaRules) -> Result<Self, Error> {
        let dimensions = Dimensions::find(&base.table);
        let as_found: Vec<usize> = (0..groups.centres.n_rows()).collect();
        let labels = relabel(&groups.labels, &as_found);
        let order = order_by_value(&Segmented::new(&base.table, &labels, as_found.len())?, &dimensions);
        let labels = relabel(&groups.labels, &order);
        let segmented =
            Segmented::new(&base.table, &labels, order.len())?.in_currency(base.currency.as_deref());
        let names = name_segments(rules, &segmented, &dimensions)?;
        Ok(Self { order, labels, dimensions, names })
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
