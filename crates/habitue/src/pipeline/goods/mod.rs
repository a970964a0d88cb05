//! What segments buy and at which price: customers visited again, now that everybody's segment is known.

mod notes;
mod shop;
mod words;

use std::collections::BTreeSet;

use habitue_core::Money;
use habitue_core::goods::name::readable;
use habitue_core::goods::shelf::Shelf;
use habitue_core::goods::totals::Totals;
use habitue_core::goods::weeks::Weeks;
use habitue_core::line::ProductKey;
use habitue_core::table::Table;

pub(crate) use self::notes::{GoodsNotes, Told};
use super::Observer;
use super::orders::Orders;
use crate::error::Error;
use crate::ingest::ProductSettings;
use crate::ingest::products::{self, Article, Assortment};
use crate::ingest::tally::Product;
use crate::outcome::ProductName;

/// Best sellers that are looked at by week: price and demand of the others say too little, and memory stays bounded.
const BEST_SELLERS: usize = 1_000;
/// Most characters of a product's name.
const NAME_LENGTH: usize = 60;

/// What was counted of products, and what they are called.
pub(crate) struct Collected {
    pub(crate) shelf: Shelf,
    pub(crate) totals: Totals,
    /// By week, for the best sellers; absent where the orders have no quantities.
    pub(crate) weeks: Option<Weeks>,
    /// The products of `weeks`, by their numbers there.
    pub(crate) best_sellers: Vec<u32>,
    /// By number on the shelf.
    pub(crate) names: Vec<ProductName>,
    /// What the file of products says of each.
    pub(crate) articles: Vec<Option<Article>>,
    /// Names of the categories, by number.
    pub(crate) categories: Vec<String>,
    pub(crate) assortment: Option<Assortment>,
}

/// Customers with the segment of each.
pub(crate) struct Members<'a> {
    pub(crate) table: &'a Table,
    pub(crate) labels: &'a [usize],
    pub(crate) n_segments: usize,
}

impl Members<'_> {
    /// The segment of a customer; none without a net purchase.
    fn segment(&self, id: &str) -> Option<usize> {
        self.table.row_of(id).map(|row| self.labels[row])
    }
}

/// Visits all customers twice and counts what they bought: everything by product and segment, and the best sellers by
/// week and price. Nothing where the orders name no products.
///
/// What is counted is whole numbers, joined as partitions are done: the same whatever the number of threads.
///
/// # Errors
/// When the file of products cannot be read or understood, or temporary files cannot be read.
pub(crate) fn collect(
    orders: &Orders<'_>,
    members: &Members<'_>,
    settings: &ProductSettings,
    observer: &dyn Observer,
) -> Result<Option<Collected>, Error> {
    if !orders.ledger.holds.products {
        return Ok(None);
    }
    observer.stage("counting what segments buy");
    let mut found = name_products(orders, settings)?;
    let as_of = orders.ledger.as_of;
    let (n_segments, n_categories) = (members.n_segments, found.categories.len());
    let shelf = &found.shelf;
    let mut totals = orders.count(
        || Totals::new(n_segments, n_categories, as_of),
        |totals, id, summary| totals.add(shelf, summary, members.segment(id)),
        Totals::merge,
    )?;
    for (key, day) in orders.ledger.sold_to_nobody() {
        if let Some(slot) = shelf.slot(ProductKey(key)) {
            totals.note_sold(slot, day);
        }
    }
    found.best_sellers = totals.best_sellers(BEST_SELLERS);
    if orders.ledger.holds.units {
        let weeks = orders.count(
            || Weeks::new(&found.best_sellers, n_segments, as_of),
            |weeks, id, summary| {
                if let Some(segment) = members.segment(id) {
                    weeks.add(shelf, summary, segment);
                }
            },
            Weeks::merge,
        )?;
        found.weeks = Some(weeks);
    }
    found.totals = totals;
    Ok(Some(found))
}

/// The products of the orders with their names, categories and what the file of products says.
fn name_products(orders: &Orders<'_>, settings: &ProductSettings) -> Result<Collected, Error> {
    let catalogue = &orders.ledger.catalogue;
    let assortment = match &settings.file {
        Some(path) => {
            let codes: BTreeSet<&str> = catalogue.values().map(|p| p.code.as_str()).collect();
            Some(products::read(path, &settings.map, |code| codes.contains(code))?)
        }
        None => None,
    };
    let article = |product: &Product| assortment.as_ref().and_then(|a| a.by_code.get(&product.code));
    let category = |product: &Product| {
        let given = article(product).map(|a| a.category.as_str()).filter(|c| !c.is_empty());
        readable(given.unwrap_or(product.category.best()), NAME_LENGTH)
    };
    let categories: BTreeSet<String> = catalogue.values().map(category).filter(|c| !c.is_empty()).collect();
    let categories: Vec<String> = categories.into_iter().collect();
    let number = |product: &Product| categories.binary_search(&category(product)).ok().map(|n| n as u32);
    let shelf = Shelf::new(catalogue.iter().map(|(key, p)| (ProductKey(*key), number(p))), categories.len());
    let (mut names, mut articles) = (Vec::new(), Vec::new());
    for slot in 0..shelf.n_products() as u32 {
        let product = &catalogue[&shelf.key(slot).0];
        let article = article(product).cloned();
        let given = article.as_ref().map(|a| a.name.as_str()).filter(|n| !n.is_empty());
        let name = [given.unwrap_or(product.name.best()), &product.code].into_iter().find(|n| !n.is_empty());
        names.push(ProductName {
            product: product.code.clone(),
            name: readable(name.unwrap_or_default(), NAME_LENGTH),
            category: category(product),
        });
        articles.push(article);
    }
    Ok(Collected {
        shelf,
        totals: Totals::default(),
        weeks: None,
        best_sellers: Vec::new(),
        names,
        articles,
        categories,
        assortment,
    })
}

impl Collected {
    /// The usual price of each best seller, in 1/10,000 of the currency unit: the list price where the file has one.
    fn usual_prices(&self, weeks: &Weeks) -> Vec<Option<i64>> {
        let paid = habitue_core::goods::price::usual_prices(weeks);
        let listed =
            |slot: u32| self.articles[slot as usize].as_ref().and_then(|a| a.price).map(|Money(p)| p);
        self.best_sellers.iter().zip(paid).map(|(slot, paid)| listed(*slot).or(paid)).collect()
    }
}
