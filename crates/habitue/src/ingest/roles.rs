//! Which column is what: by name, held against what the column contains.

use std::collections::{BTreeMap, HashSet};

use super::cell::{Cell, OwnedCell};
use super::moment::Reading;
use super::number;
use super::role::{Role, normal};
use crate::error::Error;
use crate::outcome::Kind;

/// A column taken for a role.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) column: usize,
    pub(crate) confidence: f64,
    pub(crate) why: String,
}

/// The roles of one source's columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Roles {
    pub(crate) found: BTreeMap<Role, Found>,
    /// Whether decimals are parted by a comma.
    pub(crate) comma: bool,
    /// Whether lines of an order leave out what its first line says.
    pub(crate) continued: bool,
    pub(crate) notes: Vec<String>,
}

/// A source's columns and first rows.
pub(crate) struct Look<'a> {
    pub(crate) path: &'a str,
    pub(crate) columns: &'a [String],
    pub(crate) header: bool,
    pub(crate) sample: &'a [Vec<OwnedCell>],
}

impl Look<'_> {
    fn cells(&self, column: usize) -> impl Iterator<Item = Cell<'_>> {
        self.sample
            .iter()
            .map(move |row| row.get(column).map_or(Cell::Empty, OwnedCell::borrow))
            .filter(|c| !c.is_nothing())
    }

    /// The share of cells with something in them for which a test holds; `None` when all are empty.
    fn share(&self, column: usize, test: impl Fn(Cell<'_>) -> bool) -> Option<f64> {
        let (n, yes) = self.cells(column).fold((0, 0), |(n, yes), c| (n + 1, yes + u32::from(test(c))));
        (n > 0).then(|| f64::from(yes) / f64::from(n))
    }

    fn column_named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name).or_else(|| {
            let wanted = normal(name);
            self.columns.iter().position(|c| !wanted.is_empty() && normal(c) == wanted)
        })
    }
}

/// Finds the roles of a source: what the user says, then names, then contents.
///
/// # Errors
/// [`Error::UnknownColumn`] when the user names a column that is not there.
pub(crate) fn find(look: &Look<'_>, map: &BTreeMap<Role, String>) -> Result<Roles, Error> {
    let mut roles = Roles { comma: uses_comma(look), ..Roles::default() };
    for (&role, name) in map {
        if name.is_empty() {
            continue;
        }
        let Some(column) = look.column_named(name) else {
            return Err(Error::UnknownColumn {
                path: look.path.to_owned(),
                role: role.name(),
                column: name.clone(),
                columns: look.columns.to_vec(),
                suggestion: habitue_core::math::text::closest(name, look.columns.iter().map(String::as_str))
                    .map(str::to_owned),
            });
        };
        roles.found.insert(role, Found { column, confidence: 1.0, why: "you said so".to_owned() });
    }
    if look.header {
        by_name(look, map, &mut roles);
        by_content(look, map, &mut roles);
    }
    settle_money(look, map, &mut roles);
    note_repeated_names(look, &mut roles);
    roles.continued = continues(look, &roles);
    Ok(roles)
}

fn by_name(look: &Look<'_>, map: &BTreeMap<Role, String>, roles: &mut Roles) {
    let names: Vec<String> = look.columns.iter().map(|c| normal(c)).collect();
    for role in Role::ALL {
        if map.contains_key(&role) {
            continue;
        }
        let taken: HashSet<usize> = roles.found.values().map(|f| f.column).collect();
        let candidates = role.aliases().iter().filter_map(|a| names.iter().position(|n| n == a));
        let fitting: Vec<(usize, String)> = candidates
            .filter(|c| !taken.contains(c))
            .filter_map(|c| fits(look, role, c, roles.comma).map(|why| (c, why)))
            .collect();
        // A column of the right name with nothing in it is taken when there is no other.
        let filled = |(c, _): &&(usize, String)| look.cells(*c).next().is_some();
        let mut found = fitting.iter().find(filled).or(fitting.first()).cloned();
        let of_shop = names.iter().position(|n| n == "name").filter(|_| role == Role::Order);
        if let Some(column) = of_shop.filter(|_| names.iter().any(|n| n == "lineitemname")) {
            found = Some((column, "order number of a shop export".to_owned()));
        }
        if found.is_none() && role == Role::Order {
            found = names
                .iter()
                .position(|n| n == "id")
                .filter(|c| !taken.contains(c))
                .map(|c| (c, "name".to_owned()));
        }
        if let Some((column, why)) = found {
            let confidence = if why.starts_with("name, but") { 0.6 } else { 0.95 };
            roles.found.insert(role, Found { column, confidence, why });
        }
    }
}

/// Whether a cell holds what it must, where decimals are parted by a comma or not.
type HoldsIt = fn(Cell<'_>, bool) -> bool;

/// What the cells of a role's column must hold, in words and as a test; nothing where anything will do.
fn content_of(role: Role) -> Option<(&'static str, HoldsIt)> {
    match role {
        Role::Time => Some(("dates", |c, _| c.reading().is_some())),
        Role::Quantity | Role::UnitPrice | Role::Amount | Role::Discount | Role::Refund => {
            Some(("numbers", |c, comma| !matches!(c.number(comma), Err(number::NumberError::NotANumber))))
        }
        _ => None,
    }
}

/// Whether the contents of a column allow a role; why, in words.
fn fits(look: &Look<'_>, role: Role, column: usize, comma: bool) -> Option<String> {
    let Some((content, test)) = content_of(role) else { return Some("name".to_owned()) };
    match look.share(column, |c| test(c, comma)) {
        None => Some("name, but no values".to_owned()),
        Some(share) if share >= 0.9 => Some(format!("name, and {content} in it")),
        Some(share) if share >= 0.4 => Some(format!("name, but only {:.0} % {content}", share * 100.0)),
        Some(_) => None,
    }
}

/// Why a column with the name of a role was not taken for it, with an example.
fn unfit(look: &Look<'_>, role: Role, comma: bool) -> Option<String> {
    let (content, test) = content_of(role)?;
    let is_named = |column: &usize| role.aliases().contains(&normal(&look.columns[*column]).as_str());
    let column = (0..look.columns.len()).find(|c| is_named(c) && fits(look, role, *c, comma).is_none())?;
    let mut example = String::new();
    look.cells(column).find(|cell| !test(*cell, comma))?.write_text(&mut example);
    let (name, example): (_, String) = (&look.columns[column], example.chars().take(40).collect());
    Some(format!("column {name:?} holds {example:?} and the like, which are no {content}: correct it, or "))
}

/// A column of dates under a name we do not know.
fn by_content(look: &Look<'_>, map: &BTreeMap<Role, String>, roles: &mut Roles) {
    if roles.found.contains_key(&Role::Time) || map.contains_key(&Role::Time) {
        return;
    }
    let is_date = |c: Cell<'_>| match c {
        Cell::Time(_) => true,
        Cell::Text(text) => text.bytes().any(|b| !b.is_ascii_digit() && b != b'.') && c.reading().is_some(),
        _ => false,
    };
    let taken: HashSet<usize> = roles.found.values().map(|f| f.column).collect();
    let dated = (0..look.columns.len())
        .find(|&c| !taken.contains(&c) && look.share(c, is_date).is_some_and(|s| s >= 0.9));
    if let Some(column) = dated {
        roles.found.insert(Role::Time, Found { column, confidence: 0.7, why: "dates in it".to_owned() });
    }
}

/// Where both a line's money and quantity × price are there, decides which to use.
fn settle_money(look: &Look<'_>, map: &BTreeMap<Role, String>, roles: &mut Roles) {
    let column = |role: Role| roles.found.get(&role).map(|f| f.column);
    let (Some(amount), Some(price)) = (column(Role::Amount), column(Role::UnitPrice)) else {
        drop_rate(look, map, roles);
        return;
    };
    if map.contains_key(&Role::Amount) {
        roles.found.remove(&Role::UnitPrice);
    } else if map.contains_key(&Role::UnitPrice) {
        roles.found.remove(&Role::Amount);
    } else {
        let quantity = column(Role::Quantity);
        let value = |row: &[OwnedCell], c: usize| row.get(c).and_then(|c| c.borrow().float(roles.comma));
        let agrees = |row: &&Vec<OwnedCell>| {
            let of_one = quantity.map_or(Some(1.0), |q| value(row, q));
            match (value(row, amount), value(row, price), of_one) {
                (Some(a), Some(p), Some(q)) => (a - p * q).abs() <= 0.011 * (1.0 + a.abs()),
                _ => false,
            }
        };
        let same = look.sample.iter().filter(agrees).count();
        if same * 10 >= look.sample.len() * 8 {
            roles.found.remove(&Role::UnitPrice);
        } else {
            let name = &look.columns[amount];
            roles.notes.push(format!(
                "revenue is {} × {}, not column {name:?}, which does not agree with them line by line",
                quantity.map_or("1", |q| look.columns[q].as_str()),
                look.columns[price]
            ));
            roles.found.remove(&Role::Amount);
        }
    }
    drop_rate(look, map, roles);
}

/// A discount of 0.2 that means 20 % is no money.
fn drop_rate(look: &Look<'_>, map: &BTreeMap<Role, String>, roles: &mut Roles) {
    let Some(found) = roles.found.get(&Role::Discount).filter(|_| !map.contains_key(&Role::Discount)) else {
        return;
    };
    let values: Vec<f64> =
        look.cells(found.column).filter_map(|c| c.float(roles.comma)).filter(|v| *v != 0.0).collect();
    let name = &look.columns[found.column];
    if normal(name) == "discount" && !values.is_empty() && values.iter().all(|v| v.abs() < 1.0) {
        roles.notes.push(format!("column {name:?} looks like rates, not money, and is left out"));
        roles.found.remove(&Role::Discount);
    }
}

fn note_repeated_names(look: &Look<'_>, roles: &mut Roles) {
    for (role, found) in &roles.found {
        let name = &look.columns[found.column];
        let same = look.columns.iter().filter(|c| *c == name).count();
        if same > 1 {
            roles
                .notes
                .push(format!("{same} columns are named {name:?}; the first is used for {}", role.name()));
        }
    }
}

/// Whether lines after the first of an order leave customer and time empty (Shopify).
fn continues(look: &Look<'_>, roles: &Roles) -> bool {
    let column = |role: Role| roles.found.get(&role).map(|f| f.column);
    let (Some(customer), Some(time), Some(order)) =
        (column(Role::Customer), column(Role::Time), column(Role::Order))
    else {
        return false;
    };
    let cell = |row: &'_ Vec<OwnedCell>, c: usize| row.get(c).cloned().unwrap_or(OwnedCell::Empty);
    look.sample.windows(2).any(|pair| {
        cell(&pair[1], order) != OwnedCell::Empty
            && cell(&pair[0], order) == cell(&pair[1], order)
            && cell(&pair[1], customer) == OwnedCell::Empty
            && cell(&pair[1], time) == OwnedCell::Empty
    })
}

fn uses_comma(look: &Look<'_>) -> bool {
    let texts = look.sample.iter().flatten().filter_map(|c| match c {
        OwnedCell::Text(text) if text.contains(',') || text.contains('.') => Some(text.trim()),
        _ => None,
    });
    number::uses_comma(texts)
}

/// What kind of table it is.
///
/// # Errors
/// [`Error::MissingRoles`] when it is neither orders nor customers.
pub(crate) fn kind(look: &Look<'_>, roles: &Roles) -> Result<Kind, Error> {
    let has = |role: Role| roles.found.contains_key(&role);
    let money = has(Role::Amount) || has(Role::UnitPrice);
    if has(Role::Customer) && has(Role::Time) && money {
        return Ok(Kind::Orders);
    }
    if let Some(customer) = roles.found.get(&Role::Customer)
        && !has(Role::Time)
        && !has(Role::Order)
        && has_numbers(look, customer.column, roles.comma)
    {
        let mut ids = HashSet::new();
        let mut id = String::new();
        let n = look
            .cells(customer.column)
            .filter(|c| c.write_id(&mut id).is_some() && !ids.insert(id.clone()))
            .count();
        if n * 10 <= look.sample.len() {
            return Ok(Kind::Customers);
        }
    }
    let needed =
        [(has(Role::Customer), "customer"), (has(Role::Time), "time"), (money, "amount (or unit_price)")];
    let missing: Vec<String> = needed.iter().filter(|n| !n.0).map(|n| n.1.to_owned()).collect();
    let example: Vec<String> =
        missing.iter().map(|m| format!("{}=…", m.split(' ').next().unwrap_or(m))).collect();
    let remedy = if look.header {
        let wanted = [Role::Time, Role::Amount, Role::UnitPrice].into_iter().filter(|role| match role {
            Role::Time => !has(Role::Time),
            _ => !money,
        });
        let unfit: String = wanted.filter_map(|role| unfit(look, role, roles.comma)).collect();
        format!(
            "{unfit}name the columns with map {}; an orders file needs who, when and how much",
            example.join(",")
        )
    } else {
        format!(
            "the file has no header row: name columns by their number, map {}, counting from 1",
            example.join(",")
        )
    };
    Err(Error::MissingRoles { path: look.path.to_owned(), missing, columns: look.columns.to_vec(), remedy })
}

fn has_numbers(look: &Look<'_>, except: usize, comma: bool) -> bool {
    (0..look.columns.len())
        .filter(|&c| c != except)
        .any(|c| look.share(c, |c| c.float(comma).is_some()).is_some_and(|s| s > 0.5))
}

/// What the cells of a time column say about the order of day and month.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DateEvidence {
    /// Dates that exist only with the day first, and only with the month first.
    pub(crate) only_dmy: u64,
    pub(crate) only_mdy: u64,
    /// A date with two readings, as written.
    pub(crate) either: Option<String>,
}

impl DateEvidence {
    pub(crate) fn add(&mut self, cell: Cell<'_>) {
        let Cell::Text(text) = cell else { return };
        match cell.reading() {
            Some(Reading::Either { dmy: Some(a), mdy: Some(b) }) if a != b => {
                self.either.get_or_insert_with(|| text.to_owned());
            }
            Some(Reading::Either { dmy: Some(_), mdy: None }) => self.only_dmy += 1,
            Some(Reading::Either { dmy: None, mdy: Some(_) }) => self.only_mdy += 1,
            _ => {}
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.only_dmy += other.only_dmy;
        self.only_mdy += other.only_mdy;
        self.either = self.either.take().or(other.either);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_at<T>(header: &str, rows: &[&str], then: impl Fn(&Look<'_>) -> T) -> T {
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        let sample: Vec<Vec<OwnedCell>> = rows
            .iter()
            .map(|r| {
                r.split(',')
                    .map(|c| if c.is_empty() { OwnedCell::Empty } else { OwnedCell::Text(c.to_owned()) })
                    .collect()
            })
            .collect();
        then(&Look { path: "orders.csv", columns: &columns, header: true, sample: &sample })
    }

    fn roles_of(header: &str, rows: &[&str]) -> Vec<String> {
        look_at(header, rows, |look| {
            let roles = find(look, &BTreeMap::new()).unwrap();
            roles.found.iter().map(|(r, f)| format!("{}={}", r.name(), look.columns[f.column])).collect()
        })
    }

    #[test]
    fn common_exports_are_understood_unasked() {
        assert_eq!(
            roles_of(
                "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
                &["536365,85123A,HOLDER,6,2010-12-01 08:26,2.55,17850,United Kingdom"]
            ),
            [
                "customer=CustomerID",
                "time=InvoiceDate",
                "order=InvoiceNo",
                "product=StockCode",
                "product_name=Description",
                "quantity=Quantity",
                "unit_price=UnitPrice",
                "country=Country"
            ]
        );
        assert_eq!(
            roles_of("customer_id,date,number_of_cds,dollar_value", &["00001,1997-01-01,1,11.77"]),
            ["customer=customer_id", "time=date", "quantity=number_of_cds", "amount=dollar_value"]
        );
        assert_eq!(
            roles_of(
                "id,created,amount,currency,status,customer_email",
                &["pi_1,2021-01-01,20.00,usd,succeeded,a@b.c"]
            ),
            [
                "customer=customer_email",
                "time=created",
                "order=id",
                "amount=amount",
                "status=status",
                "currency=currency"
            ]
        );
    }

    #[test]
    fn an_empty_column_does_not_stand_in_the_way_of_a_filled_one() {
        let rows = ["#1,a@b.c,2021-01-05,2,Mug,5,", "#1,,,1,Tea,4,"];
        let header = "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Receipt Number";
        let roles = roles_of(header, &rows);
        assert!(roles.contains(&"order=Name".to_owned()), "{roles:?}");
        let roles = roles_of("customer,customer_id,date,amount", &["ann,,2021-01-05,5", "bob,,2021-01-06,6"]);
        assert!(roles.contains(&"customer=customer".to_owned()), "{roles:?}");
        let roles = roles_of("customer,date,amount", &["1,2021-01-05,", "2,2021-01-06,"]);
        assert!(roles.contains(&"amount=amount".to_owned()), "{roles:?}");
    }

    #[test]
    fn an_order_total_beside_line_prices_is_not_summed_line_by_line() {
        let rows = ["1,2021-01-05,7,2,5,30", "1,2021-01-05,8,4,5,30", "2,2021-01-15,8,1,9,9"];
        let roles = roles_of("Buyer,Sale Date,Order ID,Quantity,Price,Order Total", &rows);
        assert!(roles.contains(&"unit_price=Price".to_owned()), "{roles:?}");
        let rows = ["1,2021-01-05,7,2,5,10", "1,2021-01-05,8,4,5,20"];
        let roles = roles_of("Buyer,Sale Date,Order ID,Quantity,Price,Total", &rows);
        assert!(roles.contains(&"amount=Total".to_owned()), "{roles:?}");
    }

    #[test]
    fn a_name_whose_column_holds_something_else_is_not_believed() {
        let roles = roles_of("customer,date,when,amount", &["1,red,2021-01-05,5", "2,blue,2021-01-06,6"]);
        assert!(roles.contains(&"time=when".to_owned()), "{roles:?}");
    }

    #[test]
    fn kinds_are_told_apart_and_what_is_missing_is_named() {
        let kind_of = |header, rows: &[&str]| {
            look_at(header, rows, |look| kind(look, &find(look, &BTreeMap::new()).unwrap()))
        };
        assert_eq!(kind_of("customer_id,date,value", &["1,2021-01-05,5"]).unwrap(), Kind::Orders);
        assert_eq!(kind_of("CustomerID,Gender,Age", &["1,Male,19", "2,Male,21"]).unwrap(), Kind::Customers);
        let error = kind_of("Member_number,Date,itemDescription", &["1808,21-07-2015,fruit"]).unwrap_err();
        assert!(
            matches!(&error, Error::MissingRoles { missing, .. } if missing == &["amount (or unit_price)"]),
            "{error}"
        );
    }
}
