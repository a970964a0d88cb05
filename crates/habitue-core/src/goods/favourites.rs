//! What a segment buys more often than all other customers.

use super::lift::Lift;
use super::totals::{ProductTotals, Sales};

/// When something is bought by enough customers of a segment to speak of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Support {
    /// Buyers in the segment, at least.
    pub buyers: u32,
    /// Their share of the segment's customers, at least.
    pub share: f64,
}

impl Default for Support {
    fn default() -> Self {
        Self { buyers: 10, share: 0.05 }
    }
}

/// How a segment buys one product, or one category, beside all other customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preference {
    /// Which of the products or categories given.
    pub index: usize,
    /// Customers of the segment who buy it.
    pub buyers: u32,
    /// Their share of the segment's customers.
    pub share: f64,
    /// The share of all other customers who buy it; 0 if there are none.
    pub share_others: f64,
    /// How many times as often; `None` if there are no others.
    pub lift: Option<Lift>,
    /// The segment's share of its revenue ([`ProductTotals::share`]).
    pub share_of_demand: Option<f64>,
}

/// How a segment buys each of some products: those with enough buyers in the segment.
///
/// `sizes` are the customers of each segment; of each product one entry a segment is given.
/// The shares of customers and the lift compare the segment with all *other* customers, so that a large segment is not
/// compared with itself.
pub fn preferences<'a>(
    products: impl IntoIterator<Item = &'a [Sales]>,
    segment: usize,
    sizes: &[usize],
    support: Support,
) -> Vec<Preference> {
    let customers = sizes[segment];
    let others = sizes.iter().sum::<usize>() - customers;
    let of = |(index, sales): (usize, &[Sales])| {
        let own = &sales[segment];
        let share = f64::from(own.buyers) / customers.max(1) as f64;
        if own.buyers < support.buyers || share < support.share {
            return None;
        }
        let other_buyers = sales.iter().map(|s| u64::from(s.buyers)).sum::<u64>() - u64::from(own.buyers);
        Some(Preference {
            index,
            buyers: own.buyers,
            share,
            share_others: if others > 0 { other_buyers as f64 / others as f64 } else { 0.0 },
            lift: Lift::new(u64::from(own.buyers), customers as u64, other_buyers, others as u64),
            share_of_demand: ProductTotals::share(sales, segment, |s| s.revenue.to_f64()),
        })
    };
    products.into_iter().enumerate().filter_map(of).collect()
}

/// Those that the segment buys more often than others beyond doubt (the whole interval of the lift is above 1), the
/// surest first: by the lower end of the interval, then by buyers, then as given.
pub fn favourites(preferences: &[Preference], n: usize) -> Vec<Preference> {
    let low = |p: &Preference| p.lift.map_or(0.0, |lift| lift.low);
    let mut found: Vec<Preference> = preferences.iter().filter(|p| low(p) > 1.0).copied().collect();
    found.sort_by(|a, b| low(b).total_cmp(&low(a)).then(b.buyers.cmp(&a.buyers)).then(a.index.cmp(&b.index)));
    found.truncate(n);
    found
}

/// Those that most customers of the segment buy, whatever others do.
pub fn most_bought(preferences: &[Preference], n: usize) -> Vec<Preference> {
    let mut found = preferences.to_vec();
    found.sort_by(|a, b| b.buyers.cmp(&a.buyers).then(a.index.cmp(&b.index)));
    found.truncate(n);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    fn sales(buyers: [u32; 2], revenue: [i64; 2]) -> Vec<Sales> {
        let of = |segment: usize| Sales {
            buyers: buyers[segment],
            revenue: Money::from_units(revenue[segment]),
            ..Sales::default()
        };
        vec![of(0), of(1)]
    }

    #[test]
    fn favourites_are_what_is_surely_bought_more_often() {
        // Segment 0 has 100 customers, all others are 400.
        let products = [
            sales([60, 60], [300, 100]),   // 60 % against 15 %: four times
            sales([90, 360], [900, 3600]), // 90 % by both
            sales([12, 2], [50, -60]),     // 12 % against half a percent, but few
            sales([9, 0], [90, 0]),        // too few to speak of
            sales([11, 30], [11, 30]),     // 11 % against 7.5 %: may be chance
        ];
        let found = preferences(products.iter().map(Vec::as_slice), 0, &[100, 400], Support::default());
        assert_eq!(found.iter().map(|p| p.index).collect::<Vec<_>>(), [0, 1, 2, 4]);
        assert_eq!(
            (found[0].share, found[0].share_others, found[0].share_of_demand),
            (0.6, 0.15, Some(0.75))
        );
        // What others gave back takes nothing from the share.
        assert_eq!(found[2].share_of_demand, Some(1.0));
        let best = favourites(&found, 9);
        // 12 against 2 is 24 times as often, at least 5 times; 60 against 60 at least 3 times.
        assert_eq!(best.iter().map(|p| p.index).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(most_bought(&found, 2).iter().map(|p| p.index).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn without_other_customers_there_is_nothing_to_compare_with() {
        let products = [vec![Sales { buyers: 20, ..Sales::default() }]];
        let found = preferences(products.iter().map(Vec::as_slice), 0, &[100], Support::default());
        assert_eq!((found[0].lift, found[0].share_others), (None, 0.0));
        assert!(favourites(&found, 5).is_empty());
        assert_eq!(most_bought(&found, 5).len(), 1);
    }
}
