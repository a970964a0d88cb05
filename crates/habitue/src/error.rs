//! Everything that can go wrong between a file and a report, as values.

use std::path::PathBuf;

use habitue_core::Error as CoreError;

/// Why a run was refused or stopped.
///
/// The message says what is wrong and where; [`Error::hint`] says what to do; [`Error::code`] is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is nothing to read.
    #[error("no orders were given")]
    NoSources,
    /// Nothing matches a path or pattern.
    #[error("{path}: no such file, folder or pattern")]
    NotFound {
        /// What was given.
        path: String,
    },
    /// A file has no bytes, or nothing but a byte order mark.
    #[error("{path}: the file is empty")]
    EmptyFile {
        /// The file.
        path: String,
    },
    /// A table has a header and no rows.
    #[error("{path}: there is a header but there are no rows")]
    NoRows {
        /// The file.
        path: String,
    },
    /// A file is of a kind that cannot be read.
    #[error("{path}: {what}")]
    Format {
        /// The file.
        path: String,
        /// What it is, in words.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A file breaks off or is damaged at a place.
    #[error("{path}, line {line}: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// One-based line.
        line: u64,
        /// What is wrong there.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Columns that are needed were not found.
    #[error("{path}: no column found for {}; the columns are: {}", missing.join(", "), columns.join(", "))]
    MissingRoles {
        /// The file.
        path: String,
        /// The roles without a column, in words.
        missing: Vec<String>,
        /// The columns of the file.
        columns: Vec<String>,
        /// What to write to name the columns.
        remedy: String,
    },
    /// A column named in the settings is not in the file.
    #[error("{path}: there is no column {column:?} for {role}; the columns are: {}", columns.join(", "))]
    UnknownColumn {
        /// The file.
        path: String,
        /// The role it was named for.
        role: &'static str,
        /// The name given.
        column: String,
        /// The columns of the file.
        columns: Vec<String>,
        /// The closest name, if one is close.
        suggestion: Option<String>,
    },
    /// A column that is needed holds nothing at all.
    #[error("{path}: column {column:?} ({role}) has no values")]
    EmptyColumn {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// What it was taken for.
        role: &'static str,
    },
    /// Dates can be read with the day first and with the month first.
    #[error(
        "{path}: dates in column {column:?} have two readings: {example} is {dmy} (day first) or {mdy} (month first)"
    )]
    AmbiguousDates {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// A date as written.
        example: String,
        /// Read with the day first.
        dmy: String,
        /// Read with the month first.
        mdy: String,
    },
    /// Amounts are in several currencies.
    #[error("amounts are in several currencies: {}", currencies.join(", "))]
    MixedCurrencies {
        /// Each currency with the first place where it stands.
        currencies: Vec<String>,
    },
    /// A number is larger than any amount of money.
    #[error("{path}, row {row}, column {column:?}: {text} is too large for an amount (limit ±922 trillion)")]
    AmountTooLarge {
        /// The file.
        path: String,
        /// One-based line or row.
        row: u64,
        /// The column.
        column: String,
        /// The cell.
        text: String,
    },
    /// A cell of a table of numbers is none.
    #[error("{path}, row {row}, column {column:?}: {} is no number", if text.is_empty() { "an empty cell".to_owned() } else { format!("{text:?}") })]
    NotANumber {
        /// The file.
        path: String,
        /// One-based line or row.
        row: u64,
        /// The column.
        column: String,
        /// The cell.
        text: String,
    },
    /// No row was kept.
    #[error("none of the {rows} rows can be used: {why}")]
    NothingKept {
        /// Rows read.
        rows: u64,
        /// The reasons, most frequent first.
        why: String,
    },
    /// A table of customers names one customer twice.
    #[error("{path}, row {row}: customer {id:?} stands in the table already")]
    DuplicateCustomer {
        /// The file.
        path: String,
        /// One-based line or row.
        row: u64,
        /// The id.
        id: String,
    },
    /// Results of another run would be overwritten.
    #[error("{}: this exists already", path.display())]
    OutputExists {
        /// The file, or the folder with something in it.
        path: PathBuf,
    },
    /// A model, summary or settings file cannot be used.
    #[error("{path}: {what}")]
    Document {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// Data or settings that the arithmetic refuses.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Error {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::NoSources => "no-sources",
            Self::NotFound { .. } => "not-found",
            Self::EmptyFile { .. } => "empty-file",
            Self::NoRows { .. } => "no-rows",
            Self::Format { .. } => "format",
            Self::Damaged { .. } => "damaged",
            Self::MissingRoles { .. } => "missing-columns",
            Self::UnknownColumn { .. } => "unknown-column",
            Self::EmptyColumn { .. } => "empty-column",
            Self::AmbiguousDates { .. } => "ambiguous-dates",
            Self::MixedCurrencies { .. } => "mixed-currencies",
            Self::AmountTooLarge { .. } => "amount-too-large",
            Self::NotANumber { .. } => "not-a-number",
            Self::NothingKept { .. } => "nothing-kept",
            Self::DuplicateCustomer { .. } => "duplicate-customer",
            Self::OutputExists { .. } => "output-exists",
            Self::Document { .. } => "document",
            Self::Core(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Format { remedy, .. } | Self::Damaged { remedy, .. } => Some((*remedy).to_owned()),
            Self::MissingRoles { remedy, .. } | Self::Document { remedy, .. } => Some(remedy.clone()),
            Self::UnknownColumn { suggestion, .. } => {
                suggestion.as_ref().map(|s| format!("did you mean {s:?}?"))
            }
            Self::EmptyColumn { role, .. } => {
                Some(format!("name another column with map {role}=…, or export the column again"))
            }
            Self::AmbiguousDates { .. } => {
                Some("say which it is: dates = \"dmy\" or dates = \"mdy\"".to_owned())
            }
            Self::MixedCurrencies { .. } => Some(
                "choose one with currency = \"…\"; rows in the others are then counted and written out"
                    .to_owned(),
            ),
            Self::AmountTooLarge { .. } => Some("mend or remove the row, or map another column".to_owned()),
            Self::NotANumber { .. } => Some(
                "name the columns of numbers with columns, and fill in or remove rows with empty cells".to_owned(),
            ),
            Self::NothingKept { .. } => {
                Some("look at the columns that were taken for each role, and name others with map".to_owned())
            }
            Self::DuplicateCustomer { .. } => {
                Some("keep one row per customer, or map another column to customer".to_owned())
            }
            Self::OutputExists { .. } => {
                Some("write to another place, or allow overwriting with force".to_owned())
            }
            Self::EmptyFile { .. } | Self::NoRows { .. } => Some("export the orders again".to_owned()),
            Self::Core(error) => error.hint(),
            Self::NoSources => Some("give files of orders, folders or patterns of them, - for standard input, or summaries".to_owned()),
            Self::NotFound { .. } => {
                Some("check the path; folders, patterns such as 'orders-*.csv' and - for standard input are read too".to_owned())
            }
            Self::Io { .. } => None,
        }
    }

    /// A part of a page that could not be filled in: no outcome is known to cause it.
    pub(crate) fn unfilled(error: &impl std::fmt::Display) -> Self {
        Self::Document {
            path: "the report".to_owned(),
            what: error.to_string(),
            remedy: "please report this as a bug".to_owned(),
        }
    }

    /// An input or output error at a path.
    pub(crate) fn io(path: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_string();
        move |source| Self::Io { path, source }
    }
}
