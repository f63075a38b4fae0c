//! What operations give: values to read, independent of storage and of how they are drawn.

mod drawn;
pub mod figure;
pub mod profile;
pub mod receipt;
pub mod report;
pub mod scale;
pub mod table;
