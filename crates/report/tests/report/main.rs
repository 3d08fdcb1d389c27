//! The files of a report, made from made-up tests.

#[path = "../../examples/sample_report/fixture/mod.rs"]
mod fixture;

#[cfg(test)]
mod files;
#[cfg(test)]
mod page;
