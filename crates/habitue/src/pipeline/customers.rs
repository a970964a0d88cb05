//! Tables of customers: read as they are.
