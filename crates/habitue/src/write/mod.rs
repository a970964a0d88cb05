//! Results as files.

use std::borrow::Cow;

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
