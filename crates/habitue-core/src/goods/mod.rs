//! What segments buy and at which price: counts by product, what stands out, and how demand moves with price.
//!
//! Customers are visited twice.
//! The first visit counts by product and segment ([`totals`]); the second, for the best-selling products alone, by week
//! and price ([`weeks`]). All counts are whole numbers, so any split of the customers, merged in any order, gives the
//! same bits.
//! Everything else here is arithmetic on these counts.

pub mod shelf;
pub mod standing;
pub mod totals;
pub mod weeks;
pub mod lift;
pub mod favourites;
pub mod stock;
pub mod trend;
pub mod price;
pub mod panel;
pub mod elasticity;
pub mod name;
