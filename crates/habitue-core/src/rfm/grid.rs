//! The eleven conventional names for the 125 combinations of scores.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Rfm;

/// A conventional RFM segment; the order of the variants is best first, for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GridSegment {
    /// Bought last, order most, spend most.
    Champions,
    /// Order often and well.
    Loyal,
    /// Recent customers with some orders or a good spend.
    #[serde(rename = "Potential Loyalist")]
    PotentialLoyalist,
    /// Bought for the first time not long ago.
    #[serde(rename = "New Customers")]
    NewCustomers,
    /// Recent, few orders, good spend.
    Promising,
    /// Above the middle on every axis, and cooling.
    #[serde(rename = "Need Attention")]
    NeedAttention,
    /// Below the middle on every axis.
    #[serde(rename = "About To Sleep")]
    AboutToSleep,
    /// Used to order well, not for a while.
    #[serde(rename = "At Risk")]
    AtRisk,
    /// Used to spend most, not for a long while.
    #[serde(rename = "Cannot Lose Them")]
    CannotLoseThem,
    /// Last order long ago, few orders.
    Hibernating,
    /// Lowest on recency, and low on the rest.
    Lost,
}

impl GridSegment {
    /// All of them, best first.
    pub const ALL: [Self; 11] = [
        Self::Champions,
        Self::Loyal,
        Self::PotentialLoyalist,
        Self::NewCustomers,
        Self::Promising,
        Self::NeedAttention,
        Self::AboutToSleep,
        Self::AtRisk,
        Self::CannotLoseThem,
        Self::Hibernating,
        Self::Lost,
    ];

    /// The conventional name: "Cannot Lose Them".
    pub fn name(self) -> &'static str {
        match self {
            Self::Champions => "Champions",
            Self::Loyal => "Loyal",
            Self::PotentialLoyalist => "Potential Loyalist",
            Self::NewCustomers => "New Customers",
            Self::Promising => "Promising",
            Self::NeedAttention => "Need Attention",
            Self::AboutToSleep => "About To Sleep",
            Self::AtRisk => "At Risk",
            Self::CannotLoseThem => "Cannot Lose Them",
            Self::Hibernating => "Hibernating",
            Self::Lost => "Lost",
        }
    }
}

impl fmt::Display for GridSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The conventional segment of a combination of scores.
///
/// ```
/// use habitue_core::rfm::{GridSegment, Rfm, grid};
/// assert_eq!(grid(Rfm { recency: 5, frequency: 5, monetary: 5 }), GridSegment::Champions);
/// assert_eq!(grid(Rfm { recency: 1, frequency: 1, monetary: 5 }).name(), "Cannot Lose Them");
/// ```
pub fn grid(rfm: Rfm) -> GridSegment {
    static CELLS: LazyLock<[GridSegment; 125]> = LazyLock::new(|| {
        let mut cells = [GridSegment::Lost; 125];
        for (rfm, segment) in rows() {
            cells[cell(rfm)] = segment;
        }
        cells
    });
    CELLS[cell(rfm)]
}

/// The rows of the embedded table that can be read; a test holds that all can.
fn rows() -> impl Iterator<Item = (Rfm, GridSegment)> {
    include_str!("grid.csv").lines().skip(1).filter_map(|line| {
        let (scores, name) = line.split_once(',')?;
        let [recency, frequency, monetary] = scores.as_bytes() else { return None };
        let segment = GridSegment::ALL.into_iter().find(|s| s.name() == name.trim())?;
        Some((
            Rfm { recency: recency - b'0', frequency: frequency - b'0', monetary: monetary - b'0' },
            segment,
        ))
    })
}

/// Place of a combination among the 125; scores outside 1 to 5 count as the nearest.
fn cell(rfm: Rfm) -> usize {
    let digit = |score: u8| usize::from(score.clamp(1, 5) - 1);
    25 * digit(rfm.recency) + 5 * digit(rfm.frequency) + digit(rfm.monetary)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cell_is_named_exactly_once_with_eleven_names() {
        let cells: Vec<(Rfm, GridSegment)> = rows().collect();
        assert_eq!(cells.len(), 125);
        assert_eq!(include_str!("grid.csv").trim_end().lines().count(), 126);
        assert!(
            cells
                .iter()
                .all(|(r, _)| [r.recency, r.frequency, r.monetary].iter().all(|s| (1..=5).contains(s)))
        );
        assert_eq!(cells.iter().map(|(rfm, _)| cell(*rfm)).collect::<BTreeSet<_>>().len(), 125);
        assert_eq!(cells.iter().map(|(_, segment)| segment).collect::<BTreeSet<_>>().len(), 11);
        for (rfm, segment) in cells {
            assert_eq!(grid(rfm), segment);
        }
    }

    #[test]
    fn names_are_the_same_in_files_and_on_screen() {
        assert!(GridSegment::ALL.is_sorted());
        for segment in GridSegment::ALL {
            assert_eq!(serde_json::to_string(&segment).unwrap(), format!("\"{segment}\""));
        }
    }
}
