//! Customers and their places.

use habitue_core::lifecycle::Stage;
use habitue_core::lifetime::Expected;
use habitue_core::model::{Model, Placement};
use habitue_core::rfm::Rfm;
use habitue_core::table::Table;

use super::notes::score_all;
use crate::error::Error;
use crate::movement::{Run, enters_risk, key};
use crate::outcome::Segment;

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
    /// Those who are in a segment at risk or of low value and were in a better one; empty without a previous run.
    pub entered_at_risk: Vec<usize>,
    /// What each is expected to bring, where that is known.
    pub expected: Vec<Option<Expected>>,
    /// The stage of life of each, where it is known.
    pub stages: Vec<Option<Stage>>,
    /// The features that customers were clustered on, first among the columns of files.
    pub clustered: Vec<String>,
}

impl Placed {
    /// Remembers where customers were in a previous run.
    pub(crate) fn coming_from(mut self, previous: Option<&Run>, segments: &[Segment]) -> Self {
        let Some(run) = previous else { return self };
        let were: Vec<Option<i64>> = self.table.ids.iter().map(|id| run.segment_of(&key(id))).collect();
        let enters = |row: &usize| {
            let was = run.outcome.segments.iter().find(|s| were[*row] == Some(s.id as i64));
            was.zip(self.places[*row]).is_some_and(|(was, is)| enters_risk(was, &segments[is.nearest]))
        };
        self.entered_at_risk = (0..were.len()).filter(enters).collect();
        self.previous = Some(were);
        self
    }

    /// Puts customers in their places: those of `table` by the model, those of `apart`, without a net purchase, in none.
    ///
    /// What is expected is said of those of `table`, in their order; it may be empty.
    pub(crate) fn new(
        table: Table,
        apart: Option<Table>,
        model: &Model,
        mut expected: Vec<Option<Expected>>,
    ) -> Result<Self, Error> {
        let mut places: Vec<Option<Placement>> = model.assign(&table)?.into_iter().map(Some).collect();
        let scores = model.rfm.as_ref().and_then(|t| score_all(t, &table));
        let mut stages =
            model.lifecycle.and_then(|l| l.stages(&table)).unwrap_or_else(|| vec![None; places.len()]);
        let mut rfm: Vec<Option<Rfm>> =
            scores.map_or_else(|| vec![None; places.len()], |s| s.into_iter().map(Some).collect());
        let (table, order) = table.join(apart.unwrap_or_default());
        places.resize(order.len(), None);
        stages.resize(order.len(), None);
        rfm.resize(order.len(), None);
        expected.resize(order.len(), None);
        Ok(Self {
            table,
            places: order.iter().map(|&i| places[i]).collect(),
            rfm: order.iter().map(|&i| rfm[i]).collect(),
            stages: order.iter().map(|&i| stages[i]).collect(),
            previous: None,
            entered_at_risk: Vec::new(),
            expected: order.iter().map(|&i| expected[i]).collect(),
            clustered: model.features().map(str::to_owned).collect(),
        })
    }
}
