//! What operations give: values to read, independent of storage and of how they are drawn.

pub mod profile;
pub mod receipt;
pub mod table;
