//! Products and prices in words.

use habitue_core::goods::elasticity::{
    ENOUGH_CELLS, ENOUGH_PRODUCTS, ENOUGH_SPREAD, Elasticity, Measured, WIDEST,
};
use habitue_core::goods::name::readable;
use habitue_core::goods::stock::Dead;
use habitue_core::text::{format_count, format_number, format_share, join_and};

use super::Collected;
use crate::outcome::Favourite;

/// Products named in a sentence.
const NAMED: usize = 3;
/// Most characters of a name in a sentence.
const NAME_LENGTH: usize = 40;

/// Whose demand is spoken of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Segment,
    Shop,
}

/// What ten percent off does, in the words of actions: one of these is known.
#[derive(Default)]
pub(super) struct PriceCut {
    pub(super) pays: Option<String>,
    pub(super) costs: Option<String>,
    pub(super) unclear: Option<String>,
    pub(super) unknown: Option<String>,
}

/// What ten percent off does.
pub(super) fn price_cut(elasticity: &Elasticity) -> PriceCut {
    let Elasticity::Yes(m) = elasticity else {
        let unknown = Some(why_not(elasticity, Whose::Segment));
        return PriceCut { unknown, ..PriceCut::default() };
    };
    let said = Some(ten_percent_off(m));
    match m {
        m if m.high < -1.0 => PriceCut { pays: said, ..PriceCut::default() },
        m if m.low > -1.0 => PriceCut { costs: said, ..PriceCut::default() },
        _ => PriceCut { unclear: said, ..PriceCut::default() },
    }
}

/// An elasticity in sentences: what ten percent off brings, and what follows from it.
pub(super) fn elasticity(elasticity: &Elasticity, whose: Whose) -> String {
    let Elasticity::Yes(m) = elasticity else {
        let why = why_not(elasticity, whose);
        return format!("How demand moves with price cannot be told: {why}.");
    };
    let said = capital(&ten_percent_off(m));
    let revenue = |e: f64| 0.9 * Measured::units_at(e, 0.9) - 1.0;
    if m.high < -1.0 {
        let more = format_share(revenue(m.value));
        format!(
            "{said}: revenue rises by about {more}. Promotions bring revenue in here; whether they pay depends on the margin."
        )
    } else if m.low > -1.0 {
        let less = format_share(-revenue(m.value));
        format!(
            "{said}: less than the price gives away, so that revenue falls by about {less}. Do not discount to raise revenue."
        )
    } else {
        format!(
            "{said}: about as much as the price gives away. Whether revenue rises or falls cannot be told; discount only to clear stock or to win a customer."
        )
    }
}

/// "10 % off went with about 15 % more units (95 % sure: 13 % to 17 %)".
fn ten_percent_off(m: &Measured) -> String {
    let more = |e: f64| Measured::units_at(e, 0.9) - 1.0;
    let units = |share: f64| {
        if share < 0.0 {
            format!("{} fewer", format_share(-share))
        } else {
            format!("{} more", format_share(share))
        }
    };
    let percent =
        |share: f64| if share < 0.0 { format!("−{}", format_share(-share)) } else { format_share(share) };
    format!(
        "10 % off went with about {} units (95 % sure: {} to {})",
        units(more(m.value)),
        percent(more(m.high)),
        percent(more(m.low))
    )
}

fn why_not(elasticity: &Elasticity, whose: Whose) -> String {
    let bought = match whose {
        Whose::Segment => "are bought by these customers week after week at prices that change",
        Whose::Shop => "are bought week after week at prices that change",
    };
    match elasticity {
        Elasticity::Yes(_) => String::new(),
        Elasticity::TooFewProducts { products: 0 } => {
            format!("none of the best sellers {bought}, and {ENOUGH_PRODUCTS} are needed")
        }
        Elasticity::TooFewProducts { products } => {
            format!(
                "only {} of the best sellers {bought}, and {ENOUGH_PRODUCTS} are needed",
                format_count(*products)
            )
        }
        Elasticity::TooFewCells { cells } => {
            format!(
                "there are only {} weeks of products to compare, and {ENOUGH_CELLS} are needed",
                format_count(*cells)
            )
        }
        Elasticity::TooLittleVariation { spread } => format!(
            "prices moved by {} only, and at least {} is needed",
            format_share(*spread),
            format_share(ENOUGH_SPREAD)
        ),
        Elasticity::TooWide(m) => format!(
            "the elasticity is between {} and {} (95 % sure), an interval wider than {WIDEST}",
            signed(m.low),
            signed(m.high)
        ),
    }
}

/// A number with two decimals and a true minus.
pub(super) fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{:.2}", value.abs())
}

/// "3 % below the usual prices".
pub(super) fn index(index: f64) -> String {
    match index - 1.0 {
        d if d.abs() < 0.005 => "the usual prices".to_owned(),
        d if d < 0.0 => format!("{} less than the usual prices of the same goods", format_share(-d)),
        d => format!("{} more than the usual prices of the same goods", format_share(d)),
    }
}

/// How many times as often: "3.1", "12".
pub(super) fn times(ratio: f64) -> String {
    if ratio < 9.95 { format!("{ratio:.1}") } else { format_number(ratio.round()) }
}

/// The first few with different names.
fn different(favourites: &[Favourite]) -> Vec<(String, &Favourite)> {
    let mut named: Vec<(String, &Favourite)> = Vec::new();
    for favourite in favourites {
        let name = readable(&favourite.product.name, NAME_LENGTH);
        if named.len() < NAMED && named.iter().all(|(known, _)| *known != name) {
            named.push((name, favourite));
        }
    }
    named
}

fn sentence(favourites: &[Favourite], say: impl Fn(&str, &Favourite) -> Option<String>) -> Option<String> {
    let parts: Vec<String> = different(favourites).iter().filter_map(|(name, f)| say(name, f)).collect();
    (!parts.is_empty()).then(|| join_and(&parts))
}

/// "tea towel, cake tin and lunch bag".
pub(super) fn names(favourites: &[Favourite]) -> Option<String> {
    sentence(favourites, |name, _| Some(name.to_owned()))
}

/// "tea towel (45 % of them, 3.1 times as often as others) and …".
pub(super) fn in_numbers(favourites: &[Favourite]) -> Option<String> {
    sentence(favourites, |name, f| {
        let ratio = times(f.lift?.ratio);
        Some(format!("{name} ({} of them, {ratio} times as often as others)", format_share(f.share)))
    })
}

/// "tea towel (45 % of them) and …".
pub(super) fn with_shares(favourites: &[Favourite]) -> Option<String> {
    sentence(favourites, |name, f| Some(format!("{name} ({} of them)", format_share(f.share))))
}

/// The segment's share of what its favourites bring.
pub(super) fn share_of_demand(favourites: &[Favourite]) -> Option<String> {
    let named = different(favourites);
    let own: f64 = named.iter().map(|(_, f)| f.revenue.to_f64()).sum();
    let all: f64 = named
        .iter()
        .filter_map(|(_, f)| Some(f.revenue.to_f64() / f.share_of_demand.filter(|s| *s > 0.0)?))
        .sum();
    (all > 0.0 && own > 0.0).then(|| format_share((own / all).min(1.0)))
}

/// "12 products that they once bought have not sold for 90 days, among them A (30 of them bought it) and …".
pub(super) fn dead(found: &Collected, dead: &[&Dead<'_>], segment: usize) -> Option<String> {
    let clear: Vec<&&Dead<'_>> = dead.iter().filter(|d| !d.is_seasonal).collect();
    let mut most: Vec<(u32, u32)> =
        clear.iter().map(|d| (d.product.sales[segment].buyers, d.product.slot)).collect();
    most.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut named: Vec<(String, u32)> = Vec::new();
    for (buyers, slot) in most {
        let name = readable(&found.names[slot as usize].name, NAME_LENGTH);
        if named.len() < NAMED && named.iter().all(|(known, _)| *known != name) {
            named.push((name, buyers));
        }
    }
    let say = |(name, n): (String, u32)| format!("{name} ({} of them bought it)", format_count(n as usize));
    let named: Vec<String> = named.into_iter().map(say).collect();
    let n = format_count(clear.len());
    match clear.len() {
        0 => None,
        1 => Some(named.concat()),
        _ => Some(format!("{n} products, above all {}", join_and(&named))),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use habitue_core::Money;
    use habitue_core::goods::lift::Lift;

    use super::*;
    use crate::outcome::ProductName;

    fn measured(value: f64, error: f64) -> Elasticity {
        let (low, high) = (value - 2.0 * error, value + 2.0 * error);
        Elasticity::Yes(Measured { value, error, low, high, products: 20, cells: 400 })
    }

    #[test]
    fn an_elasticity_says_what_to_do() {
        let said = |e: &Elasticity| elasticity(e, Whose::Segment);
        let elastic = said(&measured(-2.0, 0.1));
        assert!(elastic.starts_with("10 % off went with about 23 % more units (95 % sure: 21 % to 26 %): revenue rises by about 11 %."), "{elastic}");
        let inelastic = said(&measured(-0.4, 0.1));
        assert!(
            inelastic.contains("4 % more units (95 % sure: 2 % to 7 %)")
                && inelastic.contains("revenue falls by about 6 %"),
            "{inelastic}"
        );
        assert!(said(&measured(-1.0, 0.2)).contains("cannot be told"));
        let backwards = said(&measured(0.3, 0.1));
        assert!(backwards.contains("about 3 % fewer units (95 % sure: −5 % to −1 %)"), "{backwards}");
        let few = said(&Elasticity::TooFewProducts { products: 3 });
        assert!(
            few.contains("only 3 of the best sellers are bought by these customers")
                && few.ends_with("10 are needed."),
            "{few}"
        );
    }

    #[test]
    fn exactly_one_fact_of_a_price_cut_is_known() {
        let known = |e| {
            let cut = price_cut(&e);
            [cut.pays, cut.costs, cut.unclear, cut.unknown].map(|fact| fact.is_some())
        };
        assert_eq!(known(measured(-2.0, 0.1)), [true, false, false, false]);
        assert_eq!(known(measured(-0.4, 0.1)), [false, true, false, false]);
        assert_eq!(known(measured(-1.0, 0.1)), [false, false, true, false]);
        assert_eq!(known(Elasticity::TooLittleVariation { spread: 0.0 }), [false, false, false, true]);
    }

    #[test]
    fn favourites_of_one_name_are_named_once() {
        let favourite = |name: &str, share: f64| Favourite {
            product: ProductName { product: "1".to_owned(), name: name.to_owned(), category: String::new() },
            buyers: 10,
            share,
            share_others: 0.1,
            lift: Some(Lift { ratio: share / 0.1, low: 1.5, high: 9.0 }),
            revenue: Money::from_units(30),
            units: 10.0,
            share_of_demand: Some(0.6),
            share_of_units: None,
        };
        let bought = [favourite("Soft drinks", 0.4), favourite("Soft drinks", 0.3), favourite("Tea", 0.25)];
        assert_eq!(names(&bought).unwrap(), "Soft drinks and Tea");
        assert_eq!(
            in_numbers(&bought[1..2]).unwrap(),
            "Soft drinks (30 % of them, 3.0 times as often as others)"
        );
        assert_eq!(with_shares(&bought[2..]).unwrap(), "Tea (25 % of them)");
        assert_eq!(share_of_demand(&bought).unwrap(), "60 %");
        assert_eq!(names(&[]), None);
    }

    #[test]
    fn an_index_is_said_against_usual_prices() {
        assert_eq!(index(0.97), "3 % less than the usual prices of the same goods");
        assert_eq!(
            (index(1.002), index(1.12)),
            ("the usual prices".to_owned(), "12 % more than the usual prices of the same goods".to_owned())
        );
    }
}
