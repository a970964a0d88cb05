//! The file of products: names, categories, list prices and stock levels by product code.

use std::collections::BTreeMap;
use std::path::Path;

use habitue_core::Money;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::cell::{Cell, OwnedCell};
use super::find::find;
use super::role::{Role, normal};
use super::source::{Position, Row, Sink, Source, SourceHints, scan};
use crate::error::Error;

/// Rows that are looked at to tell columns apart.
const SAMPLE_ROWS: usize = 2000;

/// What a column of the file of products can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductRole {
    /// The code by which orders name the product.
    Code,
    /// Its name.
    Name,
    /// Its category.
    Category,
    /// Its list price.
    Price,
    /// Units in stock.
    Stock,
}

impl ProductRole {
    /// All roles, in the order of the cells that are read.
    pub const ALL: [Self; 5] = [Self::Code, Self::Name, Self::Category, Self::Price, Self::Stock];

    /// The role's name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Category => "category",
            Self::Price => "price",
            Self::Stock => "stock",
        }
    }

    /// The role of a name in settings.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Column names that mean this role, best first.
    fn aliases(self) -> Vec<&'static str> {
        let more: &[&str] = match self {
            Self::Code => &["code", "id", "variantsku", "handle", "number", "artikelnummer"],
            Self::Name => &["name", "label", "bezeichnung", "producttype", "type"],
            Self::Category => {
                &["productgroup", "commodity", "group", "categories", "collection", "type", "warengruppe"]
            }
            Self::Price => &[
                "listprice",
                "usualprice",
                "regularprice",
                "rrp",
                "recommendedprice",
                "variantprice",
                "price",
                "unitprice",
                "preis",
            ],
            Self::Stock => &[
                "stock",
                "stocklevel",
                "stockquantity",
                "stockonhand",
                "onhand",
                "quantityonhand",
                "qtyonhand",
                "inventory",
                "inventoryquantity",
                "variantinventoryqty",
                "instock",
                "availablequantity",
                "available",
                "bestand",
            ],
        };
        let known: &[&str] = match self {
            Self::Code => Role::Product.aliases(),
            Self::Name => Role::ProductName.aliases(),
            Self::Category => Role::Category.aliases(),
            Self::Price | Self::Stock => &[],
        };
        // "Product type" is rather what a product is called than which category it is in, if there is no other name.
        let known = known.iter().filter(|a| self != Self::Category || **a != "producttype");
        known.chain(more).copied().collect()
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Price | Self::Stock)
    }
}

/// The file of products, and what its columns are where looking does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProductSettings {
    /// The file: one row a product.
    pub file: Option<std::path::PathBuf>,
    /// Columns by role: `code = "SKU"`; `""` for none.
    pub map: BTreeMap<ProductRole, String>,
}

/// What the file knows of a product.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Article {
    pub(crate) name: String,
    pub(crate) category: String,
    /// The list price, above zero.
    pub(crate) price: Option<Money>,
    /// Units in stock.
    pub(crate) stock: Option<f64>,
}

/// All products of the file, by code.
#[derive(Debug, Default)]
pub(crate) struct Assortment {
    pub(crate) path: String,
    pub(crate) format: String,
    pub(crate) rows: u64,
    pub(crate) columns: BTreeMap<String, String>,
    pub(crate) by_code: HashMap<String, Article>,
    pub(crate) repeated: u64,
    pub(crate) unreadable: u64,
}

/// Reads the file of products; of codes that stand in it twice the first row counts.
///
/// `is_known` says whether orders name a code: among columns that may hold the code, that with most known ones is taken.
///
/// # Errors
/// When the file cannot be read, a named column is not in it, or no column holds product codes.
pub(crate) fn read(
    path: &Path,
    map: &BTreeMap<ProductRole, String>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Assortment, Error> {
    let mut files = find(&[path.display().to_string()])?;
    let sources = vec![Source::look(files.swap_remove(0), &SourceHints::default())?];
    let source = &sources[0];
    let sample = source.sample(SAMPLE_ROWS)?;
    let comma = uses_comma(&sample);
    let found = columns(source, &sample, comma, map, is_known)?;
    let selection = ProductRole::ALL.iter().map(|role| found.get(role).copied()).collect();
    let mut all = Assortment {
        path: source.file.name.clone(),
        format: source.describe(),
        columns: found.iter().map(|(r, c)| (r.name().to_owned(), source.columns()[*c].clone())).collect(),
        ..Assortment::default()
    };
    let new_sink = |_| ArticleSink { comma, ..ArticleSink::default() };
    scan(&sources, &[selection], false, new_sink, |sink| {
        all.rows += sink.rows;
        all.unreadable += sink.unreadable;
        for (code, article) in sink.articles {
            match all.by_code.entry(code) {
                hashbrown::hash_map::Entry::Occupied(_) => all.repeated += 1,
                hashbrown::hash_map::Entry::Vacant(place) => {
                    place.insert(article);
                }
            }
        }
        Ok(())
    })?;
    if all.by_code.is_empty() {
        return Err(Error::NoRows { path: all.path });
    }
    Ok(all)
}

/// The code in a cell, as orders write it.
fn write_code(cell: Cell<'_>, code: &mut String) -> bool {
    if let Cell::Text(text) = cell {
        code.clear();
        code.push_str(text);
        return !cell.is_nothing();
    }
    cell.write_id(code).is_some()
}

fn uses_comma(sample: &[Vec<OwnedCell>]) -> bool {
    let count = |comma| sample.iter().flatten().filter(|c| c.borrow().float(comma).is_some()).count();
    count(true) > count(false)
}

/// The column of each role: what the user says, else by name, held against what the column contains.
fn columns(
    source: &Source,
    sample: &[Vec<OwnedCell>],
    comma: bool,
    map: &BTreeMap<ProductRole, String>,
    is_known: impl Fn(&str) -> bool,
) -> Result<BTreeMap<ProductRole, usize>, Error> {
    let names: Vec<String> = source.columns().iter().map(|c| normal(c)).collect();
    let mut found = BTreeMap::new();
    for (&role, name) in map.iter().filter(|(_, name)| !name.is_empty()) {
        let column = source.columns().iter().position(|c| c == name);
        let column = column.or_else(|| names.iter().position(|n| *n == normal(name)));
        let unknown = || Error::UnknownColumn {
            path: source.file.name.clone(),
            role: role.name(),
            column: name.clone(),
            columns: source.columns().to_vec(),
            suggestion: habitue_core::math::text::closest(name, source.columns().iter().map(String::as_str))
                .map(str::to_owned),
        };
        found.insert(role, column.ok_or_else(unknown)?);
    }
    let cells = |column: usize| {
        sample
            .iter()
            .filter_map(move |row| row.get(column))
            .map(OwnedCell::borrow)
            .filter(|c| !c.is_nothing())
    };
    let share = |column: usize, test: &dyn Fn(Cell<'_>) -> bool| {
        let (n, yes) = cells(column).fold((0, 0), |(n, yes), c| (n + 1, yes + usize::from(test(c))));
        if n == 0 { 0.0 } else { yes as f64 / n as f64 }
    };
    for role in ProductRole::ALL.into_iter().filter(|role| !map.contains_key(role)) {
        let free = |column: &usize| !found.values().any(|taken| taken == column);
        let named = role.aliases();
        let mut named: Vec<usize> =
            named.iter().filter_map(|a| names.iter().position(|n| n == a)).filter(free).collect();
        if role == ProductRole::Code {
            let known = |column: usize| {
                share(column, &|cell| {
                    let mut code = String::new();
                    write_code(cell, &mut code) && is_known(&code)
                })
            };
            // Columns of other names come last, and only if orders know their codes.
            let others = (0..names.len()).filter(free).filter(|c| !named.contains(c) && known(*c) > 0.0);
            let others: Vec<usize> = others.collect();
            named.extend(others);
            let best = named.iter().map(|c| known(*c)).fold(0.0, f64::max);
            named.retain(|c| known(*c) >= best);
        } else if role.is_number() {
            named.retain(|c| share(*c, &|cell| cell.float(comma).is_some()) >= 0.9);
        } else {
            named.retain(|c| cells(*c).next().is_some());
        }
        if let Some(column) = named.first() {
            found.insert(role, *column);
        }
    }
    if found.contains_key(&ProductRole::Code) {
        return Ok(found);
    }
    Err(Error::MissingRoles {
        path: source.file.name.clone(),
        missing: vec!["product code".to_owned()],
        columns: source.columns().to_vec(),
        remedy: "name the column with product-columns code=…".to_owned(),
    })
}

/// Takes the products of a part of the file.
#[derive(Default)]
struct ArticleSink {
    comma: bool,
    rows: u64,
    unreadable: u64,
    articles: Vec<(String, Article)>,
}

impl Sink for ArticleSink {
    fn row(&mut self, _: Position, row: &impl Row) -> Result<(), Error> {
        self.rows += 1;
        let mut code = String::new();
        if !write_code(row.cell(ProductRole::Code as usize), &mut code) {
            self.unreadable += 1;
            return Ok(());
        }
        let text = |role: ProductRole| {
            let (cell, mut text) = (row.cell(role as usize), String::new());
            if !cell.is_nothing() {
                cell.write_text(&mut text);
            }
            text
        };
        let price = row.cell(ProductRole::Price as usize).number(self.comma).ok().flatten();
        let article = Article {
            name: text(ProductRole::Name),
            category: text(ProductRole::Category),
            price: price.and_then(|p| p.value.money()).filter(|p| *p > Money::ZERO),
            stock: row.cell(ProductRole::Stock as usize).float(self.comma).filter(|s| s.is_finite()),
        };
        self.articles.push((code, article));
        Ok(())
    }

    fn broken(&mut self, _: Position, _: &str, _: String) {
        self.rows += 1;
        self.unreadable += 1;
    }

    fn replaced(&mut self, _: Position) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, map: &[(ProductRole, &str)], known: &[&str]) -> Result<Assortment, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("products.csv");
        std::fs::write(&path, text).unwrap();
        let map = map.iter().map(|(role, name)| (*role, (*name).to_owned())).collect();
        read(&path, &map, |code| known.contains(&code))
    }

    #[test]
    fn columns_are_found_by_name_and_content() {
        let text = "SKU,Product name,Department,List price,Stock on hand,Note\n\
                    007,TEA TOWEL,Kitchen,\"1,234.50\",12,x\n8.0,,Bath,0,,y\n007,AGAIN,Kitchen,1,1,z\n,none,,,,\n";
        let all = read_text(text, &[], &["007"]).unwrap();
        assert_eq!((all.rows, all.by_code.len(), all.repeated, all.unreadable), (4, 2, 1, 1));
        let towel = &all.by_code["007"];
        assert_eq!(
            (towel.name.as_str(), towel.category.as_str(), towel.stock),
            ("TEA TOWEL", "Kitchen", Some(12.0))
        );
        assert_eq!(towel.price, Some(Money(12_345_000)));
        // Text is taken as orders take it; a price of zero is none.
        assert_eq!(all.by_code["8.0"], Article { category: "Bath".to_owned(), ..Article::default() });
    }

    #[test]
    fn among_columns_that_may_hold_the_code_that_which_orders_know_is_taken() {
        let text = "id,our number,title\n1,A1,Cup\n2,A2,Mug\n";
        assert_eq!(read_text(text, &[], &["A1"]).unwrap().columns["code"], "our number");
        assert_eq!(read_text(text, &[], &["2"]).unwrap().columns["code"], "id");
        assert_eq!(read_text(text, &[(ProductRole::Code, "id")], &["A1"]).unwrap().columns["code"], "id");
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_columns() {
        let error = read_text("colour,size\nred,4\n", &[], &[]).unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("product code")), ("missing-columns", true));
        let error = read_text("sku\n1\n", &[(ProductRole::Name, "title1")], &[]).unwrap_err();
        assert_eq!(error.code(), "unknown-column");
    }
}
