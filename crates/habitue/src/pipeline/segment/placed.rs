//! Customers and their places.

use habitue_core::model::{Model, Placement};
use habitue_core::rfm::Rfm;
use habitue_core::table::Table;

use super::notes::score_all;
use crate::error::Error;
use crate::movement::{Run, key};

/// Customers and their places.
pub struct Placed {
    /// The customer table: every feature in original units.
    pub table: Table,
    /// The place of each; `None` for customers without a net purchase.
    pub places: Vec<Option<Placement>>,
    /// The RFM scores of each, where they are known.
    pub rfm: Vec<Option<Rfm>>,
    /// The number of the segment in which each was in the previous run: 0 for none, `None` for those who were not there;
    /// absent without a previous run.
    pub previous: Option<Vec<Option<i64>>>,
    /// The features that customers were clustered on, first among the columns of files.
    pub clustered: Vec<String>,
}

impl Placed {
    /// Remembers where customers were in a previous run.
    pub(crate) fn coming_from(mut self, previous: Option<&Run>) -> Self {
        let were = |run: &Run| self.table.ids.iter().map(|id| run.segment_of(&key(id))).collect();
        self.previous = previous.map(were);
        self
    }

    /// Puts customers in their places: those of `table` by the model, those of `apart`, without a net purchase, in none.
    pub(crate) fn new(table: Table, apart: Option<Table>, model: &Model) -> Result<Self, Error> {
        let mut places: Vec<Option<Placement>> = model.assign(&table)?.into_iter().map(Some).collect();
        let scores = model.rfm.as_ref().and_then(|t| score_all(t, &table));
        let mut rfm: Vec<Option<Rfm>> =
            scores.map_or_else(|| vec![None; places.len()], |s| s.into_iter().map(Some).collect());
        let (table, order) = table.join(apart.unwrap_or_default());
        places.resize(order.len(), None);
        rfm.resize(order.len(), None);
        Ok(Self {
            table,
            places: order.iter().map(|&i| places[i]).collect(),
            rfm: order.iter().map(|&i| rfm[i]).collect(),
            previous: None,
            clustered: model.features().map(str::to_owned).collect(),
        })
    }
}
