//! Everything that can be wrong with data or settings, as values.

/// Why a computation was refused.
///
/// The message says what is wrong and which values are allowed; [`Error::hint`] says what to do;
/// [`Error::code`] is stable and may be matched on by other programs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A cell of a matrix is NaN or infinite.
    #[error("row {row}, column {column} is not a finite number")]
    NotFinite {
        /// Zero-based row.
        row: usize,
        /// Zero-based column.
        column: usize,
    },
    /// The values do not fill whole rows.
    #[error("{values} values do not fill rows of {columns} columns")]
    Shape {
        /// Number of values given.
        values: usize,
        /// Columns of one row.
        columns: usize,
    },
    /// There is nothing to compute on.
    #[error("there are no customers to work on")]
    NoCustomers,
    /// More clusters were asked for than there are distinct rows.
    #[error(
        "the number of segments must be between 1 and {distinct}, the number of distinct customers; got {k}"
    )]
    SegmentCount {
        /// The number asked for.
        k: usize,
        /// The number of distinct rows.
        distinct: usize,
    },
    /// All customers are alike in what they would be clustered on.
    #[error("clustering needs at least 2 customers that differ; got {distinct}")]
    TooFewDistinct {
        /// The number of distinct rows: 0 or 1.
        distinct: usize,
    },
    /// A setting is outside its range.
    #[error("{setting} must be {allowed}; got {got}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// The allowed values, in words.
        allowed: String,
        /// The value given.
        got: String,
    },
    /// Two things that belong together row by row have different lengths.
    #[error("{what}: expected {expected} values, one a customer; got {got}")]
    Length {
        /// What has the wrong length.
        what: String,
        /// Number of customers.
        expected: usize,
        /// Number of values given.
        got: usize,
    },
    /// Squared distances between the rows would leave the range of a double.
    #[error("a column spreads over {spread:e}; distances need spreads between 1e-140 and 1e140")]
    Spread {
        /// The largest difference within a column.
        spread: f64,
    },
    /// There is no feature to compute on.
    #[error("there are no features to work on")]
    NoFeatures,
    /// A feature that the model was fitted on is not in the table.
    #[error("the feature {name:?} that this was fitted on is missing")]
    MissingFeature {
        /// The feature's name.
        name: String,
    },
    /// A feature holds numbers where categories are needed, or the other way round.
    #[error("the feature {name:?} must hold {expected}")]
    FeatureKind {
        /// The feature's name.
        name: String,
        /// What it held when fitted: `numbers` or `categories`.
        expected: &'static str,
    },
    /// A feature name is not known.
    #[error("there is no feature named {name:?}")]
    UnknownFeature {
        /// The name given.
        name: String,
        /// The closest known name, if one is close.
        suggestion: Option<String>,
    },
    /// Too few customers bought again to say how customers come back.
    #[error("{got} of the customers bought again; the estimate needs at least {least}")]
    TooFewRepeatBuyers {
        /// Customers with a repeat.
        got: usize,
        /// The fewest.
        least: usize,
    },
    /// The likelihood has no best parameters: it only gets better towards the edge, or is flat.
    #[error(
        "{model} does not fit these customers: its parameter {parameter} has no best value (it was followed to {at:.3e})"
    )]
    RunsOff {
        /// The model.
        model: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Where it was left.
        at: f64,
    },
    /// Spend a purchase depends on how often customers buy, which the model rules out.
    #[error(
        "what customers spend at a time goes with how often they buy (correlation {correlation:.2}); Gamma-Gamma needs at most {most}"
    )]
    SpendFollowsFrequency {
        /// Correlation of the logarithms.
        correlation: f64,
        /// The strongest with which the model may be used.
        most: f64,
    },
    /// A rule file (personas, actions) cannot be understood.
    #[error("{what} cannot be read: {message}")]
    Rules {
        /// Which file or section.
        what: String,
        /// What the parser says.
        message: String,
    },
}

impl Error {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFinite { .. } => "not-finite",
            Self::Shape { .. } => "shape",
            Self::NoCustomers => "no-customers",
            Self::SegmentCount { .. } => "segment-count",
            Self::TooFewDistinct { .. } => "too-few-distinct",
            Self::Setting { .. } => "setting",
            Self::Length { .. } => "length",
            Self::Spread { .. } => "spread",
            Self::NoFeatures => "no-features",
            Self::MissingFeature { .. } => "missing-feature",
            Self::FeatureKind { .. } => "feature-kind",
            Self::UnknownFeature { .. } => "unknown-feature",
            Self::TooFewRepeatBuyers { .. } => "too-few-repeat-buyers",
            Self::RunsOff { .. } => "runs-off",
            Self::SpendFollowsFrequency { .. } => "spend-follows-frequency",
            Self::Rules { .. } => "rules",
        }
    }

    /// What to do about it, naming settings and not the flags of any one program.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooFewDistinct { .. } => Some("read more orders, or cluster on other features".to_owned()),
            Self::SegmentCount { distinct, .. } => {
                Some(format!("set k to {distinct} or less, or leave it out"))
            }
            Self::Spread { .. } => Some("prepare the columns first: bring them to a common scale".to_owned()),
            Self::NoFeatures => Some("choose at least one feature".to_owned()),
            Self::MissingFeature { name } => {
                Some(format!("compute {name} for these customers too, or fit again without it"))
            }
            Self::TooFewRepeatBuyers { .. } => Some("read orders of a longer period".to_owned()),
            Self::UnknownFeature { suggestion: Some(s), .. } => Some(format!("did you mean {s}?")),
            _ => None,
        }
    }
}
