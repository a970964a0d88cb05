//! Tables as files, written so that nobody sees half of one and no spreadsheet runs a cell.

pub(crate) mod table;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;

pub use table::TableFormat;

/// Where rejected rows are written: to a file, or nowhere, and then nobody takes the trouble of finding their text.
#[derive(Default)]
pub struct Rejects {
    out: Option<Box<dyn Write>>,
}

impl Rejects {
    /// Rejected rows are counted and not written.
    pub fn nowhere() -> Self {
        Self::default()
    }

    /// Rejected rows are written as CSV.
    pub fn to(out: impl Write + 'static) -> Self {
        Self { out: Some(Box::new(out)) }
    }

    /// Whether anybody wants to see them.
    pub(crate) fn are_wanted(&self) -> bool {
        self.out.is_some()
    }
}

impl Write for Rejects {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(bytes.len()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// Text that a spreadsheet would run as a formula, made harmless by an apostrophe before it; other text as it is.
///
/// Numbers may start with a sign; everything else that starts with `=`, `+`, `-`, `@`, a tab or a line end is defused.
///
/// ```
/// use habitue::write::defuse;
/// assert_eq!(defuse("=1+1"), "'=1+1");
/// assert_eq!(defuse("-12.50"), "-12.50");
/// ```
pub fn defuse(text: &str) -> Cow<'_, str> {
    let harmful = match text.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r' | b'\n') => true,
        Some(b'+' | b'-') => {
            text.parse::<f64>().is_err() || !text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
        }
        _ => false,
    };
    if harmful { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Writes a file by a temporary name beside it, so that nobody ever sees half of it.
///
/// # Errors
/// What `write` says, or when the file cannot be put in its place.
pub fn replace_file(path: &Path, write: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::Builder::new()
        .prefix(".habitue-")
        .tempfile_in(folder)
        .map_err(Error::io(path.display()))?
        .into_temp_path();
    write(&temporary)?;
    make_readable(&temporary).map_err(Error::io(path.display()))?;
    temporary.persist(path).map_err(|e| Error::Io { path: path.display().to_string(), source: e.error })
}

/// Writes a text by a temporary name beside its place.
///
/// # Errors
/// When the file cannot be written.
pub fn replace_text(path: &Path, text: &str) -> Result<(), Error> {
    replace_file(path, |temporary| std::fs::write(temporary, text).map_err(Error::io(path.display())))
}

/// Temporary files are private; results are not.
fn make_readable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))?;
    }
    let _ = path;
    Ok(())
}
