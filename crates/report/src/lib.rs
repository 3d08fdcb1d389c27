//! A summary becomes the files of a report: HTML, JUnit, CSV, JSON and an HdrHistogram log; and the page of a live test.
//!
//! Start at [`report_files`]. Each file has a module of its own; `html` is the page, `chart` draws its SVG.
//! Never here: reading a store, computing a percentile, the clock. What is drawn was measured and merged elsewhere.

mod chart;
mod csv_files;
mod dashboard;
mod files;
mod format;
mod html;
mod junit;
mod latency_log;
mod renderer;
mod script_data;
mod words;

pub use csv_files::{exceptions_csv, failures_csv, intervals_csv, requests_csv};
pub use dashboard::dashboard_page;
pub use files::{ReportError, ReportFile, ReportInput, report_files};
pub use html::report_page;
pub use junit::junit;
pub use latency_log::{LoggedInterval, latency_log};
pub use renderer::ReportRenderer;
