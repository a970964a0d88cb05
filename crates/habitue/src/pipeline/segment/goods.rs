//! What segments buy, once they are known.

use habitue_core::Money;
use habitue_core::goods::totals::RECENT_DAYS;

use super::base::Base;
use super::meaning::Meaning;
use crate::error::Error;
use crate::pipeline::Observer;
use crate::pipeline::goods::{GoodsNotes, Members, Told, collect};
use crate::pipeline::orders::Orders;
use crate::settings::Settings;

/// Personas whose customers are going, or never came: demand that should not be planned on.
const SLIPPING: [&str; 2] = ["at-risk", "low-value"];

/// What was found out of products, prices and stock; nothing without orders that name products.
pub(super) fn goods_notes(
    orders: Option<&Orders<'_>>,
    base: &Base,
    meaning: &Meaning,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Option<GoodsNotes>, Error> {
    let Some(orders) = orders else { return Ok(None) };
    let n_segments = meaning.order.len();
    let members = Members { table: &base.table, labels: &meaning.labels, n_segments };
    let Some(found) = collect(orders, &members, &settings.products, observer)? else { return Ok(None) };
    let sizes = meaning.segmented(base)?.sizes();
    let slipping: Vec<bool> =
        meaning.names.iter().map(|n| SLIPPING.contains(&n.persona_key.as_str())).collect();
    let (read, kept) = (base.input.revenue_read, base.input.revenue_kept);
    let told = Told {
        ids: &meaning.ids,
        sizes: &sizes,
        slipping: &slipping,
        revenue: base.net.iter().copied().sum(),
        known_share: (read > Money::ZERO).then(|| (kept.to_f64() / read.to_f64()).clamp(0.0, 1.0)),
        reaches_back: base
            .input
            .first_day
            .zip(base.as_of)
            .is_some_and(|(first, as_of)| as_of.0 - first.0 > 3 * RECENT_DAYS),
        has_discounts: base.holds.discounts,
    };
    Ok(Some(GoodsNotes::new(&found, &told)))
}
