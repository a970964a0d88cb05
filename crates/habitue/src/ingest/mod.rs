//! Sources to lines.
pub(crate) mod cell;
pub(crate) mod moment;
pub(crate) mod number;
