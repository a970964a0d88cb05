//! Two segmentations of the same shop: which segment is which, what it is called, and who moved.
//!
//! # Which segment is which
//!
//! Clusterings number their groups as they please, and a group is never quite the same a month later. The rule:
//!
//! 1. **Customers first.** The overlap of an old and a new segment is the Jaccard index of their customers, among the
//!    customers who are placed in both runs: `|A ∩ B| / |A ∪ B|`. Newcomers say nothing about what a segment was.
//!    From [`LEAST_OVERLAP`], three tenths, on the two may be one segment.
//! 2. **Likeness second.** The typical customers of both (medians in original units) are brought to the scale of the new
//!    run's preparation, and their distance is taken. They are *alike* when it is at most half of the way from either to
//!    the next typical customer of its own run: then no third segment can be as near. Two segments that are alike may be
//!    one even if they share nobody: the customers of a segment of newcomers are others every month.
//! 3. Of all ways to pair segments that may be one, one to one, the one with the **greatest sum of overlaps** is taken;
//!    of equal sums, the one with the nearest typical customers.
//! 4. An old segment without a pair has **vanished**, a new one without a pair is **new**.
//!
//! Where fewer than [`LEAST_SHARED`], a tenth, of the smaller run's customers are in both, overlaps say nothing, and
//! likeness alone decides.
//!
//! On equal data every segment is paired with itself, whatever the order of its customers.

mod assignment;
mod flows;
mod identity;
mod likeness;
mod matching;

pub use assignment::assign_best;
pub use flows::{Flow, Flows, Place};
pub use identity::{Identity, Known, carry};
pub use likeness::distances;
pub use matching::{Distances, LEAST_OVERLAP, LEAST_SHARED, Matching, Pair, match_segments};
