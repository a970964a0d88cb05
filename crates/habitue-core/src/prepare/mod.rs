//! From a table in days, orders and money to a matrix in which distance means something, and back.

pub mod category;
pub mod checks;
pub mod number;
pub mod power;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::table::{Column, Values};
use crate::{Error, Matrix, Result};
use category::FittedCategory;
use number::FittedNumber;

/// How columns become comparable: missing values filled, extremes tamed, skew undone, scales made equal.
///
/// Numbers, in this order: missing and infinite values become the median of the others; values are capped at
/// two quantiles;
/// skewed columns are transformed; all are scaled. Categories become one 0/1 column a level.
/// Everything is learnt once by [`Preparation::fit`] and used unchanged ever after.
///
/// ```
/// use habitue_core::prepare::Preparation;
/// # use habitue_core::table::{Column, Feature, Unit, Values};
/// # let feature = Feature { name: "orders".into(), label: "orders".into(), unit: Unit::Count, description:
/// String::new() };
/// # let orders = Column { feature, values: Values::Number(vec![1.0, 1.0, 2.0, 3.0, f64::NAN]) };
/// let preparation = Preparation { winsorise: (0.0, 1.0), ..Preparation::default() };
/// let fitted = preparation.fit(&[&orders])?;
/// let x = fitted.transform(&[&orders])?;
/// assert_eq!(fitted.undo(x.row(3)), [3.0]);
/// assert_eq!(fitted.undo(x.row(4)), [1.5]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preparation {
    /// Quantiles at which numbers are capped; `(0, 1)` caps nothing that was seen.
    pub winsorise: (f64, f64),
    /// What is done about skew.
    pub skew: Skew,
    /// With [`Skew::Auto`], columns whose skewness is farther from 0 than this are transformed.
    pub skew_threshold: f64,
    /// How numbers are brought to one scale.
    pub scale: Scale,
}

/// What is done about a skewed column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skew {
    /// [`Skew::Log`] for a skewed column without negative values, Yeo-Johnson for one with.
    Auto,
    /// Nothing.
    None,
    /// `ln(1 + x)` for every column, mirrored for negative values.
    Log1p,
    /// `ln(1 + x / unit)` for every column, mirrored for negative values; the unit is a quarter of the median of
    /// what is above 0.
    ///
    /// Unlike `ln(1 + x)` it does not depend on what a column is measured in: amounts in pounds and in pence give the
    /// same segments, and a customer with nothing in the last year stands below those with little, not far away.
    Log,
    /// The Yeo-Johnson transform for every column, with the power of highest likelihood.
    YeoJohnson,
}

/// How a column of numbers is brought to the scale of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Mean 0, standard deviation 1 (divisor `n`).
    Standard,
    /// Median 0, interquartile range 1; by the standard deviation where the middle half is one value.
    Robust,
    /// Lowest 0, highest 1.
    MinMax,
    /// The share of customers below, those of equal value counted half: 0 to 1. Skew does not matter to it
    /// and is left alone.
    Rank,
    /// As they are.
    None,
}

impl Default for Preparation {
    /// Caps at 0.5 % and 99.5 %, logarithms where skewness passes 1, z-scores.
    fn default() -> Self {
        Self { winsorise: (0.005, 0.995), skew: Skew::Auto, skew_threshold: 1.0, scale: Scale::Standard }
    }
}

/// A preparation that has seen its customers: numbers out of any table with the same features, the same way
/// each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedPreparation {
    /// What was learnt of each feature, in the order of the columns.
    pub columns: Vec<FittedColumn>,
}

/// What was learnt of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FittedColumn {
    /// A feature of numbers: one prepared column.
    Number(FittedNumber),
    /// A feature of categories: one prepared column a level.
    Category(FittedCategory),
}

impl Preparation {
    /// Learns how to prepare the given columns.
    ///
    /// - A column of one value (or of none at all) is constant: it becomes zeros and says so.
    /// - Values beyond ±1e300 are taken as ±1e300, so that differences stay finite.
    ///
    /// Costs `O(n log n)` a column, some twenty passes more where a Yeo-Johnson power is sought; columns are
    /// fitted in parallel.
    ///
    /// # Errors
    /// [`Error::NoFeatures`] without columns, [`Error::NoCustomers`] without rows, [`Error::Length`] if
    /// columns differ in length, [`Error::Setting`] unless `0 ≤ low < high ≤ 1` for the quantiles and the
    /// threshold is 0 or more.
    pub fn fit(&self, columns: &[&Column]) -> Result<FittedPreparation> {
        self.check()?;
        if n_rows(columns)? == 0 {
            return Err(Error::NoCustomers);
        }
        let fit_one = |column: &&Column| match &column.values {
            Values::Number(values) => {
                FittedColumn::Number(FittedNumber::fit(self, &column.feature.name, values))
            }
            Values::Category(values) => {
                FittedColumn::Category(FittedCategory::fit(&column.feature.name, values))
            }
        };
        Ok(FittedPreparation { columns: columns.par_iter().map(fit_one).collect() })
    }

    fn check(&self) -> Result<()> {
        let (low, high) = self.winsorise;
        if !(0.0 <= low && low < high && high <= 1.0) {
            let allowed = "two quantiles in ascending order between 0 and 1".to_owned();
            return Err(Error::Setting { setting: "winsorise", allowed, got: format!("{low} and {high}") });
        }
        if self.skew_threshold.is_nan() || self.skew_threshold < 0.0 {
            let (allowed, got) = ("0 or more".to_owned(), self.skew_threshold.to_string());
            return Err(Error::Setting { setting: "skew_threshold", allowed, got });
        }
        Ok(())
    }
}

impl FittedPreparation {
    /// Prepares the same features of any customers; `n × prepared columns`.
    ///
    /// Columns are found by name, in any order; others are ignored. Numbers are capped at the bounds learnt,
    /// so that one extraordinary customer cannot pull a segment towards itself.
    ///
    /// # Errors
    /// [`Error::MissingFeature`] if one is not there, [`Error::FeatureKind`] if it holds the other kind of
    /// values, [`Error::Length`] if columns differ in length, [`Error::NoFeatures`] if no prepared column
    /// comes of them.
    pub fn transform(&self, columns: &[&Column]) -> Result<Matrix> {
        self.prepare(columns, FittedNumber::prepare)
    }

    /// Prepares without the caps, to tell how far a customer lies outside what was learnt.
    ///
    /// Every value is finite: beyond ±1e100 prepared values stop growing.
    ///
    /// # Errors
    /// As [`FittedPreparation::transform`].
    pub fn transform_unclipped(&self, columns: &[&Column]) -> Result<Matrix> {
        self.prepare(columns, FittedNumber::prepare_unclipped)
    }

    fn prepare(&self, columns: &[&Column], number: fn(&FittedNumber, f64) -> f64) -> Result<Matrix> {
        let n_cols = self.n_cols();
        if n_cols == 0 {
            return Err(Error::NoFeatures);
        }
        let found: Vec<&Column> =
            self.columns.iter().map(|c| find(columns, c.name())).collect::<Result<_>>()?;
        let mut values = vec![0.0; n_rows(&found)? * n_cols];
        let mut at = 0;
        for (fitted, column) in self.columns.iter().zip(found) {
            let rows = values.chunks_exact_mut(n_cols);
            match (fitted, &column.values) {
                (FittedColumn::Number(fitted), Values::Number(given)) => {
                    rows.zip(given).for_each(|(row, &value)| row[at] = number(fitted, value));
                }
                (FittedColumn::Category(fitted), Values::Category(given)) => {
                    rows.zip(given).for_each(|(row, value)| fitted.prepare(value.as_deref(), &mut row[at..]));
                }
                (fitted, _) => {
                    let expected = match fitted {
                        FittedColumn::Number(_) => "numbers",
                        FittedColumn::Category(_) => "categories",
                    };
                    return Err(Error::FeatureKind { name: fitted.name().to_owned(), expected });
                }
            }
            at += fitted.width();
        }
        Matrix::new(n_cols, values)
    }

    /// Turns a prepared row (a customer, a centre) back: numbers to their original unit, levels to shares
    /// between 0 and 1.
    ///
    /// `row` holds a value for each prepared column, and so does the result. A centre is the mean in prepared
    /// units, so after a logarithm it comes back near the geometric mean of its members.
    pub fn undo(&self, row: &[f64]) -> Vec<f64> {
        let mut left = row.iter();
        let undo_column = |fitted: &FittedColumn| -> Vec<f64> {
            let own = left.by_ref().take(fitted.width());
            match fitted {
                FittedColumn::Number(fitted) => own.map(|&value| fitted.undo(value)).collect(),
                FittedColumn::Category(_) => own.map(|&value| category::undo(value)).collect(),
            }
        };
        self.columns.iter().flat_map(undo_column).collect()
    }

    /// Number of prepared columns.
    pub fn n_cols(&self) -> usize {
        self.columns.iter().map(FittedColumn::width).sum()
    }

    /// The name of each prepared column: the feature's, and for a level `feature=level`.
    pub fn names(&self) -> Vec<String> {
        let names = |fitted: &FittedColumn| match fitted {
            FittedColumn::Number(fitted) => vec![fitted.name.clone()],
            FittedColumn::Category(fitted) => fitted.names(),
        };
        self.columns.iter().flat_map(names).collect()
    }

    /// What is done to each feature, in words: "logarithm, then z-score".
    pub fn describe(&self) -> Vec<String> {
        let describe = |fitted: &FittedColumn| match fitted {
            FittedColumn::Number(fitted) => fitted.describe(),
            FittedColumn::Category(fitted) => fitted.describe(),
        };
        self.columns.iter().map(describe).collect()
    }
}

impl FittedColumn {
    /// The feature's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Number(fitted) => &fitted.name,
            Self::Category(fitted) => &fitted.name,
        }
    }

    /// Number of prepared columns that come of it.
    pub fn width(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Category(fitted) => fitted.width(),
        }
    }

    /// Whether all customers it was fitted on are alike in it, so that it tells none apart.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Number(fitted) => fitted.is_constant(),
            Self::Category(fitted) => fitted.width() < 2,
        }
    }

    /// Customers without a value when it was fitted.
    pub fn n_missing(&self) -> usize {
        match self {
            Self::Number(fitted) => fitted.n_missing,
            Self::Category(fitted) => fitted.n_missing,
        }
    }
}

fn find<'a>(columns: &[&'a Column], name: &str) -> Result<&'a Column> {
    let found = columns.iter().find(|c| c.feature.name == name);
    found.copied().ok_or_else(|| Error::MissingFeature { name: name.to_owned() })
}

/// The common length of the columns.
fn n_rows(columns: &[&Column]) -> Result<usize> {
    let length = |column: &Column| match &column.values {
        Values::Number(values) => values.len(),
        Values::Category(values) => values.len(),
    };
    let first = columns.first().ok_or(Error::NoFeatures)?;
    let expected = length(first);
    match columns.iter().find(|c| length(c) != expected) {
        Some(other) => Err(Error::Length { what: other.feature.name.clone(), expected, got: length(other) }),
        None => Ok(expected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Feature, Unit};

    fn column(name: &str, values: Values) -> Column {
        let feature =
            Feature { name: name.into(), label: name.into(), unit: Unit::Number, description: String::new() };
        Column { feature, values }
    }

    fn numbers(name: &str, values: &[f64]) -> Column {
        column(name, Values::Number(values.to_vec()))
    }

    fn categories(name: &str, values: &[&str]) -> Column {
        let given = |v: &&str| (!v.is_empty()).then(|| (*v).to_owned());
        column(name, Values::Category(values.iter().map(given).collect()))
    }

    fn plain() -> Preparation {
        Preparation { winsorise: (0.0, 1.0), skew: Skew::None, ..Preparation::default() }
    }

    #[test]
    fn a_table_of_numbers_and_categories_is_prepared_and_undone() {
        let orders = numbers("orders", &[1.0, 3.0, f64::NAN, 2.0]);
        let city = categories("city", &["Rome", "Oslo", "Oslo", ""]);
        let fitted = plain().fit(&[&orders, &city]).unwrap();
        assert_eq!(fitted.names(), ["orders", "city=Oslo", "city=Rome"]);
        assert_eq!(fitted.describe(), ["z-score", "one column a level, 2 levels"]);
        assert_eq!(fitted.columns.iter().map(FittedColumn::n_missing).collect::<Vec<_>>(), [1, 1]);
        let x = fitted.transform(&[&city, &orders]).unwrap();
        // Filled with the median 2 the numbers are 1, 3, 2, 2: mean 2, variance 1/2.
        let (z, level) = (2.0_f64.sqrt(), 0.5_f64.sqrt());
        let expected = [-z, 0.0, level, z, level, 0.0, 0.0, level, 0.0, 0.0, level, 0.0];
        for (value, expected) in x.values().iter().zip(expected) {
            assert!((value - expected).abs() < 1e-15, "{x:?}");
        }
        let back = fitted.undo(x.row(1));
        assert!((back[0] - 3.0).abs() < 1e-15 && (back[1] - 1.0).abs() < 1e-15 && back[2] == 0.0);
    }

    #[test]
    fn a_mismatch_of_categories_weighs_one() {
        let city = categories("city", &["Rome", "Oslo"]);
        let x = plain().fit(&[&city]).unwrap().transform(&[&city]).unwrap();
        assert!((crate::math::distance::squared(x.row(0), x.row(1)) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn caps_hold_new_customers_and_their_lack_shows_how_far_out_they_are() {
        let spend: Vec<f64> = (0..=1000).map(f64::from).collect();
        let preparation = Preparation { winsorise: (0.01, 0.99), skew: Skew::None, ..Preparation::default() };
        let fitted = preparation.fit(&[&numbers("spend", &spend)]).unwrap();
        let new = numbers("spend", &[990.0, 5000.0, f64::INFINITY]);
        let capped = fitted.transform(&[&new]).unwrap();
        let free = fitted.transform_unclipped(&[&new]).unwrap();
        assert_eq!(capped.values()[0], capped.values()[1]);
        assert!(free.values()[1] > 10.0 && free.values()[0] == capped.values()[0]);
        assert!((fitted.undo(free.row(1))[0] - 5000.0).abs() < 1e-9);
        // What is not a number is missing, not extreme.
        assert!((fitted.undo(free.row(2))[0] - 500.0).abs() < 1e-9);
    }

    #[test]
    fn a_feature_that_is_missing_or_of_the_other_kind_is_named() {
        let orders = numbers("orders", &[1.0, 3.0]);
        let city = categories("city", &["Rome", "Oslo"]);
        let fitted = plain().fit(&[&orders, &city]).unwrap();
        assert_eq!(fitted.transform(&[&city]), Err(Error::MissingFeature { name: "orders".into() }));
        let wrong = fitted.transform(&[&orders, &numbers("city", &[1.0, 2.0])]);
        assert_eq!(wrong, Err(Error::FeatureKind { name: "city".into(), expected: "categories" }));
        let short = fitted.transform(&[&orders, &categories("city", &["Rome"])]);
        assert_eq!(short, Err(Error::Length { what: "city".into(), expected: 2, got: 1 }));
    }

    #[test]
    fn nothing_to_learn_from_and_impossible_settings_are_refused() {
        assert_eq!(plain().fit(&[]), Err(Error::NoFeatures));
        assert_eq!(plain().fit(&[&numbers("orders", &[])]), Err(Error::NoCustomers));
        let caps = Preparation { winsorise: (0.9, 0.1), ..plain() };
        assert!(matches!(
            caps.fit(&[&numbers("a", &[1.0])]),
            Err(Error::Setting { setting: "winsorise", .. })
        ));
    }

    #[test]
    fn settings_and_what_was_learnt_survive_json() {
        let skewed: Vec<f64> = (0..60).map(|i| f64::from(i).exp2() / 3.0 - 5.0).collect();
        let city: Vec<&str> = (0..60).map(|i| ["Rome", "Oslo", ""][i % 3]).collect();
        let (skewed, city) = (numbers("skewed", &skewed), categories("city", &city));
        for scale in [Scale::Standard, Scale::Rank] {
            let preparation = Preparation { scale, ..Preparation::default() };
            let json = serde_json::to_string(&preparation).unwrap();
            assert_eq!(serde_json::from_str::<Preparation>(&json).unwrap(), preparation);
            let fitted = preparation.fit(&[&skewed, &city]).unwrap();
            let json = serde_json::to_string(&fitted).unwrap();
            assert_eq!(serde_json::from_str::<FittedPreparation>(&json).unwrap(), fitted);
        }
        assert!(serde_json::from_str::<Preparation>(r#"{"scaling": "rank"}"#).is_err());
        assert_eq!(serde_json::from_str::<Preparation>("{}").unwrap(), Preparation::default());
    }
}
