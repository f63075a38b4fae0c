//! The analysis as a whole, against independent numbers.
