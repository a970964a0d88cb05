//! One row of a receipt, as the fold keeps it.

use crate::money::Money;
use crate::time::Timestamp;

/// Parts of one unit: quantities are whole numbers of 1/1,000, so that weights and litres sum exactly.
pub const UNIT_SCALE: i64 = 1_000;

/// Which product, as a stable 64-bit hash of its code. Bit 0 marks services (postage, fees, manual corrections).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductKey(pub u64);

impl ProductKey {
    /// No product is known.
    pub const NONE: Self = Self(0);

    /// The key of a product whose code has this hash.
    pub fn new(hash: u64, service: bool) -> Self {
        Self(((hash | 2) & !1) | u64::from(service))
    }

    /// Whether the line is postage, a fee or a correction, and no merchandise.
    pub fn is_service(self) -> bool {
        self.0 & 1 == 1
    }

    /// Whether a product is known.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// One kept row of a receipt of one customer.
///
/// The derived order (time first) is the order in which a [`crate::summary::Summary`] keeps its lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// When it was sold or taken back.
    pub time: Timestamp,
    /// Which order, as a stable 64-bit hash of its number; the time itself where there is no order number.
    pub order: u64,
    /// What was sold.
    pub product: ProductKey,
    /// How much, in 1/1,000 of a unit; negative when taken back.
    pub units: i64,
    /// For how much; negative when money is given back.
    pub amount: Money,
    /// What was taken off the price, zero or more.
    pub discount: Money,
}

impl Line {
    /// Whether goods or money were taken back.
    pub fn is_return(&self) -> bool {
        self.amount < Money::ZERO || (self.amount == Money::ZERO && self.units < 0)
    }
}
